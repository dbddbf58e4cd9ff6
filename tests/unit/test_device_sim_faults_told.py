"""Each lie about identity, values, alerts and time, met in SNMP's own octets, in documents or over IPP."""

import dataclasses
from datetime import UTC, datetime

from device_sim.core.faults import with_fault
from device_sim.core.ipp import GET_PRINTER_ATTRIBUTES, PRINTER_GROUP
from device_sim.core.resources import resource
from device_sim.core.state import LivePrinter
from tests.support.device_sim import HOUR_S, MONDAY_7
from tests.support.device_sim_faults import (
    ALERT_INDEX,
    ALERT_SEVERITY,
    COUNTER_UNIT,
    DATE,
    ERROR_STATE,
    HP,
    HP_TOTAL,
    KYOCERA,
    LIFE_COUNT,
    MAC,
    PAGEWIDE,
    PLOTTER,
    SERIAL,
    SUPPLY_CAPACITY,
    SUPPLY_LEVEL,
    SUPPLY_UNIT,
    SYS_NAME,
    UPTIME,
    Manager,
    faulty,
)
from tests.support.device_sim_ipp import answer_ipp, ipp_request, read_ipp_answer


def documented(manager: Manager, state: LivePrinter, path: str) -> str:
    """A document as the printer's web server would show it."""
    shown = manager.agents.told(lambda _: state, "http")("")
    assert shown is not None
    found = resource(shown, path)
    assert found is not None
    return found.body.decode()


def over_ipp(manager: Manager, state: LivePrinter, name: str) -> object:
    """An attribute as the printer's IPP server would show it."""
    shown = manager.agents.told(lambda _: state, "ipp")("")
    assert shown is not None
    answer = read_ipp_answer(answer_ipp(ipp_request(GET_PRINTER_ATTRIBUTES), shown, "ipp://127.1.0.1/ipp/print"))
    return answer.only(PRINTER_GROUP)[name][0]


def test_an_honest_neighbour_is_shown_by_its_own_state_and_book() -> None:
    manager, honest = Manager(), faulty().state
    liar = faulty("serial_says", "counter_jitter", "device_index", index=1).state
    before = manager.datagram(honest, SERIAL, LIFE_COUNT, SUPPLY_LEVEL)

    manager.datagram(liar, SERIAL, LIFE_COUNT)

    assert manager.agents.told(lambda _: honest, "http")("") is honest
    assert manager.datagram(honest, SERIAL, LIFE_COUNT, SUPPLY_LEVEL) == before


def test_a_lie_never_changes_what_really_happened() -> None:
    manager = Manager()
    words = (
        "serial_says",
        "total_rolls_over_at=1000",
        "counter_jitter=9",
        "clock_off_s",
        "alerts_empty",
        "job_log_last",
    )
    liar, honest = faulty(*words, at_s=MONDAY_7), faulty(at_s=MONDAY_7)

    for hour in range(1, 5):
        liar.advance(MONDAY_7 + hour * HOUR_S)
        honest.advance(MONDAY_7 + hour * HOUR_S)
        manager.datagram(liar.state, SERIAL, LIFE_COUNT, DATE)

    assert dataclasses.replace(liar.state, faults=honest.state.faults) == honest.state


def test_serial_says() -> None:
    manager = Manager()
    placeholder, empty = faulty("serial_says=N/A").state, faulty("serial_says=").state

    assert manager.get(placeholder, SERIAL) == b"N/A"
    assert "<dd:SerialNumber>N/A</dd:SerialNumber>" in documented(manager, placeholder, "/DevMgmt/ProductConfigDyn.xml")
    assert over_ipp(manager, placeholder, "printer-serial-number") == "N/A"
    assert manager.get(empty, SERIAL) == b""


def test_serial_zeros() -> None:
    manager, state = Manager(), faulty("serial_zeros").state

    assert manager.get(state, SERIAL) == b"00" + state.identity.serial.encode()
    assert over_ipp(manager, state, "printer-serial-number") == state.identity.serial


def test_serial_shared() -> None:
    manager = Manager()
    twins = [faulty("serial_shared", index=index).state for index in (3, 4)]

    serials = {manager.get(state, SERIAL) for state in twins}

    assert len(serials) == 1
    assert twins[0].identity.serial != twins[1].identity.serial
    assert manager.get(twins[0], MAC) != manager.get(twins[1], MAC)


def test_mac_says() -> None:
    manager = Manager()

    assert manager.get(faulty("mac_says").state, MAC) == bytes(6)
    assert manager.get(faulty("mac_says=").state, MAC) == b""


def test_hostname_empty() -> None:
    assert Manager().get(faulty("hostname_empty").state, SYS_NAME) == b""


def test_device_index() -> None:
    manager, state = Manager(), faulty("device_index=7").state

    assert list(manager.column(state, "1.3.6.1.2.1.43.5.1.1.17")) == [(1, 3, 6, 1, 2, 1, 43, 5, 1, 1, 17, 7)]
    assert manager.ask(state, SERIAL).kinds == ["NoSuchInstance"]


def test_other_devices() -> None:
    kinds = Manager().column(faulty("other_devices=2").state, "1.3.6.1.2.1.25.3.2.1.2")

    assert [kind[-1] for kind in kinds.values()] == [5, 4, 3, 4, 3]  # the printer and its own two, then the others


def test_total_rolls_over_at() -> None:
    manager, state = Manager(), faulty("total_rolls_over_at=1000").state
    total = state.meter("total.impressions") or 0

    assert total > 1000
    assert manager.get(state, LIFE_COUNT) == total % 1000
    assert f">{total % 1000}</dd:TotalImpressions>" in documented(manager, state, "/DevMgmt/ProductUsageDyn.xml")


def test_counter_wrap_left() -> None:
    manager, one = Manager(), faulty("counter_wrap_left=5", at_s=MONDAY_7)
    start = one.state.meter("total.impressions") or 0
    assert manager.get(one.state, LIFE_COUNT) == 2**32 - 5

    one.advance(MONDAY_7 + 8 * HOUR_S)

    made = (one.state.meter("total.impressions") or 0) - start
    assert made > 5
    assert manager.get(one.state, LIFE_COUNT) == made - 5


def test_counter_jitter() -> None:
    manager, one = Manager(), faulty("counter_jitter=1", at_s=MONDAY_7)
    lower = []
    for minute in range(4):
        one.advance(MONDAY_7 + 60 * minute)
        lower.append((one.state.meter("total.impressions") or 0) - manager.get(one.state, LIFE_COUNT))

    assert lower in ([0, 1, 0, 1], [1, 0, 1, 0])


def test_life_count_off() -> None:
    manager, state = Manager(), faulty("life_count_off=4").state

    assert manager.get(state, LIFE_COUNT) - manager.get(state, HP_TOTAL) == 4


def test_nvram_loss() -> None:
    manager, state = Manager(), faulty("nvram_loss=9").state
    total = state.meter("total.impressions") or 0
    assert manager.get(state, LIFE_COUNT) == total

    state.booted_s = state.now_s - 1
    state.touch()

    assert 1 <= total - manager.get(state, LIFE_COUNT) <= 9


def test_counter_unit_meters() -> None:
    manager = Manager()
    office, plotter = faulty("counter_unit_meters").state, faulty("counter_unit_meters", of=PLOTTER).state

    assert manager.get(office, COUNTER_UNIT) == manager.get(plotter, COUNTER_UNIT) == 17
    assert manager.get(office, LIFE_COUNT) == (office.meter("total.impressions") or 0) * 297 // 1000
    assert manager.get(plotter, LIFE_COUNT) == (plotter.meter("media.length") or 0) // 1000


def test_supply_level_code() -> None:
    manager = Manager()
    for code in (-1, -2, -3):
        state = faulty(f"supply_level_code={code}").state
        assert manager.get(state, SUPPLY_LEVEL) == code
        assert ">255</dd:ConsumablePercentageLevelRemaining>" in documented(
            manager, state, "/DevMgmt/ConsumableConfigDyn.xml"
        )


def test_supply_capacity() -> None:
    manager = Manager()
    unknown, zero = faulty("supply_capacity=-2", of=PLOTTER).state, faulty("supply_capacity=0", of=PLOTTER).state

    assert manager.ask(unknown, SUPPLY_CAPACITY, SUPPLY_UNIT, SUPPLY_LEVEL).values[:2] == [-2, 19]
    assert manager.get(unknown, SUPPLY_LEVEL) == unknown.supply_percent(0)
    assert manager.get(zero, SUPPLY_CAPACITY) == 0


def test_supply_over_percent() -> None:
    manager, state = Manager(), faulty("supply_over_percent=150", of=PLOTTER).state
    capacity = manager.get(state, SUPPLY_CAPACITY)

    assert manager.get(state, SUPPLY_LEVEL) == capacity * 150 // 100


def test_supply_steps() -> None:
    manager, one = Manager(), faulty("supply_steps", of=PLOTTER)
    spec, seen = one.state.profile.supplies[0], []
    for left in (90, 30, 2):
        one.state.supply_amounts[0] = spec.amount_max * left // 100
        one.state.touch()
        seen.append(manager.get(one.state, SUPPLY_LEVEL) * 100 // spec.capacity)

    assert seen == [100, 10, 1]


def test_receptacle_inverted() -> None:
    manager, state = Manager(), faulty("receptacle_inverted", of=PAGEWIDE).state
    honest = faulty(of=PAGEWIDE).state
    place = next(place for place, spec in enumerate(state.profile.supplies) if spec.receptacle)
    oid = f"1.3.6.1.2.1.43.11.1.1.9.1.{place + 1}"
    capacity = state.profile.supplies[place].capacity

    assert abs(manager.get(state, oid) + manager.get(honest, oid) - capacity) <= capacity // 100 + 1


def test_job_log_last() -> None:
    manager, state = Manager(), faulty("job_log_last=2", of=PLOTTER, at_s=MONDAY_7 + 10 * HOUR_S).state

    assert len(state.finished) > 2
    assert documented(manager, state, "/jobs.csv").count("\r\n") == 3


def test_status_display_empty() -> None:
    manager, state = Manager(), faulty("status_display_empty").state

    assert manager.get(faulty().state, "1.3.6.1.4.1.11.2.3.9.1.1.3.0") != b""
    assert manager.get(state, "1.3.6.1.4.1.11.2.3.9.1.1.3.0") == b""


def test_error_state_octets() -> None:
    manager = Manager()
    for size in (0, 1, 2):
        state = faulty(f"error_state_octets={size}").state
        state.error_bits = 0b1
        state.touch()
        assert manager.get(state, ERROR_STATE) == b"\x80\x00"[:size]


def test_stale_minutes() -> None:
    manager, one = Manager(), faulty("stale_minutes=1440", at_s=MONDAY_7)
    first = manager.ask(one.state, UPTIME, LIFE_COUNT).values
    total = one.state.meter("total.impressions")

    one.advance(MONDAY_7 + 10 * HOUR_S)
    assert one.state.meter("total.impressions") != total
    assert manager.ask(one.state, UPTIME, LIFE_COUNT).values == first

    one.advance(MONDAY_7 + 24 * HOUR_S)
    assert manager.get(one.state, LIFE_COUNT) == one.state.meter("total.impressions")


def with_alerts(*words: str) -> LivePrinter:
    """A printer of which two alerts stand, one of them critical."""
    one = faulty(*words, at_s=MONDAY_7)
    for hour in range(200):
        one.advance(MONDAY_7 + hour * HOUR_S / 4)
        if len(one.state.alerts) >= 2 and any(alert.critical for alert in one.state.alerts):
            return one.state
    raise AssertionError("no two alerts stood in two days")


def test_alert_index_reused() -> None:
    rows = Manager().column(with_alerts("alert_index_reused"), ALERT_INDEX)

    assert list(rows.values()) == list(range(1, len(rows) + 1))
    state = with_alerts("alert_index_reused")
    state.alerts = tuple(dataclasses.replace(alert, index=alert.index + 7) for alert in state.alerts)
    state.touch()
    assert list(Manager().column(state, ALERT_INDEX).values()) == list(rows.values())


def test_alerts_vanish_s() -> None:
    state = with_alerts("alerts_vanish_s=1")
    state.now_s = max(alert.onset_s for alert in state.alerts) + 0.5
    state.touch()

    assert len(Manager().column(state, ALERT_INDEX)) < len(state.alerts)


def test_alerts_empty() -> None:
    manager, state = Manager(), with_alerts("alerts_empty")

    assert manager.column(state, ALERT_INDEX) == {}
    assert int.from_bytes(manager.get(state, ERROR_STATE), "big") != 0
    assert manager.get(state, "1.3.6.1.2.1.43.16.5.1.2.1.1") not in (b"", b"Ready")


def test_alert_severity_swapped() -> None:
    manager, state = Manager(), with_alerts("alert_severity_swapped")

    said = list(manager.column(state, ALERT_SEVERITY).values())

    assert said == [4 if alert.critical else 3 for alert in sorted(state.alerts, key=lambda alert: alert.index)]


def date_of(octets: bytes) -> datetime:
    """A DateAndTime of at least eight octets."""
    month, day, hour, minute, second = octets[2:7]
    return datetime(int.from_bytes(octets[:2], "big"), month, day, hour, minute, second, tzinfo=UTC)


def test_clock_off_s() -> None:
    manager = Manager()
    liar, honest = faulty("clock_off_s=86400", of=PLOTTER).state, faulty(of=PLOTTER).state

    said, true = (date_of(manager.get(state, DATE)) for state in (liar, honest))

    assert (said - true).total_seconds() == 86_400
    assert manager.get(liar, UPTIME) == manager.get(honest, UPTIME)
    assert "2026-11-17T" in documented(manager, liar, "/jobs.csv")


def test_clock_at_boot() -> None:
    manager, state = Manager(), faulty("clock_at_boot=2001-01-01").state

    said = date_of(manager.get(state, DATE))

    assert (said - datetime(2001, 1, 1, tzinfo=UTC)).total_seconds() == int(state.uptime_s)


def test_clock_told_after_s() -> None:
    manager, state = Manager(), faulty("clock_at_boot=1970-01-01", "clock_told_after_s=600").state
    state.booted_s = state.now_s - 599
    assert date_of(manager.get(state, DATE)).year == 1970

    state.booted_s = state.now_s - 600
    state.touch()

    assert date_of(manager.get(state, DATE)).year == 2026


def test_clock_jumps_s() -> None:
    manager, one = Manager(), faulty("clock_jumps_s=3600", at_s=MONDAY_7)
    before = date_of(manager.get(one.state, DATE))
    one.advance(MONDAY_7 + 600)

    after = date_of(manager.get(one.state, DATE))

    assert abs((after - before).total_seconds() - 600) == 3600


def test_date_without_zone() -> None:
    manager = Manager()

    assert len(manager.get(faulty("date_without_zone").state, DATE)) == 8
    assert len(manager.get(faulty().state, DATE)) == 11


def test_uptime_says_s() -> None:
    manager, state = Manager(), faulty("uptime_says_s=1").state

    assert manager.get(state, UPTIME) == 100
    assert over_ipp(manager, state, "printer-up-time") == 1


def test_a_fault_set_on_a_running_printer_is_met_at_the_next_question() -> None:
    manager, state = Manager(), faulty(of=KYOCERA).state
    assert manager.get(state, SERIAL) == state.identity.serial.encode()

    state.faults = with_fault(state.faults, "serial_says", "0000000000")
    state.touch()

    assert manager.get(state, SERIAL) == b"0000000000"
    state.faults = with_fault(state.faults, "serial-says", None)
    state.touch()
    assert manager.get(state, SERIAL) == state.identity.serial.encode()
    assert manager.get(faulty(of=HP).state, SERIAL) != b"0000000000"
