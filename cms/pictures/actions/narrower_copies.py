"""Making a picture's narrower copies, which phones get."""

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from PIL import Image

from cms.pictures.actions.cleaned_files import CleanFile, FileRefused, size_of
from cms.pictures.narrower import name_of_copy, original_of, widths_below

QUALITY = (
    80  # of a copy: on a phone's sharp screen nobody sees a difference from 90, at two thirds of the bytes
)


def put_copies(media: Path, name: str, file: CleanFile) -> int:
    """Put the copies of a picture into the folder of media as far as they are not there; return how many were made.

    What cannot be copied, or finds no room, is shown as it is: a picture is never lost for want of a copy.
    """
    made = 0
    for width in widths_below(name, file.width or 0):
        path = media / name_of_copy(name, width)
        with suppress(OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            if not path.exists():
                narrowed(file, width).put_at(path)
                made += 1
    return made


def put_missing_copies(media: Path) -> int:
    """Make the copies that are missing of all pictures in the folder; return how many were made."""
    return sum(put_copies(media, name, file) for name, file in _pictures(media))


def narrowed(file: CleanFile, width: int) -> CleanFile:
    """Return a picture so many pixels wide, or the picture itself if it moves or would take more bytes so."""
    with Image.open(io.BytesIO(file.body)) as image:
        if getattr(image, "is_animated", False):
            return file
        kind, profile = image.format or "", image.info.get("icc_profile")
        height = max(1, round(image.height * width / image.width))
        image.draft(image.mode, (width, height))  # a JPEG is decoded no larger than it needs to be
        shown: Image.Image = image
        if image.mode == "P":  # colours by number cannot be mixed
            shown = image.convert("RGBA" if "transparency" in image.info else "RGB")
        written = io.BytesIO()
        shown.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0).save(
            written, kind, quality=QUALITY, icc_profile=profile
        )
    if written.tell() >= len(file.body):
        return file
    return CleanFile(written.getvalue(), file.suffix, width, height)


def _pictures(media: Path) -> Iterator[tuple[str, CleanFile]]:
    """Yield the pictures that may have copies, each with its name below the folder."""
    for path in sorted(media.rglob("*")):
        name = path.relative_to(media).as_posix()
        if original_of(name) or path.name.startswith(".") or not path.is_file():
            continue
        with suppress(FileRefused, OSError):
            width, height = size_of(path)
            if widths_below(name, width):
                yield name, CleanFile(path.read_bytes(), path.suffix, width, height)
