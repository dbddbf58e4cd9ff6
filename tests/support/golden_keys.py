"""Keys of the golden files, made from words, so that no key needs to be stored.

The private part is the SHA-256 of the words: an Ed25519 seed, or a P-256 scalar. Anyone can make
them again in any language; they protect nothing.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from wire_format.keys import DecryptionKey, SigningKey


def _seed(words: str) -> bytes:
    return hashlib.sha256(words.encode("ascii")).digest()


def _pem(key: EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def golden_portal_key() -> DecryptionKey:
    """The portal's key, from the words `inkwire golden portal`."""
    return DecryptionKey.from_pem(_pem(derive_private_key(_scalar("inkwire golden portal"), SECP256R1())))


def golden_sender_key(name: str) -> SigningKey:
    """A sender's key, from the words `inkwire golden sender NAME`. name: ed25519 or es256."""
    words = f"inkwire golden sender {name}"
    if name == "ed25519":
        return SigningKey.from_pem(_pem(Ed25519PrivateKey.from_private_bytes(_seed(words))))
    return SigningKey.from_pem(_pem(derive_private_key(_scalar(words), SECP256R1())))


def _scalar(words: str) -> int:
    return int.from_bytes(_seed(words), "big")
