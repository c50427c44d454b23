"""Who may do what, what a password must be, and where a person goes after signing in."""

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

PASSWORD_MIN_CHARS = 12  # NIST SP 800-63B, section 3.1.1.2, asks for 8, better 15; no rules on composition
PASSWORD_MAX_CHARS = 1024  # far beyond any phrase, and small enough to hash
PASSWORD_LINK_LIVES = timedelta(hours=1)  # OWASP, forgotten passwords: as short as a letter allows
INVITATION_LIVES = timedelta(days=3)  # over a weekend: an admin hands it on herself, and may make another
NAME_MAX_CHARS = 100
NEXT_MAX_CHARS = 2000


class Role(StrEnum):
    """What someone of staff is trusted with."""

    CONTRIBUTOR = "contributor"
    AUTHOR = "author"
    EDITOR = "editor"
    MODERATOR = "moderator"
    ADMIN = "admin"


class Act(StrEnum):
    """A kind of deed that a staff route stands for."""

    WRITE = "write"  # write articles of one's own
    PUBLISH = "publish"  # publish, schedule and withdraw articles of one's own
    EDIT_ALL = "edit_all"  # the same with everybody's
    MODERATE = "moderate"  # read the queue and the log, decide, undo
    SHAPE = "shape"  # say what moderation goes by: its policies, and the reasons that it may give
    PAUSE = "pause"  # close the comments of any article for a time, or slow them down
    CORRECT = "correct"  # change what a reader's comment says, under a mark
    OVERSEE = "oversee"  # take back an hour of somebody else's decisions
    HIRE = "hire"  # take people on, give them roles, let them go and have them back


ALLOWED: dict[Role, frozenset[Act]] = {
    Role.CONTRIBUTOR: frozenset({Act.WRITE}),
    Role.AUTHOR: frozenset({Act.WRITE, Act.PUBLISH}),
    Role.EDITOR: frozenset(
        {Act.WRITE, Act.PUBLISH, Act.EDIT_ALL, Act.MODERATE, Act.SHAPE, Act.CORRECT, Act.PAUSE}
    ),
    Role.MODERATOR: frozenset({Act.MODERATE, Act.PAUSE}),
    Role.ADMIN: frozenset(Act),
}
ROLE_SENTENCES = {
    Role.CONTRIBUTOR: "Contributor",
    Role.AUTHOR: "Author",
    Role.EDITOR: "Editor",
    Role.MODERATOR: "Moderator",
    Role.ADMIN: "Admin",
}
TRUST_SENTENCES = {  # what ALLOWED amounts to, for whoever chooses a role
    Role.CONTRIBUTOR: "Writes articles that others publish.",
    Role.AUTHOR: "Writes and publishes articles of her own.",
    Role.EDITOR: "Publishes everybody’s articles, decides about comments and says what moderation goes by.",
    Role.MODERATOR: "Decides about comments, and closes or slows them down.",
    Role.ADMIN: "Does all of that, and looks after staff.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done, in a sentence for whoever asked."""

    sentence: str


def may(role: Role, act: Act) -> bool:
    """Tell whether someone in `role` may do `act`."""
    return act in ALLOWED[role]


def composed(password: str) -> str:
    """Return a password as it is counted and hashed: ü is one letter, or u with two dots (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password)


def password_refusal(password: str) -> Refusal | None:
    """Return why `password` cannot be used, or None."""
    if len(password) < PASSWORD_MIN_CHARS:
        return Refusal(f"The password is too short: it takes at least {PASSWORD_MIN_CHARS} characters.")
    if len(password) > PASSWORD_MAX_CHARS:
        return Refusal(f"The password is too long: it takes at most {PASSWORD_MAX_CHARS} characters.")
    return None


def home(role: Role) -> str:
    """Return the path of the room that someone in `role` works in."""
    return "/moderation/" if role is Role.MODERATOR else "/desk/"


def is_local_path(address: str) -> bool:
    """Tell whether `address` is a path on this site, for a browser too: `//host` and `/\\host` are not."""
    if not address.startswith("/") or address[1:2] in {"/", "\\"} or len(address) > NEXT_MAX_CHARS:
        return False
    if any(ord(letter) < 0x20 or letter == "\x7f" for letter in address):
        return False  # browsers drop tabs and line ends, so `/\t/host` is `//host` to them
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc
