"""The collector against an agent that is not ours: snmpsim."""

import asyncio
import os
import socket
import sys
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


def free_port() -> int:
    """A UDP port nobody has now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind((ADDRESS, 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
async def snmpsim(tmp_path: Path) -> AsyncIterator[int]:
    """snmpsim with that recording; gives its port."""
    responder = Path(sys.executable).with_name("snmpsim-command-responder")
    if not responder.exists():
        pytest.skip("snmpsim is not installed: pip install 'inkwire[dev]'")
    (tmp_path / "data").mkdir()
    (tmp_path / "variation").mkdir()
    (tmp_path / "data" / "public.snmprec").write_text(snmprec(), encoding="utf-8")
    port = free_port()
    user = ["--process-user", "root", "--process-group", "root"] if os.geteuid() == 0 else []
    with (tmp_path / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            str(responder),
            *user,
            *("--log-level", "error", "--cache-dir", str(tmp_path / "cache")),
            *("--variation-modules-dir", str(tmp_path / "variation"), "--data-dir", str(tmp_path / "data")),
            *("--agent-udpv4-endpoint", f"{ADDRESS}:{port}"),
            stdout=log,
            stderr=log,
        )
    try:
        yield port
    finally:
        process.terminate()
        await process.wait()


async def scanned(port: int, library: str) -> list[Report]:
    """What a scan of that one address finds."""
    plan = ScanPlan(
        targets=parse_targets([ADDRESS]),
        dialling=Dialling(snmp_port=port, http_port=1, ipp_port=1, timeout_s=1.0),
        icmp=False,
    )
    scan = Scan(plan, choose_library(library), load_definitions(), lambda: datetime.now(UTC))
    return [report async for report in scan.reports()]


async def test_both_libraries_read_snmpsim_alike(snmpsim: int) -> None:
    for _ in range(60):  # snmpsim compiles the recording first; its port refuses until then
        if await scanned(snmpsim, "gufo"):
            break
        await asyncio.sleep(0.25)

    (by_gufo,) = await scanned(snmpsim, "gufo")
    (by_pysnmp,) = await scanned(snmpsim, "pysnmp")

    assert by_gufo.device.serial == "SN0001"
    assert [(meter.name, meter.value) for meter in by_gufo.meters] == [("total.impressions", 4711)]
    assert by_gufo.findings == ()
    assert by_pysnmp.device == by_gufo.device
    assert by_pysnmp.meters == by_gufo.meters
    assert by_pysnmp.supplies == by_gufo.supplies
