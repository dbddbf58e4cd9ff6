"""Finished jobs from the Job Monitoring MIB.

1. job_id is made of set, number, the time of completion as the device wrote it and the impressions: numbers may begin
   again after a restart, and nothing in the table says that they did.
2. A device whose clock was never set files its jobs in its first year: such times are left out, the job stays.
"""

import datetime as dt
from typing import Final

from data_collector.core import job_mib
from data_collector.core.evidence import Picture
from data_collector.core.job_mib import JobRow
from data_collector.core.normalise.jobs import job_id
from data_collector.core.normalise.printer_clock import read_date
from data_collector.core.text import decode_text, shorten
from wire_format.records import Job, Media, Outcome, Service

OUTCOMES: Final = {
    job_mib.COMPLETED: Outcome.COMPLETED, job_mib.CANCELED: Outcome.CANCELED, job_mib.ABORTED: Outcome.ABORTED,
}  # fmt: skip
QUALITIES: Final = {3: "draft", 4: "normal", 5: "high"}
PRINT, SCAN, FAX_IN, FAX_OUT = 4, 8, 16, 32
"""Bits of JmJobServiceTypesTC."""
YEAR_MIN: Final = 2015
"""No printer that tells a right time tells an earlier one; unset clocks begin in 1970, 2000 or with their firmware."""


def job_mib_jobs(picture: Picture) -> tuple[Job, ...]:
    """The jobs of an SNMP voice whose maker has no table of its own."""
    return tuple(_job(picture, row, state) for row, state in job_mib.ended_jobs(picture))


def _job(picture: Picture, row: JobRow, state: int) -> Job:
    impressions = _count(picture.value((*job_mib.JOB_IMPRESSIONS, row.job_set, row.number)))
    completed = _octets(picture, row, job_mib.COMPLETED_AT)
    color = _integer(picture, row, job_mib.FULL_COLOR_IMPRESSIONS)
    medium = shorten(decode_text(_octets(picture, row, job_mib.MEDIUM_TYPE_CONSUMED)), 255)
    return Job(
        job_id=job_id(f"jm{row.job_set}.{row.number}", completed.hex(), impressions),
        service=_service(_integer(picture, row, job_mib.SERVICE_TYPES) or 0),
        submitted_at=_moment(_octets(picture, row, job_mib.SUBMITTED)),
        started_at=_moment(_octets(picture, row, job_mib.STARTED)),
        completed_at=_moment(completed),
        outcome=OUTCOMES[state],
        quality=QUALITIES.get(_integer(picture, row, job_mib.QUALITY_USED) or 0),
        color_mode=None if color is None or not impressions else "color" if color else "monochrome",
        copies=_integer(picture, row, job_mib.COPIES_COMPLETED),
        impressions=impressions,
        sheets=_integer(picture, row, job_mib.SHEETS_COMPLETED),
        media=Media(type=medium) if medium else None,
    )


def _service(bits: int) -> Service:
    if bits < 0:
        return Service.UNKNOWN
    if bits & (FAX_IN | FAX_OUT):
        return Service.FAX
    if bits & SCAN:
        return Service.COPY if bits & PRINT else Service.SCAN
    return Service.PRINT if bits & PRINT else Service.UNKNOWN


def _integer(picture: Picture, row: JobRow, kind: int) -> int | None:
    return _count(picture.value(row.attribute(job_mib.ATTRIBUTE_INTEGER, kind)))


def _count(value: object) -> int | None:
    """-1 is other and -2 unknown in this MIB."""
    return value if isinstance(value, int) and 0 <= value < 2**31 else None


def _octets(picture: Picture, row: JobRow, kind: int) -> bytes:
    value = picture.value(row.attribute(job_mib.ATTRIBUTE_OCTETS, kind))
    return value if isinstance(value, bytes) else b""


def _moment(octets: bytes) -> dt.datetime | None:
    """The moment of a DateAndTime that tells its zone; without one it is local time of nobody knows where."""
    told = read_date(octets)
    return told[0] if told is not None and told[1] and told[0].year >= YEAR_MIN else None
