"""Large scans find printers that answer neither SNMP nor ping."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from data_collector.core.second_look import LOOKS_MAX, spread_of
from data_collector.core.targets import parse_targets
from data_collector.scan import Scan, ScanPlan, choose_library
from data_collector.sweep import SMALL_SCAN_MAX
from data_collector.visit import Dialling
from tests.support.data_collector_core import DEFINITIONS
from tests.support.data_collector_web import web_server
from tests.support.own_link import THERE, own_link, run_in
from tests.support.silent_printer import PAGES, SERIAL
from wire_format.records import Report

RANGE = "127.91.0.0-127.91.11.255"
PRINTER = "127.91.7.77"
ADDRESSES = 12 * 256


async def scan(turn: int | None, snmp_port: int, http_port: int) -> list[Report]:
    dialling = Dialling(
        snmp_port=snmp_port, http_port=http_port, https_port=1, ipp_port=1, timeout_s=1.5, communities=("public",)
    )
    plan = ScanPlan(targets=parse_targets([RANGE], []), dialling=dialling, icmp=False, turn=turn)
    run = Scan(plan, choose_library("native"), DEFINITIONS, lambda: datetime.now(UTC))
    found = [report async for report in run.reports()]
    assert run.counters.visited == ADDRESSES
    return found


async def test_a_printer_that_only_its_web_port_betrays_is_found_when_its_turn_comes_and_not_before() -> None:
    assert SMALL_SCAN_MAX < LOOKS_MAX < ADDRESSES
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("", 0))  # of all addresses, and never read
        async with web_server(PAGES, PRINTER) as web:
            found = [await scan(turn, deaf.getsockname()[1], web.port) for turn in range(spread_of(ADDRESSES))]
            without = await scan(None, deaf.getsockname()[1], web.port)

    assert sorted([report.device.serial for report in reports] for reports in found) == [[], [SERIAL]]
    assert without == []


@pytest.fixture
def link() -> Iterator[tuple[str, str]]:
    """The names of two namespaces on one link."""
    with own_link() as names:
        yield names


def test_a_silent_printer_on_the_own_link_is_found_in_the_first_large_scan(link: tuple[str, str]) -> None:
    here, there = link
    printer = subprocess.Popen(
        run_in(there, sys.executable, "-m", "tests.support.silent_printer", THERE), stdout=subprocess.PIPE
    )
    try:
        assert printer.stdout is not None
        assert printer.stdout.readline() == b"ready\n"
        command = (
            sys.executable,
            "-m",
            "data_collector.cli",
            "scan",
            "--json",
            "--timeout",
            "0.3",
            "198.19.85.0-198.19.89.9",
        )
        done = subprocess.run(run_in(here, *command), capture_output=True, text=True, check=False, timeout=120)
    finally:
        printer.kill()
        printer.communicate()

    (line,) = done.stdout.splitlines()
    assert json.loads(line)["device"]["serial"] == SERIAL
