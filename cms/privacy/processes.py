"""Reads the environments and arguments of a site's running processes from /proc."""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")  # proc(5)


@dataclass(frozen=True, slots=True)
class Process:
    """A running process: its id, its environment and its arguments as the kernel keeps them, separated by NULs."""

    pid: int
    environment: bytes
    arguments: bytes


def running_processes(instance: Path, also: Collection[int]) -> Iterator[Process]:
    """Yield this user's processes that work for an instance folder, and those whose ids are in `also`.

    Only root can see the processes of other users.
    """
    for folder in sorted(PROC.glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            if folder.stat().st_uid == os.geteuid():
                found = Process(
                    int(folder.name), (folder / "environ").read_bytes(), (folder / "cmdline").read_bytes()
                )
                if found.pid in also or _instance_of(folder, found.environment) == instance.resolve():
                    yield found
        except OSError:
            continue  # it has ended meanwhile, or it is none of ours


def _instance_of(folder: Path, environment: bytes) -> Path:
    variables = dict(entry.partition(b"=")[::2] for entry in environment.split(b"\x00"))
    return (
        (folder / "cwd")
        .readlink()
        .joinpath(os.fsdecode(variables.get(b"CMS_INSTANCE", b"instance")))
        .resolve()
    )
