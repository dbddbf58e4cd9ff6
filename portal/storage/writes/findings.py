"""Findings: what made no sense is kept once, counted, and never stops a batch."""

import hashlib
import sqlite3
from dataclasses import dataclass
from typing import Final

from portal.storage.writes.sql import insert

RAW_LENGTH_MAX: Final = 1024
_INSERT: Final = insert(
    "finding",
    ("tenant_id", "device_id", "finding_key", "kind", "field", "source", "raw", "reason", "first_received_ms",
     "last_received_ms", "seen", "entry"),
    "ON CONFLICT (tenant_id, device_id, finding_key) DO UPDATE SET "
    "last_received_ms = excluded.last_received_ms, seen = finding.seen + 1",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whose report is being written, and where it stands. at_ms: when it counts."""

    tenant_id: int
    device_id: int
    sender_id: int
    entry: int
    report: int
    at_ms: int
    observed_ms: int
    received_ms: int


def write_finding(
    db: sqlite3.Connection, place: Place, *, kind: str, field: str, source: str, raw: str | None, reason: str
) -> None:
    """Keep a finding; the same one again is only counted."""
    raw = None if raw is None else raw[:RAW_LENGTH_MAX]
    key = hashlib.sha256("\0".join((kind, field, source, raw or "", reason)).encode()).hexdigest()[:32]
    db.execute(
        _INSERT,
        (place.tenant_id, place.device_id, key, kind, field, source, raw, reason, place.received_ms,
         place.received_ms, 1, place.entry),
    )  # fmt: skip
