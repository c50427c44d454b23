"""How every letter speaks: in one language of the catalogue, in plain text, with links that work for ever."""

from dataclasses import dataclass

from cms.languages import Language, direction
from cms.sanitize import plain_text
from cms.site import Site
from cms.vault import Vault

MARK_DIGITS = 32  # of a commenter's mark, which is random; it only says whose link it is
DIGEST_DIGITS = 40  # 160 bits; 128 are asked for
QUOTED_CHARS = 500  # of a comment; the rest stands on its page
RIGHT_TO_LEFT_MARK = "\u200f"  # where a line begins with a Latin name, a mailbox would turn it round


@dataclass(frozen=True, slots=True)
class Voice:
    """The language of one letter."""

    language: Language
    code: str

    def say(self, english: str, **values: object) -> str:
        """Return a sentence of the catalogue with its values put in, beginning on the right side."""
        return self._line(self.language.sentence(english) % values)

    def plural(self, one: str, many: str, number: int, **values: object) -> str:
        """Return the form of a sentence that fits `number`, which is put in as `num`."""
        sentence = self.language.plural(one, many, number)
        return self._line(sentence % {"num": self.language.number(number), **values})

    def _line(self, text: str) -> str:
        return RIGHT_TO_LEFT_MARK + text if direction(self.code) == "rtl" else text


def voice(site: Site, code: str) -> Voice:
    """Return the voice of the language `code`."""
    return Voice(site.catalogue.language(code), code)


def letter_text(*paragraphs: str) -> str:
    """Return paragraphs as the text of a letter, an empty line between them."""
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def quoted(body_html: str) -> str:
    """Return a comment as letters quote it: as plain text, its first QUOTED_CHARS."""
    text = plain_text(body_html)
    shown = text if len(text) <= QUOTED_CHARS else text[:QUOTED_CHARS].rstrip() + "…"
    return "\n".join(f"> {line}" for line in shown.splitlines())


def link_secret(vault: Vault, mark: str) -> str:
    """Return what stands in the link of the commenter with this mark; whoever holds it reads her letters."""
    return mark + vault.digest("letter link", mark)[:DIGEST_DIGITS]


def confirm_secret(vault: Vault, mark: str) -> str:
    """Return what stands in the link of the letter with this mark, which asks about one comment."""
    return mark + vault.digest("letter link", "comment", mark)[:DIGEST_DIGITS]


def confirm_path(vault: Vault, mark: str, code: str) -> str:
    """Return the path at which the writer of a comment confirms it, in the letter's language."""
    return f"/letters/{confirm_secret(vault, mark)}/comment?language={code}"


def password_secret(vault: Vault, mark: str, until: int, password_hash: str) -> str:
    """Return what stands in the link by which someone of staff gives herself a new password.

    `until` is the second, from the epoch, at which it ends. It ends as well with the password that she has, so that it
    works once, and nothing is kept of it.
    """
    stamp = f"{until:08x}"
    return mark + stamp + vault.digest("letter link", "password", mark, stamp, password_hash)[:DIGEST_DIGITS]


def digest_secret(vault: Vault, mark: str) -> str:
    """Return what stands in the link of a moderator's daily letters."""
    return mark + vault.digest("letter link", "digest", mark)[:DIGEST_DIGITS]


def digest_stop_path(vault: Vault, mark: str, code: str) -> str:
    """Return the path at which one click ends a moderator's daily letters (RFC 8058)."""
    return f"/letters/{digest_secret(vault, mark)}/digest?language={code}"


def wish_path(vault: Vault, mark: str, code: str) -> str:
    """Return the path at which a commenter says what she wishes, in the letter's language."""
    return f"/letters/{link_secret(vault, mark)}?language={code}"


def stop_path(vault: Vault, mark: str, code: str) -> str:
    """Return the path at which one click ends letters to a commenter (RFC 8058)."""
    return f"/letters/{link_secret(vault, mark)}/stop?language={code}"
