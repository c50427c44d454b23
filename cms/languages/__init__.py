"""The catalogue: every sentence that a person sees, in each language that the site speaks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, numbers
from babel.localedata import locale_identifiers
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

RIGHT_TO_LEFT = frozenset(
    "apc ar arc ary arz azb bal bgn bqi ckb dv fa glk he iw ji ks lrc mzn"
    " nqo pnb ps rhg sd sdh skr syr trw ug ur yi".split()
)
SCRIPTS_RIGHT_TO_LEFT = frozenset(
    {"adlm", "arab", "aran", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"}
)


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its sentences, which `code` names, its dates and numbers; what is missing is said in English."""

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
        return _day_in_words(moment.astimezone(ZoneInfo(timezone)).date(), self.locale)

    def day_and_time(self, moment: datetime, timezone: str) -> str:
        """Return a date in words with hour and minute, joined by the language's own comma or space."""
        local = moment.astimezone(ZoneInfo(timezone))
        hour = _hour_in_words(time(local.hour, local.minute), self.locale)
        return _joined_by(self.locale).format(hour, _day_in_words(local.date(), self.locale))

    def hour(self, moment: datetime, timezone: str) -> str:
        """Return hour and minute of a moment as this language writes them."""
        local = moment.astimezone(ZoneInfo(timezone))
        return _hour_in_words(time(local.hour, local.minute), self.locale)

    def duration(self, length: timedelta) -> str:
        """Return a length of time in words, in its greatest unit: 3 hours, 12 minutes."""
        return dates.format_timedelta(length, granularity="minute", locale=self.locale)

    def number(self, value: int) -> str:
        """Return a number as this language groups it, in the digits 0-9 that its dates have too."""
        return _number_in_digits(value, self.locale)

    def languages(self) -> tuple[tuple[str, str], ...]:
        """Return the code of every language that anybody writes in, with what this one calls it, by those names."""
        return _languages_by_name(self.locale)


# A page of comments names the same days again and again, and each costs 0.2 ms to spell out (measured).
@lru_cache(maxsize=4096)
def _day_in_words(day: date, locale: Locale) -> str:
    return dates.format_date(day, "long", locale=locale)


@lru_cache(maxsize=4096)
def _hour_in_words(hour: time, locale: Locale) -> str:
    return dates.format_time(hour, "short", locale=locale)


@lru_cache(maxsize=4096)
def _number_in_digits(value: int, locale: Locale) -> str:
    return numbers.format_decimal(value, locale=locale)


@lru_cache(maxsize=8)
def _languages_by_name(locale: Locale) -> tuple[tuple[str, str], ...]:
    codes = [code for code in locale_identifiers() if "_" not in code]
    names = ((code, str(locale.languages.get(code, code))) for code in codes)
    return tuple(sorted(names, key=lambda pair: pair[1].casefold()))


@lru_cache(maxsize=64)
def _joined_by(locale: Locale) -> str:
    return str(dates.get_datetime_format("medium", locale))


class PluralForm:
    """Chooses a plural form by the rule of a catalogue's header."""

    def __init__(self, catalog: Catalog) -> None:
        """Take the rule of `catalog`."""
        from gettext import c2py  # the standard library's own reader of such rules

        self._choose = c2py(catalog.plural_expr)

    def __call__(self, number: int) -> int:
        """Return the index of the form for `number`."""
        return int(self._choose(number))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All languages that have a file, by code; each is read when it is first asked for, which takes 8 ms (measured)."""

    files: Mapping[str, Path]

    def language(self, code: str) -> Language:
        """Return the language for a code such as `ur` or `en-GB`, with the dates of that country.

        One without a file speaks English with its own dates; what is no code at all speaks English.
        """
        base = code.replace("_", "-").split("-")[0].lower()
        known = _read(self.files.get(base) or self.files["en"])
        locale = _locale(code) or known.locale
        return known if locale == known.locale else replace(known, locale=locale)


def direction(code: str) -> str:
    """Return `rtl` for a language written from right to left, else `ltr`; a script in the code decides."""
    base, *rest = code.replace("_", "-").lower().split("-")
    scripts = [part for part in rest if len(part) == 4 and part.isalpha()]
    is_rtl = scripts[0] in SCRIPTS_RIGHT_TO_LEFT if scripts else base in RIGHT_TO_LEFT
    return "rtl" if is_rtl else "ltr"


def is_language(code: str) -> bool:
    """Tell whether `code` is a language tag that dates can be written in."""
    return _locale(code) is not None


def open_catalogue(folder: Path | None = None) -> Catalogue:
    """Return every language of the program's own folder, or of another one."""
    files = sorted((folder or Path(__file__).parent).glob("*.po"))
    return Catalogue({path.stem: path for path in files})


@cache  # what is installed stays as it is while a process runs
def _read(path: Path) -> Language:
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.stem)
    sentences: dict[str, str | tuple[str, ...]] = {}
    for message in catalog:
        if message.id and not message.fuzzy:
            key = message.id if isinstance(message.id, str) else message.id[0]
            sentences[key] = (
                message.string if isinstance(message.string, str) else tuple(message.string or ())
            )
    return Language(path.stem, Locale.parse(path.stem), sentences, PluralForm(catalog))


@lru_cache(maxsize=256)
def _locale(code: str) -> Locale | None:
    try:
        return Locale.parse(code.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        return None
