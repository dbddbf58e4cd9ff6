"""JWE( JWS( deflate(batch) ) ): sealing a batch, and opening one from a stranger.

1. The JWS (RFC 7515) is signed by the sender and is the evidence in a dispute: it is kept as received.
2. The JWE (RFC 7516) is AES-128-CBC with HMAC, encrypt-then-MAC (RFC 7518, 5.2.3), keyed by ECDH-ES+A128KW.
3. Headers are closed: exactly the members below, so zip, crit, jku, x5u and jwk are refused with the rest.
4. Inflation has a hard cap; the deflate stream must end where the payload ends.
5. A token has one spelling: canonical base64url, so that every flipped bit is refused.
6. Whatever goes wrong on opening is the one EnvelopeError: a stranger learns nothing from it.
"""

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from wire_format.errors import DecodeError, EnvelopeError
from wire_format.keys import DecryptionKey, EncryptionKey, SigningKey, VerifyKey
from wire_format.strict_json import parse_json

SEALED_BYTES_MAX: Final = 1024 * 1024
INFLATED_BYTES_MAX: Final = 16 * 1024 * 1024
JWS_TYPE: Final = "inkwire-batch+jws"
JWE_TYPE: Final = "inkwire-batch+jwe"
KEY_WRAP: Final = "ECDH-ES+A128KW"
CONTENT_ENCRYPTION: Final = "A128CBC-HS256"

_JWE_MEMBERS: Final = frozenset({"alg", "enc", "kid", "typ", "epk"})
_JWS_MEMBERS: Final = frozenset({"alg", "kid", "typ"})
_FAULTS: Final = (JoseError, DecodeError, ValueError, TypeError, KeyError, binascii.Error, zlib.error)


class _WideJWE(JWERegistry):
    # joserfc refuses ciphertext over 64 KiB unless told otherwise.
    max_ciphertext_length = SEALED_BYTES_MAX


class _WideJWS(JWSRegistry):
    max_payload_length = SEALED_BYTES_MAX


_JWE: Final = _WideJWE(algorithms=[KEY_WRAP, CONTENT_ENCRYPTION], strict_check_header=False)


def _jws_registry(algorithm: str) -> JWSRegistry:
    return _WideJWS(algorithms=[algorithm], strict_check_header=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What came out of an envelope: the batch's bytes, and the signed form to keep as evidence."""

    batch: bytes
    jws: bytes


def sign_compact(payload: bytes, key: SigningKey, typ: str, **members: object) -> bytes:
    """A compact JWS. members: further protected header members."""
    header = {"alg": key.public.algorithm, "kid": key.kid, "typ": typ, **members}
    token = jws.serialize_compact(header, payload, key.jose, registry=_jws_registry(key.public.algorithm))
    return token.encode("ascii")


def verify_compact(token: bytes, key: VerifyKey, typ: str, also: frozenset[str] = frozenset()) -> bytes:
    """The payload of a compact JWS that key signed. Raises EnvelopeError, whatever is wrong.

    also: header members that must stand beside alg, kid and typ.
    """
    try:
        wanted = {"alg": key.algorithm, "kid": key.kid, "typ": typ}
        _check_header(read_header(token), _JWS_MEMBERS | also, wanted)
        _check_spelling(token)
        return jws.deserialize_compact(token, key.jose, registry=_jws_registry(key.algorithm)).payload
    except _FAULTS as error:
        raise EnvelopeError from error


def read_header(token: bytes) -> dict[str, object]:
    """The protected header of a compact JWS or JWE, not yet trusted. Raises EnvelopeError."""
    try:
        if len(token) > SEALED_BYTES_MAX:
            raise ValueError("too large")
        segment = token.split(b".", 1)[0]
        header = parse_json(urlsafe_b64decode(segment))
        if not isinstance(header, dict):
            raise TypeError("not an object")
        return dict(header)
    except _FAULTS as error:
        raise EnvelopeError from error


def _check_spelling(token: bytes) -> None:
    # The stdlib skips letters that are not base64url and ignores spare bits: two spellings of one token.
    # Evidence has one spelling only (RFC 4648, 3.5).
    for segment in token.split(b"."):
        if base64.urlsafe_b64encode(urlsafe_b64decode(segment)).rstrip(b"=") != segment:
            raise ValueError("not canonical base64url")


def _check_header(header: Mapping[str, object], members: frozenset[str], wanted: Mapping[str, str]) -> None:
    if header.keys() != members or any(header[name] != value for name, value in wanted.items()):
        raise ValueError("the header is not the one this format has")


def deflate(document: bytes) -> bytes:
    """Raw DEFLATE (RFC 1951), no zlib or gzip wrapper."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(document) + packer.flush()


def inflate(packed: bytes) -> bytes:
    """Undo deflate. Raises EnvelopeError past INFLATED_BYTES_MAX, for a cut stream and for bytes behind its end."""
    unpacker = zlib.decompressobj(-15)
    try:
        document = unpacker.decompress(packed, INFLATED_BYTES_MAX + 1)
    except zlib.error as error:
        raise EnvelopeError from error
    if len(document) > INFLATED_BYTES_MAX or not unpacker.eof or unpacker.unused_data:
        raise EnvelopeError
    return document


def sign_batch(batch: bytes, sender_key: SigningKey) -> bytes:
    """The JWS of a deflated batch. batch: what encode_batch gave."""
    return sign_compact(deflate(batch), sender_key, JWS_TYPE)


def seal(batch: bytes, sender_key: SigningKey, portal_key: EncryptionKey) -> bytes:
    """The envelope to post as application/jose. batch: what encode_batch gave.

    Every call gives other bytes (fresh key and IV); the batch inside keeps its hash.
    Raises ValueError when the envelope would pass SEALED_BYTES_MAX: the sender splits the batch.
    """
    header = {"alg": KEY_WRAP, "enc": CONTENT_ENCRYPTION, "kid": portal_key.kid, "typ": JWE_TYPE}
    token = jwe.encrypt_compact(header, sign_batch(batch, sender_key), portal_key.jose, registry=_JWE)
    envelope = token.encode("ascii")
    if len(envelope) > SEALED_BYTES_MAX:
        raise ValueError(f"the sealed batch has {len(envelope)} bytes, more than {SEALED_BYTES_MAX}")
    return envelope


def recipient_kid(envelope: bytes) -> str:
    """Which portal key an envelope is sealed to: readable by all, trusted by none. Raises EnvelopeError."""
    kid = read_header(envelope).get("kid")
    if not isinstance(kid, str):
        raise EnvelopeError
    return kid


def open_envelope(envelope: bytes, decryption_key: DecryptionKey, sender: VerifyKey) -> Opened:
    """Decrypt, check the sender's signature, inflate. Raises EnvelopeError, whatever is wrong."""
    try:
        header = read_header(envelope)
        wanted = {"alg": KEY_WRAP, "enc": CONTENT_ENCRYPTION, "kid": decryption_key.kid, "typ": JWE_TYPE}
        _check_header(header, _JWE_MEMBERS, wanted)
        _check_spelling(envelope)
        token = jwe.decrypt_compact(envelope, decryption_key.jose, registry=_JWE).plaintext
    except _FAULTS as error:
        raise EnvelopeError from error
    if token is None:
        raise EnvelopeError
    return Opened(batch=inflate(verify_compact(token, sender, JWS_TYPE)), jws=token)
