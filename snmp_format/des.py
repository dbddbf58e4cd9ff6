"""CBC-DES privacy, for printers that have nothing else. It hides from the idle, not from the determined.

A single DES key is given to the library's Triple DES, which then is DES (K1 = K2 = K3). Source: RFC 3414, 8.1.1.
"""

from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC

from snmp_format.ber import DecodeError
from snmp_format.usm import AuthProtocol, LocalKeys

_BLOCK_BYTES: Final = 8


class DesKeys(LocalKeys):
    """A user's keys at one engine, where privacy is DES. priv_key: Kul, of which 16 octets are used."""

    __slots__ = ("_before_iv", "_des")

    def __init__(self, auth: AuthProtocol, auth_key: bytes, priv_key: bytes) -> None:
        super().__init__(auth, auth_key, None)
        self._des: Final = TripleDES(priv_key[:8] * 3)
        self._before_iv: Final = int.from_bytes(priv_key[8:16], "big")

    def encrypt(self, boots: int, time_s: int, salt: bytes, plain: bytes) -> bytes:
        """DES-CBC of a scoped PDU, filled up to whole blocks. salt: eight octets; boots and time_s are not used."""
        encryptor = self._cipher(salt).encryptor()
        return encryptor.update(plain + bytes(-len(plain) % _BLOCK_BYTES)) + encryptor.finalize()

    def decrypt(self, boots: int, time_s: int, salt: bytes, hidden: bytes) -> bytes:
        """The way back, with the filling still there. Raises DecodeError for a part of a block."""
        if len(hidden) % _BLOCK_BYTES:
            raise DecodeError("a PDU hidden by DES does not end with a block")
        decryptor = self._cipher(salt).decryptor()
        return decryptor.update(hidden) + decryptor.finalize()

    @property
    def hides(self) -> bool:
        """Whether there is a key for privacy."""
        return True

    def _cipher(self, salt: bytes) -> Cipher[CBC]:
        vector = self._before_iv ^ int.from_bytes(salt, "big")
        return Cipher(self._des, CBC(vector.to_bytes(_BLOCK_BYTES, "big")))
