"""One printer through a day: the troubles it meets, and what it tells of them."""

import pytest

from device_sim.core.events import AlertCleared, AlertRaised, ImpressionsMade, JobFinished, JobStarted
from device_sim.core.workload import order_at
from tests.support.device_sim import HOUR_S, MONDAY_7, changed, finished, impressions, live, printer
from wire_format.printer_mib import PrinterState
from wire_format.records import Outcome, Service

QUIET = {"impressions_per_jam": 0, "covers_opened_per_day_percent": 0}


def test_the_same_seed_and_index_live_the_same_life() -> None:
    first, again = printer("color-laserjet-m479", seed=7, index=3), printer("color-laserjet-m479", seed=7, index=3)
    other = printer("color-laserjet-m479", seed=8, index=3)

    lives = [live(one, MONDAY_7 + 10 * HOUR_S) for one in (first, again, other)]

    assert lives[0] == lives[1] != lives[2]
    assert first.state == again.state


def test_printers_of_a_fleet_have_different_serials_macs_and_names() -> None:
    identities = [printer("ecosys-p3155", index=index).state.identity for index in range(300)]

    for field in ("serial", "mac", "hostname"):
        assert len({getattr(identity, field) for identity in identities}) == 300


def test_a_printer_sleeps_until_its_next_event() -> None:
    one = printer("designjet-t1600")
    due_s = one.next_event_at()
    assert due_s is not None

    assert one.advance(due_s - 0.001) == []
    assert one.next_event_at() == due_s


def test_the_hundredth_impression_is_told_when_it_is_made() -> None:
    work = {"sizes": changed("ecosys-p3155").workload.sizes[2:], "canceled_percent": 0, "aborted_percent": 0}
    one = printer(changed("ecosys-p3155", workload=work, trouble=QUIET), chunk=1)
    made = 0

    while made < 100:
        due_s = one.next_event_at()
        assert due_s is not None
        for event in one.advance(due_s):
            if isinstance(event, ImpressionsMade):
                made += event.count
                told_s, at_s = one.state.now_s, event.at_s
                assert event.count == 1 and told_s == at_s
    assert made == 100


def test_impressions_of_a_job_are_told_before_its_end() -> None:
    events = live(printer("ecosys-p3155"), MONDAY_7 + 10 * HOUR_S)

    told = 0
    for event in events:
        match event:
            case JobStarted():
                told = 0
            case ImpressionsMade(count=count):
                told += count
            case JobFinished(job=job):
                assert told == job.record.impressions


def test_a_cancelled_job_counts_what_was_really_printed() -> None:
    one = printer(changed("ecosys-p3155", workload={"canceled_percent": 100}, trouble=QUIET))
    before = one.state.meter("total.impressions") or 0

    one.end_intake(MONDAY_7 + 10 * HOUR_S)
    jobs = [event.job.record for event in finished(live(one, MONDAY_7 + 40 * HOUR_S))]

    assert jobs and all(job.outcome is Outcome.CANCELED for job in jobs)
    assert any(job.impressions for job in jobs)
    assert (one.state.meter("total.impressions") or 0) - before == sum(job.impressions or 0 for job in jobs)


def test_an_empty_tray_stops_the_printer_until_somebody_fills_it() -> None:
    one = printer(changed("ecosys-p3155", trouble=QUIET))
    one.state.input_amounts[0] = one.state.input_amounts[1] = 3

    raised = None
    while raised is None:
        due_s = one.next_event_at()
        assert due_s is not None
        raised = next(
            (event for event in one.advance(due_s) if isinstance(event, AlertRaised) and event.alert.critical), None
        )

    assert raised.alert.code == 808 and raised.alert.description == "Cassette 1 is empty"
    assert one.state.status is PrinterState.STOPPED and "noPaper" in one.state.detected_errors
    assert one.state.console_text == "Load Cassette 1"
    stopped_at = list(one.state.meters)
    assert list(one.state.meters) == stopped_at
    later = live(one, one.state.now_s + 3 * HOUR_S)
    assert any(isinstance(e, AlertCleared) and e.alert.alert_id == raised.alert.alert_id for e in later)
    assert impressions(later) > 0


def test_a_supply_says_low_then_empty_then_is_replaced() -> None:
    one = printer(changed("ecosys-p3155", trouble=QUIET))
    one.state.supply_amounts[0] = 1_300_000

    events = live(one, MONDAY_7 + 11 * HOUR_S)

    codes = [event.alert.code for event in events if isinstance(event, AlertRaised) and event.alert.group == 11]
    assert codes[:1] == [1104] and set(codes) <= {1104, 1101}
    cleared = {event.alert.code for event in events if isinstance(event, AlertCleared)}
    assert cleared & {1104, 1101}
    assert (one.state.supply_percent(0) or 0) > 50


def test_a_jam_stops_printing_and_loses_no_impression() -> None:
    one = printer(changed("ecosys-p3155", trouble={"impressions_per_jam": 40, "covers_opened_per_day_percent": 0}))
    before = one.state.meters[0]

    events = live(one, MONDAY_7 + 11 * HOUR_S)

    assert any(isinstance(event, AlertRaised) and event.alert.code == 8 for event in events)
    assert one.state.meters[0] - before == impressions(events)


def test_an_open_cover_is_seen_and_closed_again() -> None:
    one = printer(changed("ecosys-p3155", trouble={"covers_opened_per_day_percent": 100, "impressions_per_jam": 0}))

    events = live(one, MONDAY_7 + 100 * HOUR_S)

    opened = [event for event in events if isinstance(event, AlertRaised) and event.alert.code == 3]
    assert opened and opened[0].alert.group == 6
    assert not any(one.state.covers_open)


def test_an_mfp_copies_and_scans_too() -> None:
    one = printer("color-laserjet-m479")
    before = {name: one.state.meter(name) or 0 for name in ("scan.images", "copy.impressions")}

    one.end_intake(MONDAY_7 + 11 * HOUR_S)
    jobs = [event.job for event in finished(live(one, MONDAY_7 + 40 * HOUR_S))]

    services = {job.record.service for job in jobs}
    assert services == {Service.PRINT, Service.COPY, Service.SCAN}
    assert (one.state.meter("scan.images") or 0) - before["scan.images"] == sum(job.images for job in jobs)
    copied = sum(job.record.impressions or 0 for job in jobs if job.record.service is Service.COPY)
    assert (one.state.meter("copy.impressions") or 0) - before["copy.impressions"] == copied
    assert all(job.record.impressions == 0 for job in jobs if job.record.service is Service.SCAN)


def test_the_log_of_the_device_keeps_the_last_jobs_only() -> None:
    one = printer("designjet-t1600")

    jobs = finished(live(one, MONDAY_7 + 30 * HOUR_S))

    assert len(jobs) > 10
    assert [job.number for job in one.state.finished] == [event.job.number for event in jobs[-10:]]


def test_a_used_printer_starts_with_meters_that_agree() -> None:
    for name in ("color-laserjet-m479", "ecosys-p3155"):
        state = printer(name).state
        total = state.meter("total.impressions") or 0
        assert total == (state.meter("print.impressions") or 0) + (state.meter("copy.impressions") or 0)
        assert total == (state.meter("total.sheets") or 0) + (state.meter("total.sheets.duplex") or 0)


@pytest.mark.parametrize("weekday, busy", [(0, True), (5, False)])
def test_people_print_in_office_hours_and_hardly_at_weekends(weekday: int, busy: bool) -> None:
    start_s = MONDAY_7 + weekday * 24 * HOUR_S
    one = printer("ecosys-p3155", at_s=start_s)

    day, night = len(finished(live(one, start_s + 12 * HOUR_S))), len(finished(live(one, start_s + 22 * HOUR_S)))

    assert (day > 30) is busy
    assert night == 0


def test_each_copy_of_a_duplex_job_begins_on_a_sheet_of_its_own() -> None:
    for ordinal in range(400):
        order = order_at(changed("ecosys-p3155", workload={"duplex_percent": 100}), 1, 0, int(MONDAY_7 * 1000), ordinal)
        each = order.impressions // order.copies
        if order.copies == 3 and each % 2 and each > 1:
            assert order.sheets(order.impressions) == 3 * (each + 1) // 2
            return
    raise AssertionError("no order with three copies of an odd number of sides")


def test_jams_come_as_often_as_the_profile_says() -> None:
    trouble = {"impressions_per_jam": 100, "covers_opened_per_day_percent": 0, "repair_s_min": 1, "repair_s_max": 2}
    one = printer(changed("ecosys-p3155", trouble=trouble))

    events = live(one, MONDAY_7 + 80 * HOUR_S)

    jams = sum(isinstance(event, AlertRaised) and event.alert.code == 8 for event in events)
    assert 0.6 < jams / (impressions(events) / 100) < 1.6


def test_after_help_printing_goes_on_at_its_pace() -> None:
    one = printer(changed("ecosys-p3155", trouble={**QUIET, "impressions_per_jam": 60}), chunk=1)
    steps: list[float] = []
    helped_s: float | None = None

    while len(steps) < 10 and (due_s := one.next_event_at()) is not None:
        for event in one.advance(due_s):
            if isinstance(event, AlertCleared) and event.alert.code == 8 and one.state.job:
                helped_s = event.at_s
            elif isinstance(event, ImpressionsMade) and helped_s is not None:
                steps.append(event.at_s - helped_s)
                helped_s = None

    assert len(steps) == 10 and all(step_s < 4.0 + 1.2 for step_s in steps)


def test_a_fleet_frozen_while_it_works_takes_nothing_more() -> None:
    for seed in range(10):
        one = printer("ecosys-p3155", seed=seed)
        live(one, MONDAY_7 + 3.4 * HOUR_S)
        frozen_s = one.state.now_s

        one.end_intake(frozen_s)
        jobs = [event.job.record for event in finished(live(one, MONDAY_7 + 60 * HOUR_S))]

        assert one.resting and all(job.submitted_at and job.submitted_at.timestamp() < frozen_s for job in jobs)
