"""Jobs and alerts: once each, however often and by however many senders they are told."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from portal.domain.records import merge_alert, merge_job
from portal.storage.rows import ALERT_COLUMNS, JOB_COLUMNS, alert_of, alert_values, job_of, job_values
from portal.storage.writes.findings import Place, write_finding
from portal.storage.writes.sql import insert
from wire_format.codec import encode_record
from wire_format.records import Alert, Job
from wire_format.strict_json import compact_json

CountedMs = Callable[[datetime | None], int]
"""When a time that the sender told counts, in milliseconds; the report's own time for None."""

_JOB_INSERT: Final = insert(
    "job",
    ("tenant_id", "device_id", *JOB_COLUMNS, "at_ms", "sender_id", "entry", "report", "received_ms"),
    "ON CONFLICT (tenant_id, device_id, job_id) DO NOTHING",
)
_JOB_SELECT: Final = "SELECT * FROM job WHERE tenant_id = ? AND device_id = ? AND job_id = ?"
_JOB_UPDATE: Final = (
    f"UPDATE job SET {', '.join(f'{column} = ?' for column in JOB_COLUMNS)}, at_ms = ? "
    "WHERE tenant_id = ? AND device_id = ? AND job_id = ?"
)
_ALERT_INSERT: Final = insert(
    "alert",
    ("tenant_id", "device_id", *ALERT_COLUMNS, "onset_ms", "sender_id", "entry", "cleared_entry", "received_ms"),
    "ON CONFLICT (tenant_id, device_id, alert_id) DO NOTHING",
)
_ALERT_SELECT: Final = "SELECT * FROM alert WHERE tenant_id = ? AND device_id = ? AND alert_id = ?"
_ALERT_UPDATE: Final = (
    f"UPDATE alert SET {', '.join(f'{column} = ?' for column in ALERT_COLUMNS)}, onset_ms = ?, cleared_entry = ? "
    "WHERE tenant_id = ? AND device_id = ? AND alert_id = ?"
)


def write_jobs(db: sqlite3.Connection, place: Place, jobs: Sequence[Job], counted_ms: CountedMs) -> None:
    """Every job of a report has its row after this; a contradiction is a finding."""
    if not jobs:
        return
    rows = [
        (place.tenant_id, place.device_id, *job_values(job), counted_ms(job.completed_at),
         place.sender_id, place.entry, place.report, place.received_ms)
        for job in jobs
    ]  # fmt: skip
    if db.executemany(_JOB_INSERT, rows).rowcount == len(rows):
        return  # all were new, as nearly always
    for job in jobs:
        _merge_repeated_job(db, place, job, counted_ms)


def _merge_repeated_job(db: sqlite3.Connection, place: Place, job: Job, counted_ms: CountedMs) -> None:
    key = (place.tenant_id, place.device_id, job.job_id)
    row = db.execute(_JOB_SELECT, key).fetchone()
    stored = job_of(dict(row))
    merged = merge_job(stored, job)
    if merged.job != stored:
        first_end = stored.completed_at is None and merged.job.completed_at is not None
        at_ms = counted_ms(merged.job.completed_at) if first_end else row["at_ms"]
        db.execute(_JOB_UPDATE, (*job_values(merged.job), at_ms, *key))
    if merged.altered:
        write_finding(
            db, place, kind="job-altered", field="jobs", source=f"job:{job.job_id}",
            raw=compact_json(encode_record(job)),
            reason=f"told again with another {', '.join(merged.altered)}; the first telling stands",
        )  # fmt: skip


def write_alerts(db: sqlite3.Connection, place: Place, alerts: Sequence[Alert], counted_ms: CountedMs) -> None:
    """Every alert of a report has its row after this, cleared if it was told cleared."""
    for alert in alerts:
        key = (place.tenant_id, place.device_id, alert.alert_id)
        row = db.execute(_ALERT_SELECT, key).fetchone()
        if row is None:
            cleared_entry = None if alert.cleared_at is None else place.entry
            values = (counted_ms(alert.onset_at), place.sender_id, place.entry, cleared_entry, place.received_ms)
            db.execute(_ALERT_INSERT, (place.tenant_id, place.device_id, *alert_values(alert), *values))
        else:
            _merge_repeated_alert(db, place, row, alert, counted_ms)


def _merge_repeated_alert(
    db: sqlite3.Connection, place: Place, row: sqlite3.Row, alert: Alert, counted_ms: CountedMs
) -> None:
    stored = alert_of(dict(row))
    merged = merge_alert(stored, alert)
    if merged.alert != stored:
        first_onset = stored.onset_at is None and merged.alert.onset_at is not None
        onset_ms = counted_ms(merged.alert.onset_at) if first_onset else row["onset_ms"]
        newly_cleared = stored.cleared_at is None and merged.alert.cleared_at is not None
        cleared_entry = place.entry if newly_cleared else row["cleared_entry"]
        db.execute(
            _ALERT_UPDATE,
            (*alert_values(merged.alert), onset_ms, cleared_entry, place.tenant_id, place.device_id, alert.alert_id),
        )
    if merged.altered:
        write_finding(
            db, place, kind="alert-altered", field="alerts", source=f"alert:{alert.alert_id}",
            raw=compact_json(encode_record(alert)),
            reason=f"told again with another {', '.join(merged.altered)}; the first telling stands",
        )  # fmt: skip
