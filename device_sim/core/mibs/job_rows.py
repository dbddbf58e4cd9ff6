"""The jobs a printer tells of by SNMP, as rows: those that wait, the one that runs, and the last that ended.

A scan is told in images, as the scanner counts; all else in impressions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from device_sim.core.state import FinishedJob, LivePrinter, RunningJob, WaitingJob
from wire_format.records import InkUse, Media, Outcome, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One job. outcome: None while it waits or runs; waits_for: how many come before it; None: it does not wait.

    wanted, done: impressions, for a scan images. Times: virtual Unix seconds, None for what has not come yet.
    """

    number: int
    name: str
    service: Service
    wanted: int
    done: int
    copies: int
    color: bool
    sheets: int | None = None
    stopped: bool = False
    waits_for: int | None = None
    outcome: Outcome | None = None
    quality: str | None = None
    media: Media | None = None
    inks: tuple[InkUse, ...] = ()
    submitted_s: float | None = None
    started_s: float | None = None
    completed_s: float | None = None

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.outcome is None


def job_rows(printer: LivePrinter) -> Sequence[JobRow]:
    """All of them, by number."""
    rows = [_finished(job) for job in printer.finished]
    if printer.job is not None:
        rows.append(_running(printer.job))
    before = int(printer.job is not None)
    rows += [_waiting(job, before + place) for place, job in enumerate(printer.waiting)]
    return sorted(rows, key=lambda row: row.number)


def _finished(logged: FinishedJob) -> JobRow:
    record = logged.record
    done = logged.images if record.service is Service.SCAN else record.impressions or 0
    return JobRow(
        number=logged.number,
        name=record.name or "",
        service=record.service,
        wanted=done,
        done=done,
        copies=record.copies or 1,
        color=record.color_mode == "color",
        sheets=record.sheets,
        outcome=record.outcome,
        quality=record.quality,
        media=record.media,
        inks=record.inks,
        submitted_s=_seconds(record.submitted_at),
        started_s=_seconds(record.started_at),
        completed_s=_seconds(record.completed_at),
    )


def _running(job: RunningJob) -> JobRow:
    return JobRow(
        number=job.number,
        name=job.name,
        service=job.service,
        wanted=job.wanted,
        done=job.done,
        copies=1,
        color=job.color,
        stopped=job.stopped,
        submitted_s=job.submitted_s,
        started_s=job.started_s,
    )


def _waiting(job: WaitingJob, before: int) -> JobRow:
    return JobRow(
        number=job.number,
        name=job.name,
        service=job.service,
        wanted=job.wanted,
        done=0,
        copies=1,
        color=False,
        waits_for=before,
        submitted_s=job.submitted_s,
    )


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
