"""The catalogue: every sentence that a person sees, in each language that the site speaks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, numbers
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ps", "sd", "ug", "ur", "yi", "ckb", "dv"})


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its sentences, dates and numbers; what is missing is said in English."""

    code: str
    locale: Locale
    sentences: Mapping[str, str | tuple[str, ...]]
    plural_form: "PluralForm"

    def sentence(self, english: str) -> str:
        """Return the sentence that is known by its English words."""
        found = self.sentences.get(english)
        return found if isinstance(found, str) and found else english

    def plural(self, one: str, many: str, number: int) -> str:
        """Return the form of a sentence that fits `number`."""
        found = self.sentences.get(one)
        if isinstance(found, tuple) and all(found):
            return found[self.plural_form(number)]
        return one if number == 1 else many

    def day(self, moment: datetime, timezone: str) -> str:
        """Return a date in words."""
        return dates.format_date(moment.astimezone(ZoneInfo(timezone)), "long", locale=self.locale)

    def day_and_time(self, moment: datetime, timezone: str) -> str:
        """Return a date in words with hour and minute."""
        local = moment.astimezone(ZoneInfo(timezone))
        day = dates.format_date(local, "long", locale=self.locale)
        return f"{day}, {dates.format_time(local, 'short', locale=self.locale)}"

    def number(self, value: int) -> str:
        """Return a number as this language groups it."""
        return numbers.format_decimal(value, locale=self.locale)


class PluralForm:
    """Chooses a plural form by the rule of a catalogue's header."""

    def __init__(self, catalog: Catalog) -> None:
        """Take the rule of `catalog`."""
        from gettext import c2py  # type: ignore[attr-defined]  # the standard library's own reader of such rules

        self._choose = c2py(catalog.plural_expr)

    def __call__(self, number: int) -> int:
        """Return the index of the form for `number`."""
        return int(self._choose(number))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All languages with a file here, by code."""

    languages: Mapping[str, Language]

    def language(self, code: str) -> Language:
        """Return the language for a code such as `ur` or `ur-PK`; one without a file speaks English with its own dates."""
        base = code.replace("_", "-").split("-")[0].lower()
        known = self.languages.get(base)
        return known if known is not None else _without_file(self.languages["en"], code)


def direction(code: str) -> str:
    """Return `rtl` for a language written from right to left, else `ltr`."""
    parts = code.replace("_", "-").lower().split("-")
    return "ltr" if "latn" in parts else "rtl" if parts[0] in RIGHT_TO_LEFT else "ltr"


def is_language(code: str) -> bool:
    """Tell whether `code` is a language tag that dates can be written in."""
    return _locale(code) is not None


def open_catalogue(folder: Path | None = None) -> Catalogue:
    """Return every language of the program's own folder, or of another one."""
    files = sorted((folder or Path(__file__).parent).glob("*.po"))
    return Catalogue({path.stem: _read(path) for path in files})


def _read(path: Path) -> Language:
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.stem)
    sentences: dict[str, str | tuple[str, ...]] = {}
    for message in catalog:
        if message.id and not message.fuzzy:
            key = message.id if isinstance(message.id, str) else message.id[0]
            sentences[key] = message.string if isinstance(message.string, str) else tuple(message.string)
    return Language(path.stem, Locale.parse(path.stem), sentences, PluralForm(catalog))


def _without_file(english: Language, code: str) -> Language:
    return Language(code, _locale(code) or english.locale, english.sentences, english.plural_form)


def _locale(code: str) -> Locale | None:
    try:
        return Locale.parse(code.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        return None
