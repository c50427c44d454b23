"""One file made fit for readers: what it is in truth, and without what a camera wrote into it."""

import hashlib
import io
import os
import secrets
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

LARGEST_PICTURE = 40_000_000  # bytes; cameras write 30 MB
LARGEST_FILE = 500_000_000  # bytes of a film or a document, which is read into memory once
MOST_PIXELS = 60_000_000  # 180 MB in the memory of whoever decodes it: here, or on a reader's phone
ORIENTATION = 0x0112  # the EXIF tag that says which way is up; EXIF 2.3, section 4.6.4
QUALITY = 90  # of a JPEG that had to be turned; above that files grow and nothing is seen of it

_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp", "AVIF": ".avif"}
_PLAIN = frozenset(
    ".pdf .mp3 .m4a .ogg .oga .opus .wav .flac .mp4 .m4v .webm .ogv .zip .epub .odt .ods .odp .doc .docx"
    " .xls .xlsx .ppt .pptx .txt .csv".split()
)
_PNG_DROPPED = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_WEBP_DROPPED = frozenset({b"EXIF", b"XMP "})
_GIF_CONTROL, _GIF_APPLICATION = 0xF9, 0xFF  # labels of extensions that are not there to be read
_GIF_KEPT = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")  # how often to play, and the colours


class FileRefused(Exception):
    """A file is not brought in; the words say why."""


@dataclass(frozen=True, slots=True)
class CleanFile:
    """A file's bytes with the ending that fits them; width and height in pixels of a picture."""

    body: bytes
    suffix: str
    width: int | None = None
    height: int | None = None

    @property
    def digest(self) -> str:
        """Return what tells this file from any other."""
        return hashlib.sha256(self.body).hexdigest()

    def put_at(self, path: Path) -> None:
        """Write it to `path`, where it is whole or not at all. Raises OSError, and leaves nothing behind."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # Of this writer alone: another host or process may put the same picture there just now.
        partial = path.with_name(f".{path.stem[:100]}.{secrets.token_hex(8)}.new")
        try:
            partial.write_bytes(self.body)
            os.replace(partial, path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise


def cleaned(path: Path) -> CleanFile:
    """Return a picture without EXIF, XMP, IPTC and comments, pixels as they are, or a document as it is.

    Raises FileRefused for a drawing that can hold script (SVG), for what is no picture although it says so,
    for bombs, and for kinds of files that no article shows.
    """
    suffix, size = path.suffix.lower(), path.stat().st_size
    if suffix in _PLAIN:
        if size > LARGEST_FILE:
            raise FileRefused("too large a file")
        return CleanFile(path.read_bytes(), suffix)
    if suffix in {".svg", ".svgz"}:
        raise FileRefused("a drawing (SVG) can hold script")
    if size > LARGEST_PICTURE:
        raise FileRefused("too large a picture")
    return _picture(path.read_bytes())


def fitted(body: bytes, widest: int) -> CleanFile:
    """Return a picture cleaned likewise and at most `widest` pixels wide and high; one that moves keeps its size.

    Raises FileRefused for what is no picture, or only the beginning of one.
    """
    file = _picture(body)
    try:
        return _shrunk(file, widest)
    except (OSError, ValueError) as error:
        raise FileRefused("not a picture that can be read") from error


def size_of(path: Path) -> tuple[int, int]:
    """Return the width and height of a picture that was cleaned before; raises FileRefused for what is none."""
    try:
        with Image.open(path, formats=list(_SUFFIXES)) as image:
            return image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FileRefused("not a picture that can be read") from error


def _shrunk(file: CleanFile, widest: int) -> CleanFile:
    with Image.open(io.BytesIO(file.body)) as image:
        image.load()
        if max(image.size) <= widest or getattr(image, "is_animated", False):
            return file
        kind, profile = image.format or "", image.info.get("icc_profile")
        image.thumbnail((widest, widest))
        written = io.BytesIO()
        image.save(written, kind, quality=QUALITY, icc_profile=profile)
    return CleanFile(written.getvalue(), file.suffix, image.width, image.height)


def _picture(body: bytes) -> CleanFile:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # before the file is opened: that is when a bomb is warned of
            return _opened(body)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise FileRefused("too large a picture") from error
    except (OSError, ValueError, SyntaxError, Warning) as error:
        raise FileRefused("not a picture that can be read") from error


def _opened(body: bytes) -> CleanFile:
    with Image.open(io.BytesIO(body), formats=list(_SUFFIXES)) as image:
        # Phones put a second picture behind the first and call it MPO: the first one is a JPEG.
        kind, (width, height) = "JPEG" if image.format == "MPO" else image.format or "", image.size
        # A few bytes can say how many pixels they want; what is copied without decoding is decoded by readers.
        if width * height > MOST_PIXELS:
            raise FileRefused("too large a picture")
        turned = image.getexif().get(ORIENTATION, 1) != 1
        if turned or kind == "AVIF":
            return _decoded(image, kind)
    strip = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp, "GIF": _gif}[kind]
    return CleanFile(strip(body), _SUFFIXES[kind], width, height)


def _decoded(image: Image.Image, kind: str) -> CleanFile:
    upright = ImageOps.exif_transpose(image)
    plain = Image.new(upright.mode, upright.size)
    plain.paste(upright)
    written = io.BytesIO()
    plain.save(written, kind, quality=QUALITY)
    return CleanFile(written.getvalue(), _SUFFIXES[kind], plain.width, plain.height)


def _jpeg(body: bytes) -> bytes:
    """Return a JPEG without APP1 (EXIF, XMP), APP13 (IPTC), comments, and what follows its end."""
    kept = [body[:2]]
    for marker, segment in _segments(body):
        if marker not in {0xE1, 0xED, 0xFE}:
            kept.append(segment)
    return b"".join(kept)


def _segments(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at + 4 <= len(body) and body[at] == 0xFF:
        marker = body[at + 1]
        if marker in {0xFF, 0xD9}:
            yield marker, body[at : at + 2] if marker == 0xD9 else b""
            if marker == 0xD9:
                return
            at += 1
            continue
        end = at + 2 + int.from_bytes(body[at + 2 : at + 4])
        if marker == 0xDA:
            end = _scan_end(body, end)
        yield marker, body[at:end]
        at = end
    yield 0xD9, b"\xff\xd9"


def _scan_end(body: bytes, at: int) -> int:
    """Return where compressed data end: at the first marker that is neither stuffing nor a restart."""
    while True:
        at = body.find(b"\xff", at)
        if at < 0 or at + 1 >= len(body):
            return len(body)
        if body[at + 1] not in {0x00, *range(0xD0, 0xD8)}:
            return at
        at += 2


def _png(body: bytes) -> bytes:
    kept, at = [body[:8]], 8
    while at + 12 <= len(body):
        end = at + 12 + int.from_bytes(body[at : at + 4])
        if body[at + 4 : at + 8] not in _PNG_DROPPED:
            kept.append(body[at:end])
        if body[at + 4 : at + 8] == b"IEND":
            break
        at = end
    return b"".join(kept)


def _webp(body: bytes) -> bytes:
    kept, at = [], 12
    while at + 8 <= len(body):
        length = int.from_bytes(body[at + 4 : at + 8], "little")
        end = at + 8 + length + (length & 1)
        chunk = body[at:end]
        if chunk[:4] == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~0x0C]) + chunk[9:]  # the flags of EXIF and XMP
        if chunk[:4] not in _WEBP_DROPPED:
            kept.append(chunk)
        at = end
    inner = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(inner).to_bytes(4, "little") + inner


def _gif(body: bytes) -> bytes:
    """Return a GIF without comments, texts and XMP, and what follows its end (GIF89a, sections 18 to 27)."""
    at = 13 + _gif_colours(body[10:11])
    kept = [body[:at]]
    while body[at : at + 1] in {b"!", b","}:
        is_extension = body[at : at + 1] == b"!"
        first = at + 2 if is_extension else at + 11 + _gif_colours(body[at + 9 : at + 10])
        end = _gif_blocks_end(body, first)
        if not is_extension or _is_kept(body[at + 1 : at + 14]):
            kept.append(body[at:end])
        at = end
    return b"".join(kept) + b";"


def _gif_colours(flags: bytes) -> int:
    """Return the bytes of the table of colours that a descriptor's flags announce."""
    packed = int.from_bytes(flags)
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _gif_blocks_end(body: bytes, at: int) -> int:
    while at < len(body) and body[at]:
        at += 1 + body[at]
    return at + 1


def _is_kept(extension: bytes) -> bool:
    label, name = extension[:1], extension[2:]
    return label == bytes([_GIF_CONTROL]) or (label == bytes([_GIF_APPLICATION]) and name in _GIF_KEPT)
