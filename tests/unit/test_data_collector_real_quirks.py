"""What real printers taught: rules about coded colours, private records and levels. Words and values are our own."""

import pytest

from data_collector.core.evidence import Evidence, SnmpValue, oid
from data_collector.core.normalise import report
from data_collector.core.normalise.colorants import colour_in
from data_collector.core.normalise.supplies import read_amount
from data_collector.core.reading import questions
from data_collector.core.vendors import DefinitionError, parse_definitions
from tests.support.data_collector_core import (
    ADDRESS,
    DEFINITIONS,
    NOON,
    PRINTER,
    picture,
    read_in_two_stages,
    report_of,
    supply_row,
)
from wire_format.printer_mib import SupplyState

SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"
BROTHER: dict[str, SnmpValue] = {SYS_OBJECT_ID: oid("1.3.6.1.4.1.2435.2.3.9.1")}
KYOCERA: dict[str, SnmpValue] = {SYS_OBJECT_ID: oid("1.3.6.1.4.1.1347.41")}
RICOH: dict[str, SnmpValue] = {SYS_OBJECT_ID: oid("1.3.6.1.4.1.367.1.1")}
XEROX: dict[str, SnmpValue] = {SYS_OBJECT_ID: oid("1.3.6.1.4.1.253.8.62.1")}
DEVICE_DESCR = "1.3.6.1.2.1.25.3.2.1.3.1"
MAINTENANCE = "1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.8.0"
COUNTERS = "1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.10.0"
TONER_NAMES = "1.3.6.1.4.1.367.3.2.1.2.24.1.1.2"
TONER_LEVELS = "1.3.6.1.4.1.367.3.2.1.2.24.1.1.5"
TONER = 3
PERCENT = 19


def ricoh_toners(*toners: tuple[bytes, int]) -> dict[str, SnmpValue]:
    """The private toner table: name and level."""
    table: dict[str, SnmpValue] = {}
    for row, (name, level) in enumerate(toners, start=1):
        table |= {f"{TONER_NAMES}.{row}": name, f"{TONER_LEVELS}.{row}": level}
    return table


@pytest.mark.parametrize(
    ("part", "colour"),
    [
        (b"TK-4711C", "cyan"),
        (b"TK-471M", "magenta"),
        (b"CK-4711Y", "yellow"),
        (b"PK-4711K", "black"),
        (b"CK4711M", "magenta"),
        (b"TK-4711", None),
        (b"MK-4711C", None),
    ],
)
def test_the_letter_of_a_part_number_is_the_colour_where_the_maker_writes_nothing_else(
    part: bytes, colour: str | None
) -> None:
    row = supply_row(1, kind=TONER, description=part, capacity=100, level=7)

    assert report_of(KYOCERA, row).supplies[0].colorant == colour
    assert report_of(KYOCERA, row).supplies[0].part_number == part.decode()
    assert report_of(row).supplies[0].colorant is None


def test_a_printer_mib_numbered_from_0_is_read_beside_a_device_numbered_1() -> None:
    standard = {name: value for name, value in PRINTER.items() if ".2.1.43." not in name}
    from_0: dict[str, SnmpValue] = {
        "1.3.6.1.2.1.43.5.1.1.17.0": b"EX-0815-B",
        "1.3.6.1.2.1.43.10.2.1.3.0.1": 7,
        "1.3.6.1.2.1.43.10.2.1.4.0.1": 321,
        "1.3.6.1.2.1.43.11.1.1.5.0.1": 5,
        "1.3.6.1.2.1.43.11.1.1.6.0.1": b"cyan ink",
        "1.3.6.1.2.1.43.11.1.1.8.0.1": 230,
        "1.3.6.1.2.1.43.11.1.1.9.0.1": 46,
    }

    seen = read_in_two_stages(picture(standard, from_0))

    assert seen is not None
    reported = report(Evidence(address=ADDRESS, observed_at=NOON, picture=seen), DEFINITIONS)
    assert reported.device.serial == "EX-0815-B"
    assert [(meter.name, meter.value) for meter in reported.meters] == [("total.impressions", 321)]
    assert [(s.index, s.colorant, s.percent) for s in reported.supplies] == [(1, "cyan", 20)]


def test_the_length_in_a_private_record_is_believed() -> None:
    short = bytes.fromhex("31010102630101016f010400001068ff")

    supplies = report_of(BROTHER, {MAINTENANCE: short}).supplies

    assert [(s.description, s.percent, s.state) for s in supplies] == [
        ("Black Toner", 42, SupplyState.LOW),
        ("Drum Unit", None, SupplyState.SOME_LEFT),
    ]


@pytest.mark.parametrize("torn", ["6f01040000", "6f01", "6f", "6f01ff", ""])
def test_a_torn_record_says_nothing(torn: str) -> None:
    assert report_of(BROTHER, {MAINTENANCE: bytes.fromhex(torn)}).supplies == ()


def test_a_state_in_one_octet_is_no_remaining_life() -> None:
    assert report_of(BROTHER, {MAINTENANCE: bytes.fromhex("41010103ff")}).supplies == ()


def test_a_state_alone_tells_of_a_supply_that_nothing_measures() -> None:
    states = bytes.fromhex("31010101320101023301010334010109630101034101010300ff")

    supplies = report_of(BROTHER, {DEVICE_DESCR: b"Brother HL-1 series", MAINTENANCE: states}).supplies

    assert [(s.description, s.percent, s.level, s.state) for s in supplies] == [
        ("Black Toner", None, None, SupplyState.SOME_LEFT),
        ("Cyan Toner", None, None, SupplyState.LOW),
        ("Magenta Toner", None, None, SupplyState.EMPTY),
        ("Drum Unit", None, None, SupplyState.EMPTY),
    ]


def test_a_state_alone_adds_no_row_to_a_standard_table_but_the_worse_word_counts() -> None:
    states = bytes.fromhex("3101010232010101630101ffff")
    row = supply_row(1, kind=TONER, description=b"Black Toner", capacity=-2, level=-3)

    supplies = report_of(BROTHER, row, {DEVICE_DESCR: b"Brother HL-1", MAINTENANCE: states}).supplies

    assert [(s.index, s.description, s.state) for s in supplies] == [(1, "Black Toner", SupplyState.LOW)]


def test_a_state_alone_is_no_second_row_beside_the_ink_that_was_measured() -> None:
    both = bytes.fromhex("31010101a101020510ff")

    supplies = report_of(BROTHER, {DEVICE_DESCR: b"Brother MFC-1CN", MAINTENANCE: both}).supplies

    assert [(s.kind, s.colorant, s.percent) for s in supplies] == [("ink", "black", 31)]


def test_two_octets_are_what_is_left_and_what_a_full_cartridge_holds() -> None:
    halves = bytes.fromhex("a101020510a201020010a301020900a401020901ff")

    reported = report_of(BROTHER, {MAINTENANCE: halves})

    assert [(s.kind, s.colorant, s.percent, s.state) for s in reported.supplies] == [
        ("ink", "black", 31, SupplyState.MEASURED),
        ("ink", "cyan", 0, SupplyState.EMPTY),
    ]
    assert [finding.reason for finding in reported.findings] == ["more than 100 percent"]


@pytest.mark.parametrize("model", [b"Brother MFC-J1DW", b"Brother DCP-T1W"])
def test_inkjets_have_ink_and_no_drum(model: bytes) -> None:
    records = bytes.fromhex("6f010400000fa041010400000fa0ff")

    supplies = report_of(BROTHER, {DEVICE_DESCR: model, MAINTENANCE: records}).supplies

    assert [(s.kind, s.description) for s in supplies] == [("ink", "Black Ink")]


def test_the_total_comes_from_where_its_monochrome_and_colour_parts_come_from() -> None:
    counters = bytes.fromhex("000104000000640101040000003c02010400000028ff")

    reported = report_of(BROTHER, {COUNTERS: counters})

    assert {meter.name: meter.value for meter in reported.meters} == {
        "total.impressions": 100,
        "total.impressions.monochrome": 60,
        "total.impressions.color": 40,
    }
    assert [finding.raw for finding in reported.findings] == ["12345"]


@pytest.mark.parametrize(
    ("level", "capacity", "in_percent", "percent", "state"),
    [
        (7, 0, True, 7, SupplyState.MEASURED),
        (100, 0, True, 100, SupplyState.MEASURED),
        (7, 0, False, None, SupplyState.UNKNOWN),
        (0, 0, True, None, SupplyState.UNKNOWN),
        (101, 0, True, None, SupplyState.UNKNOWN),
    ],
)
def test_a_capacity_of_0_is_an_unknown_one_where_the_level_is_a_percentage(
    level: int, capacity: int, in_percent: bool, percent: int | None, state: SupplyState
) -> None:
    amount = read_amount(level, capacity, in_percent=in_percent)

    assert (amount.percent, amount.state) == (percent, state)


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("Photo Black", "photo black"),
        ("Photo Drum: Black", "black"),
        ("Black Photoconductor", "black"),
        ("Fotoleiter schwarz", "black"),
    ],
)
def test_photo_is_a_black_ink_and_no_black_drum(text: str, colour: str) -> None:
    assert colour_in(text) == colour


def test_an_unknown_part_number_or_serial_of_a_supply_is_none() -> None:
    row = supply_row(1, kind=15, description=b"Fuser, PN unknown;SNunknown", capacity=100, level=90)

    (supply,) = report_of(XEROX, row).supplies

    assert (supply.part_number, supply.serial) == (None, None)


def test_a_private_table_measures_what_the_standard_only_calls_some_left() -> None:
    rows = [
        supply_row(1, kind=TONER, description=b"Toner Schwarz", unit=PERCENT, capacity=-2, level=-3),
        supply_row(2, kind=4, description=b"Resttoner", unit=PERCENT, capacity=-2, level=-3),
        supply_row(3, kind=TONER, description=b"Toner Cyan", unit=PERCENT, capacity=-2, level=-3),
        supply_row(4, kind=TONER, description=b"Toner Gelb", unit=PERCENT, capacity=100, level=80),
        supply_row(5, kind=TONER, description=b"Toner Magenta", unit=PERCENT, capacity=-2, level=-3),
    ]
    private = ricoh_toners((b"Black Toner", 70), (b"Cyan Toner", -100), (b"Yellow Toner", 20), (b"Magenta Toner", -3))

    supplies = report_of(RICOH, *rows, private).supplies

    assert [(s.index, s.percent, s.state) for s in supplies] == [
        (1, 70, SupplyState.MEASURED),
        (2, None, SupplyState.SOME_LEFT),
        (3, None, SupplyState.LOW),
        (4, 80, SupplyState.MEASURED),
        (5, None, SupplyState.SOME_LEFT),
    ]


def test_a_makers_word_for_almost_empty_is_known_in_the_standard_table_too() -> None:
    row = supply_row(1, kind=TONER, description=b"Black Toner", unit=PERCENT, capacity=100, level=-100)

    ricoh, other = report_of(RICOH, row), report_of(XEROX, row)

    assert [(s.percent, s.state) for s in ricoh.supplies] == [(None, SupplyState.LOW)]
    assert not [finding for finding in ricoh.findings if finding.field == "supplies/1/level"]
    assert [s.state for s in other.supplies] == [SupplyState.UNKNOWN]


def test_the_only_toner_needs_no_colour_to_be_found_in_the_private_table() -> None:
    row = supply_row(1, kind=TONER, description=b"Black Toner", unit=PERCENT, capacity=-2, level=-3)

    assert report_of(RICOH, row, ricoh_toners((b"Toner", 30))).supplies[0].percent == 30


def test_the_private_toner_table_is_asked_of_its_maker_only() -> None:
    def asked(maker: dict[str, SnmpValue]) -> set[tuple[int, ...]]:
        return {walk.root for walk in questions(picture(PRINTER, maker), DEFINITIONS).walks}

    assert {oid(TONER_NAMES), oid(TONER_LEVELS)} <= asked(RICOH)
    assert oid(TONER_LEVELS) not in asked(XEROX)


def test_a_private_table_needs_both_its_columns() -> None:
    with pytest.raises(DefinitionError, match="levels"):
        parse_definitions({"acme.toml": '[supply_levels]\nnames = "1.3.6.1.4.1.99999.1"'})
