"""An envelope opens for the right portal and the right sender, and for nobody else."""

import base64
import json
import zlib

import pytest
from joserfc import jwe, jws
from joserfc.jwk import ECKey, OctKey

from tests.support.wire import full_batch
from wire_format import envelope as wire_envelope
from wire_format.codec import encode_batch
from wire_format.envelope import (
    CONTENT_ENCRYPTION,
    INFLATED_BYTES_MAX,
    JWE_TYPE,
    JWS_TYPE,
    KEY_WRAP,
    deflate,
    inflate,
    open_envelope,
    read_header,
    recipient_kid,
    seal,
    sign_compact,
)
from wire_format.errors import EnvelopeError
from wire_format.keys import DecryptionKey, KeyFormatError, SigningKey, VerifyKey

PORTAL = DecryptionKey.generate()
SENDER = SigningKey.generate()
BATCH = encode_batch(full_batch(SENDER.kid))


def encrypt(token: bytes, **header: object) -> bytes:
    """An envelope around any token, with header members added or replaced."""
    members = {"alg": KEY_WRAP, "enc": CONTENT_ENCRYPTION, "kid": PORTAL.kid, "typ": JWE_TYPE, **header}
    return jwe.encrypt_compact(
        members, token, PORTAL.public.jose, registry=jwe.JWERegistry(strict_check_header=False)
    ).encode()


@pytest.mark.parametrize("sender", [SENDER, SigningKey.generate_es256()], ids=["Ed25519", "ES256"])
def test_what_was_sealed_opens_and_keeps_its_signed_form(sender: SigningKey) -> None:
    envelope = seal(BATCH, sender, PORTAL.public)

    opened = open_envelope(envelope, PORTAL, sender.public)

    assert opened.batch == BATCH
    assert recipient_kid(envelope) == PORTAL.kid
    assert inflate(wire_envelope.verify_compact(opened.jws, sender.public, JWS_TYPE)) == BATCH


def test_headers_are_the_ones_the_format_names() -> None:
    header = read_header(seal(BATCH, SENDER, PORTAL.public))

    assert {name: header[name] for name in ("alg", "enc", "typ", "kid")} == {
        "alg": "ECDH-ES+A128KW",
        "enc": "A128CBC-HS256",
        "typ": "inkwire-batch+jwe",
        "kid": PORTAL.kid,
    }


def test_another_sender_another_portal_and_a_foreign_token_do_not_open() -> None:
    envelope = seal(BATCH, SENDER, PORTAL.public)
    for portal, sender in ((DecryptionKey.generate(), SENDER), (PORTAL, SigningKey.generate())):
        with pytest.raises(EnvelopeError):
            open_envelope(envelope, portal, sender.public)
    for foreign in (b"", b".", b"....", b"a.b.c.d.e", b"\xff" * 40, b"e30" + b".e30" * 4, b"x" * 2_000_000):
        with pytest.raises(EnvelopeError):
            open_envelope(foreign, PORTAL, SENDER.public)


@pytest.mark.parametrize(
    "members",
    [{"zip": "DEF"}, {"crit": ["exp"], "exp": 1}, {"jku": "https://x"}, {"x5u": "https://x"}, {"cty": "JWT"},
     {"typ": "JWT"}, {"enc": "A256GCM"}, {"alg": "ECDH-ES"}],
    ids=str,
)  # fmt: skip
def test_any_other_header_member_is_refused(members: dict[str, object]) -> None:
    token = wire_envelope.sign_batch(BATCH, SENDER)
    if "crit" in members:
        # joserfc will not write an unknown crit itself, so the header is rewritten as an attacker would.
        head, rest = encrypt(token).split(b".", 1)
        tree = json.loads(base64.urlsafe_b64decode(head + b"==")) | members
        envelope = base64.urlsafe_b64encode(json.dumps(tree).encode()).rstrip(b"=") + b"." + rest
    else:
        envelope = encrypt(token, **members)

    with pytest.raises(EnvelopeError):
        open_envelope(envelope, PORTAL, SENDER.public)


def test_a_signature_by_hmac_with_the_public_key_is_refused() -> None:
    secret = OctKey.import_key(json.dumps(SENDER.public.to_jwk()).encode())
    token = jws.serialize_compact(
        {"alg": "HS256", "kid": SENDER.kid, "typ": JWS_TYPE}, deflate(BATCH), secret, algorithms=["HS256"]
    )

    with pytest.raises(EnvelopeError):
        open_envelope(encrypt(token.encode()), PORTAL, SENDER.public)


def test_an_unsigned_batch_is_refused() -> None:
    header = base64.urlsafe_b64encode(
        b'{"alg":"none","kid":"%s","typ":"%s"}' % (SENDER.kid.encode(), JWS_TYPE.encode())
    )
    body = base64.urlsafe_b64encode(deflate(BATCH))

    with pytest.raises(EnvelopeError):
        open_envelope(encrypt(header.rstrip(b"=") + b"." + body.rstrip(b"=") + b"."), PORTAL, SENDER.public)


def test_a_bomb_stops_at_the_cap() -> None:
    bomb = deflate(bytes(INFLATED_BYTES_MAX + 1))
    assert len(bomb) < 20_000

    with pytest.raises(EnvelopeError):
        inflate(bomb)
    with pytest.raises(EnvelopeError):
        open_envelope(encrypt(sign_compact(bomb, SENDER, JWS_TYPE)), PORTAL, SENDER.public)


@pytest.mark.parametrize(
    "packed",
    [deflate(b"abc")[:-1], deflate(b"abc") + b"x", zlib.compress(b"abc"), b""],
    ids=["cut", "more", "zlib", "no"],
)
def test_a_deflate_stream_must_end_where_the_payload_ends(packed: bytes) -> None:
    with pytest.raises(EnvelopeError):
        inflate(packed)


def test_an_incompressible_batch_over_the_limit_is_not_sealed() -> None:
    noise = SigningKey.generate().to_pem() * 1  # any bytes; the limit is on the sealed form
    import random

    with pytest.raises(ValueError, match="more than 1048576"):
        seal(noise + random.Random(1).randbytes(1_100_000), SENDER, PORTAL.public)


def test_keys_of_other_kinds_are_refused() -> None:
    other_curve = ECKey.generate_key("P-384", private=False).as_dict(private=False)
    private = SENDER.jose.as_dict(private=True)
    off_curve = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}
    with_more = {**SENDER.public.to_jwk(), "use": "sig"}
    for jwk in (other_curve, private, off_curve, with_more, {}, {"kty": "OKP", "crv": "Ed25519", "x": "AA"}):
        with pytest.raises(KeyFormatError):
            VerifyKey.from_jwk(jwk)
