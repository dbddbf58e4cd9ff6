"""The Job Monitoring MIB: of a job its work is asked, and never whose it was."""

from data_collector.core import job_mib
from data_collector.core.evidence import Oid, Picture
from data_collector.core.normalise.job_mib_jobs import job_mib_jobs
from wire_format.records import Outcome, Service

NAMES_AND_PEOPLE = {20, 21, 22, 23, 25, 26, 27, 28, 29, 30}
"""JmAttributeTypeTC of accounts, names, owners, hosts and documents."""


def listed(*states: int) -> list[tuple[Oid, int | bytes | Oid]]:
    """jmJobTable with a job of 7 impressions in each state, numbered from 1."""
    rows: list[tuple[Oid, int | bytes | Oid]] = []
    for number, state in enumerate(states, start=1):
        rows += [((*job_mib.JOB_STATE, 1, number), state), ((*job_mib.JOB_IMPRESSIONS, 1, number), 7)]
    return rows


def test_only_the_work_of_finished_jobs_is_asked() -> None:
    asked = job_mib.attribute_questions(Picture(listed(job_mib.COMPLETED, 5, 3, job_mib.CANCELED)))

    assert {oid[-3] for oid in asked} == {1, 4}
    assert not {oid[-2] for oid in asked} & NAMES_AND_PEOPLE


def test_a_job_is_made_of_what_the_table_says() -> None:
    row = job_mib.JobRow(1, 1)
    told: list[tuple[Oid, int | bytes | Oid]] = [
        (row.attribute(job_mib.ATTRIBUTE_INTEGER, job_mib.SERVICE_TYPES), 12),
        (row.attribute(job_mib.ATTRIBUTE_INTEGER, job_mib.FULL_COLOR_IMPRESSIONS), 0),
        (row.attribute(job_mib.ATTRIBUTE_INTEGER, job_mib.SHEETS_COMPLETED), 4),
        (row.attribute(job_mib.ATTRIBUTE_OCTETS, job_mib.COMPLETED_AT), b"\x07\xea\x0b\x18\x0c\x1e\x05\x00+\x01\x00"),
    ]

    (job,) = job_mib_jobs(Picture(listed(job_mib.COMPLETED) + told))

    assert (job.service, job.outcome, job.color_mode) == (Service.COPY, Outcome.COMPLETED, "monochrome")
    assert (job.impressions, job.sheets, job.copies) == (7, 4, None)
    assert job.completed_at is not None and job.completed_at.isoformat() == "2026-11-24T12:30:05+01:00"


def test_a_job_of_a_printer_without_a_clock_is_kept_without_a_time() -> None:
    row = job_mib.JobRow(1, 1)
    at = (row.attribute(job_mib.ATTRIBUTE_OCTETS, job_mib.COMPLETED_AT), b"\x07\xd0\x01\x01\x00\x00\x05\x00+\x00\x00")

    (job,) = job_mib_jobs(Picture([*listed(job_mib.COMPLETED), at]))

    assert job.completed_at is None and job.impressions == 7


def test_two_jobs_under_one_number_are_two_when_they_ended_at_different_times() -> None:
    row = job_mib.JobRow(1, 1)
    ids = set()
    for second in (5, 6):
        octets = b"\x07\xea\x0b\x18\x0c\x1e" + bytes([second]) + b"\x00+\x00\x00"
        at = (row.attribute(job_mib.ATTRIBUTE_OCTETS, job_mib.COMPLETED_AT), octets)
        ids |= {job.job_id for job in job_mib_jobs(Picture([*listed(job_mib.COMPLETED), at]))}

    assert len(ids) == 2


def test_nonsense_in_the_table_is_no_job() -> None:
    odd = Picture(
        [((*job_mib.JOB_STATE, 1), 9), ((*job_mib.JOB_STATE, 1, 2), b"done"), ((*job_mib.JOB_STATE, 1, 3), 77)]
    )

    assert job_mib_jobs(odd) == () and job_mib.attribute_questions(odd) == ()
