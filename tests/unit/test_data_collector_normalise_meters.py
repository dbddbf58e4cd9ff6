"""Lifetime meters: which unit, which source, one value a name. Synthetic, from RFC 3805 and makers' manuals."""

import pytest

from data_collector.core.evidence import SnmpValue, oid
from tests.support.data_collector_core import report_of
from wire_format.records import Report

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
    kyocera = maker("1.3.6.1.4.1.1347.41")
    printed, copied = "1.3.6.1.4.1.1347.42.3.1.2.1.1.1.3", "1.3.6.1.4.1.1347.42.3.1.2.1.1.2.3"

    assert "total.impressions.color" not in meters(report_of(kyocera, {printed: 100}))
    assert meters(report_of(kyocera, {printed: 100, copied: 11}))["total.impressions.color"] == 111


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
