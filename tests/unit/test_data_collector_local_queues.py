"""Printers on ports of this machine, read from what a print scheduler says of its queues. All replies are made up."""

import pytest

from data_collector.config import ConfigError, parse_config
from data_collector.core.ipp import decode_reply, queues_request
from data_collector.core.local_queues import Scheduler, local_reports, parse_scheduler
from tests.support.data_collector_core import ENUM, INTEGER, KEYWORD, NAME, NOON, TEXT, ipp_list, ipp_reply, ipp_value
from wire_format.printer_mib import PrinterState, SupplyState
from wire_format.records import Report

URI = 0x45
SMALL = '[portal]\nurl = "https://p.example:8443/"\n[[profile]]\ntargets = ["10.0.0.0/24"]\n'


def queue(uri: str, *more: bytes, model: str = "") -> bytes:
    return b"".join((ipp_value(URI, "device-uri", uri), ipp_value(TEXT, "printer-make-and-model", model), *more))


def read(*queues: bytes) -> tuple[list[Report], list[str]]:
    return local_reports(decode_reply(ipp_reply(b"\x04".join(queues))), NOON)


def test_a_usb_queue_is_a_printer_with_serial_number_model_and_supplies_but_no_count() -> None:
    (report,), notes = read(
        queue(
            "usb://HP/LaserJet%20Pro%20M404dn?serial=PHBX123456",
            ipp_value(ENUM, "printer-state", 3),
            ipp_value(KEYWORD, "printer-state-reasons", "toner-low-warning"),
            ipp_list(NAME, "marker-names", "Black Cartridge HP CF259A"),
            ipp_list(KEYWORD, "marker-types", "toner-cartridge"),
            ipp_list(INTEGER, "marker-levels", 7),
            ipp_list(INTEGER, "marker-low-levels", 10),
            model="HP LaserJet Pro M404dn, hpcups 3.22.10",
        )
    )

    device = report.device
    assert (device.manufacturer, device.model, device.serial) == ("HP", "LaserJet Pro M404dn", "PHBX123456")
    assert (device.ip, device.mac, device.hostname) == (None, None, None)
    assert report.status is not None
    assert report.status.state is PrinterState.IDLE
    assert report.status.detected_errors == ("lowToner",)
    (supply,) = report.supplies
    assert (supply.percent, supply.state) == (7, SupplyState.LOW)
    assert (report.meters, report.uptime_ms, notes) == ((), None, [])
    assert [finding.reason.partition(":")[0] for finding in report.findings] == ["no-count"]


@pytest.mark.parametrize(
    ("uri", "model", "serial"),
    [
        ("hp:/usb/HP_LaserJet_M402n?serial=VNC3A12345", "LaserJet M402n", "VNC3A12345"),
        (
            "USB://Brother/HL-L2350DW%20series?serial=E78123A4N567890&interface=1",
            "HL-L2350DW series",
            "E78123A4N567890",
        ),
        ("ipp+usb://04f9/ipp/print?serial=U63885", "Driver Name 12", "U63885"),
        ("ippusb://X._ipp._tcp.local:60000/ipp/print?serial=U63885", "Driver Name 12", "U63885"),
        ("parallel:/dev/lp0", "Driver Name 12", None),
        ("serial:/dev/ttyS0?serial=9600900", "Driver Name 12", None),
    ],
)
def test_what_a_device_uri_tells(uri: str, model: str, serial: str | None) -> None:
    (report,), _ = read(queue(uri, model="Driver Name 12 Foomatic/pxlmono (recommended)"))

    assert (report.device.model, report.device.serial) == (model, serial)


def test_the_device_id_names_the_printer_before_uri_and_driver() -> None:
    told = ipp_value(TEXT, "printer-device-id", "MFG:Kyocera;MDL:ECOSYS P2040dn;SN:VCA7654321;")

    (report,), _ = read(queue("usb://Unknown/Printer", told, model="Local Raw Printer"))

    device = report.device
    assert (device.manufacturer, device.model, device.serial) == ("Kyocera", "ECOSYS P2040dn", "VCA7654321")


@pytest.mark.parametrize(
    "uri",
    [
        "ipp://10.0.0.9/ipp/print", "socket://10.0.0.9:9100", "hp:/net/HP_X?ip=10.0.0.9", "hpfax:/usb/HP_X?serial=VN12",
        "dnssd://usb:._ipp._tcp.local/?serial=A12345", "lpd://usb/queue", "file:///dev/usb/lp0", "cups-pdf:/", "usb",
    ],
)  # fmt: skip
def test_what_is_on_no_port_of_this_machine_is_not_reported(uri: str) -> None:
    assert read(queue(uri), queue("usb://HP/X1234?serial=GOOD12345"))[0][0].device.serial == "GOOD12345"
    assert read(queue(uri)) == ([], [])


@pytest.mark.parametrize("uri", ["usb://[", "usb://%ff/%00?serial=%1b[2J", "hp:/usb/", "usb:?" + "a=1&" * 500])
def test_a_device_uri_out_of_its_mind_harms_no_other(uri: str) -> None:
    reports, _ = read(queue(uri), queue("usb://HP/X1234?serial=GOOD12345"))

    assert "GOOD12345" in [report.device.serial for report in reports]


def test_two_queues_of_one_printer_are_one_report() -> None:
    one, two = "usb://HP/X1234?serial=GOOD12345", "hp:/usb/HP_X1234?serial=GOOD12345"

    assert len(read(queue(one), queue(two))[0]) == 1


def test_of_several_printers_without_any_identity_only_the_first_is_reported() -> None:
    reports, notes = read(queue("parallel:/dev/lp0"), queue("usb://HP/X1?serial=AB123456"), queue("parallel:/dev/lp1"))

    assert [report.device.serial for report in reports] == [None, "AB123456"]
    assert any(finding.reason.startswith("weak-identity:") for finding in reports[0].findings)
    assert notes == ["2 local printers tell no serial number: only the first is reported"]


def test_a_stopped_queue_does_not_stop_its_printer() -> None:
    stopped = (ipp_value(ENUM, "printer-state", 5), ipp_value(KEYWORD, "printer-state-reasons", "paused"))

    (report,), _ = read(queue("usb://HP/X1234?serial=GOOD12345", *stopped))

    assert report.status is not None
    assert (report.status.state, report.alerts) == (PrinterState.UNKNOWN, ())


def test_nothing_of_jobs_or_users_is_asked() -> None:
    request = queues_request(7)

    assert request[2:4] == b"\x40\x02"
    assert b"device-uri" in request
    for word in (b"job", b"user", b"all", b"state-message", b"owner"):
        assert word not in request


@pytest.mark.parametrize(
    ("text", "scheduler"),
    [
        ("/run/cups/cups.sock", Scheduler(path="/run/cups/cups.sock")),
        ("127.0.0.1", Scheduler(host="127.0.0.1")),
        ("127.0.0.2:8631", Scheduler(host="127.0.0.2", port=8631)),
    ],
)
def test_a_scheduler_is_a_socket_or_a_loopback_address(text: str, scheduler: Scheduler) -> None:
    assert parse_scheduler(text) == scheduler
    assert parse_config(SMALL + f'[local]\ncups = "{text}"\n', {}).local_cups == scheduler


@pytest.mark.parametrize("text", ["10.0.0.1:631", "cups.sock", "127.0.0.1:", "127.0.0.1:0", "printserver"])
def test_a_scheduler_elsewhere_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(ConfigError, match=r"local.*cups.*must be a socket or a loopback address"):
        parse_config(SMALL + f'[local]\ncups = "{text}"\n', {})


def test_nobody_is_asked_unless_the_site_wants_it() -> None:
    assert parse_config(SMALL, {}).local_cups is None
