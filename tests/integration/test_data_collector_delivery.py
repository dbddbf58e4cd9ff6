"""What the collector's outbox keeps, and what it tells only once."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_collector.clock import Clock
from data_collector.delivery import SPOOL_FILE, Delivery, NotEnrolledError
from direct_connect.spool import DirectConnectError, Lane, SqliteSpoolFile
from direct_connect.uplink import IdentityFolder
from wire_format.codec import decode_batch
from wire_format.records import Batch, Device, Job, Meter, Outcome, Reason, Report, Service, Unit

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
URL = "https://127.0.0.1:1"


def report(*job_ids: str) -> Report:
    """A printer with these jobs in its log."""
    jobs = tuple(Job(job_id=one, service=Service.PRINT, outcome=Outcome.COMPLETED) for one in job_ids)
    return Report(observed_at=AT, device=Device(serial="SN1"), jobs=jobs)


def deliver(directory: Path, *reports: Report) -> None:
    """One collector's life: start, store, end."""
    with closing(Delivery(directory, URL, Clock(), claim=None)) as delivery:
        delivery.store(reports, Reason.INTERVAL, AT)


def stored(directory: Path) -> Iterator[Batch]:
    """Every batch in the spool, oldest first."""
    folder = IdentityFolder(directory)
    with SqliteSpoolFile.open(directory / SPOOL_FILE) as file:
        spool = file.of(folder.current().sender)
        while (batch := spool.oldest(Lane.NORMAL)) is not None:
            yield decode_batch(batch.body)
            spool.ack(batch.stream, batch.sequence, AT)


def test_a_job_is_told_once_also_after_a_restart(tmp_path: Path) -> None:
    deliver(tmp_path, report("1", "2"))
    deliver(tmp_path, report("1", "2", "3"))
    deliver(tmp_path, report("2", "3"))

    told = [[job.job_id for job in batch.reports[0].jobs] for batch in stored(tmp_path)]

    assert told == [["1", "2"], ["3"], []]


def test_every_life_of_a_collector_has_a_boot_number_of_its_own(tmp_path: Path) -> None:
    for _ in range(3):
        deliver(tmp_path, report())

    assert [(batch.boot, batch.sequence) for batch in stored(tmp_path)] == [(1, 1), (2, 2), (3, 3)]


def test_one_scan_of_many_printers_is_one_batch(tmp_path: Path) -> None:
    deliver(tmp_path, *(Report(observed_at=AT, device=Device(serial=f"SN{number}")) for number in range(500)))

    (batch,) = stored(tmp_path)

    assert len(batch.reports) == 500


def test_a_job_whose_batch_could_not_be_stored_is_told_again(tmp_path: Path) -> None:
    with closing(Delivery(tmp_path, URL, Clock(), claim=None)) as delivery:
        with pytest.MonkeyPatch.context() as broken:

            def refuse(*_arguments: object, **_named: object) -> None:
                raise DirectConnectError("no room is left")

            broken.setattr("data_collector.delivery.append_reports", refuse)
            with pytest.raises(DirectConnectError):
                delivery.store([report("1")], Reason.INTERVAL, AT)
        delivery.store([report("1")], Reason.INTERVAL, AT)

    (batch,) = stored(tmp_path)
    assert [job.job_id for job in batch.reports[0].jobs] == ["1"]


async def test_without_enrolment_and_claim_nothing_is_tried(tmp_path: Path) -> None:
    with closing(Delivery(tmp_path, URL, Clock(), claim=None)) as delivery, pytest.raises(NotEnrolledError):
        await delivery.enrol()


def test_the_key_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    deliver(tmp_path / "new", report())

    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    assert (tmp_path / "new" / "sender-key.pem").stat().st_mode & 0o077 == 0


def counted(value: int, hours: int, *, serial: str = "SN1", mac: str | None = None) -> Report:
    """A printer with this total, so many hours later."""
    meter = Meter(name="total.impressions", unit=Unit.IMPRESSIONS, value=value, source="1.3.6.1.2.1.43.10.2.1.4.1.1")
    return Report(observed_at=AT + timedelta(hours=hours), device=Device(serial=serial, mac=mac), meters=(meter,))


def test_what_the_last_life_of_a_collector_read_judges_what_this_one_reads(tmp_path: Path) -> None:
    for hours, value in enumerate((1_697_341, 1_697_340, 1_697_341)):
        deliver(tmp_path, counted(value, hours))

    told = [batch.reports[0] for batch in stored(tmp_path)]

    assert [[meter.value for meter in one.meters] for one in told] == [[1_697_341], [], [1_697_341]]
    assert [finding.field for finding in told[1].findings] == ["meters/total.impressions"]


def test_two_printers_with_one_serial_leave_without_it_and_keep_their_own_counts(tmp_path: Path) -> None:
    macs = ("aa:00:00:00:00:01", "aa:00:00:00:00:02")
    for hours in range(2):
        deliver(tmp_path, counted(100 + hours, hours, mac=macs[0]), counted(90_000 + hours, hours, mac=macs[1]))

    told = [one for batch in stored(tmp_path) for one in batch.reports]

    assert {one.device.serial for one in told} == {None}
    assert [meter.value for one in told for meter in one.meters] == [100, 90_000, 101, 90_001]
    assert {finding.reason.partition(":")[0] for one in told for finding in one.findings} == {"shared-serial"}


def test_the_source_of_a_meter_is_known_again_after_a_restart(tmp_path: Path) -> None:
    device = Device(serial="SN1", model="M9")
    meter = Meter(name="total.impressions", unit=Unit.IMPRESSIONS, value=7, source="ipp:printer-impressions-completed")
    deliver(tmp_path, Report(observed_at=AT, device=device, meters=(meter,)))

    with closing(Delivery(tmp_path, URL, Clock(), claim=None)) as delivery:
        assert delivery.heard(device) == {"total.impressions": meter.source}
        assert delivery.heard(Device(serial="SN2")) == {}


class Watch(Clock):
    """A clock that goes when it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def monotonic_s(self) -> float:
        return self.now_s

    def utc_now(self) -> datetime:
        return AT + timedelta(seconds=self.now_s)


def showing(count: int, at: datetime) -> Report:
    """A printer that has printed so much."""
    meter = Meter(name="total.impressions", unit=Unit.IMPRESSIONS, value=count, source="1.3.6.1.2.1.43.10.2.1.4.1.1")
    return Report(observed_at=at, device=Device(serial="SN1"), meters=(meter,))


def test_a_reading_that_says_nothing_new_takes_no_batch_until_the_hold_is_over(tmp_path: Path) -> None:
    hour_s, clock, took = 3600.0, Watch(), []
    with closing(Delivery(tmp_path, URL, clock, claim=None, hold_unchanged_s=3 * hour_s)) as delivery:
        for count in (100, 100, 100, 100, 100, 101, 101):
            took.append(delivery.store([showing(count, clock.utc_now())], Reason.INTERVAL, clock.utc_now()))
            clock.now_s += hour_s

    assert took == [1, 0, 0, 1, 0, 1, 0]
    told = [(batch.created_at - AT, batch.reports[0].meters[0].value) for batch in stored(tmp_path)]
    assert told == [(timedelta(hours=0), 100), (timedelta(hours=3), 100), (timedelta(hours=5), 101)]


def test_what_a_person_asked_for_is_told_whatever_was_told_before(tmp_path: Path) -> None:
    with closing(Delivery(tmp_path, URL, Clock(), claim=None, hold_unchanged_s=3600.0)) as delivery:
        assert [delivery.store([showing(100, AT)], reason, AT) for reason in (Reason.INTERVAL, Reason.MANUAL)] == [1, 1]


def test_what_could_not_be_stored_was_not_told(tmp_path: Path) -> None:
    with closing(Delivery(tmp_path, URL, Clock(), claim=None, hold_unchanged_s=3600.0)) as delivery:
        with pytest.MonkeyPatch.context() as broken:

            def refuse(*_arguments: object, **_named: object) -> None:
                raise DirectConnectError("no room is left")

            broken.setattr("data_collector.delivery.append_reports", refuse)
            with pytest.raises(DirectConnectError):
                delivery.store([showing(100, AT)], Reason.INTERVAL, AT)
        assert delivery.store([showing(100, AT)], Reason.INTERVAL, AT) == 1
