"""What the device was asked to do: /Jobs/JobList and /Jobs/JobList/<n>. Metadata only: no name, no user.

1. A job's ETag is its JobStateUpdate, "number-revision", and so a job's revisions never show two contents.
2. Revisions of a job go up with what is done: 0 while it waits, 2n + 1 when n impressions are made (2n + 2 while the
   engine stands), 2n + 3 when it has ended; images for a scan.
"""

from device_sim.core.ledm.names import spaces
from device_sim.core.markup import Markup, document, join, tag
from device_sim.core.state import FinishedJob, LivePrinter, RunningJob, WaitingJob
from wire_format.records import Outcome, Service

_ENDS = {Outcome.COMPLETED: "Completed", Outcome.CANCELED: "Canceled", Outcome.ABORTED: "Aborted"}
_SCAN_DPI = 300


def job_list(state: LivePrinter) -> str:
    """JobList: the waiting jobs, the running one and the last finished ones, newest first."""
    jobs = [_waiting(job) for job in reversed(state.waiting)]
    if state.job is not None:
        jobs.append(_running(state, state.job))
    jobs += (_finished(state, job) for job in reversed(listed(state)))
    return document(tag("j:JobList", _VERSION, jobs, **spaces("j", "dd")))


def job(state: LivePrinter, number: int) -> tuple[str, str] | None:
    """One job's document and its ETag, which is its JobStateUpdate; None when the device no longer knows it."""
    if state.job is not None and state.job.number == number:
        return document(_running(state, state.job, **spaces("j", "dd"))), update_of(state.job)
    for waiting in state.waiting:
        if waiting.number == number:
            return document(_waiting(waiting, **spaces("j", "dd"))), update_of(waiting)
    for done in listed(state):
        if done.number == number:
            return document(_finished(state, done, **spaces("j", "dd"))), update_of(done)
    return None


def listed(state: LivePrinter) -> list[FinishedJob]:
    """The finished jobs the device still knows, oldest first: the last job_log_max."""
    return list(state.finished) if state.profile.job_log_max else []


def update_of(job: FinishedJob | RunningJob | WaitingJob) -> str:
    """JobStateUpdate: "number-revision"."""
    if isinstance(job, WaitingJob):
        return f"{job.number}-0"
    if isinstance(job, RunningJob):
        return f"{job.number}-{2 * job.done + 1 + job.stopped}"
    record = job.record
    made = job.images if record.service is Service.SCAN else record.impressions or 0
    return f"{job.number}-{2 * made + 3}"


_VERSION = tag("dd:Version", tag("dd:Revision", "SVN-IPG-LEDM.119"), tag("dd:Date", "2010-08-31"))


def _finished(state: LivePrinter, job: FinishedJob, **names: str) -> Markup:
    record = job.record
    return tag(
        "j:Job",
        _opening(
            job.number, record.service, _ENDS.get(record.outcome, "Completed"), update_of(job), record.submitted_by
        ),
        tag("dd:ImpressionsCompleted", record.impressions),
        tag("dd:ImagesScanned", job.images) if job.images else None,
        _scan(state, color=record.color_mode == "color", many=job.images > 1)
        if record.service is Service.SCAN
        else None,
        **names,
    )


def _waiting(job: WaitingJob, **names: str) -> Markup:
    return tag("j:Job", _opening(job.number, job.service, "Pending", update_of(job), None), **names)


def _running(state: LivePrinter, job: RunningJob, **names: str) -> Markup:
    scan = job.service is Service.SCAN
    return tag(
        "j:Job",
        _opening(job.number, job.service, "Processing", update_of(job), None),
        None if scan else tag("dd:ImpressionsCompleted", job.done),
        _scan(state, color=job.color, many=job.wanted > 1) if scan else None,
        **names,
    )


def _opening(number: int, service: Service, state: str, update: str, submitted_by: str | None) -> Markup:
    """What every job has. submitted_by: None where only the record of the finished job will tell."""
    source = submitted_by or ("network" if service is Service.PRINT else "front-panel")
    return join(
        tag("j:JobUrl", f"/Jobs/JobList/{number}"),
        tag("j:JobCategory", service.value.capitalize()),
        tag("j:JobState", state),
        tag("j:JobStateUpdate", update),
        tag("j:JobSource", {"front-panel": "userIO", "usb": "usbHost"}.get(source, "network")),
    )


def _scan(state: LivePrinter, *, color: bool, many: bool) -> Markup:
    """ScanJob: how it was scanned. Width and Height in pixels at that resolution."""
    sheet = state.profile.workload.formats[0]
    return tag(
        "j:ScanJob",
        tag("dd:XResolution", _SCAN_DPI),
        tag("dd:YResolution", _SCAN_DPI),
        tag("dd:Width", round(sheet.width_mm / 25.4 * _SCAN_DPI)),
        tag("dd:Height", round(sheet.length_mm / 25.4 * _SCAN_DPI)),
        tag("dd:Format", "Pdf" if many else "Jpeg"),
        tag("dd:ColorSpace", "Color" if color else "Gray"),
        tag("dd:BitDepth", 8),
        tag("dd:InputSource", "Adf" if many else "Platen"),
        tag("dd:ContentType", "Document"),
    )
