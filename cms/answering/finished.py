"""A finished page: the same for every reader, ready to be sent."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from cms.answering.content_cache import ContentCache
from cms.answering.encodings import Effort, compressed, is_compressible
from cms.answering.negotiation import best_encoding

OVERHEAD_BYTES = 2_000  # of a kept page beside its bytes: headers, names, Python's own
UNKEPT_BYTES = 1_048_576  # compressed bytes of thirty articles with their threads
Headers = list[tuple[str, str]]
# Compressed bodies of pages that no store keeps. Such a page, made again, mostly has the same bytes as before, which then
# need not be compressed again.
_UNKEPT = ContentCache[bytes](UNKEPT_BYTES)


@dataclass(frozen=True, slots=True)
class Variant:
    """A page in one encoding with its headers; `headers_304` are for a browser that has it already."""

    etag: str
    body: bytes
    headers: Headers
    headers_304: Headers


@dataclass(slots=True)
class FinishedPage:
    """One page, the things that it was made of, and the moment `due` from which it is no longer true.

    `headers` are common to all encodings. An encoding is made when it is first asked for: with little effort where the
    page is sent only once, since no store keeps it.
    """

    body: bytes
    mimetype: str
    headers: Headers
    things: frozenset[str]
    due: datetime | None = None
    is_kept: bool = True
    digest: str = ""  # of the body, where it is known from writing it
    size: int = 0  # bytes of memory that its encodings take so far
    _variants: dict[str, Variant] = field(default_factory=dict)
    _is_compressible: bool = False
    _is_tight: bool = False

    def __post_init__(self) -> None:
        """Count the bytes of the plain body, and decide whether it is worth compressing."""
        self.size = OVERHEAD_BYTES + len(self.body)
        self._is_compressible = is_compressible(self.mimetype, len(self.body))

    def ready(self, accepted: str) -> Variant | None:
        """Return the page in the encoding that an Accept-Encoding header prefers, None if that is not made yet."""
        return self._variants.get(best_encoding(accepted) if self._is_compressible else "")

    def variant(self, accepted: str) -> Variant:
        """Return the page in the encoding that an Accept-Encoding header prefers; it is made if need be."""
        encoding = best_encoding(accepted) if self._is_compressible else ""
        return self._variants.get(encoding) or self._made(
            encoding, Effort.KEPT if self.is_kept else Effort.ONCE
        )

    @property
    def is_loose(self) -> bool:
        """Tell whether the brotli encoding, which most readers get, was made but could still be made smaller."""
        return "br" in self._variants and not self._is_tight

    def tighten(self) -> None:
        """Compress the brotli encoding as far as it goes. It takes 60 ms, during which the page is served as before."""
        self._is_tight = True
        self._made("br", Effort.UTMOST)

    def _made(self, encoding: str, effort: Effort) -> Variant:
        digest = (self.digest or hashlib.sha256(self.body).hexdigest())[:32]
        compress = partial(compressed, self.body, encoding, effort)
        body = compress() if self.is_kept or not encoding else _UNKEPT.value((digest, encoding), compress)
        # Weak, since a strong ETag promises equal bytes (RFC 9110, section 8.8.1). Compressed with less or more effort, or
        # by another host's brotli, the same page has different ones.
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
