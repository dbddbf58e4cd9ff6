"""Events in, batches out, over restarts: the whole policy at work on a clock turned by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from direct_connect.alert_book import OPEN_ALERTS_MAX
from direct_connect.core.privacy import JobNames
from direct_connect.core.reporting import Snapshot
from direct_connect.core.settings import ConnectionSettings
from direct_connect.core.triggers import TriggerPolicy
from direct_connect.errors import InvalidRecordError, SpoolFullError
from direct_connect.gathering import ALERTS_PER_BATCH_MAX
from direct_connect.snapshots import NoSnapshotError
from direct_connect.spool.port import Consumed
from tests.support.direct_connect import a_job, a_snapshot, an_alert
from tests.support.direct_connect_printer import Printer
from wire_format.records import Clock, Reason
from wire_format.settings import Desired, Settings


def test_the_19th_job_forms_a_batch_with_all_of_them_and_the_meters() -> None:
    printer = Printer()
    printer.print_jobs(18)
    assert printer.formed() == []

    printer.print_jobs(1, start=18)

    (batch,) = printer.formed()
    assert batch.reason is Reason.JOBS
    assert [job.job_id for job in batch.reports[0].jobs] == [f"job-{number}" for number in range(19)]
    assert batch.reports[0].meters == a_snapshot().meters
    assert printer.formed() == []


def test_a_job_of_250_impressions_pushes_meters_while_it_prints_and_its_record_goes_later() -> None:
    printer = Printer()
    printer.gatherer.job_started("job-0")
    batches = []
    for _ in range(250):
        printer.gatherer.impressions_made(1)
        batches += printer.formed()
    printer.gatherer.job_finished(a_job(0, impressions=250))
    printer.clock.advance(10_800)
    batches += printer.formed()

    assert [batch.reason for batch in batches] == [Reason.IMPRESSIONS, Reason.IMPRESSIONS, Reason.INTERVAL]
    assert [len(batch.reports[0].jobs) for batch in batches] == [0, 0, 1]


def test_everything_in_one_second_is_one_batch() -> None:
    printer = Printer()
    printer.formed()
    printer.clock.advance(10_800)
    printer.gatherer.impressions_made(100)
    printer.print_jobs(19)

    assert [batch.reason for batch in printer.formed()] == [Reason.JOBS]


def test_an_idle_printer_pushes_every_interval() -> None:
    printer = Printer()
    printer.clock.advance(10_800)
    assert [batch.reason for batch in printer.formed()] == [Reason.INTERVAL]

    printer.clock.advance(10_799)
    assert printer.formed() == []
    printer.clock.advance(1)
    assert [batch.reason for batch in printer.formed()] == [Reason.INTERVAL]


def test_a_batch_for_jobs_puts_the_heartbeat_off() -> None:
    printer = Printer()
    printer.print_jobs(19)
    printer.formed()

    assert printer.gatherer.wake_at() == printer.clock.now_s + 10_800


def test_after_a_restart_one_more_job_is_the_19th() -> None:
    printer = Printer()
    printer.print_jobs(18)
    printer.gatherer.impressions_made(99)

    printer.restart(off_s=60)
    assert printer.formed() == []
    printer.print_jobs(1, start=18)

    (batch,) = printer.formed()
    assert batch.reason is Reason.JOBS
    assert len(batch.reports[0].jobs) == 19
    assert batch.boot == 2


def test_impressions_survive_a_restart() -> None:
    printer = Printer()
    printer.gatherer.impressions_made(99)

    printer.restart()
    printer.gatherer.impressions_made(1)

    assert [batch.reason for batch in printer.formed()] == [Reason.IMPRESSIONS]


def test_the_deadline_survives_a_restart() -> None:
    printer = Printer()
    printer.clock.advance(10_800)
    printer.formed()
    printer.clock.advance(3600)

    printer.restart(off_s=1800)

    assert printer.gatherer.wake_at() == pytest.approx(printer.clock.now_s + 5400, abs=0.01)


@pytest.mark.parametrize("jump", [timedelta(days=-9000), timedelta(days=40)], ids=["no clock battery", "a month off"])
def test_a_restart_with_a_senseless_clock_pushes_within_ten_minutes(jump: timedelta) -> None:
    printer = Printer()
    printer.clock.advance(10_800)
    printer.formed()

    printer.restart(wall_jump=jump)
    printer.clock.advance(600)

    assert [batch.reason for batch in printer.formed()] == [Reason.BOOT]


def test_a_clock_from_before_this_program_is_called_unsynced() -> None:
    printer = Printer()
    printer.restart(wall_jump=timedelta(days=-9000))
    printer.gatherer.ask_push()

    (batch,) = printer.formed()

    assert batch.clock is Clock.UNSYNCED


def test_a_critical_alert_leaves_at_once_and_takes_no_job_along() -> None:
    printer = Printer()
    printer.print_jobs(18)

    printer.gatherer.alert_raised(an_alert("jam-1"))

    (batch,) = printer.formed()
    assert batch.reason is Reason.ALERT
    assert [alert.alert_id for alert in batch.reports[0].alerts] == ["jam-1"]
    assert batch.reports[0].jobs == ()
    assert batch.reports[0].meters == a_snapshot().meters
    printer.print_jobs(1, start=18)
    assert [batch.reason for batch in printer.formed()] == [Reason.JOBS]


def test_a_warning_waits_for_the_next_batch() -> None:
    printer = Printer()
    printer.gatherer.alert_raised(an_alert("low-1", severity="warning", code=1104))
    assert printer.formed() == []

    printer.gatherer.ask_push()

    (batch,) = printer.formed()
    assert [alert.alert_id for alert in batch.reports[0].alerts] == ["low-1"]


def test_an_alert_is_told_with_its_onset_and_with_its_end_and_not_in_between() -> None:
    printer = Printer()
    printer.gatherer.alert_raised(an_alert("low-1", severity="warning"))
    told = []
    for step in range(4):
        if step == 2:
            printer.gatherer.alert_cleared("low-1", printer.clock.at)
        printer.gatherer.ask_push()
        told += [alert for batch in printer.formed() for alert in batch.reports[0].alerts]

    assert [(alert.alert_id, alert.cleared_at) for alert in told] == [("low-1", None), ("low-1", printer.clock.at)]


def test_an_alert_from_before_a_reboot_can_be_cleared_after_it() -> None:
    printer = Printer()
    printer.gatherer.alert_raised(an_alert("jam-1"))
    printer.formed()

    printer.restart(off_s=30)
    printer.gatherer.alert_cleared("jam-1")

    (batch,) = printer.formed()
    assert batch.reports[0].alerts[0].cleared_at == printer.clock.at


def test_an_alert_stored_before_a_reboot_leaves_after_it_with_its_own_time() -> None:
    printer = Printer()
    onset_at = printer.clock.at
    printer.gatherer.alert_raised(an_alert("jam-1", onset_at=onset_at))

    printer.restart(off_s=240)

    (batch,) = printer.formed()
    assert batch.reason is Reason.ALERT
    assert batch.reports[0].alerts[0].onset_at == onset_at


def test_flapping_of_one_code_gives_at_most_one_batch_a_minute_and_counts() -> None:
    printer = Printer()
    batches = []
    for number in range(60):
        printer.gatherer.alert_raised(an_alert(f"jam-{number}", onset_at=printer.clock.at))
        batches += printer.formed()
        printer.clock.advance(1)
        printer.gatherer.alert_cleared(f"jam-{number}")
        batches += printer.formed()
        printer.clock.advance(1)
    printer.clock.advance(60)
    batches += printer.formed()

    assert len(batches) <= 4
    assert all(batch.reason is Reason.ALERT for batch in batches)
    onsets = {alert.alert_id: alert.count or 1 for batch in batches for alert in batch.reports[0].alerts}
    assert sum(onsets.values()) == 60


def test_while_one_code_flaps_another_leaves_at_once() -> None:
    printer = Printer()
    printer.gatherer.alert_raised(an_alert("jam-1"))
    printer.formed()
    printer.gatherer.alert_raised(an_alert("jam-2"))
    assert printer.formed() == []

    printer.gatherer.alert_raised(an_alert("empty-1", code=1102))

    (batch,) = printer.formed()
    assert {alert.alert_id for alert in batch.reports[0].alerts} == {"jam-2", "empty-1"}


def test_alerts_that_are_never_cleared_do_not_pile_up_and_all_are_told() -> None:
    printer = Printer(bytes_max=10_000_000)
    told = set()
    for number in range(1100):
        printer.gatherer.alert_raised(an_alert(f"low-{number}", severity="warning"))
        if number % 100 == 99:
            printer.gatherer.ask_push()
            told |= {alert.alert_id for batch in printer.formed() for alert in batch.reports[0].alerts}

    assert len(told) == 1100
    assert len(printer.spool.events().alerts) == OPEN_ALERTS_MAX


def test_a_repeated_call_changes_nothing() -> None:
    printer = Printer()
    for _ in range(3):
        printer.gatherer.job_finished(a_job(1))
        printer.gatherer.alert_raised(an_alert("low-1", severity="warning"))
    printer.gatherer.alert_cleared("never raised")
    printer.gatherer.ask_push()

    (batch,) = printer.formed()
    assert len(batch.reports[0].jobs) == 1
    assert len(batch.reports[0].alerts) == 1


def test_the_start_of_a_job_completes_its_record() -> None:
    printer = Printer()
    began = printer.clock.at
    printer.gatherer.job_started("job-1")
    printer.restart(off_s=30)
    printer.gatherer.job_finished(a_job(1))
    printer.gatherer.ask_push()

    assert printer.formed()[0].reports[0].jobs[0].started_at == began


def test_jobs_that_never_end_do_not_pile_up() -> None:
    printer = Printer()
    for number in range(500):
        printer.gatherer.job_started(f"job-{number}")

    assert len(printer.spool.recall_all("started/")) == 64


def test_a_snapshot_that_fails_costs_no_job() -> None:
    printer = Printer()

    def broken() -> Snapshot:
        raise NoSnapshotError("the snapshot function failed: OSError")

    printer.snapshot = broken
    printer.print_jobs(19)

    (batch,) = printer.formed()
    assert len(batch.reports[0].jobs) == 19
    assert batch.reports[0].findings[0].field == "snapshot"


def test_a_clear_name_policy_can_be_chosen_and_a_portal_can_close_it_for_good() -> None:
    printer = Printer(ConnectionSettings(job_names=JobNames.CLEAR, triggers=TriggerPolicy(jobs_max=1)))
    printer.gatherer.job_finished(a_job(1, name="Plan.pdf"))
    printer.gatherer.take_desired(Desired(version=4, settings=Settings(job_names="off")))
    printer.gatherer.job_finished(a_job(2, name="Plan.pdf"))
    printer.restart()
    printer.gatherer.job_finished(a_job(3, name="Plan.pdf"))

    names = [job.name for batch in printer.formed() for job in batch.reports[0].jobs]
    assert names == ["Plan.pdf", None, None]


def test_desired_thresholds_are_in_force_at_once_and_after_a_restart() -> None:
    printer = Printer()
    printer.gatherer.take_desired(Desired(version=1, settings=Settings(interval_s=120, jobs_max=2)))
    printer.clock.advance(120)
    assert [batch.reason for batch in printer.formed()] == [Reason.INTERVAL]

    printer.restart()
    printer.print_jobs(2)

    assert [batch.reason for batch in printer.formed()] == [Reason.JOBS]


def test_advice_on_the_next_push_only_ever_brings_it_forward() -> None:
    printer = Printer()
    printer.clock.advance(10_800)
    printer.formed()

    printer.gatherer.take_advice(86_400)
    assert printer.gatherer.wake_at() == printer.clock.now_s + 10_800
    printer.gatherer.take_advice(0)
    assert printer.gatherer.wake_at() == printer.clock.now_s + 60


def test_a_full_spool_refuses_jobs_counts_them_and_says_so_when_it_can() -> None:
    printer = Printer(bytes_max=60_000)
    stored = 0
    with pytest.raises(SpoolFullError, match="refused"):
        for number in range(1000):
            printer.gatherer.job_finished(a_job(number))
            stored += 1
    with pytest.raises(SpoolFullError):
        printer.gatherer.job_finished(a_job(5000))
    printer.gatherer.alert_raised(an_alert("jam-1"))

    batches = printer.formed()

    assert {batch.state.jobs_refused for batch in batches if batch.state} == {2}
    assert sum(len(batch.reports[0].jobs) for batch in batches) == stored


def test_when_a_batch_finds_no_room_its_events_wait_and_the_thread_does_not_spin() -> None:
    printer = Printer(bytes_max=1500)
    printer.gatherer.impressions_made(100)
    printer.gatherer.form_due()
    printer.print_jobs(2)
    printer.gatherer.ask_push()
    printer.gatherer.form_due()
    printer.gatherer.impressions_made(100)

    printer.gatherer.form_due()

    assert printer.gatherer.wake_at() == printer.clock.now_s + 60
    printer.formed()
    printer.gatherer.take_advice(None)
    assert [batch.reason for batch in printer.formed()] == [Reason.IMPRESSIONS]


def test_impressions_cannot_be_taken_back() -> None:
    with pytest.raises(InvalidRecordError):
        Printer().gatherer.impressions_made(-1)


def test_a_record_with_a_time_without_zone_is_refused_and_nothing_stored() -> None:
    printer = Printer()

    with pytest.raises(InvalidRecordError):
        printer.gatherer.job_finished(replace(a_job(1), completed_at=datetime.now(UTC).replace(tzinfo=None)))

    assert printer.gatherer.gathered().jobs == 0


def test_jobs_that_a_damaged_spool_lost_are_forgotten_with_the_next_batch() -> None:
    printer = Printer()
    printer.print_jobs(18)
    printer.spool.append((), Consumed(jobs_through=printer.spool.events().jobs[-1].position))
    printer.print_jobs(1, start=18)
    (batch,) = printer.formed()
    assert len(batch.reports[0].jobs) == 1

    printer.print_jobs(18, start=19)

    assert printer.formed() == []


def test_more_urgent_alerts_than_one_batch_holds_all_leave() -> None:
    printer = Printer()
    for number in range(ALERTS_PER_BATCH_MAX + 1):
        printer.gatherer.alert_raised(an_alert(f"jam-{number}"))
    told = printer.formed()

    printer.clock.advance(60)
    told += printer.formed()

    assert [len(batch.reports[0].alerts) for batch in told] == [ALERTS_PER_BATCH_MAX, 1]


def test_a_job_reported_twice_is_one_of_the_19() -> None:
    printer = Printer()
    printer.print_jobs(18)

    printer.print_jobs(1)

    assert printer.formed() == []
