"""Between RSGI and WSGI: the environ of a request, and the answer of an application that runs in a thread."""

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any, Protocol

WHOLE_BYTES = 262_144  # the longest answer that is sent in one step; a longer one is streamed

Headers = list[tuple[str, str]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Scope(Protocol):
    """What granian tells of a request (its RSGI specification, 1.6)."""

    http_version: str
    scheme: str
    server: str
    client: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: Any  # granian's own mapping


@dataclass(slots=True)
class FileBody:
    """A file that an application sends as it is (PEP 3333, wsgi.file_wrapper)."""

    file: IO[bytes]
    block_size: int = 8192

    def __iter__(self) -> Iterator[bytes]:
        """Give the file piece by piece, for whoever does not know better."""
        while piece := self.file.read(self.block_size):
            yield piece

    def close(self) -> None:
        """Close the file."""
        self.file.close()


@dataclass(slots=True)
class Answer:
    """What an application answered: `body`, then `rest` where there is more, or the file at `path` instead."""

    code: int = 500
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    rest: Iterator[bytes] | None = None
    path: str = ""
    close: Callable[[], object] = lambda: None


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """Return the environ (PEP 3333) of a request whose body was awaited; of a body that is too long, its beginning.

    CONTENT_LENGTH is what the client announced. A chunked body has none, since nobody can tell whether it broke off.
    """
    host, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": FileBody,
    }
    _add_headers(environ, scope.headers.items())
    if scope.authority and "HTTP_HOST" not in environ:
        environ["HTTP_HOST"] = scope.authority
    if "CONTENT_LENGTH" in environ and "HTTP_TRANSFER_ENCODING" in environ:
        del environ["CONTENT_LENGTH"]  # RFC 9112, section 6.3: the length is the lie
    return environ


def answered(app: Wsgi, environ: dict[str, Any]) -> Answer:
    """Run `app` and return its answer, ready to be sent unless it is long."""
    answer = Answer()

    def start_response(status: str, headers: Headers, _failure: object = None) -> Callable[[bytes], object]:
        answer.code, answer.headers = int(status.partition(" ")[0]), headers
        return lambda _piece: None

    body = app(environ, start_response)
    answer.close = getattr(body, "close", answer.close)
    if isinstance(body, FileBody):
        answer.path = str(body.file.name)
        answer.close()
        return answer
    pieces, size, coming = list[bytes](), 0, iter(body)
    for piece in coming:
        pieces.append(piece)
        size += len(piece)
        if size > WHOLE_BYTES:
            answer.rest = coming
            break
    else:
        answer.close()
    answer.body = b"".join(pieces)
    return answer


def _add_headers(environ: dict[str, Any], headers: Iterable[tuple[str, str]]) -> None:
    for name, value in headers:
        key = name.upper().replace("-", "_")
        if "_" in name:  # X_Forwarded_For would pass for X-Forwarded-For
            continue
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        if key in environ:
            separator = "; " if key == "HTTP_COOKIE" else ","
            value = f"{environ[key]}{separator}{value}"
        environ[key] = value
