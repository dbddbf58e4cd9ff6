"""A spool of either kind that can be closed and opened again, and what is put into it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from direct_connect.core.batching import FormedBatch, Heading, Lane, form_batches
from direct_connect.errors import SpoolFullError
from direct_connect.spool import Spool, SpoolFile
from tests.support.direct_connect import a_job, bytes_from
from wire_format.records import Device, Reason, Report

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SENDER, OTHER = "A" * 43, "B" * 43
REPORT = Report(observed_at=AT, device=Device(serial="S1"))
SMALL = 400_000


@dataclass
class Shelf:
    """A spool file that can be closed and opened again."""

    file: SpoolFile
    again: Callable[[SpoolFile], SpoolFile]

    @property
    def spool(self) -> Spool:
        return self.file.of(SENDER)

    def reopen(self) -> None:
        self.file.close()
        self.file = self.again(self.file)


def formed(spool: Spool, *, reason: Reason = Reason.JOBS, jobs: int = 0, size: int = 0) -> FormedBatch:
    report = replace(REPORT, jobs=tuple(a_job(number) for number in range(jobs)))
    report = replace(report, device=Device(serial="S1", description="x" * size))
    heading = Heading(sender=spool.sender, created_at=AT, reason=reason)
    return form_batches(heading, [report], spool.numbering(), bytes_from("batch"))[0]


def append(spool: Spool, *, reason: Reason = Reason.JOBS, jobs: int = 1, size: int = 0) -> FormedBatch:
    batch = formed(spool, reason=reason, jobs=jobs, size=size)
    spool.append([batch])
    return batch


def waiting(spool: Spool, lane: Lane = Lane.NORMAL) -> list[int]:
    """Sequence numbers in the order of delivery; empties the lane."""
    numbers = []
    while (batch := spool.oldest(lane)) is not None:
        numbers.append(batch.sequence)
        spool.ack(batch.stream, batch.sequence, AT)
    return numbers


def fill_with_jobs(spool: Spool) -> int:
    number = 0
    with pytest.raises(SpoolFullError):
        while True:
            spool.append_job(replace(a_job(number), name="n" * 250))
            number += 1
    return number
