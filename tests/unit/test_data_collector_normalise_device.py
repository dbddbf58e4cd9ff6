"""Who a printer is: model, serial, addresses. Synthetic; the traps are those of complaint lists."""

import pytest

from data_collector.core.evidence import SnmpValue, oid
from data_collector.core.normalise import report
from data_collector.core.serials import canonical_serial
from tests.support.data_collector_core import DEFINITIONS, PRINTER, evidence, report_of

SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"
DEVICE_DESCR = "1.3.6.1.2.1.25.3.2.1.3.1"
SERIAL = "1.3.6.1.2.1.43.5.1.1.17.1"
HP: dict[str, SnmpValue] = {SYS_OBJECT_ID: oid("1.3.6.1.4.1.11.2.3.9.1")}
HP_SERIAL = "1.3.6.1.4.1.11.2.3.9.4.2.1.1.3.3.0"


def test_the_model_is_the_printers_not_its_network_cards() -> None:
    card: dict[str, SnmpValue] = {
        SYS_OBJECT_ID: oid("1.3.6.1.4.1.2435.2.3.9.1"),
        SYS_DESCR: b"Brother NC-1x, Firmware Ver.9",
    }

    device = report_of(card, {DEVICE_DESCR: b"Brother MFC-X1 series"}).device

    assert (device.manufacturer, device.model) == ("Brother", "MFC-X1 series")


@pytest.mark.parametrize("empty", [b"", b"Printer", b"Network Printer", b"unknown", b"HP JETDIRECT J1"])
def test_an_empty_phrase_is_no_model(empty: bytes) -> None:
    assert report_of(HP, {SYS_DESCR: empty, DEVICE_DESCR: empty}).device.model is None


def test_the_makers_name_stands_in_manufacturer_alone() -> None:
    device = report_of(HP, {DEVICE_DESCR: b"Hewlett-Packard HP Color LaserJet X9"}).device

    assert (device.manufacturer, device.model) == ("HP", "Color LaserJet X9")


def test_versions_after_a_semicolon_do_not_belong_to_the_model() -> None:
    xerox: dict[str, SnmpValue] = {
        SYS_OBJECT_ID: oid("1.3.6.1.4.1.253.8.62.1"),
        SYS_DESCR: b"Xerox Phaser 1; System 3.1, Net 9",
    }

    told = report_of(xerox, {DEVICE_DESCR: b""})

    assert told.device.model == "Phaser 1"
    assert told.config is not None
    assert told.config.firmware == "3.1"


@pytest.mark.parametrize(
    ("object_id", "written", "told"),
    [
        (
            "1.3.6.1.4.1.253.8.62.1",
            b"Xerox WorkCentre 1 v1 Multifunction System; System Software 1.2",
            ("Xerox", "WorkCentre 1"),
        ),
        (
            "1.3.6.1.4.1.367.1.1",
            b"RICOH IM C1 1.05.1 / RICOH Network Printer C model",
            ("Ricoh", "IM C1"),
        ),
        ("1.3.6.1.4.1.1347.41", b"TA Triumph-Adler 1i", ("Triumph-Adler", "1i")),
    ],
)
def test_no_part_of_a_version_stays_behind_in_the_model(object_id: str, written: bytes, told: tuple[str, str]) -> None:
    system: dict[str, SnmpValue] = {SYS_OBJECT_ID: oid(object_id), SYS_DESCR: written}

    device = report_of(system, {DEVICE_DESCR: b""}).device

    assert (device.manufacturer, device.model) == told


def test_the_controllers_version_is_the_firmware_whatever_it_is_called() -> None:
    fuji: dict[str, SnmpValue] = {
        SYS_OBJECT_ID: oid("1.3.6.1.4.1.297.1.11.93.1"),
        SYS_DESCR: b"FUJIFILM Apeos 1 SZ ; ESSmain 1.13",
    }

    config = report_of(fuji, {}).config

    assert config is not None
    assert config.firmware == "1.13"


def test_a_device_id_names_the_model_when_nothing_else_does() -> None:
    device_id = {"1.3.6.1.4.1.2699.1.2.1.2.1.1.3.1": b"MFG:Canon;CMD:PDF;MDL:LBP9;SN:ABCD1234;"}

    device = report_of(device_id, {SYS_DESCR: b"", DEVICE_DESCR: b"", SERIAL: b""}).device

    assert (device.manufacturer, device.model, device.serial) == ("Canon", "LBP9", "ABCD1234")


@pytest.mark.parametrize(
    "placeholder",
    [
        "XXXXXXXXXX", "0000000000", "N/A", "n.a.", "Not Available", "unknown", "", "-", "none", "serial_number",
        "SN", "<private>", "REDACTED", "123456789", "To be filled by O.E.M.", "ffffffffffff", "???",
    ],
)  # fmt: skip
def test_placeholders_are_never_a_serial(placeholder: str) -> None:
    assert canonical_serial(placeholder) is None


@pytest.mark.parametrize(
    ("written", "serial"),
    [("4F61BK01 ", "4F61BK01"), ("7XQ1R92-132-13", "7XQ1R92-132-13"), ("  AB 12 34", "AB1234"), ("0505571100",) * 2],
)
def test_real_serials_are_trimmed_and_kept(written: str, serial: str) -> None:
    assert canonical_serial(written) == serial


def test_a_placeholder_is_told_and_the_next_place_is_asked() -> None:
    told = report_of(HP, {SERIAL: b"XXXXXXXXXX", HP_SERIAL: b"\x01\x15CNABC12345"})

    assert told.device.serial == "CNABC12345"
    assert [(f.field, f.raw) for f in told.findings] == [("device.serial", "XXXXXXXXXX")]


def test_a_serial_with_zeros_before_it_is_the_same_device() -> None:
    with_zeros = report_of(HP, {SERIAL: b"00CNABC12345"}).device.serial

    assert with_zeros == report_of(HP, {SERIAL: b"CNABC12345\x00\x00"}).device.serial == "CNABC12345"


def test_a_serial_may_stand_in_sys_descr_only() -> None:
    descr = b"HP ETHERNET MULTI-ENVIRONMENT,SN:VNB3X00001,FN:1,PID:HP LaserJet X"

    assert report_of(HP, {SYS_DESCR: descr, SERIAL: b""}).device.serial == "VNB3X00001"


@pytest.mark.parametrize(
    ("octets", "mac"),
    [
        (b"\x00\x11\x22\xaa\xbb\xcc", "00:11:22:aa:bb:cc"),
        (b"0:11:22:AA:BB:CC", "00:11:22:aa:bb:cc"),
        (b"001122aabbcc", "00:11:22:aa:bb:cc"),
        (b"\x00" * 6, None),
        (b"\xff" * 6, None),
        (b"", None),
        (b"\x01\x00\x5e\x00\x00\x01", None),
    ],
)
def test_a_mac_is_read_from_octets_and_from_text(octets: bytes, mac: str | None) -> None:
    assert report_of({"1.3.6.1.2.1.2.2.1.6.1": octets}).device.mac == mac


def test_a_printer_that_is_not_device_one_is_found() -> None:
    elsewhere = {name: value for name, value in PRINTER.items() if ".25.3." not in name and ".43.10." not in name}
    third: dict[str, SnmpValue] = {
        "1.3.6.1.2.1.25.3.2.1.2.1": oid("1.3.6.1.2.1.25.3.1.3"),
        "1.3.6.1.2.1.25.3.2.1.3.1": b"CPU",
        "1.3.6.1.2.1.25.3.2.1.2.3": oid("1.3.6.1.2.1.25.3.1.5"),
        "1.3.6.1.2.1.25.3.2.1.3.3": b"Examplo Press 3",
        "1.3.6.1.2.1.43.10.2.1.4.3.1": 77,
        "1.3.6.1.2.1.43.10.2.1.3.3.1": 7,
    }

    told = report(evidence(elsewhere, third), DEFINITIONS)

    assert told.device.model == "Examplo Press 3"
    assert [meter.value for meter in told.meters] == [77]


def test_wrong_types_are_told_and_do_no_harm() -> None:
    told = report_of({SYS_DESCR: 17, SERIAL: oid("1.3.6.1"), "1.3.6.1.2.1.43.10.2.1.4.1.1": b"many"})

    assert told.device.serial is None
    assert {f.field for f in told.findings} >= {"device.description", "device.serial"}
