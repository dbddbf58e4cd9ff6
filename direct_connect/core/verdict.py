"""What the portal's answer to a posted batch means.

1. Only a 2xx that names this very batch (stream, sequence, hash) is delivery. A 2xx without it is a captive
   portal or a broken proxy: retry.
2. 400, 413, 415, 422: this batch will never be taken. It is set aside for a person, counted, reported, never deleted.
3. 403: the sender is unknown or revoked. Everything is kept and one try a day is made, since a person may
   register it again.
4. 409 stale_portal_key: seal again with the keys that came along. 409 sequence_conflict: the portal holds
   another batch under this number; this one is set aside and a new stream begun.
5. Everything else, redirects included (they are never followed): retry with back-off, for ever.
"""

import email.utils
import enum
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from direct_connect.core.captive import CAPTIVE, REMEDY, is_captive
from direct_connect.core.http_message import HttpAnswer
from wire_format.answers import Ack, Refusal, decode_refusal
from wire_format.codec import decode_record
from wire_format.errors import DecodeError
from wire_format.settings import Desired
from wire_format.strict_json import parse_json

__all__ = ["HttpAnswer", "Judgement", "Verdict", "is_doubtful", "judge", "read_retry_after"]


class Verdict(enum.Enum):
    """What becomes of the batch."""

    DELIVERED = "delivered"
    SET_ASIDE = "set aside"
    NEW_STREAM = "set aside, new stream"
    SEAL_AGAIN = "seal again"
    RETRY = "retry"
    RETRY_DAILY = "retry daily"


SETTLED: Final = frozenset({Verdict.DELIVERED, Verdict.SET_ASIDE, Verdict.NEW_STREAM})
"""The batch is not offered again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict, why in one sentence, and what came along with it."""

    verdict: Verdict
    why: str
    retry_after_s: float | None = None
    next_push_s: int | None = None
    desired: Desired | None = None
    keys: str | None = None
    captive: bool = False


def judge(answer: HttpAnswer, sent: Ack, at: datetime) -> Judgement:
    """The verdict on an answer. sent: what a good ack must say. at: the wall clock, for a Retry-After date."""
    if is_captive(answer):
        why = f"{CAPTIVE} (it answered {answer.status}{_at_length(answer)}); {REMEDY}"
        asked_s = read_retry_after(answer.retry_after, at)
        return Judgement(verdict=Verdict.RETRY, why=why, retry_after_s=asked_s, captive=True)
    if 200 <= answer.status < 300:
        return _judge_success(answer, sent)
    refusal = _refusal(answer.body)
    said = _said(answer.status, refusal)
    match answer.status:
        case 400 | 413 | 415 | 422:
            return Judgement(verdict=Verdict.SET_ASIDE, why=said)
        case 403:
            return Judgement(verdict=Verdict.RETRY_DAILY, why=said)
        case 409 if refusal is not None and refusal.error == "sequence_conflict":
            return Judgement(verdict=Verdict.NEW_STREAM, why=said)
        case 409 if refusal is not None and refusal.error == "stale_portal_key" and refusal.keys is not None:
            return Judgement(verdict=Verdict.SEAL_AGAIN, why=said, keys=refusal.keys)
    if 300 <= answer.status < 400:
        said = f"{said}: a redirect, which is never followed"
    return Judgement(verdict=Verdict.RETRY, why=said, retry_after_s=read_retry_after(answer.retry_after, at))


def is_doubtful(answer: HttpAnswer) -> bool:
    """Whether an answer may come from something in front of a portal that is away: another address may do better.

    What the wire's tables name is the portal's word, whichever of its addresses says it; so is "busy, come back at".
    """
    if answer.status == 503 and answer.retry_after is not None:
        return False
    return answer.status in (404, 405, 407) or 300 <= answer.status < 400 or answer.status >= 500 or is_captive(answer)


def _judge_success(answer: HttpAnswer, sent: Ack) -> Judgement:
    # The ack alone decides. Advice beside it that cannot be read is ignored, so that a portal with one odd
    # setting does not make its senders repeat themselves for ever.
    try:
        document = parse_json(answer.body)
        fields = document if isinstance(document, dict) else {}
        ack = decode_record(Ack, fields.get("ack"))
    except DecodeError:
        return Judgement(verdict=Verdict.RETRY, why=f"the answer {answer.status} holds no ack: not the portal's own")
    if ack != sent:
        return Judgement(verdict=Verdict.RETRY, why=f"the answer {answer.status} acknowledges another batch")
    next_push_s = fields.get("next_push_s")
    return Judgement(
        verdict=Verdict.DELIVERED,
        why="delivered",
        next_push_s=next_push_s if isinstance(next_push_s, int) and not isinstance(next_push_s, bool) else None,
        desired=_desired(fields.get("desired")),
    )


def _desired(value: object) -> Desired | None:
    if value is None:
        return None
    try:
        return decode_record(Desired, value)
    except DecodeError:
        return None


def _at_length(answer: HttpAnswer) -> str:
    return ", a redirect, which is never followed" if 300 <= answer.status < 400 else ""


def _refusal(body: bytes) -> Refusal | None:
    try:
        return decode_refusal(body)
    except DecodeError:
        return None


def _said(status: int, refusal: Refusal | None) -> str:
    if refusal is None:
        return f"the portal answered {status}"
    where = f" at {refusal.path}" if refusal.path else ""
    reason = f": {refusal.reason}" if refusal.reason else ""
    return f"the portal answered {status} {refusal.error}{where}{reason}"


def read_retry_after(value: str | None, at: datetime) -> float | None:
    """Seconds of a Retry-After header, which holds seconds or a date; None for nonsense. at: the wall clock."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - at).total_seconds())
