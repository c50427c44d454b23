"""The settings of one site, each with its unit, its default and its reason."""

import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from cms import sense
from cms.sense import SettingsRefused, at_least, between, one_of, read_as

BYTES_A_CHARACTER = 12  # one of four bytes, percent-encoded, is the longest that a form sends
FORM_BYTES = 8_192  # the other fields, each at its longest


def _setting(default: Any, why: str, takes: sense.Check | None = None, *, secret: bool = False) -> Any:
    # Any: dataclasses.field() itself is typed as the field's own type, which differs per call.
    if takes is None and isinstance(default, int):
        takes = at_least(0)
    return field(default=default, repr=not secret, metadata={"why": why, "takes": takes})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every knob of a site; the environment (`CMS_NAME`) wins over `config.toml` (`name`)."""

    instance: Path = _setting(Path("instance"), "the site's own folder: database, keys, media, config.toml")
    database_url: str = _setting(
        "", "empty: SQLite in the instance folder; else postgresql://…", sense.POSTGRESQL_ADDRESS, secret=True
    )
    base_url: str = _setting(
        "http://127.0.0.1:8000",
        "the public address; every absolute link and the same-origin guard use it",
        sense.PUBLIC_ADDRESS,
    )
    site_name: str = _setting("Broadsheet", "the newspaper's name in the masthead and in feeds")
    tagline: str = _setting("", "the line under the masthead")
    language: str = _setting(
        "en", "language of the site's own sentences; an article may have another", sense.LANGUAGE
    )
    timezone: str = _setting("UTC", "IANA name; dates are shown and typed in it", sense.TIMEZONE)
    contact: str = _setting("", "how readers reach the operator; shown on the privacy page")
    page_size: int = _setting(20, "articles on one page of a list; 20 fill three phone screens", at_least(1))
    feed_size: int = _setting(30, "articles in a feed; a reader who polls daily misses none", at_least(1))
    thread_size: int = _setting(
        100, "comments on one page of an article or of a long thread; 100 weigh some 30 KB", at_least(1)
    )
    queue_size: int = _setting(50, "comments on one page of the moderation queue", at_least(1))
    comment_max_chars: int = _setting(
        5000, "longest comment in characters; more is an article of its own", at_least(1)
    )
    comment_max_bytes: int = _setting(
        262_144, "longest body of a reader's POST; 5,000 characters take 60,000"
    )
    desk_max_bytes: int = _setting(4_194_304, "longest body of a staff POST; the longest articles take 1 MB")
    spam_folder: bool = _setting(
        False, "on: what is surely spam goes to the spam folder unread, never away; off: it only stands last"
    )
    spam_threshold: int = _setting(
        950,
        "certainty of 1,000 from which words, or the other signals, send a comment to the spam folder",
        between(1, 1000),
    )
    forget_addresses_days: int = _setting(
        180, "days after the last decision for which a comment's sealed address is kept"
    )
    forget_refused_texts_days: int = _setting(
        30, "days for which rejected, spam and withdrawn texts are kept, for undoing"
    )
    forget_fingerprints_days: int = _setting(
        730, "days after that in which a forgotten address can still be proved and erased; 0 = none"
    )
    close_after_days: int = _setting(0, "days after which comments close; 0 = never by age")
    rate_limits: bool = _setting(True, "off only for load tests; the log says so at start")
    comments_per_ten_minutes: int = _setting(
        10, "comments from one visitor in ten minutes; ten times as many from a network that many share"
    )
    article_comments_per_ten_minutes: int = _setting(
        60, "comments in ten minutes from which an article takes a fifth of that from each; 0 = any number"
    )
    reports_for_a_look: int = _setting(
        1,
        "networks that report a published comment before it is looked at again; 1: a notice by law counts",
        at_least(1),
    )
    reports_per_ten_minutes: int = _setting(
        10, "reports of comments from one network in ten minutes", at_least(1)
    )
    proof_of_work: str = _setting(
        "off",
        "off, slow_mode or always: ask browsers for a small sum with each comment; without it, held",
        one_of("off", "slow_mode", "always"),
    )
    proof_of_work_bits: int = _setting(
        17, "how hard that is: 17 take half a second, each more doubles it", between(1, 24)
    )
    sign_ins_per_ten_minutes: int = _setting(10, "failed sign-ins from one network mark in ten minutes")
    session_hours: int = _setting(12, "hours without a request after which staff sign in again", at_least(1))
    key_file: str = _setting("", "a file that holds the site's key, instead of the folder instance/keys/")
    key_command: str = _setting(
        "", "a command that prints what that file would hold; run without a shell", sense.COMMAND, secret=True
    )
    trusted_proxies: int = _setting(0, "proxies in front; so many X-Forwarded-For hops are believed")
    smtp_host: str = _setting("", "the mail server that takes our letters; empty: no letters are written")
    smtp_port: int = _setting(587, "587 for starttls, 465 for tls, 25 for none", between(1, 65_535))
    smtp_security: str = _setting(
        "starttls",
        "starttls, tls, or none: only for a server on this machine",
        one_of("starttls", "tls", "none"),
    )
    smtp_user: str = _setting("", "the account at the mail server; empty: it asks for none")
    smtp_password: str = _setting("", "its password; better in a file of its own", secret=True)
    smtp_password_file: str = _setting("", "a file that holds the password and nothing else")
    mail_from: str = _setting(
        "", "the letters' sender, letters@example.org; needed beside smtp_host", sense.MAILBOX
    )
    digest_hour: int = _setting(
        7, "the hour from which moderators who wish for it get the daily letter of what waits", between(0, 23)
    )
    letters_per_hour: int = _setting(200, "letters that leave in one hour; more wait for the next")
    trust_proved: bool = _setting(
        False, "on: a trusted writer may let her comment appear, by a letter's link"
    )
    trust_from_approved: int = _setting(
        3, "approved comments, and none refused, from which she is trusted", at_least(1)
    )
    trust_per_article: int = _setting(5, "comments that appear so on one article in a day; more wait")
    page_store_bytes: int = _setting(
        33_554_432, "memory for finished pages in each worker, 0 keeps none; an article takes 30 KB"
    )
    bake_folder: str = _setting(
        "", "where finished pages lie as files for nginx (`cms deploy nginx`); empty: none are baked"
    )
    purge_url: str = _setting(
        "",
        "where a CDN is told which pages changed; empty: no shared cache keeps any page",
        sense.WEB_ADDRESS,
        secret=True,
    )
    purge_header: str = _setting("", "a header of that call, `Fastly-Key: …`", secret=True)
    sqlite_synchronous: str = _setting(
        "FULL", "FULL survives power loss; NORMAL is faster and may not", one_of("FULL", "NORMAL")
    )

    @staticmethod
    def base_url_default() -> str:
        """Return the public address that stands where nobody has set one."""
        return str(Settings.__dataclass_fields__["base_url"].default)

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies travel over https only."""
        return self.base_url.startswith("https://")

    @property
    def mail_is_on(self) -> bool:
        """Whether letters are written at all: a mail server and a sender are named."""
        return bool(self.smtp_host and self.mail_from)

    @property
    def trusts_proved(self) -> bool:
        """Whether a writer may let her own comment appear: it takes a letter."""
        return self.trust_proved and self.mail_is_on

    @property
    def origin(self) -> str:
        """Scheme, host and port of the public address, as browsers send it in `Origin`."""
        return sense.origin_of(self.base_url)

    @property
    def sqlalchemy_url(self) -> str:
        """The database's address with the driver named."""
        if not self.database_url:
            return f"sqlite:///{self.instance / 'broadsheet.db'}"
        return self.database_url.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def keys_folder(self) -> Path:
        """Where the site's keys lie, apart from the database."""
        return self.instance / "keys"

    @property
    def media_folder(self) -> Path:
        """Where pictures that articles show lie."""
        return self.instance / "media"


def shipped(folder: str) -> Path:
    """Return a folder that the program brings along, from the wheel or from the checkout."""
    inside = Path(__file__).parent / folder
    return inside if inside.is_dir() else Path(__file__).parent.parent / folder


def load_settings(environ: Mapping[str, str] = os.environ, **fixed: Any) -> Settings:
    """Return the settings in force: `fixed`, then `CMS_*` of `environ`, then `config.toml`, then defaults.

    Raises SettingsRefused, naming the setting, for a value of the wrong kind or range or an unknown name.
    """
    instance = Path(fixed.get("instance") or environ.get("CMS_INSTANCE") or "instance").resolve()
    values = {**_from_file(instance / "config.toml"), **_from_environment(environ), **fixed}
    kinds = get_type_hints(Settings)
    values = {name: read_as(kinds[name], name, value) for name, value in values.items()}
    settings = Settings(**{**values, "instance": instance})
    for knob in knobs():
        _refuse_nonsense(knob, getattr(settings, knob.name))
    _refuse_contradictions(settings)
    return settings


def slips(environ: Mapping[str, str]) -> list[str]:
    """Return a sentence for each `CMS_*` of `environ` that is no setting; `CMS_TEST_*` are for the tests."""
    known = _variables()
    others = [key for key in environ if key.startswith("CMS_") and not key.startswith("CMS_TEST_")]
    return [
        f"{key} is no setting and changes nothing.{_nearest(key.upper(), known)}"
        for key in others
        if key not in known
    ]


def knobs() -> tuple[Field[Any], ...]:
    """Return every setting, in order, for the table in README and its test."""
    return fields(Settings)


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsRefused(f"{path.name} cannot be read: {error}.") from error
    known = {knob.name for knob in knobs()}
    for name in values:
        if name not in known:
            raise SettingsRefused(
                f"{path.name} names a setting that does not exist: {name}.{_nearest(name.lower(), known)}"
            )
    return values


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    return {name: environ[key] for key, name in _variables().items() if environ.get(key)}


def _variables() -> dict[str, str]:
    return {f"CMS_{knob.name.upper()}": knob.name for knob in knobs()}


def _nearest(slip: str, known: Collection[str]) -> str:
    from difflib import get_close_matches  # late: most sites have no slip

    found = get_close_matches(slip, known, n=1, cutoff=0.8)
    return f" Is it {found[0]}?" if found else ""


def _refuse_nonsense(knob: Field[Any], value: Any) -> None:
    takes: sense.Check | None = knob.metadata["takes"]
    if takes is None or value == knob.default or takes.accepts(value):
        return
    found = f", not {value!r}" if knob.repr else ""  # a secret is never shown
    raise SettingsRefused(f"{knob.name} takes {takes.words}{found}.")


def _refuse_contradictions(settings: Settings) -> None:
    if settings.key_file and settings.key_command:
        raise SettingsRefused("key_file and key_command are two places for one key. Set one of them.")
    if settings.bake_folder and settings.database_url:
        raise SettingsRefused(
            "bake_folder is for the embedded database: with PostgreSQL another host may change what lies here baked."
        )
    if settings.comment_max_bytes < settings.comment_max_chars * BYTES_A_CHARACTER + FORM_BYTES:
        raise SettingsRefused(
            "comment_max_bytes is too small for comment_max_chars: 12 bytes each, and 8,192."
        )
