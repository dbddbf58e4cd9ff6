"""Who is new, gone or moved since an earlier scan; and how far a scan is."""

from datetime import UTC, datetime

import pytest

from data_collector.core.progress import progress_line
from data_collector.core.since import Changes, Since, change_lines
from data_collector.table import clean
from wire_format.records import Device, Report

AT = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)


def report(serial: str, ip: str | None) -> Report:
    return Report(observed_at=AT, device=Device(serial=serial, ip=ip, model=f"Model\x1b {serial}"))


def changes(before: dict[str, str | None], now: dict[str, str | None], asked: set[str]) -> Changes:
    since = Since.of_reports(report(serial, ip) for serial, ip in before.items())
    for serial, ip in now.items():
        since.see(report(serial, ip))
    return since.close(lambda address: address in asked, AT)


def test_new_gone_and_moved_printers_are_told_each_as_that() -> None:
    got = changes(
        {"A": "10.0.0.1", "B": "10.0.0.2", "C": "10.0.0.3"},
        {"A": "10.0.0.1", "C": "10.0.0.9", "D": "10.0.0.4"},
        {f"10.0.0.{number}" for number in range(1, 20)},
    )

    assert list(change_lines(got, clean)) == [
        "new    10.0.0.4  Model D, D",
        "gone   10.0.0.2  Model B, B, last read 2026-11-24 14:05 UTC",
        "moved  10.0.0.9  Model C, C, was at 10.0.0.3",
    ]


def test_a_printer_whose_address_was_not_asked_is_not_gone() -> None:
    assert changes({"A": "10.0.0.1"}, {}, {"10.0.0.2"}) == Changes()


def test_two_printers_that_swapped_addresses_moved_and_nobody_is_new_or_gone() -> None:
    got = changes({"A": "10.0.0.1", "B": "10.0.0.2"}, {"A": "10.0.0.2", "B": "10.0.0.1"}, {"10.0.0.1", "10.0.0.2"})

    assert (got.new, got.gone) == ((), ())
    assert {(old.address, now.address) for old, now in got.moved} == {
        ("10.0.0.1", "10.0.0.2"),
        ("10.0.0.2", "10.0.0.1"),
    }


def test_a_printer_that_still_answers_at_its_other_address_is_not_gone() -> None:
    since = Since.of_reports([report("A", "10.0.0.1"), report("A", "10.0.0.2")])
    since.see(report("A", "10.0.0.1"))

    assert since.close(lambda _address: True, AT).gone == ()


def test_a_local_printer_without_an_address_is_compared_with_nothing() -> None:
    assert changes({"A": None}, {"A": None, "B": None}, set()) == Changes()


@pytest.mark.parametrize(
    ("visited", "passed_s", "end"),
    [
        (10, 60.0, ""),  # too early to say
        (65_534, 60.0, ""),
        (32_767, 1.0, ""),
        (32_767, 10.0, ", about 10 s left"),
        (6_554, 60.0, ", about 9 min left"),
        (6_554, 1_800.0, ", about 4.5 h left"),
    ],
)
def test_the_end_is_foretold_once_it_can_be(visited: int, passed_s: float, end: str) -> None:
    assert progress_line(visited, 65_534, 7, passed_s) == f"{visited:,} of 65,534 addresses, 7 printers{end}"
