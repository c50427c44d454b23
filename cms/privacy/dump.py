"""Runs `pg_dump`, so that an audit can search what a backup of a PostgreSQL database would hold."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from typing import IO


class DumpFailed(Exception):
    """pg_dump could not write the database; the message says why."""


def write_dump(connection: Mapping[str, str], held: IO[bytes]) -> None:
    """Write a whole PostgreSQL database into a file as plain SQL.

    `connection` holds libpq's environment variables (PGHOST, PGPASSWORD …); arguments would be visible to every user
    of the machine. Raises DumpFailed where pg_dump is not installed or fails.
    """
    program = shutil.which("pg_dump")
    if program is None:
        raise DumpFailed("pg_dump is not installed")
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
            raise DumpFailed(f"pg_dump failed: {said[0] if said else 'it does not say why'}")
