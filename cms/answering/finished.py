"""A finished page: what any reader gets who asks for it, ready to be sent."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from cms.answering.encodings import Effort, compressed, is_compressible
from cms.answering.negotiation import best_encoding
from cms.answering.pieces import Pieces

OVERHEAD_BYTES = 2_000  # of a kept page beside its bytes: headers, names, Python's own
SENT_ONCE_BYTES = 1_048_576  # compressed bytes of thirty articles with their threads
Headers = list[tuple[str, str]]
# Whoever keeps no page sends the same bytes again and again all the same: made anew, most pages are what they were.
_SENT_ONCE = Pieces[bytes](SENT_ONCE_BYTES)


@dataclass(frozen=True, slots=True)
class Variant:
    """A page in one encoding with its headers; `headers_304` are those for who has it already."""

    etag: str
    body: bytes
    headers: Headers
    headers_304: Headers


@dataclass(slots=True)
class FinishedPage:
    """One page with the things that it was made of and the moment `due` at which it is no longer true.

    `headers` are those of every encoding. An encoding is made when it is first asked for, in haste for a page that is
    sent `once` and kept by nobody.
    """

    body: bytes
    mimetype: str
    headers: Headers
    things: frozenset[str]
    due: datetime | None = None
    once: bool = False
    digest: str = ""  # of the body, where who wrote it knows one
    size: int = 0  # bytes of memory, as far as it is made
    _variants: dict[str, Variant] = field(default_factory=dict)
    _is_compressible: bool = False
    _is_tight: bool = False

    def __post_init__(self) -> None:
        """Count what it takes already, and see what may be made of it."""
        self.size = OVERHEAD_BYTES + len(self.body)
        self._is_compressible = is_compressible(self.mimetype, len(self.body))

    def ready(self, accepted: str) -> Variant | None:
        """Return the page in the encoding that an Accept-Encoding header likes best, None where it is still to be made."""
        return self._variants.get(best_encoding(accepted) if self._is_compressible else "")

    def variant(self, accepted: str) -> Variant:
        """Return the page in the encoding that an Accept-Encoding header likes best."""
        encoding = best_encoding(accepted) if self._is_compressible else ""
        return self._variants.get(encoding) or self._made(encoding, Effort.ONCE if self.once else Effort.KEPT)

    @property
    def is_loose(self) -> bool:
        """Tell whether what most readers get could still be made smaller."""
        return "br" in self._variants and not self._is_tight

    def tighten(self) -> None:
        """Make what most readers get as small as it can be; takes 60 ms, in which others may ask for the page."""
        self._is_tight = True
        self._made("br", Effort.UTMOST)

    def _made(self, encoding: str, effort: Effort) -> Variant:
        digest = (self.digest or hashlib.sha256(self.body).hexdigest())[:32]
        compress = partial(compressed, self.body, encoding, effort)
        body = _SENT_ONCE.piece((digest, encoding), compress) if self.once and encoding else compress()
        # Weak, since a strong one would promise equal bytes (RFC 9110, section 8.8.1): a page made in haste, tightened,
        # or by another host's brotli, has others.
        etag = f'W/"{digest}-{encoding}"' if encoding else f'"{digest}"'
        common: Headers = [*self.headers, ("Vary", "Accept-Encoding"), ("ETag", etag)]
        sent: Headers = [*common, ("Content-Encoding", encoding)] if encoding else [*common]
        sent.append(("Content-Length", str(len(body))))
        made = Variant(etag, body, sent, _without_content(common))
        before = self._variants.get(encoding)
        self._variants[encoding] = made
        self.size += len(body) - (len(before.body) if before else 0)
        return made


def _without_content(headers: Iterable[tuple[str, str]]) -> Headers:
    return [(name, value) for name, value in headers if not name.lower().startswith("content-type")]
