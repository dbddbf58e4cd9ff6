"""Which jobs of a device went to the spool already, so that batches stay small.

1. The portal drops repeated jobs by itself; this only saves the line. So forgetting is harmless, and little is kept.
2. A job counts as known only after its batch is in the spool: a crash before that sends it again.
3. The newest `KNOWN_MAX` job ids of a device are kept: a device's own list is shorter.
4. A list on which no job is known any more was too short for the interval: jobs between the two readings may be
   missing, and a finding says so. Lifetime meters count them all the same.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from wire_format.records import Device, Finding, Report

KNOWN_MAX: Final = 1_000
PREFIX: Final = "jobs:"
FINDINGS_MAX: Final = 256
GAP: Final = Finding(
    field="jobs",
    source="collector",
    reason="job-gap: no listed job was known, so some between the readings may be missing; scan it more often",
)


def device_key(device: Device) -> str | None:
    """The name under which a device's jobs are remembered; None for one without any identity."""
    for kind, value in (("serial", device.serial), ("mac", device.mac), ("hostname", device.hostname)):
        if value:
            return f"{PREFIX}{kind}:{value}"
    return f"{PREFIX}ip:{device.ip}" if device.ip else None


def without_known(report: Report, known: Iterable[str]) -> Report:
    """The report with only the jobs that are news, and a finding where some before them may be missing (rule 4)."""
    gone = frozenset(known)
    news = tuple(job for job in report.jobs if job.job_id not in gone)
    if gone and news and len(news) == len(report.jobs):
        return replace(report, findings=(*report.findings[: FINDINGS_MAX - 1], GAP))
    return replace(report, jobs=news)


def remembered(reports: Sequence[Report], known: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What to remember once these reports are spooled: for each device with news, its newest job ids."""
    news: dict[str, list[str]] = {}
    for report in reports:
        key = device_key(report.device)
        if key is None or not report.jobs:
            continue
        ids = news.setdefault(key, list(known.get(key, ())))
        ids.extend(job.job_id for job in report.jobs if job.job_id not in ids)
    return {key: ids[-KNOWN_MAX:] for key, ids in news.items()}


def encode_ids(ids: Sequence[str]) -> str:
    """Job ids as one text for the spool's memory."""
    return json.dumps(list(ids), separators=(",", ":"))


def decode_ids(text: str | None) -> tuple[str, ...]:
    """Job ids from the spool's memory; nothing from a text that is none."""
    if text is None:
        return ()
    try:
        ids = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    return tuple(one for one in ids if isinstance(one, str)) if isinstance(ids, list) else ()
