"""Jobs as IPP shows them, whatever stage they are in.

There is no user in them: job-originating-user-name is the same word for everybody. Source: RFC 8011, 5.3.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from device_sim.core.documents.sense import AUTO
from device_sim.core.ipp import (
    MIME,
    URI,
    Values,
    date_time,
    encode_attribute,
    encode_tagged,
    enums,
    integers,
    keywords,
    names,
    no_value,
    words,
)
from device_sim.core.print_desk import PrintDesk, Standing, Ticket
from device_sim.core.state import FinishedJob, LivePrinter, RunningJob, WaitingJob
from wire_format.printer_mib import PrinterState
from wire_format.records import Outcome

NOBODY: Final = "anonymous"
PENDING, HELD, PROCESSING, STOPPED, CANCELED, ABORTED, COMPLETED = 3, 4, 5, 6, 7, 8, 9
STATES_BY_WORD: Final = {
    "pending": (PENDING,), "pending-held": (HELD,), "processing": (PROCESSING,), "processing-stopped": (STOPPED,),
    "canceled": (CANCELED,), "aborted": (ABORTED,), "completed": (CANCELED, ABORTED, COMPLETED),
    "not-completed": (PENDING, HELD, PROCESSING, STOPPED), "all": tuple(range(PENDING, COMPLETED + 1)),
}  # fmt: skip
"""which-jobs to the job states it means."""
_ENDED: Final = {
    Outcome.CANCELED: (CANCELED, "job-canceled-by-user"),
    Outcome.ABORTED: (ABORTED, "aborted-by-system"),
    Outcome.COMPLETED: (COMPLETED, "job-completed-successfully"),
    Outcome.UNKNOWN: (COMPLETED, "none"),
}
_UUID_SPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:inkwire:device-sim:job")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenJob:
    """A job with all that is known of it. place: how many are before it, for one that waits."""

    number: int
    state: int
    reason: str
    ticket: Ticket | None = None
    stage: WaitingJob | RunningJob | FinishedJob | None = None
    place: int = 0


def seen_jobs(printer: LivePrinter, desk: PrintDesk) -> list[SeenJob]:
    """All jobs: the running one, those that wait, those that are held or come in, then the ended ones, newest first."""
    tickets = desk.tickets(printer)
    seen: list[SeenJob] = []
    if (job := printer.job) is not None:
        state, reason = (STOPPED, "printer-stopped") if job.stopped else (PROCESSING, "job-printing")
        seen.append(SeenJob(number=job.number, state=state, reason=reason, ticket=tickets.get(job.number), stage=job))
    halted = printer.status in (PrinterState.STOPPED, PrinterState.OFFLINE)
    for place, waiting in enumerate(printer.waiting):
        reason = "printer-stopped" if halted else "job-queued"
        place += printer.job is not None
        seen.append(
            SeenJob(
                number=waiting.number, state=PENDING, reason=reason, ticket=tickets.get(waiting.number), stage=waiting,
                place=place,
            )
        )  # fmt: skip
    ended = {job.number: job for job in printer.finished}
    for ticket in tickets.values():
        if ticket.standing is Standing.INCOMING:
            seen.append(SeenJob(number=ticket.number, state=HELD, reason="job-incoming", ticket=ticket))
        elif ticket.standing is Standing.HELD:
            seen.append(SeenJob(number=ticket.number, state=HELD, reason="job-hold-until-specified", ticket=ticket))
        elif ticket.finished is not None:
            ended[ticket.number] = ticket.finished
    for number in sorted(ended, reverse=True):
        state, reason = _ENDED[ended[number].record.outcome]
        ticket_of = tickets.get(number)
        if state == COMPLETED and ticket_of is not None and ticket_of.guess is not None:
            reason = "job-completed-with-warnings"
        seen.append(SeenJob(number=number, state=state, reason=reason, ticket=ticket_of, stage=ended[number]))
    return seen


def job_status(job: SeenJob, uri: str) -> bytes:
    """What the answer to a job's creation tells. uri: of the printer. Source: RFC 8011, 4.2.1.2."""
    told = (
        ("job-uri", words(URI, f"{uri}/{job.number}")),
        ("job-id", integers(job.number)),
        ("job-state", enums(job.state)),
        ("job-state-reasons", keywords(job.reason)),
        ("number-of-intervening-jobs", integers(job.place)),
    )
    return b"".join(encode_attribute(name, values) for name, values in told)


def job_attributes(job: SeenJob, printer: LivePrinter, uri: str, wanted: frozenset[str]) -> bytes:
    """The attributes of a job that are wanted: their names, or `all`, `job-template`, `job-description`."""
    everything = "all" in wanted
    description = everything or "job-description" in wanted
    template = everything or "job-template" in wanted
    parts = [
        encode_attribute(name, values)
        for name, values in _description(job, printer, uri)
        if description or name in wanted
    ]
    said = job.ticket.template.given if job.ticket is not None else ()
    parts += [encode_tagged(name, values) for name, values in said if template or name in wanted]
    told = {name for name, _ in said}
    parts += [
        encode_attribute(name, values)
        for name, values in _template(job)
        if name not in told and (template or name in wanted)
    ]
    return b"".join(parts)


def _template(job: SeenJob) -> Iterator[tuple[str, Values]]:
    if isinstance(job.stage, FinishedJob) and job.stage.record.copies is not None:
        yield "copies", integers(job.stage.record.copies)


def _description(job: SeenJob, printer: LivePrinter, uri: str) -> Iterator[tuple[str, Values]]:
    stage, ticket = job.stage, job.ticket
    yield "job-id", integers(job.number)
    yield "job-uri", words(URI, f"{uri}/{job.number}")
    yield "job-uuid", words(URI, f"urn:uuid:{uuid.uuid5(_UUID_SPACE, f'{printer.identity.serial}/{job.number}')}")
    yield "job-printer-uri", words(URI, uri)
    yield "job-printer-up-time", integers(max(1, int(printer.uptime_s)))
    yield "job-originating-user-name", names(NOBODY)
    yield "job-state", enums(job.state)
    yield "job-state-reasons", keywords(job.reason)
    yield "number-of-intervening-jobs", integers(job.place)
    yield "number-of-documents", integers(1)
    if ticket is not None:
        yield "job-k-octets", integers(-(-ticket.size_bytes // 1024))
        yield "document-format", words(MIME, AUTO)
    yield from _progress(job)
    moments = _moments(job)
    for name in ("creation", "processing", "completed"):
        at_s = moments.get(name)
        yield f"time-at-{name}", no_value() if at_s is None else integers(int(at_s - printer.booted_s))
        yield f"date-time-at-{name}", no_value() if at_s is None else date_time(datetime.fromtimestamp(at_s, UTC))
    if isinstance(stage, FinishedJob):
        name = stage.record.name or ""
    else:
        name = stage.name if stage is not None else ticket.name if ticket is not None else ""
    yield "job-name", names(name)


def _progress(job: SeenJob) -> Iterator[tuple[str, Values]]:
    stage, order = job.stage, job.ticket.order if job.ticket is not None else None
    done = sheets = 0
    wanted = order.impressions if order is not None else None
    if isinstance(stage, FinishedJob):
        done, sheets = stage.record.impressions or 0, stage.record.sheets or 0
    elif stage is not None:
        wanted = stage.wanted
        if isinstance(stage, RunningJob):
            done = stage.done
            sheets = done if order is None else order.sheets(done)
    if wanted is not None:
        yield "job-impressions", integers(wanted)
    if order is not None:
        yield "job-media-sheets", integers(order.sheets(order.impressions))
    yield "job-impressions-completed", integers(done)
    yield "job-media-sheets-completed", integers(sheets)


def _moments(job: SeenJob) -> dict[str, float | None]:
    stage = job.stage
    if isinstance(stage, FinishedJob):
        record = stage.record
        return {
            "creation": _seconds(record.submitted_at),
            "processing": _seconds(record.started_at),
            "completed": _seconds(record.completed_at),
        }
    if isinstance(stage, RunningJob):
        return {"creation": stage.submitted_s, "processing": stage.started_s}
    if stage is not None:
        return {"creation": stage.submitted_s}
    return {"creation": None if job.ticket is None else job.ticket.created_s}


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
