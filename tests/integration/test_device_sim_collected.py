"""Our collector, which knows the makers by definitions of its own, reads every profile as the printer knows itself."""

import asyncio
import json
import sys
from typing import Any

from device_sim.core.profile import Profile
from device_sim.core.state import LivePrinter
from tests.support.device_sim_fleet import StandingFleet, standing_fleet
from tests.support.device_sim_snmp import net_snmp

MM_PER_M = 1000


async def scanned(fleet: StandingFleet) -> dict[str, dict[str, Any]]:
    """The reports of one `inkwire collect scan --json`, by serial."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "inkwire", "collect", "scan", *fleet.printers, "--json", "--no-icmp", "--timeout", "3",
        "--snmp-port", str(fleet.snmp_port), "--http-port", str(fleet.http_port), "--ipp-port", str(fleet.ipp_port),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    reports = [json.loads(line) for line in out.decode().splitlines()]
    return {report["device"]["serial"]: report for report in reports}


def told(printer: LivePrinter, name: str) -> int | None:
    """A meter as a printer that counts whole metres can tell it; all pages of one without colour are monochrome."""
    value = printer.meter(name)
    if value is None and not printer.profile.color and name.endswith(".monochrome"):
        return printer.meter(name.removesuffix(".monochrome"))
    if name == "media.length" and value is not None and printer.profile.counter_unit == "meters":
        return value // MM_PER_M * MM_PER_M
    return value


def percent(printer: LivePrinter, place: int) -> int | None:
    """What is left as a reader can know it: from the level in the printer's unit, to the nearest percent."""
    level, capacity = printer.supply_level(place), printer.profile.supplies[place].capacity
    if level <= 0:
        return 0 if level == 0 else None
    return max(1, (200 * level + capacity) // (2 * capacity))


def least(profile: Profile) -> set[str]:
    """The meters without which a reading of this model would be of no use."""
    wanted = {"sheets": "total.sheets", "meters": "media.length"}.get(profile.counter_unit, "total.impressions")
    if not profile.color or profile.model == "Canon TX-4100":
        return {wanted}
    return {wanted, "total.impressions", "total.impressions.monochrome", "total.impressions.color"}


async def test_every_profile_is_read_right() -> None:
    async with standing_fleet() as fleet:
        reports = await scanned(fleet)

    assert set(reports) == {printer.identity.serial for printer in fleet.printers.values()}
    for address, printer in fleet.printers.items():
        profile, report = printer.profile, reports[printer.identity.serial]
        device = report["device"]
        assert device["ip"] == address and device["mac"] == printer.identity.mac
        assert device["hostname"] == printer.identity.hostname
        assert profile.model.lower().endswith(device["model"].lower()), profile.name
        assert report["config"]["firmware"] == profile.firmware, profile.name
        meters = {meter["name"]: meter["value"] for meter in report["meters"]}
        assert meters == {name: told(printer, name) for name in meters}, profile.name
        assert least(profile) <= set(meters), profile.name


async def test_every_supply_of_every_profile_is_read_right() -> None:
    async with standing_fleet() as fleet:
        reports = await scanned(fleet)

    for printer in fleet.printers.values():
        profile = printer.profile
        supplies = reports[printer.identity.serial]["supplies"]
        assert [supply["kind"] for supply in supplies] == [spec.kind for spec in profile.supplies], profile.name
        assert [supply.get("percent") for supply in supplies] == [
            percent(printer, place) for place in range(len(profile.supplies))
        ], profile.name


async def test_net_snmp_walks_every_profile_whole_and_upwards() -> None:
    async with standing_fleet() as fleet:
        for address, printer in fleet.printers.items():
            # snmpwalk itself ends with an error where an OID does not increase, or where one is asked in vain.
            lines = await net_snmp("snmpwalk", "-v2c", "-c", "public", f"{address}:{fleet.snmp_port}", ".1")

            assert len(lines) > 150, printer.profile.name
            assert any(printer.identity.serial in line for line in lines)
