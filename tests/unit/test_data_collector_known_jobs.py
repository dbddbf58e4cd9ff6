"""Jobs that went to the spool are not sent again."""

from datetime import UTC, datetime

import pytest

from data_collector.core.known_jobs import (
    KNOWN_MAX,
    decode_ids,
    device_key,
    encode_ids,
    remembered,
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


def test_what_was_spooled_is_remembered_by_device_beside_what_was_known() -> None:
    memory = remembered([report("3", "4"), report("9", serial="SN2")], {"jobs:serial:SN1": ("1", "3")})

    assert memory == {"jobs:serial:SN1": ["1", "3", "4"], "jobs:serial:SN2": ["9"]}


def test_a_device_without_jobs_changes_no_memory() -> None:
    assert remembered([report()], {"jobs:serial:SN1": ("1",)}) == {}


def test_only_the_newest_are_kept() -> None:
    many = report(*(str(number) for number in range(KNOWN_MAX + 5)))

    (ids,) = remembered([many], {}).values()

    assert (ids[0], ids[-1], len(ids)) == ("5", str(KNOWN_MAX + 4), KNOWN_MAX)


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


def test_ids_survive_the_spools_memory() -> None:
    assert decode_ids(encode_ids(["1", "zwei", '"3"'])) == ("1", "zwei", '"3"')


@pytest.mark.parametrize("text", [None, "", "{", "{}", "3", "[" * 100_000])
def test_a_memory_that_is_none_is_empty(text: str | None) -> None:
    assert decode_ids(text) == ()
