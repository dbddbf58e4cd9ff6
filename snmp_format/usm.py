"""The user-based security model: users, their keys, digests and privacy. No message format: that is `v3_message`.

1. A password becomes a key once (Ku: a hash over 1 MiB of it, two milliseconds), and once for each engine (Kul,
   cheap). Both are kept: Ku with the user, Kul in a cache that forgets the oldest.
2. A digest covers the whole message with its own place filled with zeros.
3. AES runs in CFB mode under IV = boots, time and an eight-octet salt that never comes twice.
Source: RFC 3414 (HMAC-MD5-96, HMAC-SHA-96), RFC 7860 (HMAC-SHA-2), RFC 3826 (AES-128).
"""

import hashlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
except ImportError:  # before it moved, in version 47
    from cryptography.hazmat.primitives.ciphers.modes import CFB

PASSWORD_CHARACTERS_MIN: Final = 8
"""Source: RFC 3414, 11.2."""
USER_NAME_BYTES_MAX: Final = 32
SALT_BYTES: Final = 8
_PASSWORD_SPREAD_BYTES: Final = 1_048_576
_BLOCK_BYTES: Final = 16
_ZEROS: Final = bytes(_BLOCK_BYTES)
_INNER_PAD: Final = bytes(octet ^ 0x36 for octet in range(256))
_OUTER_PAD: Final = bytes(octet ^ 0x5C for octet in range(256))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthProtocol:
    """How messages are authenticated. hash_name: of hashlib. digest_bytes: what of the HMAC is sent."""

    hash_name: str
    digest_bytes: int


AUTH_PROTOCOLS: Final = MappingProxyType(
    {
        "MD5": AuthProtocol(hash_name="md5", digest_bytes=12),
        "SHA-1": AuthProtocol(hash_name="sha1", digest_bytes=12),
        "SHA-224": AuthProtocol(hash_name="sha224", digest_bytes=16),
        "SHA-256": AuthProtocol(hash_name="sha256", digest_bytes=24),
        "SHA-384": AuthProtocol(hash_name="sha384", digest_bytes=32),
        "SHA-512": AuthProtocol(hash_name="sha512", digest_bytes=48),
    }
)
PRIV_PROTOCOLS: Final = ("AES-128",)


def password_key(protocol: AuthProtocol, password: bytes) -> bytes:
    """Ku: the key of a password, the same at every engine. Slow on purpose. Source: RFC 3414, A.2."""
    spread = password * (_PASSWORD_SPREAD_BYTES // len(password) + 1)
    return hashlib.new(protocol.hash_name, spread[:_PASSWORD_SPREAD_BYTES], usedforsecurity=False).digest()


def localised_key(protocol: AuthProtocol, key: bytes, engine_id: bytes) -> bytes:
    """Kul: a user's key at one engine. Source: RFC 3414, 2.6."""
    return hashlib.new(protocol.hash_name, key + engine_id + key, usedforsecurity=False).digest()


class LocalKeys:
    """A user's keys at one engine, ready for use: HMAC with its pads hashed, one cipher each way for all messages.

    Of what came before, a CFB cipher knows the last block of cipher text alone. So each message begins with its IV as
    if that were cipher text, and ends on a whole block: making a cipher anew costs more than all the rest.
    """

    __slots__ = ("_aes", "_decryptor", "_encryptor", "_inner", "_last_block", "_outer", "digest_bytes")

    def __init__(self, auth: AuthProtocol, auth_key: bytes, priv_key: bytes | None) -> None:
        """auth_key, priv_key: Kul; priv_key is cut to what AES takes. Source: RFC 3826, 1.2."""
        self.digest_bytes: Final = auth.digest_bytes
        blank = hashlib.new(auth.hash_name, usedforsecurity=False)
        padded = auth_key.ljust(blank.block_size, b"\0")
        self._inner: Final = blank.copy()
        self._inner.update(padded.translate(_INNER_PAD))
        self._outer: Final = blank.copy()
        self._outer.update(padded.translate(_OUTER_PAD))
        self._aes: Final = None if priv_key is None else AES(priv_key[:_BLOCK_BYTES])
        cipher = None if self._aes is None else Cipher(self._aes, CFB(_ZEROS))
        self._decryptor: Final = None if cipher is None else cipher.decryptor()
        self._encryptor: Final = None if cipher is None else cipher.encryptor()
        self._last_block = _ZEROS

    def digest(self, message: bytes) -> bytes:
        """What belongs in msgAuthenticationParameters of a message that has zeros there. Source: RFC 2104."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()[: self.digest_bytes]

    def encrypt(self, boots: int, time_s: int, salt: bytes, plain: bytes) -> bytes:
        """CFB128-AES-128 of a scoped PDU. boots, time_s: of the authoritative engine. Source: RFC 3826, 3.1.4."""
        assert self._encryptor is not None and self._decryptor is not None
        # Zeros deciphered behind a block are that block under the key: what has to be there for the IV to come out.
        keyed = self._decryptor.update(self._last_block + _ZEROS)[_BLOCK_BYTES:]
        first = int.from_bytes(keyed, "big") ^ int.from_bytes(_initialization(boots, time_s, salt), "big")
        size = len(plain)
        blocks = first.to_bytes(_BLOCK_BYTES, "big") + plain + bytes(-size % _BLOCK_BYTES)
        hidden = self._encryptor.update(blocks)
        self._last_block = hidden[-_BLOCK_BYTES:]
        return hidden[_BLOCK_BYTES : _BLOCK_BYTES + size]

    def decrypt(self, boots: int, time_s: int, salt: bytes, hidden: bytes) -> bytes:
        """The way back from `encrypt`; a wrong key gives octets without a meaning, not an error."""
        assert self._decryptor is not None
        size = len(hidden)
        blocks = _initialization(boots, time_s, salt) + hidden + bytes(-size % _BLOCK_BYTES)
        return self._decryptor.update(blocks)[_BLOCK_BYTES : _BLOCK_BYTES + size]

    @property
    def hides(self) -> bool:
        """Whether there is a key for privacy."""
        return self._aes is not None


def _initialization(boots: int, time_s: int, salt: bytes) -> bytes:
    return boots.to_bytes(4, "big") + time_s.to_bytes(4, "big") + salt
