"""The fixture `printer_fleet`, in test suites of other people, which run as processes of their own."""

import importlib.util
import socket
from importlib.metadata import entry_points

import pytest

from device_sim.core.errors import ConfigError
from device_sim.core.workload import Wish
from device_sim.embedded import EmbeddedFleet, FleetDiedError
from device_sim.pytest_plugin import PrinterFleet
from tests.support.device_sim import free_port
from tests.support.device_sim_snmp import read_answer, request

pytest_plugins = ["pytester"]

SERIAL = (1, 3, 6, 1, 2, 1, 43, 5, 1, 1, 17, 1)
FIFTY = """
import socket


def serial(address, port):
    # prtGeneralSerialNumber.1 over SNMPv2c, with nothing but a socket.
    ask = bytes.fromhex("302a02010104067075626c6963a01d02021267020100020100301130 0f060b2b060102012b050101110105 00")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as manager:
        manager.settimeout(10)
        manager.sendto(ask, (address, port))
        return manager.recv(2000)[-10:].decode()


def test_mine(printer_fleet):
    fleet = printer_fleet(50, profile="color-laserjet-m479", seed=7)
    assert [serial(p.address, fleet.snmp_port) for p in fleet.printers] == [p.serial for p in fleet.printers]
"""


def snmp_serial(address: str, port: int) -> object:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as manager:
        manager.settimeout(10)
        manager.sendto(request(SERIAL), (address, port))
        return read_answer(manager.recv(2000)).values[0]


def suite(pytester: pytest.Pytester, body: str, *words: str) -> pytest.RunResult:
    """Another project's suite, with warnings as errors."""
    pytester.makepyfile(body)
    pytester.makeini(
        "[pytest]\nfilterwarnings = error\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function"
    )
    return pytester.runpytest_subprocess("-p", "no:inkwire", "-p", "device_sim.pytest_plugin", *words)


def test_the_plugin_is_found_by_pytest_itself() -> None:
    found = {entry.name: entry.value for entry in entry_points(group="pytest11")}

    assert found["inkwire"] == "device_sim.pytest_plugin", "make install again: the entry point is new"


def test_fifty_printers_in_three_lines(pytester: pytest.Pytester) -> None:
    result = suite(pytester, FIFTY)

    result.assert_outcomes(passed=1)


def test_an_asyncio_test_is_not_in_the_way(pytester: pytest.Pytester) -> None:
    result = suite(
        pytester,
        """
        import asyncio

        async def test_mine(printer_fleet):
            fleet = printer_fleet(3)
            reader, writer = await asyncio.open_connection(fleet.addresses[2], fleet.http_port)
            writer.write(b"GET / HTTP/1.0\\r\\n\\r\\n")
            assert fleet.printers[2].model.encode() in await reader.read()
            writer.close()
            await writer.wait_closed()
        """,
    )

    result.assert_outcomes(passed=1)


def test_workers_of_xdist_do_not_meet(pytester: pytest.Pytester) -> None:
    if importlib.util.find_spec("xdist") is None:
        pytest.skip("SKIPPED LOUDLY: pytest-xdist is not installed")
    result = suite(
        pytester,
        """
        import pytest

        @pytest.mark.parametrize("seed", range(4))
        def test_mine(printer_fleet, seed):
            fleet = printer_fleet(5, seed=seed)
            assert len({printer.serial for printer in fleet.printers}) == 5
        """,
        "-n", "2",
    )  # fmt: skip

    result.assert_outcomes(passed=4)


def test_what_is_wrong_is_said_in_one_sentence(pytester: pytest.Pytester) -> None:
    result = suite(
        pytester,
        """
        def test_model(printer_fleet):
            printer_fleet(2, profile="laserjet")

        def test_option(printer_fleet):
            printer_fleet(2, sped=2)
        """,
    )

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*laserjet: is no profile; like it: *"])
    result.stdout.fnmatch_lines(["*printer_fleet: unrecognized arguments: --sped*"])


def test_a_suite_that_does_not_use_it_does_not_pay_for_it(pytester: pytest.Pytester) -> None:
    result = suite(
        pytester,
        """
        import sys

        def test_mine():
            assert "device_sim.pytest_plugin" in sys.modules
            heavy = {"aiohttp", "pysnmp", "direct_connect", "wire_format", "device_sim.runtime", "device_sim.embedded"}
            assert not heavy & set(sys.modules)
        """,
    )

    result.assert_outcomes(passed=1)


def test_fleets_of_one_test_stand_beside_each_other(printer_fleet: PrinterFleet) -> None:
    first, second = printer_fleet(2), printer_fleet(2, seed=2)

    assert first.addresses == ("127.1.0.1", "127.1.0.2") and second.addresses == ("127.1.0.3", "127.1.0.4")
    for fleet in (first, second):
        for printer in fleet.printers:
            assert snmp_serial(printer.address, fleet.snmp_port) == printer.serial.encode()


def test_meters_and_truth_of_a_fleet_at_rest_agree(printer_fleet: PrinterFleet) -> None:
    fleet = printer_fleet(4, speed=20_000.0, load=5)
    born = [printer.meters for printer in fleet.printers]

    # Printers with nothing to do are given time; how much is the machine's business.
    while not all(printer.meters != meters for printer, meters in zip(fleet.printers, born, strict=True)):
        pass
    fleet.rest()

    for printer in fleet.printers:
        told = {line["name"]: line["value"] for line in printer.truth if line["kind"] == "meter"}
        assert told == printer.meters


def test_a_job_that_a_test_sends_is_printed_and_counted(printer_fleet: PrinterFleet) -> None:
    fleet = printer_fleet(2, speed=1000)
    printer = fleet.printers[1]

    number = printer.submit(Wish(name="a test's own job", impressions=3, copies=2))
    while not (done := [job for job in printer.jobs if job.number == number]):
        pass

    assert (done[0].record.name, done[0].record.impressions) == ("a test's own job", 6)


def test_a_fleet_that_ends_frees_its_ports_and_can_still_be_read() -> None:
    with EmbeddedFleet.start(["--count", "2"]) as fleet:
        serial = fleet.printers[1].serial
    with EmbeddedFleet.start(["--count", "1"], ports={"snmp_port": fleet.snmp_port, "http_port": fleet.http_port}):
        pass

    assert fleet.printers[1].serial == serial
    assert fleet.truth()[-1] == {"kind": "end"}
    with pytest.raises(FleetDiedError, match="it was stopped"):
        fleet.rest()


def test_a_port_that_is_taken_is_an_error_and_not_a_hang() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", 0))
        taken = other.getsockname()[1]

        with pytest.raises(ConfigError, match=f"UDP port {taken} on 0.0.0.0: is in use by another program"):
            EmbeddedFleet.start(
                ["--count", "1"],
                ports={"snmp_port": taken, "http_port": free_port(), "ipp_port": 0, "https_port": 0},
            )
