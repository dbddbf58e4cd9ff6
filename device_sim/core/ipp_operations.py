"""IPP operations on a simulated printer: request octets in, response octets out.

Get-Printer-Attributes and Get-Jobs are answered; every other operation is refused as not supported. Job attributes
hold no user, no host and no document name. Source: RFC 8011, 4.1 to 4.2.6.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

from device_sim.core.ipp import (
    BAD_REQUEST,
    CHARSET_NOT_SUPPORTED,
    GET_JOBS,
    GET_PRINTER_ATTRIBUTES,
    JOB_GROUP,
    NOT_SUPPORTED_VALUES,
    OK,
    OPERATION_NOT_SUPPORTED,
    PRINTER_GROUP,
    URI,
    VERSION_NOT_SUPPORTED,
    IppDecodeError,
    IppRequest,
    Values,
    date_time,
    encode_attribute,
    encode_response,
    enums,
    integers,
    keywords,
    no_value,
    read_ipp_request,
    words,
)
from device_sim.core.ipp_printer import JOB_TEMPLATE, printer_attributes
from device_sim.core.state import FinishedJob, LivePrinter, RunningJob
from wire_format.records import Outcome

CHARSETS: Final = ("utf-8", "us-ascii")
VERSION_FALLBACK: Final = (2, 0)
JOBS_MAX: Final = 1000

JOB_PROCESSING: Final = 5
JOB_STOPPED: Final = 6
_ENDED: Final = {
    Outcome.CANCELED: (7, "job-canceled-by-user"),
    Outcome.ABORTED: (8, "aborted-by-system"),
    Outcome.COMPLETED: (9, "job-completed-successfully"),
    Outcome.UNKNOWN: (9, "none"),
}

Attributes = Iterable[tuple[str, Values]]


def answer_ipp(content: bytes, printer: LivePrinter, uri: str) -> bytes:
    """The response to a request. uri: printer-uri as it was dialled. Never raises for what a peer sent."""
    try:
        request = read_ipp_request(content)
    except IppDecodeError as error:
        return encode_response(error.request_id, BAD_REQUEST, (), VERSION_FALLBACK)
    status = _objection(request)
    if status != OK:
        version = VERSION_FALLBACK if status == VERSION_NOT_SUPPORTED else request.version
        return encode_response(request.request_id, status, (), version)
    answer = _OPERATIONS[request.operation]
    status, groups = answer(request, printer, uri)
    return encode_response(request.request_id, status, tuple(groups), request.version)


def _objection(request: IppRequest) -> int:
    """Why the request cannot be answered, or OK."""
    if request.version[0] not in (1, 2):
        return VERSION_NOT_SUPPORTED
    named = list(request.attributes)
    if request.request_id < 1 or named[:2] != ["attributes-charset", "attributes-natural-language"]:
        return BAD_REQUEST
    if request.words("attributes-charset")[0].lower() not in CHARSETS:
        return CHARSET_NOT_SUPPORTED
    if request.operation not in _OPERATIONS:
        return OPERATION_NOT_SUPPORTED
    return OK if "printer-uri" in named else BAD_REQUEST


def _get_printer_attributes(request: IppRequest, printer: LivePrinter, uri: str) -> tuple[int, Iterator[bytes]]:
    wanted = request.words("requested-attributes") or ("all",)

    def is_wanted(name: str) -> bool:
        group = "job-template" if name in JOB_TEMPLATE else "printer-description"
        return name in wanted or group in wanted or "all" in wanted

    found = ((name, values) for name, values in printer_attributes(printer, uri) if is_wanted(name))
    return OK, iter((_group(PRINTER_GROUP, found),))


def _get_jobs(request: IppRequest, printer: LivePrinter, uri: str) -> tuple[int, Iterator[bytes]]:
    """my-jobs is ignored: no job here belongs to anybody."""
    which = (request.words("which-jobs") or ("not-completed",))[0]
    limits = request.attributes.get("limit", ())
    limit = int.from_bytes(limits[0][:4], "big", signed=True) if limits else JOBS_MAX
    if limit < 1:
        return BAD_REQUEST, iter(())
    running = [printer.job] if printer.job is not None else []
    ended = sorted(printer.finished, key=lambda job: job.number, reverse=True)
    known: dict[str, list[RunningJob | FinishedJob]] = {
        "not-completed": [*running],
        "completed": [*ended],
        "all": [*running, *ended],
    }
    if which not in known:
        return NOT_SUPPORTED_VALUES, iter(())
    wanted = request.words("requested-attributes") or ("job-uri", "job-id")

    def is_wanted(name: str) -> bool:
        return name in wanted or "all" in wanted or "job-description" in wanted

    return OK, (
        _group(JOB_GROUP, ((name, values) for name, values in _job_attributes(job, printer, uri) if is_wanted(name)))
        for job in known[which][: min(limit, JOBS_MAX)]
    )


def _job_attributes(job: RunningJob | FinishedJob, printer: LivePrinter, uri: str) -> Iterator[tuple[str, Values]]:
    yield "job-id", integers(job.number)
    yield "job-uri", words(URI, f"{uri}/{job.number}")
    yield "job-printer-uri", words(URI, uri)
    yield "job-printer-up-time", integers(max(1, int(printer.uptime_s)))
    if isinstance(job, RunningJob):
        yield "job-state", enums(JOB_STOPPED if job.stopped else JOB_PROCESSING)
        yield "job-state-reasons", keywords("printer-stopped" if job.stopped else "job-printing")
        yield "job-impressions", integers(job.wanted)
        yield "job-impressions-completed", integers(job.done)
        yield "time-at-creation", integers(_since_boot(job.submitted_s, printer))
        yield "time-at-processing", integers(_since_boot(job.started_s, printer))
        yield "time-at-completed", no_value()
        return
    record = job.record
    state, reason = _ENDED[record.outcome]
    yield "job-state", enums(state)
    yield "job-state-reasons", keywords(reason)
    if record.impressions is not None:
        yield "job-impressions-completed", integers(record.impressions)
    if record.sheets is not None:
        yield "job-media-sheets-completed", integers(record.sheets)
    if record.copies is not None:
        yield "copies", integers(record.copies)
    for moment, at in (
        ("creation", record.submitted_at),
        ("processing", record.started_at),
        ("completed", record.completed_at),
    ):
        yield f"time-at-{moment}", no_value() if at is None else integers(_since_boot(at.timestamp(), printer))
        yield f"date-time-at-{moment}", _instant(at)


def _since_boot(at_s: float, printer: LivePrinter) -> int:
    """Seconds of printer-up-time; 0 or less is before the last boot."""
    return int(at_s - printer.booted_s)


def _instant(at: datetime | None) -> Values:
    return no_value() if at is None else date_time(at)


def _group(tag: int, attributes: Attributes) -> bytes:
    return bytes((tag,)) + b"".join(encode_attribute(name, values) for name, values in attributes)


_OPERATIONS: Final[dict[int, Callable[[IppRequest, LivePrinter, str], tuple[int, Iterator[bytes]]]]] = {
    GET_JOBS: _get_jobs,
    GET_PRINTER_ATTRIBUTES: _get_printer_attributes,
}
