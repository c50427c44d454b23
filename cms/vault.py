"""The site's keys: what seals an e-mail address, what finds it again, what every other secret derives from."""

import hashlib
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

KEY_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D, section 8.2: 96 bits
MARK_BYTES = 16  # 128 bits: a row's random mark
# Every secret beside the seal, with the reason why a new key carries it over from the key before it. None of them
# opens a seal. A purpose that is not here is refused, so that none is forgotten when a key is changed.
LASTING = {
    "fingerprint": "it is stored beside each sealed address, and someone who proves hers is found by it",
    "receipt": "readers keep the links, whose hashes are stored",
    "repeat": "it is stored while a comment waits, so that the same one sent again is one",
    "sessions": "nobody of staff is signed out by a new key",
    "comment token": "forms stand open in tabs for weeks, and kept pages hold them",
    "letter link": "a letter is kept for years, and its link still ends all others",
    "letter message": "the same letter sent again bears the same Message-ID",
}


Keyed = Callable[[bytes], bytes]  # from a message to its keyed digest


class KeyRefused(Exception):
    """A key cannot be used; the sentence says what to do."""


class NoKey(Exception):
    """The database knows a key that this program does not have, so nothing can be sealed."""


class SealBroken(Exception):
    """A sealed value does not belong to its row, or was changed."""


@dataclass(frozen=True, slots=True)
class Key:
    """The bytes from which one key's seal derives, and what it has carried over from the key before it.

    Who steals a key opens what it has sealed. A new key opens nothing of the old one's and the old one nothing of
    the new one's; but the carried secrets stay what they were, since stored values hang on them: a thief of the old
    key still finds a guessed address in a stolen database, and computes receipts from the marks in it.
    """

    seed: bytes = field(repr=False)
    carried: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    _made: dict[str, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)
    _keyed: dict[str, Keyed] = field(default_factory=dict, init=False, repr=False, compare=False)

    @staticmethod
    def random() -> "Key":
        """Return a new key that carries nothing."""
        return Key(secrets.token_bytes(KEY_BYTES))

    def successor(self) -> "Key":
        """Return a new key that carries over all but the seal."""
        lasting = {purpose: self.secret(purpose) for purpose in LASTING}
        return Key(secrets.token_bytes(KEY_BYTES), {**self.carried, **lasting})

    def follows(self, other: "Key") -> bool:
        """Tell whether this key has carried over every secret of another."""
        return all(self.secret(purpose) == other.secret(purpose) for purpose in LASTING)

    def secret(self, purpose: str) -> bytes:
        """Return the secret of one purpose of LASTING, 32 bytes. Raises LookupError for any other."""
        if purpose not in LASTING:
            raise LookupError(f"cms.vault.LASTING does not say why {purpose!r} outlives a key")
        return self.carried.get(purpose) or self._derived(purpose)

    def keyed(self, purpose: str) -> Keyed:
        """Return what makes keyed digests under the secret of one purpose. Raises as `secret()`."""
        if purpose not in self._keyed:
            self._keyed[purpose] = keyed(self.secret(purpose))
        return self._keyed[purpose]

    def sealing(self) -> bytes:
        """Return what seals, 32 bytes; never carried over."""
        return self._derived("seal")

    def given_id(self) -> str:
        """Return the id of a key that comes without a file's name: it tells nothing of the key."""
        return f"given-{self._derived('id').hex()[:16]}"

    def _derived(self, purpose: str) -> bytes:
        if purpose not in self._made:
            # RFC 5869, section 2.3: expand alone, since the seed is uniformly random already.
            info = f"broadsheet {purpose}".encode()
            expanded = HKDFExpand(algorithm=hashes.SHA256(), length=KEY_BYTES, info=info)
            self._made[purpose] = expanded.derive(self.seed)
        return self._made[purpose]


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals, finds and unseals addresses; `current` is the id of the key that seals now.

    `newer` is asked where a value is sealed under a key that is not here, by its id: it returns the vault of this moment.
    """

    current: str
    _keys: Mapping[str, Key] = field(repr=False)
    newer: "Callable[[str], Vault | None]" = field(default=lambda _key_id: None, repr=False, compare=False)

    def seal(self, plain: str, *, table: str, mark: str) -> str:
        """Return `plain` sealed for one row: `<key id>:<nonce and ciphertext in hex>`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        box = AESGCM(self._keys[self.current].sealing())
        sealed = box.encrypt(nonce, plain.encode(), _bound_to(table, mark))
        return f"{self.current}:{(nonce + sealed).hex()}"

    def unseal(self, sealed: str, *, table: str, mark: str) -> str:
        """Return the plain value.

        Raises NoKey if its key is not here, SealBroken if it was changed or belongs to another row.
        """
        key_id, _, body = sealed.partition(":")
        try:
            raw = bytes.fromhex(body)
            box = AESGCM(self._key(key_id).sealing())
            return box.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound_to(table, mark)).decode()
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"a sealed value of {table} does not belong to its row") from error

    def sealed_anew(self, sealed: str, *, table: str, mark: str) -> str:
        """Return a sealed value under the current key; what it holds does not leave the vault. Raises as `unseal()`."""
        return self.seal(self.unseal(sealed, table=table, mark=mark), table=table, mark=mark)

    def fingerprint(self, plain: str) -> str:
        """Return the keyed HMAC by which an address is looked up, 64 hex digits."""
        return self.digest("fingerprint", normalised_address(plain))

    def digest(self, purpose: str, *parts: str) -> str:
        """Return a keyed digest of `parts` for one `purpose` of LASTING, 64 hex digits."""
        encoded = [part.encode() for part in parts]
        message = b"".join([len(part).to_bytes(4, "big") + part for part in encoded])
        return self._keys[self.current].keyed(purpose)(message).hex()

    def secret(self, purpose: str) -> str:
        """Return the derived secret of one `purpose` of LASTING, 64 hex digits; the same on every host."""
        return self._keys[self.current].secret(purpose).hex()

    def _key(self, key_id: str) -> Key:
        key = self._keys.get(key_id)
        newer = self.newer(key_id) if key is None else None
        key = newer._keys.get(key_id) if newer is not None else key
        if key is None:
            raise NoKey(f"the key {key_id} is not here")
        return key


def keyed(secret: bytes) -> Keyed:
    """Return what makes the HMAC (SHA-256) of a message under `secret`.

    OpenSSL takes as long to begin one as for a short message itself: 26,000 instructions for both, 13,000 so.
    """
    begun = HMAC(secret, hashes.SHA256())

    def digest(message: bytes) -> bytes:
        mac = begun.copy()
        mac.update(message)
        return mac.finalize()

    return digest


def random_mark() -> str:
    """Return a row's random 128-bit mark, 32 hex digits."""
    return secrets.token_hex(MARK_BYTES)


def secret_hash(secret: str) -> str:
    """Return what is stored of a secret in a link or a cookie, 64 hex digits: random as it is, it needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def normalised_address(plain: str) -> str:
    """Return an e-mail address as it is compared: NFC, no outer space, lower case throughout.

    RFC 5321, section 2.4, allows case to matter in the local part; no provider in use lets it.
    """
    return unicodedata.normalize("NFC", plain.strip()).casefold()


def _bound_to(table: str, mark: str) -> bytes:
    return f"{table}:{mark}".encode()
