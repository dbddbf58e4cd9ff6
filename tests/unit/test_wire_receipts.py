"""A receipt is the portal's word for one envelope of one sender, and nobody else's for anything else."""

import hashlib
from datetime import UTC, datetime

import pytest

from wire_format.answers import Ack, PushAnswer, Refusal, decode_answer, decode_refusal
from wire_format.envelope import sign_compact
from wire_format.errors import DecodeError, EnvelopeError
from wire_format.keys import SigningKey
from wire_format.receipts import RECEIPT_BYTES_MAX, RECEIPT_TYPE, Receipt, UploadName, open_receipt, sign_receipt

CA = SigningKey.generate_es256()
SENDER = "A" * 43
HASH = hashlib.sha256(b"envelope").hexdigest()
ACCEPTED = PushAnswer(ack=Ack(stream="0" * 32, sequence=7, sha256="1" * 64), next_push_s=60)
AT = datetime(2026, 11, 24, tzinfo=UTC)
STORED = Receipt(v=1, sender=SENDER, sha256=HASH, status="200", issued_at=AT, accepted=ACCEPTED)


def test_a_receipt_says_what_https_would_have_said() -> None:
    refused = Receipt(v=1, sender=SENDER, sha256=HASH, status="409", issued_at=AT, refused=Refusal(error="conflict"))

    assert decode_answer(open_receipt(sign_receipt(STORED, CA), SENDER, HASH, CA.public).body) == ACCEPTED
    assert decode_refusal(open_receipt(sign_receipt(refused, CA), SENDER, HASH, CA.public).body).error == "conflict"


@pytest.mark.parametrize(("sender", "sha256"), [("B" * 43, HASH), (SENDER, "2" * 64)])
def test_a_receipt_for_another_sender_or_another_envelope_is_none(sender: str, sha256: str) -> None:
    with pytest.raises(EnvelopeError):
        open_receipt(sign_receipt(STORED, CA), sender, sha256, CA.public)


def test_a_receipt_of_another_signer_or_of_another_type_is_none() -> None:
    liar = SigningKey.generate_es256()
    payload = b'{"v":1}'

    for token in (sign_receipt(STORED, liar), sign_compact(payload, CA, "inkwire-time+jws"), b"", b"200 OK", b"a.b.c"):
        with pytest.raises(EnvelopeError):
            open_receipt(token, SENDER, HASH, CA.public)


@pytest.mark.parametrize("index", range(0, 400, 23))
def test_a_receipt_with_a_flipped_bit_is_none(index: int) -> None:
    token = bytearray(sign_receipt(STORED, CA))
    token[index] ^= 1

    with pytest.raises((EnvelopeError, DecodeError)):
        open_receipt(bytes(token), SENDER, HASH, CA.public)


@pytest.mark.parametrize(
    "receipt",
    [
        Receipt(v=1, sender=SENDER, sha256=HASH, status="200", issued_at=AT, refused=Refusal(error="x")),
        Receipt(v=1, sender=SENDER, sha256=HASH, status="422", issued_at=AT, accepted=ACCEPTED),
        Receipt(v=1, sender=SENDER, sha256=HASH, status="200", issued_at=AT),
    ],
)
def test_a_receipt_whose_status_does_not_fit_what_it_says_is_not_believed(receipt: Receipt) -> None:
    with pytest.raises(DecodeError):
        open_receipt(sign_receipt(receipt, CA), SENDER, HASH, CA.public)


def test_the_largest_receipt_fits_its_limit() -> None:
    said = Refusal(error="stale_portal_key", keys="k" * 16_384, reason="é" * 1024, path="p" * 1024)
    receipt = Receipt(v=1, sender=SENDER, sha256=HASH, status="409", issued_at=AT, refused=said)

    assert len(sign_receipt(receipt, CA)) <= RECEIPT_BYTES_MAX


def test_only_what_the_wire_calls_so_is_an_uploads_name() -> None:
    name = UploadName(sender="-_" + "a" * 41, sha256=HASH)

    assert UploadName.parse(name.file) == name
    assert name.receipt_file == f"{HASH}.jws"
    for odd in (name.file + "\n", "/" + name.file, name.file[1:], name.file[:-1], f"{name.sender}.{HASH}.jws", ""):
        assert UploadName.parse(odd) is None
    assert RECEIPT_TYPE == "inkwire-receipt+jws"
