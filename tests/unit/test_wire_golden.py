"""What schema 1 was, it stays: golden files, and vectors that others wrote."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc import jwe
from joserfc.jwk import OctKey

from tests.support.golden_keys import golden_portal_key, golden_sender_key
from tests.support.wire import full_batch
from wire_format.codec import decode_batch, encode_batch
from wire_format.envelope import open_envelope, recipient_kid, sign_batch, verify_compact
from wire_format.errors import EnvelopeError
from wire_format.keys import VerifyKey

GOLDEN = Path(__file__).parents[2] / "fixtures" / "wire" / "schema-1"
PORTAL = golden_portal_key()


@pytest.mark.parametrize("name", ["ed25519", "es256"])
def test_a_golden_envelope_opens_for_ever(name: str) -> None:
    sender = golden_sender_key(name)
    document = (GOLDEN / f"batch-{name}.json").read_bytes()

    opened = open_envelope((GOLDEN / f"batch-{name}.jwe").read_bytes(), PORTAL, sender.public)

    assert recipient_kid((GOLDEN / f"batch-{name}.jwe").read_bytes()) == PORTAL.kid
    assert json.loads((GOLDEN / f"sender-{name}.jwk.json").read_text()) == sender.public.to_jwk()
    assert opened.batch == document
    assert opened.jws == (GOLDEN / f"batch-{name}.jws").read_bytes()
    assert decode_batch(document) == full_batch(sender.kid)
    assert encode_batch(decode_batch(document)) == document


def test_ed25519_signs_the_same_bytes_the_same_way() -> None:
    sender = golden_sender_key("ed25519")

    again = sign_batch((GOLDEN / "batch-ed25519.json").read_bytes(), sender)

    # Deflate may pack otherwise in another zlib, so the signed text is compared only where the packing is alike.
    golden = (GOLDEN / "batch-ed25519.jws").read_bytes()
    assert again.split(b".")[0] == golden.split(b".")[0]
    assert (again.split(b".")[1] == golden.split(b".")[1]) == (again == golden)


def test_the_key_of_rfc_8037_has_the_thumbprint_printed_there() -> None:
    # RFC 8037, appendix A.3.
    key = VerifyKey.from_jwk({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})

    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_signature_of_rfc_8037_verifies_and_a_changed_one_does_not() -> None:
    # RFC 8037, appendix A.4: the RFC's header says EdDSA and has no kid, so the primitive is checked, not our header.
    key = VerifyKey.from_jwk({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    token = (
        b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        b"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )
    signed, _, signature = token.rpartition(b".")

    public = key.jose.get_op_key("verify")
    assert isinstance(public, Ed25519PublicKey)
    public.verify(_unpack(signature), signed)
    with pytest.raises(EnvelopeError):
        verify_compact(token, key, "inkwire-batch+jws")


def test_the_thumbprint_method_is_the_one_of_rfc_7638() -> None:
    # RFC 7638 hashes the required members, in lexicographic order, without white space.
    key = golden_sender_key("es256").public
    members = key.to_jwk()
    text = "{" + ",".join(f'"{name}":"{members[name]}"' for name in ("crv", "kty", "x", "y")) + "}"

    assert _unpack(key.kid.encode()) == hashlib.sha256(text.encode()).digest()


def test_the_cipher_is_the_one_of_rfc_7518() -> None:
    # RFC 7518, appendix B.1: its key, IV, associated data, ciphertext and tag, put in a compact JWE.
    # The associated data of a JWE is its header, so the tag is recomputed here by the RFC's own recipe for that header.
    key, iv = bytes(range(32)), bytes.fromhex("1af38c2dc2b96ffdd86694092341bc04")
    plain = (
        b"A cipher system must not be required to be secret, and it must be able to fall into "
        b"the hands of the enemy without inconvenience"
    )
    sealed = bytes.fromhex(
        "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9a94ac9b47ad2655c5f10f9aef71427e2"
        "fc6f9b3f399a221489f16362c703233609d45ac69864e3321cf82935ac4096c86e133314c54019e8ca7980dfa4b9cf1b"
        "384c486f3a54c51078158ee5d79de59fbd34d848b3d69550a67646344427ade54b8851ffb598f7f80074b9473c82e2db"
    )
    tag = bytes.fromhex("652c3fa36b0a7c5b3219fab3a30bc1c4")

    assert _tag(key, b"The second principle of Auguste Kerckhoffs", iv, sealed) == tag
    header = _pack(b'{"alg":"dir","enc":"A128CBC-HS256"}')
    token = b".".join([header, b"", _pack(iv), _pack(sealed), _pack(_tag(key, header, iv, sealed))])
    opened = jwe.decrypt_compact(token, OctKey.import_key(key), algorithms=["dir", "A128CBC-HS256"])
    assert opened.plaintext == plain


def _tag(key: bytes, associated: bytes, iv: bytes, sealed: bytes) -> bytes:
    length = (len(associated) * 8).to_bytes(8, "big")
    return hmac.digest(key[:16], associated + iv + sealed + length, "sha256")[:16]


def _pack(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def _unpack(segment: bytes) -> bytes:
    return base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
