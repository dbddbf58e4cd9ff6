"""Two printers that show one serial number are told apart, and their meters are never added up."""

from datetime import UTC, datetime, timedelta

import pytest

from data_collector.core.shared_serials import decode_claims, told_apart
from wire_format.records import Device, Meter, Report, Unit

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
SERIAL = "CNSHARED01"
A, B, C = "aa:00:00:00:00:01", "aa:00:00:00:00:02", "aa:00:00:00:00:03"


def printer(
    mac: str | None, total: int | None, hours: float = 0, *, serial: str | None = SERIAL, up_h: float | None = 240
) -> Report:
    """What a printer said so many hours after the start. up_h: hours since it was switched on."""
    meters = () if total is None else (Meter(name="total.impressions", unit=Unit.IMPRESSIONS, value=total, source="x"),)
    return Report(
        observed_at=START + timedelta(hours=hours),
        uptime_ms=None if up_h is None else int((up_h + hours) * 3_600_000),
        device=Device(serial=serial, mac=mac),
        meters=meters,
    )


class House:
    """A collector's memory of who showed which serial."""

    def __init__(self) -> None:
        self.memory: dict[str, str | None] = {}

    def scan(self, *reports: Report) -> list[tuple[str | None, list[str]]]:
        """The serial each report leaves with, and the first words of its findings."""
        apart, memory = told_apart(reports, self.memory.get)
        self.memory |= memory
        return [
            (report.device.serial, [finding.reason.partition(":")[0] for finding in report.findings])
            for report in apart
        ]


def test_three_printers_with_one_serial_in_one_scan_are_three() -> None:
    house = House()
    withheld = (None, ["shared-serial"])

    assert house.scan(printer(A, 100), printer(B, 9_000), printer(C, 70_000)) == [withheld] * 3
    assert house.scan(printer(B, 9_100, 5)) == [withheld]


def test_two_that_were_switched_on_at_different_times_are_two_though_they_count_alike() -> None:
    assert House().scan(printer(A, 5, up_h=2), printer(B, 5, up_h=3)) == [(None, ["shared-serial"])] * 2


def test_two_that_tell_nothing_else_are_two() -> None:
    assert House().scan(printer(A, None, up_h=None), printer(B, None, up_h=None)) == [(None, ["shared-serial"])] * 2


def test_two_doors_of_one_printer_are_one_printer() -> None:
    assert House().scan(printer(A, 5_000), printer(B, 5_001, 0.001)) == [(SERIAL, []), (SERIAL, ["seen-twice"])]


def test_two_that_are_never_on_in_the_same_scan_are_told_apart_when_the_first_comes_back() -> None:
    house = House()

    assert house.scan(printer(A, 100)) == [(SERIAL, [])]
    assert house.scan(printer(B, 9_000, 3)) == [(SERIAL, ["mac-changed"])]
    assert house.scan(printer(A, 130, 6)) == [(None, ["shared-serial"])]
    assert house.scan(printer(B, 9_001, 9)) == [(None, ["shared-serial"])]


def test_a_printer_that_goes_from_cable_to_wireless_and_back_stays_one() -> None:
    house = House()

    assert house.scan(printer(A, 100)) == [(SERIAL, [])]
    assert house.scan(printer(B, 120, 3)) == [(SERIAL, ["mac-changed"])]
    assert house.scan(printer(A, 130, 6)) == [(SERIAL, ["mac-changed"])]


def test_a_new_board_keeps_the_serial_and_is_told_once() -> None:
    house = House()
    house.scan(printer(A, 50_000))

    assert house.scan(printer(B, 0, 3)) == [(SERIAL, ["mac-changed"])]
    assert house.scan(printer(B, 7, 6)) == [(SERIAL, [])]


def test_a_serial_somebody_wrote_is_told_once() -> None:
    house = House()
    house.scan(printer(A, 10))

    assert house.scan(printer(A, 12, 3, serial="OTHER99")) == [("OTHER99", ["serial-changed"])]
    assert house.scan(printer(A, 13, 6, serial="OTHER99")) == [("OTHER99", [])]


def test_a_printer_without_mac_or_serial_claims_nothing() -> None:
    house = House()

    assert house.scan(printer(None, 5), printer(None, 9_000), printer(A, 3, serial=None)) == [
        (SERIAL, []), (SERIAL, []), (None, []),
    ]  # fmt: skip
    assert house.memory == {}


def test_nothing_is_written_where_nothing_is_new() -> None:
    reports = [printer(A, 5)]
    _, memory = told_apart(reports, lambda _name: None)

    assert told_apart(reports, memory.get)[1] == {}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", "[1]", "[true,[[1]]]", '[false,[["a","b",1,null,null]]]', "null"]
)
def test_a_memory_that_cannot_be_read_is_empty(text: str) -> None:
    assert decode_claims(text).claims == ()
