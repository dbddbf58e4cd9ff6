"""What leaves the printer, and what a portal may set from afar."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from direct_connect.core.privacy import JobNames, private_job, stricter
from direct_connect.core.reporting import Snapshot, checked, missing_snapshot_report, snapshot_report
from direct_connect.core.settings import ConnectionSettings, newer, with_desired
from direct_connect.errors import InvalidRecordError
from tests.support.direct_connect import a_job, a_snapshot, an_alert
from wire_format.codec import decode_report, encode_report
from wire_format.records import Device, Meter, Unit
from wire_format.settings import Desired, Settings

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = b"k" * 32


def test_names_stay_at_home_unless_the_embedder_says_otherwise() -> None:
    assert ConnectionSettings().job_names is JobNames.OFF
    assert private_job(a_job(1, name="Salaries.pdf"), JobNames.OFF, SECRET).name is None


def test_a_hashed_name_is_the_same_for_the_same_name_and_secret_only() -> None:
    def hashed(name: str, secret: bytes) -> str | None:
        return private_job(a_job(1, name=name), JobNames.HASH, secret).name

    assert hashed("Salaries.pdf", SECRET) == hashed("Salaries.pdf", SECRET)
    assert hashed("Salaries.pdf", SECRET) != hashed("Plans.pdf", SECRET)
    assert hashed("Salaries.pdf", SECRET) != hashed("Salaries.pdf", b"q" * 32)
    assert "Salaries" not in (hashed("Salaries.pdf", SECRET) or "")


@pytest.mark.parametrize("name", ["a" * 5000, "caf\ud800", "\x00\x1b[2J", ""])
@pytest.mark.parametrize("policy", list(JobNames))
def test_a_strange_name_never_costs_the_job(name: str, policy: JobNames) -> None:
    job = checked(private_job(a_job(1, name=name), policy, SECRET))

    assert job.job_id == "job-1"


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [("clear", "hash", "hash"), ("off", "clear", "off"), ("hash", "off", "off"), ("clear", "clear", "clear")],
)
def test_of_two_policies_the_stricter_wins(left: str, right: str, result: str) -> None:
    assert stricter(JobNames(left), JobNames(right)) is JobNames(result)


def test_a_portal_sets_thresholds() -> None:
    wish = Desired(version=1, settings=Settings(interval_s=600, jobs_max=5, impressions_max=50, job_names="off"))

    triggers = with_desired(ConnectionSettings(job_names=JobNames.CLEAR), wish).triggers

    assert (triggers.interval_s, triggers.jobs_max, triggers.impressions_max) == (600, 5, 50)


@pytest.mark.parametrize(("asked", "interval_s"), [(1, 60), (59, 60), (86_400, 86_400), (10**9, 86_400)])
def test_no_portal_makes_a_printer_push_more_than_once_a_minute_or_less_than_daily(asked: int, interval_s: int) -> None:
    wish = Desired(version=1, settings=Settings(interval_s=asked, jobs_max=0, impressions_max=0))

    triggers = with_desired(ConnectionSettings(), wish).triggers

    assert triggers.interval_s == interval_s
    assert (triggers.jobs_max, triggers.impressions_max) == (1, 1)


def test_a_portal_can_close_names_and_never_open_them() -> None:
    open_wish = Desired(version=1, settings=Settings(job_names="clear"))
    closed_wish = Desired(version=1, settings=Settings(job_names="off"))

    assert with_desired(ConnectionSettings(job_names=JobNames.HASH), open_wish).job_names is JobNames.HASH
    assert with_desired(ConnectionSettings(job_names=JobNames.CLEAR), closed_wish).job_names is JobNames.OFF


def test_an_older_or_equal_version_of_the_settings_is_ignored() -> None:
    first, second = (Desired(version=number, settings=Settings()) for number in (1, 2))

    assert newer(None, first) is first
    assert newer(first, second) is second
    assert newer(second, first) is second
    assert newer(second, None) is second


def test_one_bad_meter_becomes_a_finding_and_the_rest_goes() -> None:
    good = Meter(name="total.impressions", unit=Unit.IMPRESSIONS, value=5, source="firmware")
    bad = Meter(name="Total Pages!", unit=Unit.IMPRESSIONS, value=5, source="firmware")
    negative = replace(good, value=-1)

    report = snapshot_report(Snapshot(Device(serial="S"), meters=[bad, good, negative]), AT)

    assert report.meters == (good,)
    assert [finding.field for finding in report.findings] == ["meters", "meters"]
    assert "Total Pages!" not in encode_report(report)


def test_a_device_that_does_not_fit_still_gives_a_report() -> None:
    report = snapshot_report(Snapshot(Device(serial="S" * 1000)), AT)

    assert report.device == Device()
    assert decode_report(encode_report(report)) == report


def test_a_plain_tuple_is_a_snapshot() -> None:
    device, config, status, meters, supplies = a_snapshot()[:5]
    plain = (device, config, status, meters, supplies)

    assert snapshot_report(Snapshot(*plain), AT) == snapshot_report(a_snapshot(), AT)


def test_without_a_snapshot_the_last_known_device_is_named() -> None:
    report = missing_snapshot_report(Device(serial="S"), AT, "no snapshot: ValueError \ud800")

    assert report.device.serial == "S"
    assert decode_report(encode_report(report)) == report


@pytest.mark.parametrize(
    "record",
    [replace(a_job(1), job_id="x" * 200), replace(a_job(1), impressions=-4), replace(an_alert("a"), severity="grave")],
)
def test_a_wrong_record_is_refused_where_the_programmer_sees_it(record: object) -> None:
    with pytest.raises(InvalidRecordError, match="does not fit the wire format"):
        checked(record)  # type: ignore[type-var]  # both kinds of record at once


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(InvalidRecordError):
        checked(replace(a_job(1), completed_at=datetime(2026, 11, 22, 8, 0)))  # noqa: DTZ001  # the fault under test


def test_a_snapshot_may_be_of_an_earlier_moment_but_of_a_real_one() -> None:
    earlier = AT - timedelta(hours=5)
    naive = earlier.replace(tzinfo=None)

    assert snapshot_report(Snapshot(Device(), observed_at=earlier), AT).observed_at == earlier
    odd = snapshot_report(Snapshot(Device(), observed_at=naive), AT)
    assert (odd.observed_at, [finding.field for finding in odd.findings]) == (AT, ["observed_at"])
