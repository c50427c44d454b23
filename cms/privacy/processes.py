"""What the system tells of the running processes of a site: their environments and arguments."""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")  # proc(5)


@dataclass(frozen=True, slots=True)
class Running:
    """A running process: its number, its environment and its arguments as the kernel keeps them, parted by NULs."""

    pid: int
    environment: bytes
    arguments: bytes


def running(instance: Path, also: Collection[int]) -> Iterator[Running]:
    """Yield the processes of this user that work for an instance folder, and those whose numbers are in `also`.

    Those of other users are not to be seen, except by root.
    """
    for folder in sorted(PROC.glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            if folder.stat().st_uid == os.geteuid():
                found = Running(
                    int(folder.name), (folder / "environ").read_bytes(), (folder / "cmdline").read_bytes()
                )
                if found.pid in also or _instance_of(folder, found.environment) == instance.resolve():
                    yield found
        except OSError:
            continue  # it has ended meanwhile, or it is none of ours


def _instance_of(folder: Path, environment: bytes) -> Path:
    told = dict(entry.partition(b"=")[::2] for entry in environment.split(b"\x00"))
    return (folder / "cwd").readlink().joinpath(os.fsdecode(told.get(b"CMS_INSTANCE", b"instance"))).resolve()
