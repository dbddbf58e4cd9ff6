"""Alarms about senders: raised once, counted after that, with a line in the audit log when it begins."""

import logging
import sqlite3
from typing import Final

from portal.clocks import Clock, to_ms
from portal.domain.arrival import Arrival
from portal.domain.clones import KnownStream, NewBatch, clone_sign
from portal.domain.records import believable
from portal.storage.writes.sql import insert
from wire_format.records import Batch
from wire_format.records import Clock as SenderClock

BY_PORTAL: Final = "portal"
"""The actor in the audit log where the portal itself noticed."""
_STREAMS: Final = (
    "SELECT stream, first_received_ms, first_formed_ms, previous_stream, previous_sequence FROM sender_stream "
    "WHERE tenant_id = ? AND sender_id = ?"
)
_STREAM: Final = (
    "INSERT INTO sender_stream (tenant_id, sender_id, stream, sequence_max, batches, first_received_ms, "
    "last_received_ms, first_formed_ms, previous_stream, previous_sequence) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?) "
    "ON CONFLICT (tenant_id, sender_id, stream) DO UPDATE SET "
    "sequence_max = CASE WHEN excluded.sequence_max > sender_stream.sequence_max THEN excluded.sequence_max "
    "ELSE sender_stream.sequence_max END, "
    "batches = sender_stream.batches + 1, last_received_ms = excluded.last_received_ms, "
    "previous_sequence = CASE WHEN sender_stream.previous_stream IS NULL THEN excluded.previous_sequence "
    "ELSE sender_stream.previous_sequence END, "
    "previous_stream = COALESCE(sender_stream.previous_stream, excluded.previous_stream)"
)
_ALARM: Final = insert(
    "sender_alarm",
    ("tenant_id", "sender_id", "reason", "first_received_ms", "last_received_ms", "seen"),
    "ON CONFLICT (tenant_id, sender_id) DO UPDATE SET reason = excluded.reason, "
    "last_received_ms = excluded.last_received_ms, seen = sender_alarm.seen + 1 RETURNING seen",
)
_AUDIT: Final = insert(
    "audit_entry", ("tenant_id", "at", "actor", "action", "object_kind", "object_id", "detail", "address")
)
_log = logging.getLogger(__name__)


def write_stream(db: sqlite3.Connection, arrival: Arrival, received_ms: int, real_now: Clock) -> None:
    """Count a batch into its stream, and raise the alarm when it cannot come from the one program it should."""
    sender, batch = arrival.sender, arrival.batch
    gap = batch.state.gap if batch.state is not None else None
    previous = gap.previous_stream if gap is not None and gap.previous_stream != batch.stream else None
    known = [KnownStream(**dict(row)) for row in db.execute(_STREAMS, (sender.tenant_id, sender.sender_id))]
    new = NewBatch(
        stream=batch.stream,
        sequence=batch.sequence,
        formed_ms=_formed_ms(batch, arrival),
        previous_stream=previous,
    )
    if (sign := clone_sign(new, known)) is not None:
        raise_alarm(db, arrival, sign, received_ms, real_now)
    db.execute(
        _STREAM,
        (sender.tenant_id, sender.sender_id, batch.stream, batch.sequence, received_ms, received_ms, new.formed_ms,
         previous, gap.last_sequence if gap is not None and previous is not None else None),
    )  # fmt: skip


def raise_alarm(db: sqlite3.Connection, arrival: Arrival, reason: str, received_ms: int, real_now: Clock) -> None:
    """Keep that two programs seem to use a sender's key."""
    sender = arrival.sender
    values = (sender.tenant_id, sender.sender_id, reason, received_ms, received_ms, 1)
    if db.execute(_ALARM, values).fetchone()[0] > 1:
        return
    _log.error("a sender's key seems to be used twice", extra={"sender": sender.kid, "why": reason})
    db.execute(
        _AUDIT,
        (sender.tenant_id, real_now().isoformat(" "), BY_PORTAL, "clone-alarm", "sender", sender.kid, reason, ""),
    )


def _formed_ms(batch: Batch, arrival: Arrival) -> int | None:
    good = batch.clock is SenderClock.SYNCED and believable(batch.created_at, arrival.received_at)
    return to_ms(batch.created_at) if good else None
