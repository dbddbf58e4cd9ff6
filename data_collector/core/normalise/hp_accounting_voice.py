"""Finished jobs from the accounting page of HP's large-format printers: areas, lengths and inks, and no word of it."""

import hashlib
from typing import Final

from data_collector.core.gathered import JobSource
from data_collector.core.hp_accounting import INKS, AccountedJob, read_accounting
from data_collector.core.normalise.voice import Voice
from wire_format.records import InkUse, Job, Media, Outcome, Service

OUTCOMES: Final = {"completed": Outcome.COMPLETED, "canceled": Outcome.CANCELED}


def hp_accounting_voice(page: bytes | None) -> Voice:
    """The voice of the page; an empty one when it was not fetched. Pages show the newest job first."""
    if page is None:
        return Voice()
    ended: dict[str, int] = {}
    jobs = []
    for job in reversed(read_accounting(page)):
        earlier = ended.get(job.ended, 0)
        ended[job.ended] = earlier + 1
        jobs.append(_job(job, earlier))
    return Voice(jobs=tuple(jobs), jobs_of=JobSource.HP_PAGE)


def _job(told: AccountedJob, earlier: int) -> Job:
    """earlier: how many jobs before it ended in the same second."""
    digest = hashlib.sha256(f"{told.ended}/{earlier}".encode()).hexdigest()
    media = Media(area_mm2=told.area_mm2, length_mm=told.length_mm)
    return Job(
        job_id=f"page-{digest[:24]}",
        service=Service.UNKNOWN,
        outcome=OUTCOMES.get(told.outcome, Outcome.UNKNOWN),
        media=None if media == Media() else media,
        inks=tuple(InkUse(colorant=INKS[code], volume_ul=volume) for code, volume in told.inks.items()),
    )
