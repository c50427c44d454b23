"""Has `pg_dump` write a database out, so that an audit sees what a backup would hold."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from typing import IO


class NoDump(Exception):
    """The database could not be written out; the sentence says why."""


def dumped(connection: Mapping[str, str], held: IO[bytes]) -> None:
    """Write a whole PostgreSQL database into a file, plain.

    `connection` is in the words of libpq's environment (PGHOST, PGPASSWORD …), since arguments are seen by every user
    of the machine. Raises NoDump where there is no pg_dump, or it fails.
    """
    program = shutil.which("pg_dump")
    if program is None:
        raise NoDump("pg_dump is not installed")
    with tempfile.TemporaryFile() as errors:
        done = subprocess.run(  # noqa: S603  # found in PATH by its name; nothing of it comes from outside
            [program, "--no-password"],
            env={**os.environ, **connection},
            stdin=subprocess.DEVNULL,
            stdout=held,
            stderr=errors,
            check=False,
        )
        if done.returncode != 0:
            errors.seek(0)
            said = errors.read(2000).decode("utf-8", "replace").strip().splitlines()
            raise NoDump(f"pg_dump failed: {said[0] if said else 'it does not say why'}")
