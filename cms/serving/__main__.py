"""What `cms serve` and `cms demo` become: a process that has imported the server and nothing else."""

import sys
from typing import TYPE_CHECKING

from cms.serving import server

if TYPE_CHECKING:
    from cms.front import Front


def main(host: str, port: int, workers: int) -> None:
    """Serve until a signal ends it."""

    def prepare() -> "Front":
        from cms import cli  # in the process that workers are forked from

        return cli.prepare(host, port)

    server.serve(host, port, workers, prepare)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
