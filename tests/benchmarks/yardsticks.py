"""What speed is measured against: a constant answer and a bare Flask view, on the very server that `cms serve` runs.

Run: `python yardsticks.py ceiling|hello PORT WORKERS ANSWER.json`; the file holds headers and a body in hex.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from cms.serving.server import serve


class Ceiling:
    """The same bytes for everybody."""

    def __init__(self, path: str) -> None:
        told = json.loads(Path(path).read_text())
        self.headers = [tuple(pair) for pair in told["headers"]]
        self.body = bytes.fromhex(told["body"])

    def rehearse(self) -> None:
        """Have nothing to rehearse."""

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have nothing to begin."""

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have nothing to end."""

    def at_once(self, _scope: Any, protocol: Any) -> bool:
        protocol.response_bytes(200, self.headers, self.body)
        return True


class Hello:
    """A Flask application with one view that returns a word, in threads as the front has them."""

    def rehearse(self) -> None:
        """Have nothing to rehearse."""

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        from flask import Flask

        from cms.front import SWITCH_SECONDS, THREADS
        from cms.serving.threads import Threads

        sys.setswitchinterval(SWITCH_SECONDS)
        self.flask = Flask("hello")
        self.flask.add_url_rule("/", view_func=lambda: "Hello")
        self.threads = Threads(loop, "hello", THREADS, 10_000)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.threads.close()

    def at_once(self, _scope: Any, _protocol: Any) -> bool:
        return False

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        from cms.serving.bridge import answered, environ_of

        answer = await self.threads.run(answered, self.flask, environ_of(scope, b""))
        protocol.response_bytes(answer.code, answer.headers, answer.body)


def main() -> None:
    """Serve one of the two."""
    kind, port, workers, answer = sys.argv[1:]

    serve("127.0.0.1", int(port), int(workers), lambda: Ceiling(answer) if kind == "ceiling" else Hello())


if __name__ == "__main__":
    main()
