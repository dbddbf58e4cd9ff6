"""What a collector remembers of printers: E8 and its sisters."""

from datetime import UTC, datetime, timedelta

import pytest

from data_collector.core.known_alerts import standing, with_ended
from data_collector.core.known_printers import (
    MISSED_MAX,
    Closed,
    KnownPrinters,
    Seen,
    absent,
    decode_printers,
    encode_printers,
)
from data_collector.core.moves import with_moves_told
from wire_format.codec import decode_report, encode_report
from wire_format.printer_mib import PrinterState
from wire_format.records import Alert, Device, Report

AT = datetime(2026, 11, 22, tzinfo=UTC)
MONTH = timedelta(days=30)


def read(serial: str | None, at: datetime = AT, **more: str) -> Report:
    return Report(observed_at=at, device=Device(serial=serial, model="Laser 1", **more))


def round_of(printers: KnownPrinters, *seen: tuple[str, Report], at: datetime = AT) -> Closed:
    """A round over the whole range of one profile."""
    for address, report in seen:
        printers.see(report, address, "office")
    return printers.close("office", {one.address for one in printers.all()}, at, MONTH)


def where(printers: KnownPrinters) -> dict[str, str]:
    return {one.key: one.address for one in printers.all()}


def test_a_printer_is_new_once() -> None:
    printers = KnownPrinters()

    assert printers.see(read("A"), "10.0.0.1", "office") is Seen.NEW
    assert printers.see(read("A"), "10.0.0.1", "office") is Seen.KNOWN
    assert printers.see(read("B"), "10.0.0.1", "office") is Seen.NEW


def test_e8_a_printer_that_moves_keeps_its_identity_and_its_old_place_is_given_up() -> None:
    printers = KnownPrinters()
    round_of(printers, ("10.0.0.1", read("A")))

    closed = round_of(printers, ("10.0.0.9", read("A")))

    ((before, now),) = closed.moved
    assert (before.address, now.address) == ("10.0.0.1", "10.0.0.9")
    assert where(printers) == {"serial:A": "10.0.0.9"}
    assert not closed.missed


def test_e8_a_new_device_at_the_old_address_is_another_printer() -> None:
    printers = KnownPrinters()
    round_of(printers, ("10.0.0.1", read("A")))

    closed = round_of(printers, ("10.0.0.1", read("B")))

    assert where(printers) == {"serial:A": "10.0.0.1", "serial:B": "10.0.0.1"}
    assert [one.key for one in closed.missed] == ["serial:A"]


def test_two_printers_that_swap_addresses_swap_only_their_places() -> None:
    printers = KnownPrinters()
    round_of(printers, ("10.0.0.1", read("A")), ("10.0.0.2", read("B")))

    closed = round_of(printers, ("10.0.0.1", read("B")), ("10.0.0.2", read("A")))

    assert where(printers) == {"serial:A": "10.0.0.2", "serial:B": "10.0.0.1"}
    assert len(closed.moved) == 2
    assert not closed.missed + closed.gone


def test_a_printer_with_two_addresses_is_asked_at_both_while_both_answer() -> None:
    printers = KnownPrinters()
    both = (("10.0.0.1", read("A")), ("10.0.0.2", read("A")))

    round_of(printers, *both)
    closed = round_of(printers, *both)

    assert printers.addresses("office") == ("10.0.0.1", "10.0.0.2")
    assert (len(printers), closed) == (1, Closed())


def test_a_silent_printer_is_gone_after_some_readings_told_once_and_forgotten_in_the_end() -> None:
    printers = KnownPrinters()
    round_of(printers, ("10.0.0.1", read("A")))

    days = [round_of(printers, at=AT + timedelta(days=day)) for day in range(1, 31)]

    assert [day for day, one in enumerate(days, 1) if one.missed] == [1]
    assert [day for day, one in enumerate(days, 1) if one.gone] == [MISSED_MAX]
    assert [day for day, one in enumerate(days, 1) if one.forgotten] == [30]
    assert len(printers) == 0


def test_a_printer_that_comes_back_may_go_again() -> None:
    printers = KnownPrinters()
    round_of(printers, ("10.0.0.1", read("A")))
    for _ in range(MISSED_MAX):
        round_of(printers)

    round_of(printers, ("10.0.0.1", read("A")))

    assert [len(round_of(printers).gone) for _ in range(MISSED_MAX)] == [0] * (MISSED_MAX - 1) + [1]


def test_what_was_not_asked_is_not_missed() -> None:
    printers = KnownPrinters()
    round_of(printers, ("10.0.0.1", read("A")))

    assert printers.close("office", {"10.0.0.2"}, AT, MONTH) == Closed()
    assert printers.close("warehouse", {"10.0.0.1"}, AT, MONTH) == Closed()


@pytest.mark.parametrize(
    ("good", "poor"),
    [
        (read("A", mac="00:11:22:33:44:55"), read(None, mac="00:11:22:33:44:55")),
        (read("A"), read(None)),
    ],
)
def test_a_reading_without_serial_number_is_no_second_printer(good: Report, poor: Report) -> None:
    for first, second in ((good, poor), (poor, good)):
        printers = KnownPrinters()
        round_of(printers, ("10.0.0.1", first))

        assert printers.see(second, "10.0.0.1", "office") is Seen.KNOWN
        assert not printers.close("office", {"10.0.0.1"}, AT, MONTH).missed
        assert where(printers) == {"serial:A": "10.0.0.1"}


def test_another_model_without_serial_number_at_the_same_address_is_another_printer() -> None:
    printers = KnownPrinters()
    round_of(printers, ("10.0.0.1", read("A")))

    other = Report(observed_at=AT, device=Device(model="Plotter", ip="10.0.0.1"))

    assert printers.see(other, "10.0.0.1", "office") is Seen.NEW


def test_a_device_of_two_profiles_is_left_to_the_one_that_reads_it() -> None:
    printers = KnownPrinters()
    round_of(printers, ("10.0.0.1", read("A")))

    assert printers.of_others("warehouse") == ("10.0.0.1",)
    assert printers.of_others("office") == ()
    round_of(printers)
    assert printers.of_others("warehouse") == ()


def test_the_memory_comes_back_as_it_was() -> None:
    printers = KnownPrinters()
    round_of(printers, ("10.0.0.1", read("A", mac="00:11:22:33:44:55")), ("10.0.0.2", read(None, hostname="p2")))
    round_of(printers)

    again = decode_printers(encode_printers(printers))

    assert again.all() == printers.all()
    assert [decode_printers(text).all() for text in (None, "[", "{}", "[1, {}]", '[{"x-key": 1}]')] == [()] * 5


def test_a_gone_printer_is_told_without_counts_and_ends_no_alert() -> None:
    printers = KnownPrinters()
    alert = Alert(alert_id="ledm-7", code=8, severity="critical")
    round_of(printers, ("10.0.0.1", read("A")))
    for _ in range(MISSED_MAX):
        closed = round_of(printers)

    told = absent(closed.gone[0], AT + timedelta(days=1))

    assert decode_report(encode_report(told)) == told
    assert (told.device.serial, told.meters, told.supplies) == ("A", (), ())
    assert told.status is not None and told.status.state is PrinterState.OFFLINE
    assert (told.findings[0].raw, told.findings[0].reason.split(":")[0]) == ("2026-11-22T00:00:00.000Z", "absent")
    assert with_ended(told, (alert,)) is told
    assert standing(told, (alert,)) == (alert,)


def moves(printers: KnownPrinters, serial: str, address: str) -> list[str]:
    """What is said of the place of a printer that is read now, before it is remembered there."""
    report = read(serial)
    said = with_moves_told(report, address, *printers.strangers(report.device, address))
    printers.see(report, address, "office")
    return [finding.reason.partition(";")[0] for finding in said.findings]


def test_a_printer_at_a_new_address_and_one_where_another_was_are_told_once() -> None:
    printers = KnownPrinters()
    assert moves(printers, "A", "10.0.0.1") == moves(printers, "A", "10.0.0.1") == []
    printers.close("office", {"10.0.0.1"}, AT, MONTH)

    assert moves(printers, "B", "10.0.0.1") == ["new-printer: A was read at this address before"]
    assert moves(printers, "A", "10.0.0.2") == ["new-address: it was read at 10.0.0.1 before"]
    printers.close("office", {"10.0.0.1", "10.0.0.2"}, AT, MONTH)
    assert moves(printers, "A", "10.0.0.2") == moves(printers, "B", "10.0.0.1") == []


def test_a_printer_with_two_doors_has_not_moved() -> None:
    printers = KnownPrinters()

    assert moves(printers, "A", "10.0.0.1") == moves(printers, "A", "10.0.0.2") == []
