"""What acts do to a printer, one promise each."""

import pytest

from device_sim.core.acts.registry import ACTS, act_of, parameters_of, says
from device_sim.core.errors import ActError
from device_sim.core.events import Acted, AlertCleared, AlertRaised, Effect, Event, JobFinished
from device_sim.core.printer import Printer
from device_sim.core.state import Power
from device_sim.core.typed_table import TableError
from tests.support.device_sim import HOUR_S, MONDAY_7, changed, finished, printer
from wire_format.printer_mib import PrinterState
from wire_format.records import Outcome

IDLE = changed(
    "color-laserjet-m479",
    workload={"jobs_per_day": 0},
    trouble={"impressions_per_jam": 0, "covers_opened_per_day_percent": 0},
)


def after(one: Printer, name: str, seconds: float = 0.0, /, **parameters: object) -> list[Event]:
    """Do it at once, live on so many seconds, and tell what happened."""
    act_of(name, parameters).apply(one)
    return one.advance(one.state.now_s + seconds)


def effects(events: list[Event]) -> list[Effect]:
    return [event.effect for event in events if isinstance(event, Acted)]


def codes(one: Printer) -> list[int]:
    return [alert.code for alert in one.state.alerts]


def test_a_jam_stops_printing_until_it_is_cleared() -> None:
    one = printer(IDLE)
    after(one, "print", 30, impressions=100)
    done = one.state.job.done if one.state.job else 0

    after(one, "jam", 30)
    jammed = one.state.job.done if one.state.job else -1
    assert codes(one) == [8] and one.state.status is PrinterState.STOPPED
    after(one, "clear", 60, alert="jam")

    assert jammed == done and codes(one) == []
    assert one.state.job is not None and one.state.job.done > done


def test_a_condition_that_lasts_ends_when_it_was_said_to() -> None:
    one = printer(IDLE)

    after(one, "open-cover", 599, lasts="10m")
    standing = codes(one), list(one.state.covers_open)
    events = one.advance(MONDAY_7 + 600)

    assert standing == ([3], [1] + [0] * (len(IDLE.covers) - 1))
    assert [type(event) for event in events] == [AlertCleared] and not any(one.state.covers_open)


def test_an_alert_by_its_name_brings_the_level_it_speaks_of_and_clearing_it_mends_that() -> None:
    one = printer(IDLE)

    after(one, "raise", alert="markerTonerEmpty", part=2)
    empty = one.state.supply_percent(1), codes(one)
    after(one, "clear", alert="markerTonerEmpty")

    assert empty == (0, [1101]) and one.state.supply_percent(1) == 100 and codes(one) == []


def test_an_alert_that_no_printer_has_of_its_own_is_raised_in_the_group_of_its_code() -> None:
    one = printer(IDLE)

    after(one, "raise", alert="markerFuserOverTemperature")
    after(one, "raise", alert="subunitPowerSaver")

    first, second = one.state.alerts
    assert (first.code, first.group, second.code, second.critical) == (1002, 10, 23, False)


def test_a_pulled_plug_aborts_the_running_job_and_counts_what_was_really_printed() -> None:
    one = printer(IDLE)
    before = one.state.meters[0]
    after(one, "print", 60.5, impressions=400)
    done = one.state.job.done if one.state.job else 0

    events = after(one, "power-cut", 3600)

    (ended,) = finished(events)
    assert ended.job.record.outcome is Outcome.ABORTED and ended.job.record.impressions == done > 0
    assert one.state.meters[0] - before == done
    assert one.state.power is Power.OFF and not one.state.reachable


def test_after_a_boot_the_counts_of_this_power_on_begin_anew_and_what_is_still_wrong_is_raised_again() -> None:
    one = printer(IDLE)
    after(one, "jam", lasts="5h")
    jam = one.state.alerts[0]
    uptime_s = one.state.uptime_s

    off = after(one, "power-cut", 600)
    booting = after(one, "power-on", IDLE.pace.boot_s - 1)
    still_silent = not one.state.reachable
    booted = one.advance(one.state.now_s + 1)

    assert [event.alert.alert_id for event in off if isinstance(event, AlertCleared)] == [jam.alert_id]
    assert still_silent and booting == [] and effects(booted) == [Effect.BOOTED]
    (again,) = one.state.alerts
    assert (again.code, again.index) == (8, 1) and again.alert_id != jam.alert_id
    assert one.state.uptime_s == IDLE.pace.boot_s < uptime_s and one.state.power_on_count == 0
    assert one.state.all_events == 1


def test_a_printer_that_has_booted_warms_up_before_it_prints() -> None:
    one = printer(IDLE)

    after(one, "reboot", IDLE.pace.boot_s)
    after(one, "print", IDLE.pace.warm_up_s / 2)
    warming = one.state.status
    events = one.advance(one.state.now_s + 120)

    assert warming is PrinterState.WARMING_UP and len(finished(events)) == 1


def test_a_job_that_waited_when_the_power_went_is_printed_after_the_boot() -> None:
    one = printer(IDLE)
    after(one, "print", impressions=100)
    after(one, "print", impressions=2, name="the second")

    events = after(one, "power-cut", HOUR_S, lasts="10m")

    ended = [event.job.record for event in finished(events)]
    assert [(job.outcome, job.name) for job in ended][1] == (Outcome.COMPLETED, "the second")


def test_without_network_a_printer_prints_on_and_answers_nobody() -> None:
    one = printer(IDLE)
    after(one, "print", impressions=10)

    events = after(one, "network-down", 3599, lasts="1h")
    silent = not one.state.reachable
    later = one.advance(MONDAY_7 + 3600)

    assert effects(events) == [Effect.NETWORK_DOWN] and silent and len(finished(events)) == 1
    assert effects(later) == [Effect.NETWORK_UP] and one.state.reachable


def test_a_power_cut_may_lose_the_last_counts_of_the_duplex_meter_and_says_how_many() -> None:
    one = printer(IDLE)
    before = one.state.meter("total.sheets.duplex") or 0

    events = after(one, "power-cut", loses=20)

    (told,) = [dict(event.told) for event in events if isinstance(event, Acted) and event.effect is Effect.METER_SET]
    assert told["before"] == before and before - 20 <= (one.state.meter("total.sheets.duplex") or 0) < before


def test_a_replaced_supply_is_full_and_a_shaken_one_only_a_little_fuller() -> None:
    one = printer(IDLE)
    after(one, "supply-level", supply=1, percent=0)
    empty = codes(one)

    events = after(one, "shake-supply", supply=1, percent=3)
    shaken = one.state.supply_percent(0), codes(one)
    after(one, "replace-supply", supply=1)

    assert empty == [1101] and shaken == (3, [1104]) and effects(events) == [Effect.SUPPLY_SHAKEN]
    assert one.state.supply_percent(0) == 100 and codes(one) == []


def test_a_swapped_formatter_counts_from_zero_under_the_same_serial_at_another_mac_address() -> None:
    one = printer(IDLE)
    before = one.state.identity

    events = after(one, "swap-formatter", IDLE.pace.boot_s)

    assert set(one.state.meters) == {0} and not one.state.finished
    assert one.state.identity.serial == before.serial and one.state.identity.mac != before.mac
    assert effects(events) == [Effect.POWER_OFF, Effect.FORMATTER_SWAPPED, Effect.BOOTED]


def test_a_blank_board_has_the_serial_of_a_blank_board_and_a_new_one_another() -> None:
    blank, other = printer(IDLE), printer(IDLE)

    after(blank, "swap-formatter", serial="blank", meters="kept")
    after(other, "swap-formatter", serial="new")

    assert blank.state.identity.serial == "XXXXXXXXXX" and blank.state.meters[0] > 0
    assert other.state.identity.serial not in ("XXXXXXXXXX", printer(IDLE).state.identity.serial)


def test_new_firmware_shows_after_a_reboot_with_one_more_change_of_configuration() -> None:
    one, changes = printer(IDLE), printer(IDLE).state.config_changes

    events = after(one, "update-firmware", IDLE.pace.boot_s, version="99.1")

    assert one.state.profile.firmware == "99.1" and one.state.config_changes == changes + 1
    assert effects(events) == [Effect.FIRMWARE_UPDATED, Effect.POWER_OFF, Effect.BOOTED]


def test_taken_offline_it_answers_and_prints_nothing_until_it_is_online() -> None:
    one = printer(IDLE)
    after(one, "offline")
    after(one, "print", 600, impressions=1)
    off = one.state.status, one.state.queued, one.state.detected_errors, one.state.reachable

    events = after(one, "online", 600)

    assert off == (PrinterState.OFFLINE, 1, ("offline",), True) and len(finished(events)) == 1


def test_a_factory_reset_forgets_names_and_jobs_and_counts_only_when_asked_to() -> None:
    one = printer(IDLE)
    after(one, "rename", hostname="plot-7", location="Cellar")
    named, counted = one.state.identity.hostname, one.state.meters[0]

    after(one, "factory-reset", 300)
    kept = one.state.meters[0]
    after(one, "factory-reset", 300, meters=True)

    assert named == "plot-7" and one.state.identity.hostname == printer(IDLE).state.identity.hostname
    assert one.state.identity.location == "" and kept == counted and one.state.meters[0] == 0


@pytest.mark.parametrize(
    "name, parameters, key",
    [
        ("jam", {"lasts": "soon"}, "lasts"),
        ("raise", {"alert": "paperJam"}, "alert"),
        ("supply-level", {"percent": 101}, "percent"),
        ("supply-level", {}, "percent"),
        ("set-meter", {"meter": "total.impressions", "value": "12"}, "value"),
        ("move", {"address": "printer-4"}, "address"),
        ("swap-formatter", {"serial": "other"}, "serial"),
        ("explode", {}, "act"),
        ("jam", {"printer": 3}, "printer"),
    ],
)
def test_an_act_that_says_nonsense_is_refused_by_the_name_of_its_parameter(
    name: str, parameters: dict[str, object], key: str
) -> None:
    with pytest.raises(TableError) as caught:
        act_of(name, parameters)

    assert caught.value.key == key


@pytest.mark.parametrize(
    "name, parameters, key",
    [
        ("supply-level", {"supply": 40, "percent": 5}, "supply"),
        ("set-meter", {"meter": "print.area", "value": 1}, "meter"),
        ("print", {"media": "papyrus"}, "media"),
        ("cancel", {}, "job"),
    ],
)
def test_what_this_printer_cannot_do_is_refused_and_changes_nothing(
    name: str, parameters: dict[str, object], key: str
) -> None:
    one = printer(IDLE)

    with pytest.raises(ActError) as caught:
        act_of(name, parameters).apply(one)

    assert caught.value.key == key and one.state == printer(IDLE).state


def test_every_act_and_every_parameter_says_what_it_is() -> None:
    for name in ACTS:
        assert says(name).endswith(".") and "\n" not in says(name)
        assert all(parameter.says for parameter in parameters_of(name))


def test_printing_ends_in_one_finished_job_with_the_number_it_was_given() -> None:
    one = printer(IDLE)

    number = act_of("print", {"service": "copy", "impressions": 3, "copies": 2}).apply(one)

    (ended,) = [event for event in one.advance(MONDAY_7 + 600) if isinstance(event, JobFinished)]
    assert ended.job.number == number and ended.job.record.impressions == 6
    assert not any(isinstance(event, AlertRaised) for event in one.advance(MONDAY_7 + 700))
