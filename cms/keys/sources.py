"""Where the site's keys come from: a folder of our own, a file, or a command of the operator's."""

import contextlib
import os
import re
import secrets
import shlex
import stat
import subprocess
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Protocol

from cms.config import Settings
from cms.vault import KEY_BYTES, Key, KeyRefused

MOST_CHARACTERS = 65_536  # of a key's text; a key with all that it carries has 700
COMMAND_SECONDS = 10  # a key store far away answers within them
AGAIN_SECONDS = 30  # before a command that has not given a wanted key is run again
_SEED = re.compile(r"[0-9a-fA-F]+")
_CARRIED = re.compile(r"([a-z][a-z -]*) ([0-9a-fA-F]{64})")


class KeySource(Protocol):
    """What gives the keys; `title` names it in a sentence."""

    title: str

    @property
    def folder(self) -> Path | None:
        """Where keys can be made; None where that is the operator's own affair."""

    def read(self, wanted: Collection[str] = ()) -> Mapping[str, Key]:
        """Return every key by its id, newest first where they are given in an order; `wanted` are ids in need.

        Raises KeyRefused for a key that others may read or that is none, or where none can be had.
        """


class KeysFolder:
    """Our own folder: each key is a file named by its id, `<id>.key`."""

    def __init__(self, folder: Path) -> None:
        self.title, self.folder = f"the folder {folder}", folder

    def read(self, wanted: Collection[str] = ()) -> Mapping[str, Key]:
        """Return the key of each file, by its name."""
        keys = {}
        for key_id in key_ids(self.folder):
            path = self.folder / f"{key_id}.key"
            with contextlib.suppress(FileNotFoundError):  # a key that is taken away just now
                keys[key_id] = _only_key(_text_of(path), f"The key file {path.name}")
        return keys


class KeyFile:
    """A file of the operator's that holds one key or several, the newest first."""

    folder = None

    def __init__(self, path: Path) -> None:
        self.title, self._path = f"the file {path}", path

    def read(self, wanted: Collection[str] = ()) -> Mapping[str, Key]:
        """Return the keys that stand in it."""
        try:
            return _given(_text_of(self._path), f"The key file {self._path}")
        except FileNotFoundError as error:
            raise KeyRefused(f"The key file {self._path} is not there.") from error


class KeyCommand:
    """A command of the operator's that prints what a key file holds; run again only when a wanted key is missing."""

    folder = None

    def __init__(self, words: list[str]) -> None:
        self.title, self._words = f"the command {Path(words[0]).name}", words
        self._kept: Mapping[str, Key] = {}
        self._again_at = 0.0

    def read(self, wanted: Collection[str] = ()) -> Mapping[str, Key]:
        """Return the keys that it prints."""
        if not self._kept or (not set(wanted) <= set(self._kept) and time.monotonic() >= self._again_at):
            self._again_at = time.monotonic() + AGAIN_SECONDS
            self._kept = _given(self._printed(), "What the key command prints")
        return self._kept

    def _printed(self) -> str:
        # No shell, and nothing of what it says on standard error is kept: it may quote the key.
        try:
            done = subprocess.run(  # noqa: S603  # the operator's own command, from the settings
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=COMMAND_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise KeyRefused(f"The key command did not end within {COMMAND_SECONDS} seconds.") from error
        except OSError as error:
            raise KeyRefused(f"The key command cannot be run: {error.strerror}.") from error
        if done.returncode != 0:
            raise KeyRefused(f"The key command failed with status {done.returncode}.")
        return done.stdout[:MOST_CHARACTERS].decode("ascii", "replace")


def open_source(settings: Settings) -> KeySource:
    """Return the source that the settings name; the folder where they name none."""
    if settings.key_command:
        return KeyCommand(shlex.split(settings.key_command))
    if settings.key_file:
        return KeyFile(Path(settings.key_file))
    return KeysFolder(settings.keys_folder)


def key_text(key: Key) -> str:
    """Return what a key file holds: the seed in hexadecimal, then a line for each carried secret."""
    carried = [f"{purpose} {secret.hex()}" for purpose, secret in sorted(key.carried.items())]
    return "\n".join([key.seed.hex(), *carried]) + "\n"


def make_key(folder: Path, day: str, key: Key | None = None) -> str:
    """Write a key, a new one unless given, into a file with mode 0600; return its id, which begins with `day` (YYYYMMDD)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_id = f"{day}-{secrets.token_hex(4)}"
    partial = folder / f"{key_id}.new"
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, key_text(key or Key.random()).encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    partial.rename(folder / f"{key_id}.key")
    _sync(folder)
    return key_id


def remove_key(folder: Path, key_id: str) -> None:
    """Take a key's file away, overwritten first; one that is not there is no error.

    Overwriting is worth something on a plain disk only: flash, snapshots, file systems that copy on write and
    backups may keep the old bytes.
    """
    path = folder / f"{key_id}.gone"  # first another name, or somebody reads a key that is half overwritten
    with contextlib.suppress(FileNotFoundError):
        (folder / f"{key_id}.key").rename(path)
    with contextlib.suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(b"\0" * path.stat().st_size)
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    _sync(folder)


def key_ids(folder: Path) -> list[str]:
    """Return the ids of the keys that lie in `folder`, oldest first. Raises KeyRefused where one may not look."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise KeyRefused(f"The folder {folder} cannot be read: {error.strerror}.") from error
    return sorted(name.removesuffix(".key") for name in names if name.endswith(".key"))


def _text_of(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyRefused(f"The key {path.name} can be read by others. Run: chmod 600 {path}")
        with path.open(encoding="ascii", errors="replace") as file:
            return file.read(MOST_CHARACTERS)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise KeyRefused(f"The key file {path} cannot be read: {error.strerror}.") from error


def _only_key(text: str, name: str) -> Key:
    keys = _keys_in(text, name)
    if len(keys) != 1:
        raise KeyRefused(f"{name} does not hold one key. Restore it from your backup.")
    return keys[0]


def _given(text: str, name: str) -> Mapping[str, Key]:
    keys = _keys_in(text, name)
    if not keys:
        raise KeyRefused(f"{name} does not hold a key: 64 hexadecimal digits.")
    return {key.given_id(): key for key in keys}


def _keys_in(text: str, name: str) -> list[Key]:
    keys: list[Key] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        carried = _CARRIED.fullmatch(line)
        if _SEED.fullmatch(line):
            if len(line) != 2 * KEY_BYTES:
                raise KeyRefused(f"{name} was cut. Restore it from your backup.")
            keys.append(Key(bytes.fromhex(line)))
        elif carried and keys:
            known = keys[-1]
            keys[-1] = Key(known.seed, {**known.carried, carried[1]: bytes.fromhex(carried[2])})
        else:
            raise KeyRefused(f"{name} does not hold a key. Restore it from your backup.")
    return keys


def _sync(folder: Path) -> None:
    # Without this a power cut may take the file's name back, after addresses were sealed under the key.
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
