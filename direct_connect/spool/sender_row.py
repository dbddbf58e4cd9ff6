"""What the spool keeps of one sender besides its events and batches: where its stream stands, and its counts."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from wire_format.codec import decode_record, encode_record
from wire_format.records import Gap
from wire_format.shapes import instant, integer, nested, text
from wire_format.strict_json import compact_json, parse_json


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRow:
    """One sender's numbers, since enrolment. gap: not yet told."""

    stream: str = text(32, required=True)
    next_sequence: int = integer(1, required=True)
    impressions: int = integer(required=True)
    jobs_refused: int = integer(required=True)
    set_aside: int = integer(required=True)
    snapshots_dropped: int = integer(required=True)
    delivered: int = integer(required=True)
    delivered_at: datetime | None = instant()
    gap: Gap | None = nested(Gap)

    @classmethod
    def new(cls, stream: str, gap: Gap | None = None) -> Self:
        """A sender at its beginning."""
        return cls(
            stream=stream,
            next_sequence=1,
            impressions=0,
            jobs_refused=0,
            set_aside=0,
            snapshots_dropped=0,
            delivered=0,
            gap=gap,
        )

    def in_new_stream(self, stream: str, reason: str) -> Self:
        """The row at the start of a new stream. A gap that was not told yet stays: it is the older one."""
        gap = Gap(previous_stream=self.stream, last_sequence=self.next_sequence - 1, reason=reason[:255])
        return replace(self, stream=stream, next_sequence=1, gap=self.gap or gap)

    def to_json(self) -> str:
        """The row as text."""
        return compact_json(encode_record(self))

    @classmethod
    def from_json(cls, document: str) -> Self:
        """The row from text. Raises DecodeError when it is not one that to_json wrote."""
        return decode_record(cls, parse_json(document))
