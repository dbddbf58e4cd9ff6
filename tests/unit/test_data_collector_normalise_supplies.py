"""Supplies after RFC 3805. All rows are synthetic, from the RFC's words."""

import pytest

from data_collector.core.evidence import SnmpValue, oid
from data_collector.core.normalise.supplies import read_amount
from tests.support.data_collector_core import alert_row, report_of, supply_row
from wire_format.printer_mib import SupplyState
from wire_format.records import Supply

OTHER = 1
TONER = 3
WASTE_TONER = 4
PERCENT = 19
TENTHS_OF_GRAMS = 13


def only_supply(**columns: int | bytes) -> Supply:
    """The supply of a printer that has one."""
    return report_of(supply_row(1, kind=TONER, **columns)).supplies[0]


@pytest.mark.parametrize(
    ("level", "capacity", "percent", "state"),
    [
        (50, 200, 25, SupplyState.MEASURED),
        (1, 1000, 1, SupplyState.MEASURED),
        (0, 100, 0, SupplyState.EMPTY),
        (-1, 100, None, SupplyState.UNLIMITED),
        (-2, 100, None, SupplyState.UNKNOWN),
        (-3, -2, None, SupplyState.SOME_LEFT),
        (-3, 100, None, SupplyState.SOME_LEFT),
        (-4, 100, None, SupplyState.UNKNOWN),
        (150, 100, None, SupplyState.SOME_LEFT),
        (0, 0, None, SupplyState.UNKNOWN),
        (7, 0, None, SupplyState.UNKNOWN),
        (40, -1, None, SupplyState.SOME_LEFT),
        (None, 100, None, SupplyState.UNKNOWN),
        (40, None, None, SupplyState.SOME_LEFT),
    ],
)
def test_a_level_is_a_percentage_only_when_both_numbers_are_real(
    level: int | None, capacity: int | None, percent: int | None, state: SupplyState
) -> None:
    amount = read_amount(level, capacity, in_percent=False)

    assert (amount.percent, amount.state) == (percent, state)


def test_a_level_without_capacity_is_the_percentage_when_the_unit_is_percent() -> None:
    assert only_supply(description=b"Toner", unit=PERCENT, capacity=-2, level=9).percent == 9
    assert only_supply(description=b"Toner", capacity=-2, level=9).percent == 9


def test_a_level_in_grams_without_capacity_is_no_percentage() -> None:
    supply = only_supply(description=b"Toner", unit=TENTHS_OF_GRAMS, capacity=-2, level=9)

    assert (supply.percent, supply.state, supply.unit) == (None, SupplyState.SOME_LEFT, "tenthsOfGrams")


def test_a_level_above_the_capacity_is_told_but_not_believed() -> None:
    report = report_of(supply_row(1, kind=TONER, description=b"Toner", capacity=100, level=150))

    assert report.supplies[0].percent is None
    assert [(f.field, f.raw) for f in report.findings] == [("supplies/1/level", "150")]


def test_a_full_waste_box_is_as_bad_as_an_empty_cartridge() -> None:
    report = report_of(supply_row(4, kind=WASTE_TONER, description=b"Waste Toner", capacity=100, level=0))

    assert report.supplies[0].state is SupplyState.EMPTY
    assert report.supplies[0].percent == 0


def test_rows_keep_their_numbers_across_gaps() -> None:
    report = report_of(
        supply_row(2, kind=TONER, description=b"Yellow Toner", capacity=100, level=1),
        supply_row(31, kind=TONER, description=b"Black Toner 2", capacity=100, level=1),
    )

    assert [supply.index for supply in report.supplies] == [2, 31]


def test_a_row_that_says_nothing_is_left_out() -> None:
    assert report_of(supply_row(1, kind=OTHER, description=b"", capacity=-2, level=-2)).supplies == ()
    assert len(report_of(supply_row(1, kind=TONER, description=b"", capacity=-2, level=-2)).supplies) == 1


def test_the_description_is_believed_over_the_colorant_table() -> None:
    table = {"1.3.6.1.2.1.43.12.1.1.4.1.3": b"yellow"}
    report = report_of(table, supply_row(3, kind=TONER, colorant=3, description=b"Magenta Toner", level=-3))

    assert report.supplies[0].colorant == "magenta"
    assert report.findings[0].field == "supplies/3/colorant"


def test_the_colorant_table_decides_where_the_description_names_no_colour() -> None:
    table = {"1.3.6.1.2.1.43.12.1.1.4.1.1": b"Black\x00"}

    report = report_of(table, supply_row(1, kind=TONER, colorant=1, description=b"Toner S/N:1", level=-3))

    assert report.supplies[0].colorant == "black"


def test_a_waste_box_has_no_colour_even_if_the_table_gives_it_one() -> None:
    table = {"1.3.6.1.2.1.43.12.1.1.4.1.1": b"black"}

    report = report_of(table, supply_row(5, kind=WASTE_TONER, colorant=1, description=b"Waste", level=-3))

    assert report.supplies[0].colorant is None


@pytest.mark.parametrize(
    ("description", "colorant"),
    [
        ("Schwarzer Toner (Schwarz)", "black"),
        ("Cartouche de toner jaune", "yellow"),
        ("青色墨粉", "cyan"),
        ("マゼンタトナー", "magenta"),
        ("黑色碳粉", "black"),
        ("Light Cyan Ink", "light cyan"),
        ("PhotoBlack ink", "photo black"),
        ("Matte Black Ink Tank", "black"),
        ("Cyan, Magenta, Yellow", "tri-color"),
        ("Tri-color Cartridge", "tri-color"),
        ("BK", "black"),
        ("Toner (K)", "black"),
        ("Black(PGBK)", "black"),
        ("PBK", "photo black"),
        ("Toner C", "cyan"),
        ("Drum-M", "magenta"),
        ("C/M/Y", "tri-color"),
        ("Bk-C-M-Y", None),
        ("Toner A", None),
        ("Toner C7", None),
        ("Black/Red drum", None),
        ("Maintenance Kit", None),
    ],
)
def test_colours_are_read_in_many_languages(description: str, colorant: str | None) -> None:
    assert only_supply(description=description.encode(), capacity=-2, level=-3).colorant == colorant


def test_an_alert_that_calls_a_supply_low_is_believed_over_some_left() -> None:
    low = alert_row(7, severity=4, group=11, part=1, code=1104, description=b"Toner low", ticks=100)
    report = report_of(
        low,
        supply_row(1, kind=TONER, description=b"Black Toner", capacity=-2, level=-3),
        supply_row(2, kind=TONER, description=b"Cyan Toner", capacity=-2, level=-3),
    )

    assert [supply.state for supply in report.supplies] == [SupplyState.LOW, SupplyState.SOME_LEFT]


def test_the_error_bits_speak_of_the_only_toner_there_is() -> None:
    no_toner = {"1.3.6.1.2.1.25.3.5.1.2.1": b"\x10"}
    one = supply_row(1, kind=TONER, description=b"Toner", capacity=-2, level=-3)
    other = supply_row(2, kind=TONER, description=b"Other", capacity=-2, level=-3)

    assert report_of(no_toner, one).supplies[0].state is SupplyState.EMPTY
    assert {s.state for s in report_of(no_toner, one, other).supplies} == {SupplyState.SOME_LEFT}


def test_a_type_that_does_not_exist_is_told_and_guessed_from_the_description() -> None:
    report = report_of(supply_row(1, kind=77, description=b"Drum Unit", capacity=100, level=50))

    assert report.supplies[0].kind == "opc"
    assert report.findings[0].raw == "77"


def test_particulars_written_into_the_description_are_read_from_it() -> None:
    maker: dict[str, SnmpValue] = {"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.11.2.3.9.1")}
    row = supply_row(1, kind=TONER, description=b"Black Cartridge HP CF410A", capacity=100, level=1)

    assert report_of(maker, row).supplies[0].part_number == "CF410A"


@pytest.mark.parametrize(
    ("description", "serial"),
    [
        (b"Black Toner S/N:CRUM-00000000001", "CRUM-00000000001"),
        (b"Black Toner_S/N_:CRUM-00000000001", "CRUM-00000000001"),
        (b"Black Toner S/N:", None),
        (b"Black Toner CRUM-00000000001", None),
    ],
)
def test_a_serial_behind_the_name_of_a_supply_is_the_supplys_whoever_sold_it(
    description: bytes, serial: str | None
) -> None:
    row = supply_row(1, kind=TONER, description=description, capacity=100, level=1)

    assert report_of(row).supplies[0].serial == serial


@pytest.mark.parametrize(
    ("description", "kind"), [(b"Toner Collection Unit X1", "wasteToner"), (b"Cleaning Blade", "cleanerUnit")]
)
def test_a_cleaner_that_collects_toner_is_a_waste_box(description: bytes, kind: str) -> None:
    row = supply_row(1, kind=18, description=description, capacity=-2, level=-3)

    assert report_of(row).supplies[0].kind == kind


def test_private_columns_are_joined_by_the_number_of_the_row() -> None:
    maker: dict[str, SnmpValue] = {"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.11.2.3.9.1")}
    serials: dict[str, SnmpValue] = {
        f"1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.10.1.1.3.{row}.0": f"S{row}".encode() for row in (1, 2)
    }
    rows = [supply_row(n, kind=TONER, description=b"Toner", capacity=100, level=1) for n in (1, 2)]

    assert [supply.serial for supply in report_of(maker, serials, *rows).supplies] == ["S1", "S2"]
