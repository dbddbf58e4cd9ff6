"""Finished jobs from a private job table. Synthetic, from the words of HP's MIB."""

from data_collector.core.evidence import SnmpValue, oid
from data_collector.core.reading import questions
from tests.support.data_collector_core import DEFINITIONS, PRINTER, picture, report_of

HP: dict[str, SnmpValue] = {"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.11.2.3.9.1")}
JOBS = "1.3.6.1.4.1.11.2.3.9.4.2.1.1.6.5"
PRINTED, PROCESSING, CANCELLED = 5, 11, 10


def job(number: int, state: int, impressions: int, size: int = 100) -> dict[str, SnmpValue]:
    """A row of the job table."""
    return {
        f"{JOBS}.13.{number}.0": impressions,
        f"{JOBS}.14.{number}.0": size,
        f"{JOBS}.15.{number}.0": state,
    }


def test_only_finished_jobs_are_told() -> None:
    jobs = report_of(HP, job(1, PRINTED, 12), job(2, PROCESSING, 3), job(3, CANCELLED, 1)).jobs

    assert [(each.outcome, each.impressions, each.name) for each in jobs] == [
        ("completed", 12, None),
        ("canceled", 1, None),
    ]


def test_a_job_keeps_its_id_and_another_with_its_number_gets_one_of_its_own() -> None:
    first = report_of(HP, job(1, PRINTED, 12)).jobs[0].job_id

    assert report_of(HP, job(1, PRINTED, 12), job(2, PRINTED, 1)).jobs[0].job_id == first
    assert report_of(HP, job(1, PRINTED, 12, size=101)).jobs[0].job_id != first


def test_names_and_users_of_jobs_are_never_asked_for() -> None:
    asked = questions(picture(PRINTER, HP), DEFINITIONS, jobs=True)
    allowed = {oid(f"{JOBS}.{column}") for column in (11, 13, 14, 15)}

    below_jobs = {walk.root for walk in asked.walks if walk.root[: len(oid(JOBS))] == oid(JOBS)}
    assert below_jobs == allowed
    assert not any(get[: len(oid(JOBS))] == oid(JOBS) for get in asked.gets)


def test_a_row_that_went_while_the_table_was_read_is_left_out() -> None:
    going = {f"{JOBS}.15.7.0": PRINTED, f"{JOBS}.13.7.0": 4}

    assert [each.job_id.split("-")[0] for each in report_of(HP, job(8, PRINTED, 2), going).jobs] == ["8"]


def test_a_table_without_sizes_and_origins_is_read_all_the_same() -> None:
    bare: dict[str, SnmpValue] = {f"{JOBS}.15.7.0": PRINTED, f"{JOBS}.13.7.0": 4}

    assert [each.impressions for each in report_of(HP, bare).jobs] == [4]


def test_states_are_read_before_the_counts_they_vouch_for() -> None:
    roots = [walk.root for walk in questions(picture(PRINTER, HP), DEFINITIONS, jobs=True).walks]

    assert roots.index(oid(f"{JOBS}.15")) < roots.index(oid(f"{JOBS}.13"))
