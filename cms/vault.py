"""The site's keys: what seals an e-mail address, what finds it again, what every other secret derives from."""

import hashlib
import hmac
import os
import secrets
import stat
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

KEY_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D, section 8.2: 96 bits
MARK_BYTES = 16  # 128 bits: a row's random mark


class KeyRefused(Exception):
    """A key file cannot be used; the sentence says what to do."""


class NoKey(Exception):
    """The database knows a key that this program does not have, so nothing can be sealed."""


class SealBroken(Exception):
    """A sealed value does not belong to its row, or was changed."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals, finds and unseals addresses; `current` is the id of the key that seals now."""

    current: str
    _keys: dict[str, bytes] = field(repr=False)

    def seal(self, plain: str, *, table: str, mark: str) -> str:
        """Return `plain` sealed for one row: `<key id>:<nonce and ciphertext in hex>`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        box = AESGCM(self._derive("seal", self.current))
        sealed = box.encrypt(nonce, plain.encode(), _bound_to(table, mark))
        return f"{self.current}:{(nonce + sealed).hex()}"

    def unseal(self, sealed: str, *, table: str, mark: str) -> str:
        """Return the plain value.

        Raises NoKey if its key is not here, SealBroken if it was changed or belongs to another row.
        """
        key_id, _, body = sealed.partition(":")
        if key_id not in self._keys:
            raise NoKey(f"the key {key_id} is not in the keys folder")
        try:
            raw = bytes.fromhex(body)
            box = AESGCM(self._derive("seal", key_id))
            return box.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound_to(table, mark)).decode()
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"a sealed value of {table} does not belong to its row") from error

    def fingerprint(self, plain: str) -> str:
        """Return the keyed HMAC by which an address is looked up, 64 hex digits."""
        return self.digest("fingerprint", normalised_address(plain))

    def digest(self, purpose: str, *parts: str) -> str:
        """Return a keyed digest of `parts` for one `purpose`, 64 hex digits."""
        message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        return hmac.new(self._derive(purpose, self._oldest), message, hashlib.sha256).hexdigest()

    def secret(self, purpose: str) -> str:
        """Return the derived secret of one `purpose`, 64 hex digits; the same on every host."""
        return self._derive(purpose, self._oldest).hex()

    @property
    def _oldest(self) -> str:
        return min(self._keys)

    def _derive(self, purpose: str, key_id: str) -> bytes:
        # RFC 5869, section 2.3: expand alone, since the key is uniformly random already.
        info = f"broadsheet {purpose}".encode()
        return HKDFExpand(algorithm=hashes.SHA256(), length=KEY_BYTES, info=info).derive(self._keys[key_id])


def open_vault(folder: Path, known: Collection[str]) -> Vault | None:
    """Return the vault of `folder`, or None where the database knows a key (`known`) that is not there.

    Raises KeyRefused for a key file that others may read or that is not a key.
    """
    keys = read_keys(folder)
    if not keys or not set(known) <= set(keys):
        return None
    usable = {key_id: key for key_id, key in keys.items() if key_id in known}
    return Vault(current=max(usable), _keys=usable) if usable else None


def read_keys(folder: Path) -> dict[str, bytes]:
    """Return every key of `folder` by its id. Raises KeyRefused as `open_vault()` does."""
    return {path.stem: _read_key(path) for path in sorted(folder.glob("*.key"))}


def make_key(folder: Path, day: str) -> str:
    """Write a new key file with mode 0600 and return its id, which begins with `day` (YYYYMMDD)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_id = f"{day}-{secrets.token_hex(4)}"
    partial = folder / f"{key_id}.new"
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_bytes(KEY_BYTES).hex().encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    partial.rename(folder / f"{key_id}.key")
    _sync(folder)
    return key_id


def key_ids(folder: Path) -> list[str]:
    """Return the ids of the keys that lie in `folder`, oldest first."""
    return sorted(path.stem for path in folder.glob("*.key"))


def random_mark() -> str:
    """Return a row's random 128-bit mark, 32 hex digits."""
    return secrets.token_hex(MARK_BYTES)


def normalised_address(plain: str) -> str:
    """Return an e-mail address as it is compared: NFC, no outer space, lower case throughout.

    RFC 5321, section 2.4, allows case to matter in the local part; no provider in use lets it.
    """
    return unicodedata.normalize("NFC", plain.strip()).casefold()


def _read_key(path: Path) -> bytes:
    mode = path.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyRefused(f"The key {path.name} can be read by others. Run: chmod 600 {path}")
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except ValueError as error:
        raise KeyRefused(
            f"The key file {path.name} does not hold a key. Restore it from your backup."
        ) from error
    if len(key) != KEY_BYTES:
        raise KeyRefused(f"The key file {path.name} was cut. Restore it from your backup.")
    return key


def _bound_to(table: str, mark: str) -> bytes:
    return f"{table}:{mark}".encode()


def _sync(folder: Path) -> None:
    # Without this a power cut may take the file's name back, after addresses were sealed under the key.
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
