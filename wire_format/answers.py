"""What the portal answers to a posted batch."""

from dataclasses import dataclass

from wire_format.codec import decode_record, encode_record
from wire_format.records import STREAM_PATTERN
from wire_format.settings import Desired
from wire_format.shapes import integer, nested, text
from wire_format.strict_json import compact_json, parse_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Names the batch that is now stored. sha256: of the batch's bytes, lower-case hex."""

    stream: str = text(32, required=True, pattern=STREAM_PATTERN, wanted="32 hex digits")
    sequence: int = integer(1, required=True)
    sha256: str = text(64, required=True, pattern=r"[0-9a-f]{64}", wanted="64 hex digits")


@dataclass(frozen=True, slots=True, kw_only=True)
class PushAnswer:
    """Body of a 200: sent after the commit, never before. next_push_s: seconds, advice only."""

    ack: Ack = nested(Ack, required=True)
    next_push_s: int | None = integer(0, 86_400)
    desired: Desired | None = nested(Desired)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Body of a 4xx or 503. error: a fixed word. path: JSON pointer. keys: signed key set (409 stale_portal_key)."""

    error: str = text(64, required=True)
    path: str | None = text(1024)
    reason: str | None = text(1024)
    keys: str | None = text(16384)


def encode_answer(answer: PushAnswer) -> bytes:
    """The answer as JSON."""
    return compact_json(encode_record(answer)).encode("utf-8")


def decode_answer(document: bytes) -> PushAnswer:
    """The answer from JSON. Raises DecodeError, as for a captive portal's page."""
    return decode_record(PushAnswer, parse_json(document))


def encode_refusal(refusal: Refusal) -> bytes:
    """The refusal as JSON."""
    return compact_json(encode_record(refusal)).encode("utf-8")


def decode_refusal(document: bytes) -> Refusal:
    """The refusal from JSON. Raises DecodeError."""
    return decode_record(Refusal, parse_json(document))
