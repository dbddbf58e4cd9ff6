"""What a sender believes of its portal, and a portal of a sender: signed for this purpose, this question, this key."""

from datetime import UTC, datetime

import pytest
from joserfc import jws

from wire_format.enrolment import (
    KEYS_TYPE,
    REKEY_TYPE,
    open_key_set,
    open_rekey,
    open_time,
    sign_key_set,
    sign_rekey,
    sign_time,
)
from wire_format.envelope import sign_compact, verify_compact
from wire_format.errors import EnvelopeError
from wire_format.keys import DecryptionKey, SigningKey

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CA = SigningKey.generate_es256()
NONCE = "0123456789abcdef"
OLD, NEW = SigningKey.generate(), SigningKey.generate()


def test_the_time_is_believed_only_as_the_answer_to_the_very_question() -> None:
    token = sign_time(NONCE, AT, CA)

    assert open_time(token, NONCE, CA.public) == AT
    with pytest.raises(EnvelopeError):
        open_time(token, "f" * 16, CA.public)


def test_what_the_ca_signed_for_one_purpose_serves_no_other() -> None:
    keys = sign_key_set([DecryptionKey.generate().public], AT, CA)

    assert len(open_key_set(keys, CA.public)) == 1
    with pytest.raises(EnvelopeError):
        open_key_set(sign_time(NONCE, AT, CA), CA.public)
    with pytest.raises(EnvelopeError):
        open_time(keys, NONCE, CA.public)


def test_a_signature_under_the_name_of_another_key_is_refused() -> None:
    header = {"alg": CA.public.algorithm, "kid": OLD.kid, "typ": KEYS_TYPE}
    token = jws.serialize_compact(header, b"{}", CA.jose, algorithms=[CA.public.algorithm])

    with pytest.raises(EnvelopeError):
        verify_compact(token.encode("ascii"), CA.public, KEYS_TYPE)


def test_a_change_of_key_names_the_key_that_it_replaces() -> None:
    meant_for_another = sign_compact(SigningKey.generate().kid.encode(), NEW, REKEY_TYPE, jwk=NEW.public.to_jwk())

    assert open_rekey(sign_rekey(NEW, OLD), OLD.public).kid == NEW.kid
    with pytest.raises(EnvelopeError):
        open_rekey(sign_compact(meant_for_another, OLD, REKEY_TYPE), OLD.public)
