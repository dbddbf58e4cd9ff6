"""Keys of senders and portals: making, naming, storing and reading them.

A sender signs with Ed25519 (default) or P-256; a portal is encrypted to on P-256.
A key's name (kid) is its RFC 7638 SHA-256 thumbprint, 43 characters of base64url.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from wire_format.errors import WireError
from wire_format.strict_json import JsonValue

ALGORITHM_ED25519: Final = "Ed25519"
"""RFC 9864 name; the older "EdDSA" is deprecated there, since it does not name the curve."""
ALGORITHM_ES256: Final = "ES256"

_EC_MEMBERS: Final = frozenset({"kty", "crv", "x", "y"})
_OKP_MEMBERS: Final = frozenset({"kty", "crv", "x"})


class KeyFormatError(WireError):
    """A key that is not one of ours: wrong type, wrong curve, or damaged."""


def _public_members(jwk: Mapping[str, object]) -> dict[str, str | list[str]]:
    wanted = _OKP_MEMBERS if jwk.get("kty") == "OKP" else _EC_MEMBERS
    members: dict[str, str | list[str]] = {}
    for name in sorted(wanted):
        if isinstance(value := jwk.get(name), str):
            members[name] = value
    if set(members) != wanted or "d" in jwk:
        raise KeyFormatError("a public key is a JWK with kty, crv, x (and y), and nothing private")
    return members


def _read_public(jwk: Mapping[str, object], *, signing: bool) -> ECKey | OKPKey:
    members = _public_members(jwk)
    if members.keys() != jwk.keys():
        raise KeyFormatError(f"a public key here has the members {', '.join(members)} and no other")
    try:
        if signing and members["kty"] == "OKP" and members["crv"] == "Ed25519":
            key: ECKey | OKPKey = OKPKey.import_key(members)
        elif members["kty"] == "EC" and members["crv"] == "P-256":
            key = ECKey.import_key(members)
        else:
            raise KeyFormatError(f"a key of type {members['kty']} {members['crv']} is not used here")
        # The point is checked only when the native key is built.
        key.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (JoseError, ValueError, TypeError) as error:
        raise KeyFormatError("the key is damaged: its coordinates are not on the curve") from error
    return key


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """The public half of a signing key."""

    jose: ECKey | OKPKey
    kid: str
    algorithm: str

    @classmethod
    def of(cls, jose: ECKey | OKPKey) -> "VerifyKey":
        """Wrap a joserfc key that is known good."""
        algorithm = ALGORITHM_ED25519 if isinstance(jose, OKPKey) else ALGORITHM_ES256
        return cls(jose, jose.thumbprint(), algorithm)

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, object]) -> "VerifyKey":
        """Read a public JWK (Ed25519 or P-256). Raises KeyFormatError."""
        return cls.of(_read_public(jwk, signing=True))

    @classmethod
    def from_certificate_pem(cls, pem: bytes) -> "VerifyKey":
        """The public key of an X.509 certificate, such as the portal's CA. Raises KeyFormatError."""
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            public = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            key = ECKey.import_key(public)
        except (JoseError, ValueError, TypeError) as error:
            raise KeyFormatError("not a PEM certificate with a P-256 key") from error
        if key.curve_name != "P-256":
            raise KeyFormatError(f"the certificate's key is on {key.curve_name}, wanted P-256")
        return cls.of(key)

    def to_jwk(self) -> dict[str, JsonValue]:
        """The public JWK, only the members that RFC 7638 hashes."""
        return {name: str(value) for name, value in _public_members(self.jose.as_dict(private=False)).items()}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key that signs. Never logged, never sent."""

    jose: ECKey | OKPKey
    public: VerifyKey

    @property
    def kid(self) -> str:
        """RFC 7638 thumbprint of the public key."""
        return self.public.kid

    @classmethod
    def generate(cls) -> "SigningKey":
        """A new Ed25519 key from the system's randomness."""
        return cls._of(OKPKey.generate_key("Ed25519", private=True))

    @classmethod
    def generate_es256(cls) -> "SigningKey":
        """A new P-256 key, for hardware that has no Ed25519, and for a portal's CA."""
        return cls._of(ECKey.generate_key("P-256", private=True))

    @classmethod
    def _of(cls, jose: ECKey | OKPKey) -> "SigningKey":
        return cls(jose, VerifyKey.of(jose))

    @classmethod
    def from_pem(cls, pem: bytes) -> "SigningKey":
        """Read what to_pem wrote (PKCS #8). Raises KeyFormatError."""
        for kind in (OKPKey, ECKey):
            try:
                key = kind.import_key(pem)
            except (JoseError, ValueError, TypeError):
                continue
            if key.is_private and key.curve_name in ("Ed25519", "P-256"):
                return cls._of(key)
        raise KeyFormatError("not a PEM private key on Ed25519 or P-256")

    def to_pem(self) -> bytes:
        """PKCS #8, unencrypted: the caller guards the file."""
        return self.jose.as_pem(private=True)


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """The public P-256 key that batches are sealed to."""

    jose: ECKey
    kid: str

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, object]) -> "EncryptionKey":
        """Read a public P-256 JWK. Raises KeyFormatError."""
        key = _read_public(jwk, signing=False)
        assert isinstance(key, ECKey)
        return cls(key, key.thumbprint())

    def to_jwk(self) -> dict[str, JsonValue]:
        """The public JWK, only the members that RFC 7638 hashes."""
        return {name: str(value) for name, value in _public_members(self.jose.as_dict(private=False)).items()}


@dataclass(frozen=True, slots=True)
class DecryptionKey:
    """The portal's private P-256 key that opens envelopes."""

    jose: ECKey
    public: EncryptionKey

    @property
    def kid(self) -> str:
        """RFC 7638 thumbprint of the public key."""
        return self.public.kid

    @classmethod
    def generate(cls) -> "DecryptionKey":
        """A new P-256 key from the system's randomness."""
        return cls._of(ECKey.generate_key("P-256", private=True))

    @classmethod
    def _of(cls, jose: ECKey) -> "DecryptionKey":
        public = ECKey.import_key(_public_members(jose.as_dict(private=False)))
        return cls(jose, EncryptionKey(public, public.thumbprint()))

    @classmethod
    def from_pem(cls, pem: bytes) -> "DecryptionKey":
        """Read what to_pem wrote. Raises KeyFormatError."""
        try:
            key = ECKey.import_key(pem)
        except (JoseError, ValueError, TypeError) as error:
            raise KeyFormatError("not a PEM private key on P-256") from error
        if not key.is_private or key.curve_name != "P-256":
            raise KeyFormatError("not a PEM private key on P-256")
        return cls._of(key)

    def to_pem(self) -> bytes:
        """PKCS #8, unencrypted: the caller guards the file."""
        return self.jose.as_pem(private=True)
