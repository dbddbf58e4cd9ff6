"""Which jobs of a device were told, and by which of its lists, so that each job is told once.

1. The portal drops what it was told under the same id; it cannot know that two ids are one job. So a device's jobs come
   from one list: the source that told them first, as long as it answers, even when its list is empty. When it is
   silent and another one lists jobs, those wait. Only after SILENT_MAX such readings the other one takes over: what
   it lists then counts as told, and only what comes later is news. Each of these readings says so in a finding.
2. A job counts as known only after its batch is in the spool: a crash before that sends it again.
3. The newest `KNOWN_MAX` job ids of a device are kept: a device's own list is shorter.
4. A list on which no job is known any more was too short for the interval: jobs between the two readings may be
   missing, and a finding says so. Lifetime meters count them all the same.
5. By IPP the moment of a job's end stands in its id, and may be worked out anew in every reading: within
   MOMENT_SLACK_S it is the same job, and so it is when one of the two readings had no moment. A job number that began
   again after a restart comes with another moment.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from data_collector.core.gathered import Gathered, JobSource
from wire_format.records import Device, Finding, Job, Report

KNOWN_MAX: Final = 1_000
SILENT_MAX: Final = 3
MOMENT_SLACK_S: Final = 600
PREFIX: Final = "jobs:"
FINDINGS_MAX: Final = 256
GAP: Final = Finding(
    field="jobs",
    source="collector",
    reason="job-gap: no listed job was known, so some between the readings may be missing; scan it more often",
)
_BY_IPP: Final = re.compile(r"(\d+-ipp[0-9a-f]{12})-(-?\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownJobs:
    """What is remembered of a device. source: whose list is read; None before the first job.

    silent: readings in a row in which that source was silent and another one listed jobs.
    """

    ids: tuple[str, ...] = ()
    source: JobSource | None = None
    silent: int = 0


def device_key(device: Device) -> str | None:
    """The name under which a device's jobs are remembered; None for one without any identity."""
    for kind, value in (("serial", device.serial), ("mac", device.mac), ("hostname", device.hostname)):
        if value:
            return f"{PREFIX}{kind}:{value}"
    return f"{PREFIX}ip:{device.ip}" if device.ip else None


def news(report: Report, known: KnownJobs) -> tuple[Report, KnownJobs]:
    """The report with only the jobs that are news, told by one source, and what to remember once it is spooled."""
    if not isinstance(report, Gathered) or not report.job_lists:
        fresh = without_known(report, known.ids)
        return fresh, _with(known, fresh.jobs)
    lists = {one.source: one.jobs for one in report.job_lists}
    source = known.source if known.source in lists else next((one for one, jobs in lists.items() if jobs), None)
    if source is None:
        return replace(report, jobs=()), known
    if known.source not in (None, source):
        return _another_source(report, known, source, lists[source])
    fresh = without_known(replace(report, jobs=lists[source]), known.ids)
    return fresh, _with(replace(known, source=source if lists[source] else known.source, silent=0), fresh.jobs)


def _another_source(
    report: Report, known: KnownJobs, source: JobSource, listed: tuple[Job, ...]
) -> tuple[Report, KnownJobs]:
    silent = known.silent + 1
    if silent < SILENT_MAX:
        reason = (
            f"job-source: the list by {known.source} is silent; what {source} lists waits ({silent} of {SILENT_MAX})"
        )
        now = replace(known, silent=silent)
    else:
        reason = (
            f"job-source: jobs are told by {source} from now on, for {known.source} is silent; "
            "those it lists now count as told"
        )
        now = _with(KnownJobs(ids=known.ids, source=source), listed)
    said = Finding(field="jobs", source="collector", reason=reason)
    return replace(report, jobs=(), findings=(*report.findings[: FINDINGS_MAX - 1], said)), now


def _with(known: KnownJobs, jobs: Iterable[Job]) -> KnownJobs:
    ids = dict.fromkeys((*known.ids, *(job.job_id for job in jobs)))
    return replace(known, ids=tuple(ids)[-KNOWN_MAX:])


def without_known(report: Report, known: Iterable[str]) -> Report:
    """The report with only the jobs that are news, and a finding where some before them may be missing (rule 4)."""
    gone = _Ids(known)
    fresh = tuple(job for job in report.jobs if job.job_id not in gone)
    if gone and fresh and len(fresh) == len(report.jobs):
        return replace(report, findings=(*report.findings[: FINDINGS_MAX - 1], GAP))
    return replace(report, jobs=fresh)


class _Ids:
    """Job ids, compared by rule 5."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._exact = frozenset(ids)
        self._moments: dict[str, list[int]] = {}
        for one in self._exact:
            if (found := _BY_IPP.fullmatch(one)) is not None:
                self._moments.setdefault(found[1], []).append(int(found[2]))

    def __bool__(self) -> bool:
        return bool(self._exact)

    def __contains__(self, job_id: str) -> bool:
        if job_id in self._exact:
            return True
        if (found := _BY_IPP.fullmatch(job_id)) is None:
            return False
        at = int(found[2])
        return any(
            not at or not moment or abs(at - moment) <= MOMENT_SLACK_S for moment in self._moments.get(found[1], ())
        )


def encode_jobs(known: KnownJobs) -> str:
    """What is remembered as one text for the spool's memory."""
    return json.dumps({"source": known.source, "silent": known.silent, "ids": known.ids}, separators=(",", ":"))


def decode_jobs(text: str | None) -> KnownJobs:
    """What encode_jobs wrote, or a list of ids as older collectors did; nothing from a text that is neither."""
    try:
        told = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return KnownJobs()
    if isinstance(told, list):
        return KnownJobs(ids=_texts(told))
    if not isinstance(told, Mapping):
        return KnownJobs()
    source, silent, ids = told.get("source"), told.get("silent"), told.get("ids")
    return KnownJobs(
        ids=_texts(ids) if isinstance(ids, list) else (),
        source=JobSource(source) if source in tuple(JobSource) else None,
        silent=silent if isinstance(silent, int) else 0,
    )


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(one for one in values if isinstance(one, str))
