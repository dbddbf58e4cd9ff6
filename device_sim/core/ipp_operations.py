"""IPP operations on a simulated printer: a request in, the octets of a response out.

1. Answering is in two steps. `answer` refuses, or answers, or says that document data is wanted (`Wanted`); with the
   counted document `complete` answers the second time, or `fail` where the data was no good.
2. Who asks is not looked at: a requesting-user-name is taken and forgotten, every job belongs to nobody, so
   my-jobs are none, and whoever knows a job's number may cancel it.
3. Never raises for what a peer sent.
Source: RFC 8011, 4; PWG 5100.11 (Cancel-My-Jobs, Close-Job), PWG 5100.13 (Identify-Printer).
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from device_sim.core.documents.inflate import COMPRESSIONS
from device_sim.core.documents.sense import AUTO
from device_sim.core.ipp import (
    BAD_REQUEST,
    BUSY,
    CANCEL_JOB,
    CANCEL_MY_JOBS,
    CHARSET_NOT_SUPPORTED,
    CLOSE_JOB,
    COMPRESSION_NOT_SUPPORTED,
    CREATE_JOB,
    FORMAT_NOT_SUPPORTED,
    GET_JOB_ATTRIBUTES,
    GET_JOBS,
    GET_PRINTER_ATTRIBUTES,
    HOLD_JOB,
    IDENTIFY_PRINTER,
    JOB_CANCELED,
    JOB_GROUP,
    MULTIPLE_DOCUMENTS_NOT_SUPPORTED,
    NOT_ACCEPTING_JOBS,
    NOT_FOUND,
    NOT_POSSIBLE,
    NOT_SUPPORTED_VALUES,
    OK,
    OK_SUBSTITUTED,
    OPERATION_NOT_SUPPORTED,
    PRINT_JOB,
    PRINTER_GROUP,
    RELEASE_JOB,
    SEND_DOCUMENT,
    UNSUPPORTED,
    UNSUPPORTED_GROUP,
    VALIDATE_JOB,
    VERSION_NOT_SUPPORTED,
    Values,
    encode_attribute,
    encode_response,
    encode_tagged,
)
from device_sim.core.ipp_capabilities import DOCUMENT_FORMATS
from device_sim.core.ipp_jobs import STATES_BY_WORD, job_attributes, job_status, seen_jobs
from device_sim.core.ipp_media import media_database
from device_sim.core.ipp_printer import printer_attributes
from device_sim.core.ipp_request import IppDecodeError, IppRequest, Tagged, read_ipp_request
from device_sim.core.ipp_template import TEMPLATE_NAMES, JobTemplate, read_template, template_attributes
from device_sim.core.print_desk import Counted, Ended, PrintDesk, Standing, Ticket
from device_sim.core.printer import Printer
from device_sim.core.state import LivePrinter
from wire_format.records import Outcome

CHARSETS: Final = ("utf-8", "us-ascii")
VERSION_FALLBACK: Final = (2, 0)
JOBS_MAX: Final = 1000
JOB_TARGETED: Final = frozenset((SEND_DOCUMENT, CANCEL_JOB, GET_JOB_ATTRIBUTES, HOLD_JOB, RELEASE_JOB, CLOSE_JOB))
_JOB_DEFAULTS: Final = frozenset(("job-id", "job-uri"))
_JOB_ALL: Final = frozenset(("all",))
_STATUS_OF: Final = {Ended.DONE: OK, Ended.NOT_POSSIBLE: NOT_POSSIBLE, Ended.NOT_FOUND: NOT_FOUND}
_UNSUPPORTED_ONE: Final[Tagged] = ((UNSUPPORTED, b""),)


Tell = Callable[[LivePrinter], LivePrinter]


def _honestly(state: LivePrinter) -> LivePrinter:
    return state


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Document data is wanted for this job. last: no other document follows."""

    request: IppRequest
    ticket: Ticket
    media_type: str
    compression: str
    last: bool
    unsupported: tuple[tuple[str, Tagged], ...] = ()


class IppPrinter:
    """What one printer answers.

    uri: printer-uri as it was dialled. real_s: monotonic seconds, for jobs left alone. room: whether document data
    can be taken now. tell: what is told of a state, where a printer lies.
    """

    def __init__(
        self, printer: Printer, desk: PrintDesk, uri: str, real_s: float, *, room: bool = True, tell: Tell = _honestly
    ) -> None:
        self._printer, self._desk, self._tell = printer, desk, tell
        self._uri, self._real_s, self._room = uri, real_s, room

    @property
    def _state(self) -> LivePrinter:
        return self._tell(self._printer.state)

    def answer(self, content: bytes) -> bytes | Wanted:
        """The response, or what document data is wanted for."""
        try:
            request = read_ipp_request(content)
        except IppDecodeError as error:
            return encode_response(error.request_id, BAD_REQUEST, (), VERSION_FALLBACK)
        status = objection(request, _OPERATIONS.keys())
        if status != OK:
            version = VERSION_FALLBACK if status == VERSION_NOT_SUPPORTED else request.version
            return encode_response(request.request_id, status, (), version)
        self._desk.sweep(self._printer, self._real_s)
        if request.operation in (PRINT_JOB, SEND_DOCUMENT) and not self._room:
            return _respond(request, BUSY)
        return _OPERATIONS[request.operation](self, request)

    def complete(self, wanted: Wanted, counted: Counted | None) -> bytes:
        """The response once the data is counted; None where there was no data at all."""
        ticket = wanted.ticket
        ticket.receiving, ticket.touched_s = False, self._real_s
        if ticket.standing is not Standing.INCOMING:
            return _respond(wanted.request, JOB_CANCELED)
        if counted is None and wanted.request.operation == PRINT_JOB:
            return self.fail(wanted, BAD_REQUEST)
        if counted is not None:
            if ticket.order is not None:
                return _respond(wanted.request, MULTIPLE_DOCUMENTS_NOT_SUPPORTED)
            self._desk.receive(self._printer, ticket, counted)
        if wanted.last:
            self._desk.close(self._printer, ticket)
        return self._created(wanted.request, ticket, wanted.unsupported)

    def fail(self, wanted: Wanted, status: int) -> bytes:
        """The response where the data could not be taken: the job is aborted."""
        wanted.ticket.receiving = False
        self._desk.end(self._printer, wanted.ticket, Outcome.ABORTED)
        return _respond(wanted.request, status)

    def print_job(self, request: IppRequest) -> bytes | Wanted:
        """Print-Job. Source: RFC 8011, 4.2.1."""
        found = self._template(request)
        if isinstance(found, bytes):
            return found
        template, unsupported = found
        ticket = self._desk.open(self._printer, request.word("job-name") or "", template, self._real_s)
        if ticket is None:
            return _respond(request, BUSY)
        return self._want(request, ticket, last=True, unsupported=unsupported)

    def validate_job(self, request: IppRequest) -> bytes:
        """Validate-Job. Source: RFC 8011, 4.2.3."""
        found = self._template(request)
        return found if isinstance(found, bytes) else _taken(request, found[1], ())

    def create_job(self, request: IppRequest) -> bytes:
        """Create-Job. Source: RFC 8011, 4.2.4."""
        found = self._template(request)
        if isinstance(found, bytes):
            return found
        template, unsupported = found
        ticket = self._desk.open(self._printer, request.word("job-name") or "", template, self._real_s)
        return _respond(request, BUSY) if ticket is None else self._created(request, ticket, unsupported)

    def send_document(self, request: IppRequest) -> bytes | Wanted:
        """Send-Document. Source: RFC 8011, 4.3.1."""
        last = request.truth("last-document")
        if last is None:
            return _respond(request, BAD_REQUEST)
        if (refused := _data_objection(request)) is not None:
            return refused
        ticket = self._ticket(request)
        if ticket is None:
            return self._not_incoming(request)
        return self._want(request, ticket, last=last)

    def close_job(self, request: IppRequest) -> bytes:
        """Close-Job. Source: PWG 5100.11."""
        ticket = self._ticket(request)
        if ticket is None:
            return self._not_incoming(request)
        self._desk.close(self._printer, ticket)
        return _respond(request, OK)

    def cancel_job(self, request: IppRequest) -> bytes:
        """Cancel-Job. Source: RFC 8011, 4.3.3."""
        return _respond(request, _STATUS_OF[self._desk.cancel(self._printer, _target(request) or 0)])

    def cancel_my_jobs(self, request: IppRequest) -> bytes:
        """Cancel-My-Jobs: the jobs it names, as none is known to be anybody's. Source: PWG 5100.11."""
        numbers = [int.from_bytes(value, "big") for _, value in request.attributes.get("my-job-ids", ())]
        open_ones = {job.number for job in seen_jobs(self._state, self._desk) if job.state in _OPEN_STATES}
        if not set(numbers) <= open_ones:
            return _respond(request, NOT_POSSIBLE)
        for number in numbers:
            self._desk.cancel(self._printer, number)
        return _respond(request, OK)

    def hold_job(self, request: IppRequest) -> bytes:
        """Hold-Job. Source: RFC 8011, 4.3.5."""
        return _respond(request, _STATUS_OF[self._desk.hold(self._printer, _target(request) or 0)])

    def release_job(self, request: IppRequest) -> bytes:
        """Release-Job. Source: RFC 8011, 4.3.6."""
        return _respond(request, _STATUS_OF[self._desk.release(self._printer, _target(request) or 0)])

    def get_job_attributes(self, request: IppRequest) -> bytes:
        """Get-Job-Attributes. Source: RFC 8011, 4.3.4."""
        number = _target(request)
        job = next((one for one in seen_jobs(self._state, self._desk) if one.number == number), None)
        if job is None:
            return _respond(request, NOT_FOUND)
        wanted = frozenset(request.words("requested-attributes")) or _JOB_ALL
        return _respond(request, OK, _group(JOB_GROUP, job_attributes(job, self._state, self._uri, wanted)))

    def get_jobs(self, request: IppRequest) -> bytes:
        """Get-Jobs. Source: RFC 8011, 4.2.6."""
        which = request.word("which-jobs") or "not-completed"
        limit = request.number("limit")
        if limit is not None and limit < 1:
            return _respond(request, BAD_REQUEST)
        if which not in STATES_BY_WORD:
            sent = encode_tagged("which-jobs", request.attributes["which-jobs"])
            return _respond(request, NOT_SUPPORTED_VALUES, _group(UNSUPPORTED_GROUP, sent))
        wanted = frozenset(request.words("requested-attributes")) or _JOB_DEFAULTS
        jobs = [job for job in seen_jobs(self._state, self._desk) if job.state in STATES_BY_WORD[which]]
        if request.truth("my-jobs"):
            jobs = []
        jobs = jobs[: min(JOBS_MAX, limit or JOBS_MAX)]
        state = self._state
        groups = (_group(JOB_GROUP, job_attributes(job, state, self._uri, wanted)) for job in jobs)
        return _respond(request, OK, *groups)

    def get_printer_attributes(self, request: IppRequest) -> bytes:
        """Get-Printer-Attributes. Source: RFC 8011, 4.2.5."""
        media_type = request.word("document-format")
        if media_type is not None and media_type not in DOCUMENT_FORMATS:
            return _format_refused(request)
        wanted = frozenset(request.words("requested-attributes")) or frozenset(("all",))
        state = self._state
        told = [
            *_chosen(printer_attributes(state, self._uri, accepting=self._printer.accepting), wanted,
                     "printer-description"),
            *_chosen(template_attributes(state), wanted, "job-template"),
        ]  # fmt: skip
        if "media-col-database" in wanted:
            told.append(encode_attribute("media-col-database", media_database(state)))
        return _respond(request, OK, _group(PRINTER_GROUP, b"".join(told)))

    def identify_printer(self, request: IppRequest) -> bytes:
        """Identify-Printer: nobody stands before a simulated printer to see it. Source: PWG 5100.13."""
        return _respond(request, OK)

    def _template(self, request: IppRequest) -> bytes | tuple[JobTemplate, tuple[tuple[str, Tagged], ...]]:
        """What the job asks for, or why it is refused."""
        if not self._printer.accepting:
            return _respond(request, NOT_ACCEPTING_JOBS)
        if (refused := _data_objection(request)) is not None:
            return refused
        template, unsupported = read_template(self._printer.state.profile, request.job)
        if unsupported and request.truth("ipp-attribute-fidelity"):
            return _respond(request, NOT_SUPPORTED_VALUES, _unsupported(unsupported))
        return template, unsupported

    def _want(
        self, request: IppRequest, ticket: Ticket, *, last: bool, unsupported: tuple[tuple[str, Tagged], ...] = ()
    ) -> Wanted:
        ticket.receiving, ticket.touched_s = True, self._real_s
        return Wanted(
            request=request,
            ticket=ticket,
            media_type=request.word("document-format") or AUTO,
            compression=request.word("compression") or COMPRESSIONS[0],
            last=last,
            unsupported=unsupported,
        )

    def _ticket(self, request: IppRequest) -> Ticket | None:
        """The job a document may be sent to: one that comes in, and to which nothing is being sent."""
        ticket = self._desk.tickets(self._state).get(_target(request) or 0)
        if ticket is None or ticket.standing is not Standing.INCOMING or ticket.receiving:
            return None
        return ticket

    def _not_incoming(self, request: IppRequest) -> bytes:
        number = _target(request)
        job = next((one for one in seen_jobs(self._state, self._desk) if one.number == number), None)
        return _respond(request, NOT_FOUND if job is None else NOT_POSSIBLE)

    def _created(self, request: IppRequest, ticket: Ticket, unsupported: tuple[tuple[str, Tagged], ...]) -> bytes:
        job = next(one for one in seen_jobs(self._state, self._desk) if one.number == ticket.number)
        return _taken(request, unsupported, (_group(JOB_GROUP, job_status(job, self._uri)),))


_OPEN_STATES: Final = STATES_BY_WORD["not-completed"]
_OPERATIONS: Final[dict[int, Callable[[IppPrinter, IppRequest], bytes | Wanted]]] = {
    PRINT_JOB: IppPrinter.print_job,
    VALIDATE_JOB: IppPrinter.validate_job,
    CREATE_JOB: IppPrinter.create_job,
    SEND_DOCUMENT: IppPrinter.send_document,
    CANCEL_JOB: IppPrinter.cancel_job,
    GET_JOB_ATTRIBUTES: IppPrinter.get_job_attributes,
    GET_JOBS: IppPrinter.get_jobs,
    GET_PRINTER_ATTRIBUTES: IppPrinter.get_printer_attributes,
    HOLD_JOB: IppPrinter.hold_job,
    RELEASE_JOB: IppPrinter.release_job,
    CANCEL_MY_JOBS: IppPrinter.cancel_my_jobs,
    CLOSE_JOB: IppPrinter.close_job,
    IDENTIFY_PRINTER: IppPrinter.identify_printer,
}


def objection(request: IppRequest, operations: Collection[int]) -> int:
    """Why the request cannot be answered by a printer with these operations, or OK. Source: RFC 8011, 4.1."""
    if request.version[0] not in (1, 2):
        return VERSION_NOT_SUPPORTED
    named = list(request.attributes)
    if request.request_id < 1 or named[:2] != ["attributes-charset", "attributes-natural-language"]:
        return BAD_REQUEST
    if request.words("attributes-charset")[0].lower() not in CHARSETS:
        return CHARSET_NOT_SUPPORTED
    if request.operation not in operations:
        return OPERATION_NOT_SUPPORTED
    if request.operation in JOB_TARGETED:
        return OK if _target(request) is not None else BAD_REQUEST
    return OK if "printer-uri" in named else BAD_REQUEST


def _data_objection(request: IppRequest) -> bytes | None:
    media_type, compression = request.word("document-format"), request.word("compression")
    if media_type is not None and media_type not in DOCUMENT_FORMATS:
        return _format_refused(request)
    if compression is not None and compression not in COMPRESSIONS:
        sent = encode_tagged("compression", request.attributes["compression"])
        return _respond(request, COMPRESSION_NOT_SUPPORTED, _group(UNSUPPORTED_GROUP, sent))
    return None


def _format_refused(request: IppRequest) -> bytes:
    sent = encode_tagged("document-format", request.attributes["document-format"])
    return _respond(request, FORMAT_NOT_SUPPORTED, _group(UNSUPPORTED_GROUP, sent))


def _target(request: IppRequest) -> int | None:
    """The number of the job a request is about: job-uri, or printer-uri with job-id."""
    if (uri := request.word("job-uri")) is not None:
        last = uri.rstrip("/").rpartition("/")[2]
        return int(last[:9]) if last.isascii() and last.isdigit() else 0
    return request.number("job-id") if "printer-uri" in request.attributes else None


def _chosen(attributes: Iterable[tuple[str, Values]], wanted: frozenset[str], group: str) -> Iterable[bytes]:
    whole = "all" in wanted or group in wanted
    return (encode_attribute(name, values) for name, values in attributes if whole or name in wanted)


def _unsupported(attributes: tuple[tuple[str, Tagged], ...]) -> bytes:
    """Attributes this printer has not at all go back as `unsupported`, others with the value it does not take."""
    return _group(
        UNSUPPORTED_GROUP,
        b"".join(
            encode_tagged(name, values if name in TEMPLATE_NAMES and values else _UNSUPPORTED_ONE)
            for name, values in attributes
        ),
    )


def _taken(request: IppRequest, unsupported: tuple[tuple[str, Tagged], ...], groups: tuple[bytes, ...]) -> bytes:
    if unsupported:
        return _respond(request, OK_SUBSTITUTED, _unsupported(unsupported), *groups)
    return _respond(request, OK, *groups)


def _group(tag: int, attributes: bytes) -> bytes:
    return bytes((tag,)) + attributes


def _respond(request: IppRequest, status: int, *groups: bytes) -> bytes:
    return encode_response(request.request_id, status, groups, request.version)
