"""What each answer of a portal, or of something that pretends to be one, means for the batch."""

from datetime import UTC, datetime

import pytest

from direct_connect.core.verdict import HttpAnswer, Verdict, judge, read_retry_after
from wire_format.answers import Ack, PushAnswer, Refusal, encode_answer, encode_refusal
from wire_format.settings import Desired, Settings

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SENT = Ack(stream="ab" * 16, sequence=7, sha256="cd" * 32)
GOOD = encode_answer(PushAnswer(ack=SENT))


def refusal(error: str, **fields: str) -> bytes:
    return encode_refusal(Refusal(error=error, **fields))


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, GOOD, Verdict.DELIVERED),
        (202, GOOD, Verdict.DELIVERED),
        (200, b"<html>Please log in to Hotel WiFi</html>", Verdict.RETRY),
        (200, b"", Verdict.RETRY),
        (200, b"[]", Verdict.RETRY),
        (200, GOOD[:-1], Verdict.RETRY),
        (200, GOOD.replace(b"cdcd", b"cdce", 1), Verdict.RETRY),
        (200, GOOD.replace(b'"sequence":7', b'"sequence":8'), Verdict.RETRY),
        (200, GOOD.replace(b"abab", b"abac", 1), Verdict.RETRY),
        (204, b"", Verdict.RETRY),
        (301, b"", Verdict.RETRY),
        (308, b"", Verdict.RETRY),
        (302, GOOD, Verdict.RETRY),
        (500, GOOD, Verdict.RETRY),
        (400, refusal("unreadable"), Verdict.SET_ASIDE),
        (400, b"<html>", Verdict.SET_ASIDE),
        (413, b"", Verdict.SET_ASIDE),
        (422, refusal("invalid", path="/reports/0", reason="no"), Verdict.SET_ASIDE),
        (401, b"", Verdict.RETRY),
        (403, refusal("unknown"), Verdict.RETRY_DAILY),
        (403, refusal("revoked"), Verdict.RETRY_DAILY),
        (404, b"", Verdict.RETRY),
        (409, refusal("sequence_conflict"), Verdict.NEW_STREAM),
        (409, refusal("stale_portal_key", keys="a.b.c"), Verdict.SEAL_AGAIN),
        (409, refusal("stale_portal_key"), Verdict.RETRY),
        (409, refusal("something_new"), Verdict.RETRY),
        (429, b"", Verdict.RETRY),
        (500, b"", Verdict.RETRY),
        (503, b"", Verdict.RETRY),
    ],
)
def test_each_answer_has_one_verdict(status: int, body: bytes, verdict: Verdict) -> None:
    assert judge(HttpAnswer(status=status, body=body), SENT, AT).verdict is verdict


def test_a_refusal_is_told_in_words() -> None:
    body = refusal("invalid", path="/reports/0/jobs/3", reason="must be one of print, copy")

    why = judge(HttpAnswer(status=422, body=body), SENT, AT).why

    assert "/reports/0/jobs/3" in why
    assert "must be one of print, copy" in why


def test_new_keys_come_along_with_the_verdict() -> None:
    body = refusal("stale_portal_key", keys="signed.key.set")

    assert judge(HttpAnswer(status=409, body=body), SENT, AT).keys == "signed.key.set"


def test_advice_comes_along_with_an_ack() -> None:
    desired = Desired(version=3, settings=Settings(interval_s=3600))
    body = encode_answer(PushAnswer(ack=SENT, next_push_s=900, desired=desired))

    judgement = judge(HttpAnswer(status=200, body=body), SENT, AT)

    assert (judgement.next_push_s, judgement.desired) == (900, desired)


@pytest.mark.parametrize(
    "advice",
    [b'"desired":{"version":1,"settings":{"interval_s":1}}', b'"next_push_s":"soon"', b'"novelty":{"a":1}'],
    ids=["an interval out of bounds", "a word for a number", "a field of a later version"],
)
def test_advice_that_cannot_be_read_does_not_undo_an_ack(advice: bytes) -> None:
    body = GOOD[:-1] + b"," + advice + b"}"

    judgement = judge(HttpAnswer(status=200, body=body), SENT, AT)

    assert judgement.verdict is Verdict.DELIVERED
    assert judgement.desired is None
    assert judgement.next_push_s is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 0 ", 0.0),
        ("99999999999999999999", 999999999.0),
        ("Sun, 22 Nov 2026 12:02:00 GMT", 120.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("²", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert read_retry_after(header, AT) == seconds


def test_a_busy_portals_wish_to_wait_is_heard() -> None:
    assert judge(HttpAnswer(status=503, body=b"", retry_after="30"), SENT, AT).retry_after_s == 30.0
