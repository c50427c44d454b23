"""Answers handed to granian: whole ones, files, streams, and short refusals."""

from typing import Any

from cms.serving.bridge import Answer, Headers
from cms.serving.threads import Threads

RETRY_SECONDS = "2"
CLOSE: Headers = [("Connection", "close")]  # so that the reader's next request comes to another worker
_REFUSAL: Headers = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Retry-After", RETRY_SECONDS),
    *CLOSE,
]


def refuse(protocol: Any, status: int, sentence: str) -> None:  # Any: granian's own protocol
    """Answer with one sentence, and ask the client to come again in RETRY_SECONDS."""
    protocol.response_str(status, _REFUSAL, f"{sentence}\n")


async def send(threads: Threads, answer: Answer, protocol: Any) -> None:  # Any: as above
    """Send an answer; what is left of a long one is read in `threads`."""
    if answer.path:
        protocol.response_file(answer.code, answer.headers, answer.path)
    elif answer.rest is None:
        protocol.response_bytes(answer.code, answer.headers, answer.body)
    else:
        stream = protocol.response_stream(answer.code, answer.headers)
        try:
            await stream.send_bytes(answer.body)
            while (piece := await threads.run_in_turn(next, answer.rest, None)) is not None:
                await stream.send_bytes(piece)
        finally:
            await threads.run_in_turn(answer.close)
