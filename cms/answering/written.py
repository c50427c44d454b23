"""Writing a template as bytes, most of them from fragments that were encoded before."""

from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

from markupsafe import Markup

from cms.answering.current import this_app


class Fragment(Markup):
    """A finished part of a page; its bytes and their digest are computed once for all pages that show it.

    Nearly all of a page of 66 KB is fragments. Joining them as text, encoding and digesting them for each page took two
    fifths of the instructions of an article, and a tenth of its time on a processor that computes SHA (measured).
    """

    @cached_property
    def sent(self) -> bytes:
        """The fragment as it is sent."""
        return self.encode()

    @cached_property
    def digest(self) -> bytes:
        """A digest of what is sent."""
        return sha256(self.sent).digest()


class Written(NamedTuple):
    """The bytes of a page, and a digest that no page with other bytes has."""

    body: bytes
    digest: str


def written(template: str, **shown: object) -> Written:
    """Return the page that a template writes, given what `render_template()` would give it."""
    app = this_app()
    app.update_template_context(shown)
    sent, told, words = list[bytes](), sha256(), list[str]()

    def write_words() -> None:
        between = "".join(words).encode()
        words.clear()
        sent.append(between)
        # With their length before them, so that no words can be taken for a fragment's digest.
        told.update(b"%d " % len(between) + between)

    for piece in app.jinja_env.get_template(template).generate(shown):
        if isinstance(piece, Fragment):
            write_words()
            sent.append(piece.sent)
            told.update(piece.digest)
        else:
            words.append(piece)
    write_words()
    return Written(b"".join(sent), told.hexdigest())
