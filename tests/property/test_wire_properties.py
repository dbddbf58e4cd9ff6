"""Promises of the wire: what goes in comes out, and nothing else opens."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.wire import full_batch, records
from wire_format.codec import decode_batch, encode_batch
from wire_format.enrolment import ClaimCode
from wire_format.envelope import deflate, inflate, open_envelope, seal
from wire_format.errors import DecodeError, EnvelopeError
from wire_format.keys import DecryptionKey, SigningKey
from wire_format.records import Batch

SENDER = SigningKey.generate()
PORTAL = DecryptionKey.generate()
DOCUMENT = encode_batch(full_batch(SENDER.kid))
ENVELOPE = seal(DOCUMENT, SENDER, PORTAL.public)


@settings(max_examples=150, deadline=None)
@given(records(Batch))
def test_any_batch_comes_back_as_it_went_to_the_byte(batch: Batch) -> None:
    document = encode_batch(batch)

    again = decode_batch(document)

    assert again == batch
    assert hashlib.sha256(encode_batch(again)).digest() == hashlib.sha256(document).digest()


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_a_batch_or_a_decode_error(document: bytes) -> None:
    try:
        decode_batch(document)
    except DecodeError as error:
        assert error.reason


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(DOCUMENT) - 1), st.integers(0, 255))
def test_a_batch_with_one_other_byte_is_never_an_accident(place: int, byte: int) -> None:
    changed = DOCUMENT[:place] + bytes([byte]) + DOCUMENT[place + 1 :]
    try:
        batch = decode_batch(changed)
    except DecodeError:
        return
    assert (encode_batch(batch) == DOCUMENT) == (batch == full_batch(SENDER.kid))


def test_no_envelope_opens_after_any_single_bit_flip() -> None:
    for place in range(len(ENVELOPE)):
        for bit in range(8):
            flipped = ENVELOPE[:place] + bytes([ENVELOPE[place] ^ (1 << bit)]) + ENVELOPE[place + 1 :]
            with pytest.raises(EnvelopeError):
                open_envelope(flipped, PORTAL, SENDER.public)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(ENVELOPE) - 1))
def test_no_cut_envelope_opens(length: int) -> None:
    try:
        open_envelope(ENVELOPE[:length], PORTAL, SENDER.public)
    except EnvelopeError:
        return
    raise AssertionError("a cut envelope opened")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=5_000))
def test_inflate_undoes_deflate(document: bytes) -> None:
    assert inflate(deflate(document)) == document


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_inflate_of_anything_is_bytes_or_an_envelope_error(packed: bytes) -> None:
    try:
        inflate(packed)
    except EnvelopeError:
        return


@given(st.binary(min_size=3, max_size=3), st.binary(min_size=8, max_size=8), st.binary(min_size=15, max_size=15))
def test_any_claim_code_is_read_back(claim_id: bytes, secret: bytes, ca: bytes) -> None:
    code = ClaimCode(claim_id=claim_id, secret=secret, ca_hash=ca)

    assert ClaimCode.parse(code.text) == code
