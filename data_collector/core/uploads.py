"""Which uploads have no receipt yet: remembered over restarts, so that a slow portal's receipts are still found.

1. A batch may be uploaded several times, each time as another envelope; a receipt for any of them settles it.
2. A batch is uploaded again only when its last upload has waited for `again_s`: until then it is only asked for.
3. What is forgotten costs another upload and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wire_format.codec import decode_record, encode_record
from wire_format.errors import DecodeError
from wire_format.shapes import instant, list_of, text
from wire_format.strict_json import compact_json, parse_json

UPLOADS_OF_A_BATCH_MAX: Final = 4
UPLOADS_MAX: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One envelope under way. batch: stream and sequence. sha256: of the envelope. at: when, wall clock."""

    batch: str = text(64, required=True)
    sha256: str = text(64, required=True, pattern=r"[0-9a-f]{64}", wanted="64 hex digits")
    at: datetime = instant(required=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    uploads: tuple[Upload, ...] = list_of(Upload, UPLOADS_MAX)


def encode_uploads(uploads: Sequence[Upload]) -> str:
    """As it is remembered."""
    return compact_json(encode_record(_Kept(uploads=tuple(uploads))))


def decode_uploads(kept: str | None) -> tuple[Upload, ...]:
    """What was remembered; nothing when that is damaged (rule 3)."""
    try:
        return decode_record(_Kept, parse_json((kept or "{}").encode("utf-8"))).uploads
    except DecodeError:
        return ()


def with_upload(uploads: Sequence[Upload], new: Upload) -> tuple[Upload, ...]:
    """The uploads and a new one, oldest first, within the limits."""
    same = [one for one in uploads if one.batch == new.batch][-(UPLOADS_OF_A_BATCH_MAX - 1) :]
    kept = [one for one in uploads if one.batch != new.batch or one in same]
    return (*kept, new)[-UPLOADS_MAX:]


def of_batch(uploads: Sequence[Upload], batch: str) -> tuple[Upload, ...]:
    """The uploads of one batch, the newest first."""
    return tuple(one for one in reversed(uploads) if one.batch == batch)


def without_batch(uploads: Sequence[Upload], batch: str) -> tuple[Upload, ...]:
    """The uploads of all others."""
    return tuple(one for one in uploads if one.batch != batch)


def is_due(of_one: Sequence[Upload], now: datetime, again_s: float) -> bool:
    """Whether a batch is uploaded (again) now. of_one: its uploads, the newest first.

    A clock that was set back counts as due.
    """
    return not of_one or not 0 <= (now - of_one[0].at).total_seconds() < again_s
