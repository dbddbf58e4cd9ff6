"""Jobs that went to the spool are not sent again."""

from datetime import UTC, datetime

import pytest

from data_collector.core.gathered import Gathered, JobList, JobSource
from data_collector.core.known_jobs import (
    KNOWN_MAX,
    MOMENT_SLACK_S,
    SILENT_MAX,
    KnownJobs,
    decode_jobs,
    device_key,
    encode_jobs,
    news,
    without_known,
)
from wire_format.records import Device, Job, Outcome, Report, Service

AT = datetime(2026, 11, 22, tzinfo=UTC)


def report(*job_ids: str, serial: str = "SN1") -> Report:
    """A report of a printer with these jobs."""
    jobs = tuple(Job(job_id=one, service=Service.PRINT, outcome=Outcome.COMPLETED) for one in job_ids)
    return Report(observed_at=AT, device=Device(serial=serial), jobs=jobs)


def test_known_jobs_are_left_out_and_new_ones_stay() -> None:
    assert [job.job_id for job in without_known(report("1", "2", "3"), ("2",)).jobs] == ["1", "3"]


def test_a_list_without_any_known_job_was_too_short_for_the_interval_and_the_gap_is_told() -> None:
    told = without_known(report("8", "9"), ("1", "2"))

    assert [job.job_id for job in told.jobs] == ["8", "9"]
    assert [finding.reason.split(":")[0] for finding in told.findings] == ["job-gap"]


@pytest.mark.parametrize(("listed", "known"), [(("1",), ()), ((), ("1",)), (("1", "2"), ("1",)), (("1",), ("1",))])
def test_no_gap_is_told_of_a_first_reading_an_empty_list_or_one_that_overlaps(
    listed: tuple[str, ...], known: tuple[str, ...]
) -> None:
    assert without_known(report(*listed), known).findings == ()


def test_news_are_remembered_behind_what_was_known_and_only_the_newest_are_kept() -> None:
    _, known = news(report("3", "1", "4"), KnownJobs(ids=("1", "2")))
    assert known.ids == ("1", "2", "3", "4")

    _, known = news(report(*(str(number) for number in range(KNOWN_MAX + 5))), KnownJobs())
    assert (known.ids[0], known.ids[-1], len(known.ids)) == ("5", str(KNOWN_MAX + 4), KNOWN_MAX)


def lists(**listed: str) -> Gathered:
    """A reading in which these sources list these jobs, "a b"; an empty list was read all the same."""
    told = tuple(
        JobList(source=JobSource[source.upper()], jobs=report(*ids.split()).jobs) for source, ids in listed.items()
    )
    first = next((one.jobs for one in told if one.jobs), ())
    return Gathered(observed_at=AT, device=Device(serial="SN1"), jobs=first, job_lists=told)


def after(*readings: Gathered) -> tuple[list[list[str]], list[str], KnownJobs]:
    """The jobs told by each reading, what was found odd, and what is remembered in the end."""
    known, told, odd = KnownJobs(), [], []
    for one in readings:
        fresh, known = news(one, known)
        told.append([job.job_id for job in fresh.jobs])
        odd += [finding.reason.split(";")[0] for finding in fresh.findings]
    return told, odd, known


def test_two_lists_of_one_printer_tell_a_job_once_and_the_first_source_is_kept() -> None:
    told, odd, known = after(lists(ipp="i1"), lists(snmp="s1 s2", ipp="i1 i2"), lists(snmp="s1 s2 s3", ipp=""))

    assert told == [["i1"], ["i2"], []]
    assert (odd, known.source) == ([], JobSource.IPP)


def test_a_source_that_is_silent_for_a_while_is_waited_for_and_goes_on_where_it_was() -> None:
    told, odd, _ = after(lists(snmp="s1"), lists(ipp="i1 i2"), lists(snmp="s1 s2"), lists(ipp="i1 i2 i3"))

    assert told == [["s1"], [], ["s2"], []]
    assert [one.split(":")[0] for one in odd] == ["job-source"] * 2
    assert odd[0].endswith("is silent") and "snmp" in odd[0]


def test_a_source_that_stays_silent_is_given_up_and_what_the_other_lists_is_not_told_again() -> None:
    silent = [lists(ipp="i1 i2")] * SILENT_MAX
    told, odd, known = after(lists(snmp="s1"), *silent, lists(ipp="i1 i2 i3"), lists(snmp="s1", ipp="i3 i4"))

    assert told == [["s1"], *[[]] * SILENT_MAX, ["i3"], ["i4"]]
    assert len(odd) == SILENT_MAX and "told by ipp from now on" in odd[-1]
    assert known.source is JobSource.IPP


def ipp(number: int, moment: int, uuid: str = "0" * 12) -> str:
    """An id as normalise/ipp_jobs.py makes it."""
    return f"{number}-ipp{uuid}-{moment}"


@pytest.mark.parametrize("later", [0, 1, -7, MOMENT_SLACK_S])
def test_a_job_whose_moment_is_worked_out_anew_is_the_same_job(later: int) -> None:
    known = (ipp(7, 1_800_000_000),)
    moment = 1_800_000_000 + later if later else 0

    assert without_known(report(ipp(7, moment)), known).jobs == ()


def test_a_number_that_began_again_after_a_restart_is_another_job() -> None:
    known = (ipp(7, 1_800_000_000),)
    fresh = [ipp(7, 1_800_000_000 + MOMENT_SLACK_S + 1), ipp(8, 1_800_000_000), ipp(7, 1_800_000_000, "f" * 12)]

    assert [job.job_id for job in without_known(report(*fresh), known).jobs] == fresh


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        (Device(serial="SN1", mac="00:11:22:33:44:55"), "jobs:serial:SN1"),
        (Device(mac="00:11:22:33:44:55", hostname="x"), "jobs:mac:00:11:22:33:44:55"),
        (Device(hostname="x", ip="10.0.0.1"), "jobs:hostname:x"),
        (Device(ip="10.0.0.1"), "jobs:ip:10.0.0.1"),
        (Device(), None),
    ],
)
def test_a_device_is_known_by_its_best_name(device: Device, expected: str | None) -> None:
    assert device_key(device) == expected


def test_the_memory_comes_back_as_it_was() -> None:
    known = KnownJobs(ids=("1", "zwei", '"3"'), source=JobSource.LEDM, silent=2)

    assert decode_jobs(encode_jobs(known)) == known
    assert decode_jobs('["1","2"]') == KnownJobs(ids=("1", "2")), "what older collectors remembered"


@pytest.mark.parametrize(
    "text",
    [None, "", "{", "{}", "3", "[" * 100_000, '{"ids":3,"source":"carrier pigeon","silent":"x"}', '{"source":[]}'],
)
def test_a_memory_that_is_none_is_empty(text: str | None) -> None:
    assert decode_jobs(text) == KnownJobs()
