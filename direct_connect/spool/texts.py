"""Jobs, alerts and batches as the columns of a row, and back."""

import hashlib
from datetime import datetime

from direct_connect.core.alerts import TrackedAlert
from direct_connect.core.batching import FormedBatch, Lane
from direct_connect.spool.port import SetAside
from direct_connect.spool.rows import Value
from wire_format.codec import decode_record, encode_record, format_instant, parse_instant
from wire_format.errors import DecodeError
from wire_format.records import Alert, Job, Reason
from wire_format.strict_json import compact_json, parse_json


def write_job(job: Job) -> str:
    """A job as one line of JSON."""
    return compact_json(encode_record(job))


def read_job(document: str) -> Job:
    """The job from its line."""
    return decode_record(Job, parse_json(document))


def write_alert(tracked: TrackedAlert) -> str:
    """An alert with what is known of its telling."""
    return compact_json(
        {
            "alert": encode_record(tracked.alert),
            "lane": int(tracked.lane),
            "told": tracked.told,
            "changed": tracked.changed,
        }
    )


def read_alert(document: str) -> TrackedAlert:
    """The alert from its line. Raises DecodeError."""
    fields = parse_json(document)
    if not isinstance(fields, dict):
        raise DecodeError("", "an object is wanted here")
    return TrackedAlert(
        alert=decode_record(Alert, fields.get("alert")),
        lane=Lane.PRIORITY if fields.get("lane") == Lane.PRIORITY else Lane.NORMAL,
        told=fields.get("told") is True,
        changed=fields.get("changed") is True,
    )


def batch_values(batch: FormedBatch) -> tuple[Value, ...]:
    """A batch in the order of its columns."""
    return (
        batch.sender,
        batch.stream,
        batch.sequence,
        int(batch.lane),
        batch.reason.value,
        format_instant(batch.created_at),
        int(batch.snapshot_only),
        None,
        batch.body,
    )


def read_batch(values: tuple[Value, ...]) -> FormedBatch:
    """The batch from its columns."""
    sender, stream, sequence, lane, reason, created_at, snapshot_only, _, body = values
    assert isinstance(sequence, int) and isinstance(lane, int) and isinstance(body, bytes)
    return FormedBatch(
        sender=str(sender),
        stream=str(stream),
        sequence=sequence,
        lane=Lane(lane),
        reason=Reason(str(reason)),
        created_at=parse_instant(str(created_at)),
        snapshot_only=bool(snapshot_only),
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
    )


def read_set_aside(values: tuple[Value, ...]) -> SetAside:
    """What a person needs to know of a batch that was set aside."""
    batch = read_batch(values)
    return SetAside(stream=batch.stream, sequence=batch.sequence, created_at=batch.created_at, why=str(values[7]))


def read_instant(text: str) -> datetime:
    """A point in time from a column."""
    return parse_instant(text)
