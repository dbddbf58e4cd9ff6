"""Forming batches: numbered, split over the wire's limits, and from then on unchangeable.

1. A batch is its bytes. They are made once, here; nothing later changes or re-encodes them.
2. Numbers are handed in and used up in order; a split batch takes consecutive numbers.
3. What is too large is halved: first by reports, then by the jobs of the one report. The first part carries
   meters, supplies, status and alerts, the others the device and the rest of the jobs.
4. The sealed size is known before sealing: deflated, then base64 twice, and two headers.
"""

import enum
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from direct_connect.core.chance import Randomness, uuid7
from wire_format.codec import encode_batch
from wire_format.envelope import INFLATED_BYTES_MAX, SEALED_BYTES_MAX, deflate
from wire_format.records import JOBS_MAX, REPORTS_MAX, SCHEMA_VERSION, Batch, Clock, Reason, Report, SenderState

_HEADERS_BYTES: Final = 2048  # both headers, wrapped key, IV, tag, signature: about 700 bytes, with room


class Lane(enum.IntEnum):
    """Which queue a batch waits in; the lower number goes first."""

    PRIORITY = 0
    NORMAL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """Where a stream stands. next_sequence: the number of the next batch, from 1."""

    stream: str
    next_sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a batch says of its sender. uptime_ms: since the sender's start number `boot`. created_at: aware UTC."""

    sender: str
    created_at: datetime
    reason: Reason
    clock: Clock = Clock.SYNCED
    boot: int | None = None
    uptime_ms: int | None = None
    state: SenderState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormedBatch:
    """A numbered batch, ready to be stored and sealed. body: its bytes; sha256: of them, hex.

    snapshot_only: holds nothing that a later batch would not say again.
    """

    sender: str
    stream: str
    sequence: int
    lane: Lane
    reason: Reason
    created_at: datetime
    snapshot_only: bool
    body: bytes
    sha256: str


def form_batches(
    heading: Heading, reports: Sequence[Report], numbering: Numbering, randomness: Randomness
) -> tuple[FormedBatch, ...]:
    """Reports as one batch, or several where the limits ask for it, numbered from numbering on.

    Raises ValueError when one report without jobs is too large by itself; the record limits rule that out.
    """
    formed: list[FormedBatch] = []
    portions = [tuple(reports)]
    while portions:
        portion = portions.pop()
        batch = _fit(
            heading, portion, replace(numbering, next_sequence=numbering.next_sequence + len(formed)), randomness
        )
        if batch is None:
            portions.extend(reversed(_halves(portion)))
            continue
        formed.append(batch)
        if heading.state is not None and heading.state.gap is not None:
            heading = replace(heading, state=replace(heading.state, gap=None))  # said once
    return tuple(formed)


def _fit(
    heading: Heading, reports: tuple[Report, ...], numbering: Numbering, randomness: Randomness
) -> FormedBatch | None:
    jobs = sum(len(report.jobs) for report in reports)
    if jobs > JOBS_MAX or len(reports) > REPORTS_MAX:
        return None
    batch = Batch(
        v=SCHEMA_VERSION,
        batch_id=uuid7(heading.created_at, randomness),
        sender=heading.sender,
        stream=numbering.stream,
        sequence=numbering.next_sequence,
        boot=heading.boot,
        uptime_ms=heading.uptime_ms,
        created_at=heading.created_at,
        clock=heading.clock,
        reason=heading.reason,
        state=heading.state,
        reports=reports,
    )
    body = encode_batch(batch)
    if len(body) > INFLATED_BYTES_MAX or sealed_bytes(body) > SEALED_BYTES_MAX:
        return None
    return FormedBatch(
        sender=heading.sender,
        stream=numbering.stream,
        sequence=numbering.next_sequence,
        lane=Lane.PRIORITY if heading.reason is Reason.ALERT else Lane.NORMAL,
        reason=heading.reason,
        created_at=heading.created_at,
        snapshot_only=not _lasting(batch),
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
    )


def _lasting(batch: Batch) -> bool:
    told = batch.state is not None and batch.state.gap is not None
    return told or batch.reason is Reason.ALERT or any(report.jobs or report.alerts for report in batch.reports)


def sealed_bytes(body: bytes) -> int:
    """An upper bound of the sealed size."""
    if len(body) * 16 < SEALED_BYTES_MAX:
        return len(body) * 2 + _HEADERS_BYTES  # deflate never grows it by as much; no need to try
    return len(deflate(body)) * 16 // 9 + _HEADERS_BYTES


def _halves(reports: tuple[Report, ...]) -> list[tuple[Report, ...]]:
    if len(reports) > 1:
        middle = len(reports) // 2
        return [reports[:middle], reports[middle:]]
    if not reports or len(reports[0].jobs) < 2:
        raise ValueError("one report, or one job of it, is larger than a batch may be")
    report = reports[0]
    middle = len(report.jobs) // 2
    rest = Report(observed_at=report.observed_at, device=report.device, jobs=report.jobs[middle:])
    return [(replace(report, jobs=report.jobs[:middle]),), (rest,)]
