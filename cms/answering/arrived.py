"""The fields of a body that was cut or is broken: as many as can be read of it."""

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict


def arrived_fields(body: bytes, content_type: str) -> MultiDict[str, str]:
    """Return the fields that stand in `body`, the last one perhaps cut; never raises, linear in its length.

    Of a form in parts, files are left out.
    """
    if content_type.lower().lstrip().startswith("multipart/"):
        return MultiDict(_parts(body, content_type))
    return MultiDict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"))


def _parts(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """Read parts as a mail program does, which takes a missing end for an end (RFC 2046, section 5.1.2)."""
    head = f"Content-Type: {' '.join(content_type.split())}\r\n\r\n".encode("latin-1", "replace")
    whole = BytesParser(policy=HTTP).parsebytes(head + body)
    parts: list[Message] = whole.get_payload() if whole.is_multipart() else []  # type: ignore[assignment]  # so it is
    found = []
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and part.get_filename() is None:
            payload = part.get_payload(decode=True)
            text = payload if isinstance(payload, bytes) else b""
            found.append((name, text.decode("utf-8", "replace")))
    return found
