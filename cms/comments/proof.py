"""A small sum that a browser does before it sends a comment: cheap once, dear ten thousand times."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

GOOD_FOR = timedelta(hours=1)  # from the second that the token names; whoever writes longer is held, no more
NONCE_MAX_CHARS = 15  # with the 40 of the token's signature one block of SHA-256, so that scripts stay small


@dataclass(frozen=True, slots=True)
class Proof:
    """A sum that was done: `key` names the token it was done for, which is good once and until `ends_at`."""

    key: str
    ends_at: datetime


def proof_of(token: str, second: int | None, nonce: str, bits: int, now: datetime) -> Proof | None:
    """Return the proof that `nonce` gives for a token of ours, made in `second`; None where it gives none.

    SHA-256 of the token's signature and the nonce begins with `bits` zeros.
    """
    if second is None or not 0 < len(nonce) <= NONCE_MAX_CHARS or not nonce.isascii():
        return None
    signature = token.rpartition(".")[2]
    digest = hashlib.sha256(f"{signature}{nonce}".encode()).digest()
    ends_at = datetime.fromtimestamp(second, UTC) + GOOD_FOR
    if int.from_bytes(digest, "big") >> (256 - bits) or now >= ends_at:
        return None
    return Proof(signature, ends_at)
