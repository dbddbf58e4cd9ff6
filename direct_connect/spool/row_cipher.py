"""The key of a spool, and what it hides: the bodies of rows, and the names by which they are found.

1. AES-256-GCM with a random nonce a row. The associated data are the row's table and all its open columns, so no
   body can be moved to another row, sender, stream or number without being noticed.
2. Names (of jobs, alerts, memos) stand in the file as a keyed hash: equal names are found, and nobody without the
   key can try names.
3. The check says whether a key is the one a file of this version was made with, and nothing else about it.
"""

import hashlib
import hmac
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from direct_connect.errors import ConfigError, DirectConnectError

KEY_BYTES: Final = 32
SEALED: Final = b"\x01"
"""First byte of everything sealed; nothing that was stored in the clear ever began with it."""
_NONCE_BYTES: Final = 12
_NAME_BYTES: Final = 16


class UnsealError(DirectConnectError):
    """A body that this key did not seal, or that stands in the wrong row."""


class RowCipher:
    """Seals with one key. Thread-safe."""

    def __init__(self, key: bytes) -> None:
        """Raises ConfigError unless the key is 32 bytes."""
        if len(key) != KEY_BYTES:
            raise ConfigError(f"the key of a spool is {KEY_BYTES} random bytes, this one is {len(key)} bytes")
        self._aead = AESGCM(_derived(key, b"inkwire spool bodies"))
        self._names = _derived(key, b"inkwire spool names")
        self.check: Final = _derived(key, b"inkwire spool check, version 2")[:_NAME_BYTES]

    def seal(self, plain: bytes, place: bytes) -> bytes:
        """The body as it is stored. place: what no other row has."""
        nonce = os.urandom(_NONCE_BYTES)  # never from a seed: a nonce used twice gives both bodies away
        return SEALED + nonce + self._aead.encrypt(nonce, plain, place)

    def unseal(self, stored: bytes, place: bytes) -> bytes:
        """The body again. Raises UnsealError."""
        if stored[:1] != SEALED:
            raise UnsealError("a body is not sealed")
        start = len(SEALED) + _NONCE_BYTES
        try:
            return self._aead.decrypt(stored[len(SEALED) : start], stored[start:], place)
        except (InvalidTag, ValueError) as error:
            raise UnsealError("a body does not open with this key in this place") from error

    def name(self, plain: str) -> str:
        """What stands in the file for a name."""
        return hmac.digest(self._names, plain.encode("utf-8", "surrogatepass"), "sha256")[:_NAME_BYTES].hex()


def _derived(key: bytes, label: bytes) -> bytes:
    return hmac.digest(key, label, hashlib.sha256)
