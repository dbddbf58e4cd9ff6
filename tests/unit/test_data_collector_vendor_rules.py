"""What the rarer keys of a vendor definition do. Synthetic."""

from data_collector.core.evidence import SnmpValue, oid
from data_collector.core.normalise import report
from data_collector.core.reading import questions
from data_collector.core.vendors import parse_definitions
from tests.support.data_collector_core import PRINTER, evidence, picture, report_of, supply_row
from wire_format.printer_mib import SupplyState
from wire_format.records import Report

BROTHER: dict[str, SnmpValue] = {"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.2435.2.3.9.1")}
MAINTENANCE = "1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.8.0"
DEVICE_DESCR = "1.3.6.1.2.1.25.3.2.1.3.1"


def told(definition: str, **answers: SnmpValue) -> Report:
    """The report of the content printer under one definition; answers by private number."""
    claimed = f'object_ids = ["1.3.6.1.4.1.99999"]\n{definition}'
    private = {f"1.3.6.1.4.1.99999.{name.removeprefix('o')}.0": value for name, value in answers.items()}
    return report(evidence(PRINTER, private), parse_definitions({"acme.toml": claimed}))


def records(*entries: tuple[int, int]) -> bytes:
    """Private records of seven octets, with their end mark."""
    return b"".join(bytes([key, 1, 4]) + value.to_bytes(4) for key, value in entries) + b"\xff"


def test_two_definitions_of_one_name_ask_what_each_of_them_says() -> None:
    claim = 'object_ids = ["1.3.6.1.4.1.99999"]'
    asked = [
        questions(
            picture(PRINTER),
            parse_definitions({"acme.toml": f'{claim}\n[[firmware]]\nread = "1.3.6.1.4.1.99999.{number}.0"'}),
        ).gets
        for number in (7, 8)
    ]

    assert [[one[-2] for one in gets if one[:7] == oid("1.3.6.1.4.1.99999")] for gets in asked] == [[7], [8]]


def test_a_definition_may_put_its_own_count_over_the_standards() -> None:
    definition = '[[meter]]\nname = "total.impressions"\nsum = ["1.3.6.1.4.1.99999.7.0"]\nover_standard = true'

    reported = told(definition, o7=500)

    assert [(meter.value, meter.source) for meter in reported.meters] == [(500, "1.3.6.1.4.1.99999.7.0")]
    assert reported.findings[0].raw == "12345"


def test_a_length_in_inches_becomes_millimetres() -> None:
    definition = '[[meter]]\nname = "media.length"\nunit = "mm"\nsum = ["1.3.6.1.4.1.99999.7.0"]\num_per_unit = 25400'

    assert told(definition, o7=10).meters[-1].value == 254


def test_the_first_rule_of_a_name_that_is_answered_counts() -> None:
    definition = "\n".join(
        f'[[meter]]\nname = "copy.impressions"\nsum = ["1.3.6.1.4.1.99999.{number}.0"]' for number in (7, 8)
    )

    assert told(definition, o7=1, o8=2).meters[-1].value == 1
    assert told(definition, o8=2).meters[-1].value == 2


def test_a_definition_may_put_its_own_serial_first() -> None:
    serial = '[[serial]]\nread = "1.3.6.1.4.1.99999.7.0"'

    assert told(serial, o7=b"PRIVATE1").device.serial == "EX-4711-A"
    assert told(f"serial_first = true\n{serial}", o7=b"PRIVATE1").device.serial == "PRIVATE1"


def test_private_records_measure_supplies_and_call_them_low() -> None:
    reported = report_of(BROTHER, {MAINTENANCE: records((0x6F, 2600), (0x70, 1000), (0x32, 2), (0x41, 9200))})

    assert [(s.kind, s.colorant, s.percent, s.state) for s in reported.supplies] == [
        ("toner", "black", 26, SupplyState.MEASURED),
        ("toner", "cyan", 10, SupplyState.LOW),
        ("opc", None, 92, SupplyState.MEASURED),
    ]


def test_one_key_means_ink_in_one_family_and_toner_in_another() -> None:
    inkjet = {DEVICE_DESCR: b"Brother MFC-J1DW"}

    supplies = report_of(BROTHER, inkjet, {MAINTENANCE: records((0x6F, 4700))}).supplies

    assert [(s.kind, s.percent) for s in supplies] == [("ink", 47)]


def test_private_records_complete_the_standard_table_and_keep_its_rows() -> None:
    standard = supply_row(5, kind=3, description=b"Black Toner Cartridge", capacity=-2, level=-3)

    supplies = report_of(BROTHER, standard, {MAINTENANCE: records((0x6F, 2600), (0x41, 9200))}).supplies

    assert [(s.index, s.description, s.percent) for s in supplies] == [
        (5, "Black Toner Cartridge", 26),
        (6, "Drum Unit", 92),
    ]


def test_records_that_make_no_sense_are_told_and_torn_ones_left_out() -> None:
    reported = report_of(BROTHER, {MAINTENANCE: records((0x6F, 2_000_000))[:-1] + b"\x70\x01"})

    assert reported.supplies == ()
    assert reported.findings[0].reason == "more than 100 percent"
