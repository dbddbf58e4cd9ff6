"""The collector against an agent that is not ours: snmpsim."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_collector.core.targets import parse_targets
from data_collector.scan import Scan, ScanPlan, choose_library
from data_collector.vendor_files import load_definitions
from data_collector.visit import Dialling
from tests.support.data_collector import Typed, key
from tests.support.data_collector_devices import printer
from tests.support.data_collector_snmpsim import snmpsim
from wire_format.records import Report

ADDRESS = "127.90.6.1"
SNMPREC_TAGS = {0x41: "65", 0x43: "67"}


def snmprec() -> str:
    """The small laser printer as a recording."""
    lines = []
    for name, value in sorted(printer("SN0001", 4711).items(), key=lambda row: key(row[0])):
        match value:
            case Typed(tag=tag, value=number):
                lines.append(f"{name}|{SNMPREC_TAGS[tag]}|{number!r}")
            case bytes():
                lines.append(f"{name}|4|{value.decode()}")
            case str():
                lines.append(f"{name}|6|{value}")
            case _:
                lines.append(f"{name}|2|{value}")
    return "\n".join(lines) + "\n"


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    """The port of snmpsim with that recording."""
    async with snmpsim({ADDRESS: snmprec()}, tmp_path) as port:
        yield port


async def scanned(port: int, library: str) -> list[Report]:
    """What a scan of that one address finds."""
    plan = ScanPlan(
        targets=parse_targets([ADDRESS]),
        dialling=Dialling(snmp_port=port, http_port=1, ipp_port=1, timeout_s=1.0),
        icmp=False,
    )
    scan = Scan(plan, choose_library(library), load_definitions(), lambda: datetime.now(UTC))
    return [report async for report in scan.reports()]


async def test_all_libraries_read_snmpsim_alike(port: int) -> None:
    (ours,) = await scanned(port, "native")

    assert ours.device.serial == "SN0001"
    assert [(meter.name, meter.value) for meter in ours.meters] == [("total.impressions", 4711)]
    assert ours.findings == ()
    for library in ("gufo", "pysnmp"):
        (theirs,) = await scanned(port, library)
        assert (theirs.device, theirs.meters, theirs.supplies) == (ours.device, ours.meters, ours.supplies)
