"""Our collector against a fleet with every fault there is: it ends, it does not fall, and it is lied to by few."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from device_sim.core.fleet import parse_fleet, placements
from tests.support.device_sim import free_port, rows
from tests.support.device_sim_snmp import REPOSITORY

FLEET = REPOSITORY / "fixtures" / "fleets" / "liars.toml"
SCAN_S_MAX = 240
MUTE = {"ipp_silent", "ipp_wrong_request_id"}
"""Those who are silent on every other protocol as well: no collector can find them."""
WRONG_TOTALS = {"counter_wrap_left", "counter_jitter", "life_count_off", "ipp_truncated"}
"""Lies about the total itself, which one reading cannot see through, and the fault that leaves it out."""


async def started(*arguments: str) -> asyncio.subprocess.Process:
    """An inkwire command with its output in pipes."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "inkwire", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def said_ready(simulator: asyncio.subprocess.Process) -> None:
    """Returns when the fleet says so."""
    assert simulator.stderr is not None
    async for line in simulator.stderr:
        if line.strip() == b"ready":
            return
    raise AssertionError("the fleet of liars did not start")


async def scanned_at_night(folder: Path) -> tuple[dict[str, dict[str, Any]], dict[int, int]]:
    """Reports by address, and the true totals by printer: on a Sunday night, when nobody prints."""
    ports = {name: str(free_port()) for name in ("--snmp-port", "--http-port", "--ipp-port")}
    flags = [word for pair in ports.items() for word in pair]
    truth = folder / "truth.jsonl"
    clock = f"2026-11-15T02:00:00Z,{time.time():.0f},1"
    simulator = await started("sim", "run", str(FLEET), "--clock", clock, "--truth", str(truth), *flags)
    try:
        await said_ready(simulator)
        addresses = f"127.1.0.1-127.1.0.{len(placements(parse_fleet(FLEET.read_text(), ''), ''))}"
        scan = await started("collect", "scan", addresses, "--json", *flags)
        out, err = await asyncio.wait_for(scan.communicate(), SCAN_S_MAX)
        assert scan.returncode == 0, err.decode()
    finally:
        simulator.terminate()
        await simulator.wait()
    meters = rows(truth.read_text().splitlines(), "meter")
    totals = {row["printer"]: row["value"] for row in meters if row["name"] == "total.impressions"}
    return {report["device"]["ip"]: report for report in map(json.loads, out.decode().splitlines())}, totals


async def test_our_collector_outlives_every_fault_and_believes_no_lie_that_it_could_know(tmp_path: Path) -> None:
    reports, totals = await scanned_at_night(tmp_path)

    for place in placements(parse_fleet(FLEET.read_text(), str(FLEET)), str(FLEET)):
        names = {setting.name for setting in place.faults}
        report = reports.get(place.address)
        if report is None:
            assert names & MUTE, f"{place.address} with {names} was not found"
            continue
        read = {meter["name"]: meter["value"] for meter in report.get("meters", ())}
        if not names & WRONG_TOTALS:
            assert read.get("total.impressions") == totals[place.index], f"{place.address} with {names}"
