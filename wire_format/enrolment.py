"""How a sender and a portal come to know each other: claim codes, enrolment, key sets, signed time.

1. A claim code is made by the portal, is used once, and carries a hash of the portal's CA, so the
   sender knows the portal before it says anything (no trust on first use).
2. The enrolment request is signed by the new key itself, whose public half stands in the header.
3. Key sets and times are signed by the CA's key: a sender believes them over any transport.
"""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wire_format.codec import decode_record, encode_record
from wire_format.envelope import read_header, sign_compact
from wire_format.envelope import verify_compact as verify_jws
from wire_format.errors import ClaimCodeError, DecodeError, EnvelopeError
from wire_format.keys import EncryptionKey, KeyFormatError, SigningKey, VerifyKey
from wire_format.records import THUMBPRINT_PATTERN, Device
from wire_format.settings import Desired
from wire_format.shapes import choice, instant, integer, nested, text
from wire_format.strict_json import compact_json, parse_json

ENROL_TYPE: Final = "inkwire-enrol+jws"
KEYS_TYPE: Final = "inkwire-keys+jws"
TIME_TYPE: Final = "inkwire-time+jws"
REKEY_TYPE: Final = "inkwire-rekey+jws"
CLAIM_VERSION: Final = 1
PORTAL_KEYS_MAX: Final = 8

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_RFC4648: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TO_CROCKFORD: Final = str.maketrans(_RFC4648, _ALPHABET)
_FROM_CROCKFORD: Final = str.maketrans(_ALPHABET + "OIL", _RFC4648 + "ABB")  # O is 0; I and L are 1
_CODE_LETTERS: Final = 45
_GROUP: Final = 5


def ca_hash(ca_der: bytes) -> bytes:
    """First 15 bytes of the SHA-256 of a CA certificate in DER: 120 bits, enough against a second preimage."""
    return hashlib.sha256(ca_der).digest()[:15]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimCode:
    """A one-time right to enrol. claim_id: 3 bytes, secret: 8 bytes, ca_hash: 15 bytes."""

    claim_id: bytes
    secret: bytes
    ca_hash: bytes

    @property
    def text(self) -> str:
        """28 bytes (version, id, secret, CA hash, check) in 45 letters of Crockford's base 32, in groups of five."""
        body = bytes([CLAIM_VERSION]) + self.claim_id + self.secret + self.ca_hash
        letters = base64.b32encode(body + _check(body)).decode("ascii").rstrip("=").translate(_TO_CROCKFORD)
        return "-".join(letters[start : start + _GROUP] for start in range(0, _CODE_LETTERS, _GROUP))

    @classmethod
    def parse(cls, code: str) -> "ClaimCode":
        """Read a code as a person types it: case, spaces and dashes do not matter; O, I and L are read as 0, 1, 1.

        Raises ClaimCodeError with a sentence for that person.
        """
        letters = "".join(code.split()).replace("-", "").upper()
        if len(letters) != _CODE_LETTERS:
            raise ClaimCodeError(
                f"a claim code has {_CODE_LETTERS} letters and digits, this one has {len(letters)}; copy it whole"
            )
        if wrong := sorted(set(letters) - set(_ALPHABET + "OIL")):
            raise ClaimCodeError(f"a claim code has no {' '.join(wrong)}; copy it again from the portal")
        raw = base64.b32decode(letters.translate(_FROM_CROCKFORD) + "===")
        body, check = raw[:27], raw[27:]
        if check != _check(body):
            raise ClaimCodeError("the claim code is mistyped (its check letter does not fit); copy it again")
        if body[0] != CLAIM_VERSION:
            raise ClaimCodeError(f"the claim code is of version {body[0]}, this program knows {CLAIM_VERSION}")
        return cls(claim_id=body[1:4], secret=body[4:12], ca_hash=body[12:27])


def _check(body: bytes) -> bytes:
    return bytes([zlib.crc32(body) & 0xFF])


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolRequest:
    """What a sender says to enrol. claim_id, secret, nonce: lower-case hex. agent: program and version."""

    v: int = integer(1, 1, required=True)
    claim_id: str = text(6, required=True, pattern=r"[0-9a-f]{6}", wanted="6 hex digits")
    secret: str = text(16, required=True, pattern=r"[0-9a-f]{16}", wanted="16 hex digits")
    kind: str = choice(("direct", "collector"), required=True)
    agent: str = text(128, required=True)
    nonce: str = text(32, required=True, pattern=r"[0-9a-f]{32}", wanted="32 hex digits")
    device: Device | None = nested(Device)


def sign_enrol_request(request: EnrolRequest, key: SigningKey) -> bytes:
    """A compact JWS with the public key in its header: the body to post to /v1/enrol as application/jose."""
    payload = compact_json(encode_record(request)).encode("utf-8")
    return sign_compact(payload, key, ENROL_TYPE, jwk=key.public.to_jwk())


def open_enrol_request(token: bytes) -> tuple[EnrolRequest, VerifyKey]:
    """The request and the key that signed it.

    Raises EnvelopeError when the signature or header is wrong, DecodeError when the content is.
    """
    payload, key = _open_self_signed(token, ENROL_TYPE)
    return decode_record(EnrolRequest, parse_json(payload)), key


def _open_self_signed(token: bytes, typ: str) -> tuple[bytes, VerifyKey]:
    jwk = read_header(token).get("jwk")
    if not isinstance(jwk, dict):
        raise EnvelopeError
    try:
        key = VerifyKey.from_jwk(jwk)
    except KeyFormatError as error:
        raise EnvelopeError from error
    return verify_jws(token, key, typ, also=frozenset({"jwk"})), key


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolReply:
    """What the portal answers. keys: signed key set. time: signed time for the request's nonce."""

    sender: str = text(43, required=True, pattern=THUMBPRINT_PATTERN, wanted="an RFC 7638 thumbprint")
    keys: str = text(16384, required=True)
    time: str = text(4096, required=True)
    desired: Desired | None = nested(Desired)


def encode_enrol_reply(reply: EnrolReply) -> bytes:
    """The reply as JSON."""
    return compact_json(encode_record(reply)).encode("utf-8")


def decode_enrol_reply(document: bytes) -> EnrolReply:
    """The reply from JSON. Raises DecodeError."""
    return decode_record(EnrolReply, parse_json(document))


@dataclass(frozen=True, slots=True, kw_only=True)
class _SignedTime:
    nonce: str = text(64, required=True, pattern=r"[0-9a-f]{16,64}", wanted="16 to 64 hex digits")
    time: datetime = instant(required=True)


def sign_key_set(keys: Sequence[EncryptionKey], issued_at: datetime, ca_key: SigningKey) -> str:
    """The portal's keys, preferred one first, signed by the CA's key. issued_at: aware UTC."""
    body = {"issued_at": encode_record(_SignedTime(nonce="0" * 16, time=issued_at))["time"]}
    payload = compact_json({**body, "keys": [key.to_jwk() for key in keys]}).encode("utf-8")
    return sign_compact(payload, ca_key, KEYS_TYPE).decode("ascii")


def open_key_set(token: str, ca: VerifyKey) -> tuple[EncryptionKey, ...]:
    """The portal's keys, preferred one first. Raises EnvelopeError (not signed by ca), DecodeError (not a key set)."""
    document = parse_json(verify_jws(_ascii(token), ca, KEYS_TYPE))
    rows = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not 1 <= len(rows) <= PORTAL_KEYS_MAX:
        raise DecodeError("/keys", f"1 to {PORTAL_KEYS_MAX} keys are wanted here")
    keys = []
    for position, row in enumerate(rows):
        try:
            keys.append(EncryptionKey.from_jwk(row if isinstance(row, dict) else {}))
        except KeyFormatError as error:
            raise DecodeError(f"/keys/{position}", str(error)) from error
    return tuple(keys)


def sign_time(nonce: str, at: datetime, ca_key: SigningKey) -> str:
    """The portal's time for one question. nonce: 16 to 64 hex digits chosen by the asker. at: aware UTC."""
    payload = compact_json(encode_record(_SignedTime(nonce=nonce, time=at))).encode("utf-8")
    return sign_compact(payload, ca_key, TIME_TYPE).decode("ascii")


def open_time(token: str, nonce: str, ca: VerifyKey) -> datetime:
    """The portal's time. Raises EnvelopeError for another signer or another nonce, DecodeError for another form."""
    signed = decode_record(_SignedTime, parse_json(verify_jws(_ascii(token), ca, TIME_TYPE)))
    if signed.nonce != nonce:
        raise EnvelopeError
    return signed.time


def sign_rekey(new: SigningKey, old: SigningKey) -> bytes:
    """A change of key: the new key's self-signed statement, signed again by the old one."""
    inner = sign_compact(old.kid.encode("ascii"), new, REKEY_TYPE, jwk=new.public.to_jwk())
    return sign_compact(inner, old, REKEY_TYPE)


def open_rekey(token: bytes, old: VerifyKey) -> VerifyKey:
    """The new key that old vouches for. Raises EnvelopeError."""
    statement, new = _open_self_signed(verify_jws(token, old, REKEY_TYPE), REKEY_TYPE)
    if statement != old.kid.encode("ascii"):
        raise EnvelopeError
    return new


def _ascii(token: str) -> bytes:
    try:
        return token.encode("ascii")
    except (UnicodeEncodeError, binascii.Error) as error:
        raise EnvelopeError from error
