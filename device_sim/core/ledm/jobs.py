"""What the device was asked to do: /Jobs/JobList and /Jobs/JobList/<n>. Metadata only."""

from device_sim.core.ledm.names import spaces
from device_sim.core.markup import Markup, document, tag
from device_sim.core.state import FinishedJob, LivePrinter, RunningJob
from wire_format.records import Outcome

_ENDS = {Outcome.COMPLETED: "Completed", Outcome.CANCELED: "Canceled", Outcome.ABORTED: "Aborted"}


def job_list(state: LivePrinter) -> str:
    """JobList: the running job, and the last finished ones, newest first."""
    jobs = [_finished(job) for job in reversed(listed(state))]
    if state.job is not None:
        jobs.insert(0, _running(state, state.job))
    return document(tag("j:JobList", jobs, **spaces("j", "dd")))


def job(state: LivePrinter, number: int) -> tuple[str, str] | None:
    """One job's document and its ETag, which is its JobStateUpdate; None when the device no longer knows it."""
    if state.job is not None and state.job.number == number:
        return document(_running(state, state.job, **spaces("j", "dd"))), _update(state.job)
    for done in listed(state):
        if done.number == number:
            return document(_finished(done, **spaces("j", "dd"))), _update(done)
    return None


def listed(state: LivePrinter) -> list[FinishedJob]:
    """The finished jobs the device still knows, oldest first: the last job_log_max."""
    return list(state.finished) if state.profile.job_log_max else []


def _finished(job: FinishedJob, **names: str) -> Markup:
    record = job.record
    return tag(
        "j:Job",
        tag("j:JobUrl", f"/Jobs/JobList/{job.number}"),
        tag("j:JobCategory", record.service.value.capitalize()),
        tag("j:JobState", _ENDS.get(record.outcome, "Completed")),
        tag("j:JobStateUpdate", _update(job)),
        tag("j:JobSource", _source(record.submitted_by)),
        tag("dd:ImpressionsCompleted", record.impressions),
        tag("dd:ImagesScanned", job.images) if job.images else None,
        **names,
    )


def _running(state: LivePrinter, job: RunningJob, **names: str) -> Markup:
    return tag(
        "j:Job",
        tag("j:JobUrl", f"/Jobs/JobList/{job.number}"),
        tag("j:JobCategory", job.service.value.capitalize()),
        tag("j:JobState", "Pending" if job.stopped else "Processing"),
        tag("j:JobStateUpdate", _update(job)),
        tag("j:JobSource", _source("front-panel" if job.service != "print" else "network")),
        **names,
    )


def _update(job: FinishedJob | RunningJob) -> str:
    progress = job.record.impressions or 0 if isinstance(job, FinishedJob) else job.done
    return f"{job.number}-{progress}"


def _source(submitted_by: str | None) -> str:
    return {"front-panel": "userIO", "usb": "usbHost"}.get(submitted_by or "", "network")
