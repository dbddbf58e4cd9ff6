"""Lifetime meters: which unit, which source, one value a name. Synthetic, from RFC 3805 and makers' manuals."""

from dataclasses import replace

import pytest

from data_collector.core.evidence import SnmpValue, oid
from data_collector.core.normalise import report
from tests.support.data_collector_core import DEFINITIONS, PRINTER, evidence, report_of
from wire_format.records import Finding, Report

UNIT = "1.3.6.1.2.1.43.10.2.1.3.1.1"
COUNT = "1.3.6.1.2.1.43.10.2.1.4.1.1"


def meters(report: Report) -> dict[str, int]:
    """Name to value."""
    return {meter.name: meter.value for meter in report.meters}


def maker(object_id: str) -> dict[str, SnmpValue]:
    """A printer whose sysObjectID is a maker's."""
    return {"1.3.6.1.2.1.1.2.0": oid(object_id)}


@pytest.mark.parametrize(
    ("unit", "name", "value"),
    [
        (7, "total.impressions", 1000),
        (8, "total.sheets", 1000),
        (17, "media.length", 1_000_000),
        (16, "media.length", 304_800),
        (3, "media.length", 2),
        (4, "media.length", 1),
    ],
)
def test_a_marker_counts_what_its_unit_says(unit: int, name: str, value: int) -> None:
    assert meters(report_of({UNIT: unit, COUNT: 1000})) == {name: value}


def test_hours_are_no_meter_and_are_told() -> None:
    report = report_of({UNIT: 11, COUNT: 1000})

    assert report.meters == ()
    assert "hours" in report.findings[0].reason


def test_a_count_without_a_unit_is_taken_as_impressions_and_told() -> None:
    report = report_of({UNIT: 2, COUNT: 1000})

    assert meters(report) == {"total.impressions": 1000}
    assert report.findings[0].field == "meters/total.impressions/unit"


def test_the_default_marker_makes_the_total_and_others_have_names_of_their_own() -> None:
    second = {"1.3.6.1.2.1.43.10.2.1.3.1.2": 7, "1.3.6.1.2.1.43.10.2.1.4.1.2": 55}
    default = {"1.3.6.1.2.1.43.5.1.1.8.1": 2}

    assert meters(report_of(second)) == {"total.impressions": 12345, "auxiliary.marker-2.impressions": 55}
    assert meters(report_of(second, default)) == {
        "total.impressions": 55,
        "auxiliary.marker-1.impressions": 12345,
    }


def test_two_totals_that_differ_leave_one_meter_and_one_finding() -> None:
    hp = maker("1.3.6.1.4.1.11.2.3.9.1")
    report = report_of(hp, {COUNT: 6466, "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5.0": 6462})

    total = next(meter for meter in report.meters if meter.name == "total.impressions")
    assert (total.value, total.source) == (6466, COUNT)
    assert [(f.source, f.raw) for f in report.findings] == [("1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5.0", "6462")]


def test_a_sum_needs_all_its_parts() -> None:
    konica = maker("1.3.6.1.4.1.18334.1.1.1")
    copied, printed = "1.3.6.1.4.1.18334.1.1.1.5.7.2.2.1.5.2.1", "1.3.6.1.4.1.18334.1.1.1.5.7.2.2.1.5.2.2"

    assert "total.impressions.color" not in meters(report_of(konica, {printed: 100}))
    assert meters(report_of(konica, {printed: 100, copied: 11}))["total.impressions.color"] == 111


@pytest.mark.parametrize(
    ("answers", "printed", "copied"),
    [
        ({"1.1": 5, "1.2": 40, "2.1": 6, "2.2": 7}, 40, 7),  # two colour modes: an ECOSYS
        ({"1.1": 5, "1.2": 4, "1.3": 30, "2.1": 6, "2.2": 1, "2.3": 7}, 34, 8),  # three: a TASKalfa
        ({"1.1": 5, "1.2": 40}, 40, None),  # a printer that copies nothing
        ({"1.1": 5}, None, None),  # monochrome
    ],
)
def test_kyoceras_colour_is_every_mode_that_is_not_monochrome(
    answers: dict[str, int], printed: int | None, copied: int | None
) -> None:
    counts = {f"1.3.6.1.4.1.1347.42.3.1.2.1.1.{place}": count for place, count in answers.items()}

    told = meters(report_of(maker("1.3.6.1.4.1.1347.41"), counts))

    assert (told.get("print.impressions.color"), told.get("copy.impressions.color")) == (printed, copied)
    assert told.get("total.impressions.color", 0) == (printed or 0) + (copied or 0)


def test_a_kyocera_that_splits_by_colour_only_is_read_there() -> None:
    modes = "1.3.6.1.4.1.1347.42.2.2.1.1.3.1"
    kyocera = maker("1.3.6.1.4.1.1347.41")

    colour = meters(report_of(kyocera, {f"{modes}.1": 50, f"{modes}.2": 40}))
    mono = meters(report_of(kyocera, {f"{modes}.1": 50}))

    assert (colour["total.impressions.monochrome"], colour["total.impressions.color"]) == (50, 40)
    assert (mono["total.impressions.monochrome"], mono.get("total.impressions.color")) == (50, None)


def test_an_old_ricoh_without_a_counter_table_has_four_counts() -> None:
    counts: dict[str, SnmpValue] = {
        f"1.3.6.1.4.1.367.3.2.1.2.19.{place}.0": count for place, count in ((1, 100), (2, 60), (3, 10), (4, 30))
    }

    told = meters(report_of(maker("1.3.6.1.4.1.367.1.1"), {COUNT: 100}, counts))

    assert told == {
        "total.impressions": 100,
        "print.impressions": 60,
        "fax.impressions": 10,
        "copy.impressions": 30,
    }


def test_the_odometer_of_a_label_printer_is_a_length() -> None:
    zebra = maker("1.3.6.1.4.1.10642.1.1")

    assert meters(report_of(zebra, {"1.3.6.1.4.1.10642.3.1.8.0": 1234}))["media.length"] == 12_340


def test_a_part_that_the_agent_left_unanswered_is_not_nought() -> None:
    single, full = "1.3.6.1.4.1.1347.42.3.1.2.1.1.1.2", "1.3.6.1.4.1.1347.42.3.1.2.1.1.1.3"
    heard = evidence(PRINTER, maker("1.3.6.1.4.1.1347.41"), {full: 100})

    lost = report(replace(heard, unanswered=frozenset([oid(single)])), DEFINITIONS)
    elsewhere = report(replace(heard, unanswered=frozenset([oid("1.3.6.1.4.1.1347.46.10.1.1.5.3")])), DEFINITIONS)

    assert "print.impressions.color" not in meters(lost)
    assert meters(elsewhere)["print.impressions.color"] == 100


def test_a_counter_table_that_broke_off_adds_nothing_up() -> None:
    types, values = "1.3.6.1.4.1.367.3.2.1.2.19.5.1.2", "1.3.6.1.4.1.367.3.2.1.2.19.5.1.9"
    rows = {f"{types}.1": 402, f"{values}.1": 20, f"{types}.2": 403}
    torn = Finding(field="walk", source=values, reason="the device stopped answering in the middle")

    whole = evidence(PRINTER, maker("1.3.6.1.4.1.367.1.1"), rows, {f"{values}.2": 3})
    broken = replace(evidence(PRINTER, maker("1.3.6.1.4.1.367.1.1"), rows), findings=(torn,))

    assert meters(report(whole, DEFINITIONS))["print.impressions.color"] == 23
    assert "print.impressions.color" not in meters(report(broken, DEFINITIONS))


@pytest.mark.parametrize(
    ("rows", "scanned"), [({8: (3, 4)}, 7), ({7: (30, 40), 8: (3, 4)}, 70), ({7: (30, 0), 8: (3, 0)}, 30)]
)
def test_sharps_scans_are_those_that_were_sent(rows: dict[int, tuple[int, int]], scanned: int) -> None:
    counts: dict[str, SnmpValue] = {}
    for function, (black, colour) in rows.items():
        table = f"1.3.6.1.4.1.2385.1.1.19.2.1.3.{function}.4"
        counts |= {f"{table}.51": black, f"{table}.53": colour}

    assert meters(report_of(maker("1.3.6.1.4.1.2385.3.1"), counts))["scan.images"] == scanned


def test_a_table_that_names_its_counters_is_read_by_their_names() -> None:
    names, values = "1.3.6.1.4.1.1602.1.11.2.1.1.2", "1.3.6.1.4.1.1602.1.11.2.1.1.3"
    table = {1: (b"Total 1", 90), 9: (b"Copy (Total 1)\x00", 20), 12: (b"PRINT (Total 1)", 70), 13: (b"Total 2", 5)}
    rows: dict[str, SnmpValue] = {}
    for row, (name, count) in table.items():
        rows |= {f"{names}.{row}": name, f"{values}.{row}": count}

    told = report_of(maker("1.3.6.1.4.1.1602.4.7"), {COUNT: 90}, rows)

    assert meters(told) == {"total.impressions": 90, "copy.impressions": 20, "print.impressions": 70}
    assert [meter.source for meter in told.meters if meter.name == "copy.impressions"] == [
        f"{values}[type copy (total 1)]"
    ]


def test_xeroxs_scans_are_added_up_and_its_copies_found_under_either_service() -> None:
    counters = "1.3.6.1.4.1.253.8.53.13.2.1.6"
    xerox = maker("1.3.6.1.4.1.253.8.62.1")

    newer = meters(report_of(xerox, {f"{counters}.10.20.11": 8, f"{counters}.11.20.3": 5}))
    older = meters(report_of(xerox, {f"{counters}.10.20.12": 3, f"{counters}.103.20.3": 6}))

    assert (newer["scan.images"], newer["copy.impressions.monochrome"]) == (8, 5)
    assert (older["scan.images"], older["copy.impressions.monochrome"]) == (3, 6)


def test_a_table_with_a_type_column_is_added_up_by_type() -> None:
    ricoh = maker("1.3.6.1.4.1.367.1.1")
    types, values = "1.3.6.1.4.1.367.3.2.1.2.19.5.1.2", "1.3.6.1.4.1.367.3.2.1.2.19.5.1.9"
    rows = {f"{types}.1": 402, f"{values}.1": 20, f"{types}.2": 403, f"{values}.2": 3, f"{types}.9": 999}

    report = report_of(ricoh, rows)

    assert meters(report)["print.impressions.color"] == 23
    assert "print.impressions.monochrome" not in meters(report)


def test_private_records_of_seven_octets_hold_counters() -> None:
    brother = maker("1.3.6.1.4.1.2435.2.3.9.1")
    records = bytes.fromhex("000104000001000101040000008002010400000080ff")

    report = report_of(brother, {COUNT: 256, "1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.10.0": records})

    assert meters(report) == {
        "total.impressions": 256,
        "total.impressions.monochrome": 128,
        "total.impressions.color": 128,
    }
    assert report.findings == ()


def test_a_negative_count_is_told_and_left_out() -> None:
    report = report_of({COUNT: -5})

    assert report.meters == ()
    assert report.findings[0].raw == "-5"


def test_every_meter_says_where_it_was_read() -> None:
    assert report_of().meters[0].source == COUNT
