"""Batches as they are shown: who signed, why it came, what it holds."""

from dataclasses import dataclass

from portal.console.device_views import device_name
from portal.console.figures import elided
from portal.storage.reads.batches import BatchRow


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView:
    """One batch, in words. sender_note: the serial, or how many devices a collector's batch tells of."""

    entry: int
    sequence: int
    stream: str
    sender: str
    sender_note: str
    device_id: int | None
    sender_id: int
    kid: str
    reason: str
    created_ms: int
    received_ms: int
    holds: str
    records: int
    sha256: str
    link: str
    batch_id: str
    sealed_bytes: int


def batch_view(row: BatchRow) -> BatchView:
    """One batch, in words."""
    collector = row.sender_kind == "collector"
    name = f"Collector {row.sender_name or elided(row.kid)}" if collector else device_name(row.model, row.sender_name)
    devices = f"{row.reports} device{'' if row.reports == 1 else 's'}"
    jobs = f"{row.jobs} job{'' if row.jobs == 1 else 's'}"
    return BatchView(
        entry=row.entry,
        sequence=row.sequence,
        stream=row.stream,
        sender=name,
        sender_note=devices if collector else (row.serial or ""),
        device_id=row.device_id,
        sender_id=row.sender_id,
        kid=row.kid,
        reason=row.reason,
        created_ms=row.created_ms,
        received_ms=row.received_ms,
        holds=f"{devices}, {jobs}" if collector else jobs,
        records=row.reports + row.jobs,
        sha256=row.sha256,
        link=row.link,
        batch_id=row.batch_id,
        sealed_bytes=row.sealed_bytes,
    )
