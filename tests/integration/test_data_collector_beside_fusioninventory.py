"""Side by side with FusionInventory's agent: of the same printers we read all that it reads, and more.

Left out of the comparison: the counters of network interfaces (octets, MTU, speed), which say nothing of a printer,
and COPYTOTAL of Canon, where it takes the total, row 101, for copies.
"""

import asyncio
import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from tests.integration.test_device_sim_fusioninventory import COUNTERS, HP_COUNTERS, TOTAL, inventory
from tests.support.device_sim_fleet import StandingFleet, standing_fleet

Report = Mapping[str, Any]

KINDS = {
    "TONER": ("toner", "tonerCartridge"), "CARTRIDGE": ("ink", "inkCartridge"), "DRUM": ("opc",),
    "WASTETONER": ("wasteToner", "wasteInk"), "FUSERKIT": ("fuser",), "TRANSFERKIT": ("transferUnit",),
    "DEVELOPER": ("developer",), "MAINTENANCEKIT": ("cleanerUnit",), "STAPLES": ("staples",),
}  # fmt: skip
STATES = {"OK": "some-left", "WARNING": "unknown"}


async def read_by_us(fleet: StandingFleet) -> dict[str, Report]:
    """Our reports by serial, by SNMP alone, as FusionInventory reads."""
    ports = ("--snmp-port", str(fleet.snmp_port), "--http-port", "1", "--https-port", "1", "--ipp-port", "1")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "inkwire", "collect", "scan", *fleet.printers, *ports, "--json", "--no-icmp"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return {report["device"]["serial"]: report for report in map(json.loads, out.decode().splitlines())}


def unread(theirs: Element, ours: Report) -> Iterator[str]:
    """What FusionInventory read of a printer and we did not, or read otherwise."""
    info, device, config = theirs.find("INFO"), ours["device"], ours["config"]
    assert info is not None
    said = {
        "SERIAL": device["serial"], "MAC": device["mac"], "NAME": device["hostname"], "LOCATION": device["location"],
        "COMMENTS": device["description"], "IPS/IP": device["ip"],
        "RAM": str(config["memory_bytes"] >> 20), "MEMORY": str(config["memory_bytes"] >> 30),
    }  # fmt: skip
    for tag, value in said.items():
        if (told := info.findtext(tag)) is not None and " ".join(told.split()) != value:
            yield f"{tag}: {told!r}, ours {value!r}"
    if not alike(device["model"], info.findtext("MODEL", "")):
        yield f"MODEL: {info.findtext('MODEL')!r}, ours {device['model']!r}"
    if info.findtext("MANUFACTURER", "").split("-")[0].lower() not in spelled(device["manufacturer"]):
        yield f"MANUFACTURER: {info.findtext('MANUFACTURER')!r}, ours {device['manufacturer']!r}"
    if (told := info.findtext("FIRMWARE")) is not None and told not in (
        config.get("firmware"),
        config.get("firmware_date"),
    ):
        yield f"FIRMWARE: {told!r}, ours {config.get('firmware')!r}"
    days = re.match(r"(\d+) days?", info.findtext("UPTIME", ""))
    if days is not None and int(days[1]) != ours["uptime_ms"] // 86_400_000:
        yield f"UPTIME: {days[0]}, ours {ours['uptime_ms']} ms"
    yield from unread_counters(theirs, ours)
    yield from unread_supplies(theirs, ours)


def alike(ours: str, theirs: str) -> bool:
    """Whether two names of a model mean one: the number in it is the same."""
    return re.findall(r"\d+", ours)[:1] == re.findall(r"\d+", theirs)[:1] != []


def spelled(manufacturer: str) -> str:
    """Our name of a maker with its other one."""
    return f"{manufacturer} {'Hewlett-Packard' if manufacturer == 'HP' else ''}".lower()


def unread_counters(theirs: Element, ours: Report) -> Iterator[str]:
    """The page counters, by the names of our meters."""
    meters = {meter["name"]: meter["value"] for meter in ours["meters"]}
    maker, model = ours["device"]["manufacturer"], ours["device"]["model"]
    theirs_for = HP_COUNTERS if maker == "HP" else next((n for m, n in COUNTERS.items() if m.endswith(model)), {})
    for counter in theirs.iterfind("PAGECOUNTERS/*"):
        name = TOTAL if counter.tag == "TOTAL" else theirs_for.get(counter.tag)
        if name is None or counter.text == "0":
            continue
        told = int(counter.text or "")
        if counter.tag == "TOTAL" and told in (meters.get("media.length", 0) // 1000, meters.get("total.sheets")):
            continue  # prtMarkerLifeCount in metres or sheets, which it takes for pages
        if meters.get(name) != told:
            yield f"{counter.tag}: {counter.text}, ours {meters.get(name)}"


def unread_supplies(theirs: Element, ours: Report) -> Iterator[str]:
    """Each cartridge that it names: one of ours is of that kind and colour, and shows the same."""
    for cartridge in theirs.iterfind("CARTRIDGES/*"):
        kind = next(kind for kind in KINDS if cartridge.tag.startswith(kind))
        colour = cartridge.tag.removeprefix(kind).lower()
        shown = [
            supply.get("percent") if supply.get("percent") is not None else supply["state"]
            for supply in ours["supplies"]
            if supply["kind"] in KINDS[kind] and (not colour or colour in colours_of(supply))
        ]
        told = cartridge.text or ""
        wanted = {STATES.get(told, told), *([str(int(told) + 1)] if told.isdigit() else [])}  # it cuts, we round
        if wanted.isdisjoint(map(str, shown)):
            yield f"{cartridge.tag}: {cartridge.text}, ours {shown}"


async def test_we_read_all_that_fusioninventory_reads() -> None:
    async with standing_fleet() as fleet:
        theirs, ours = await inventory(fleet), await read_by_us(fleet)

    assert theirs.keys() == ours.keys()
    differences = {
        ours[serial]["device"]["model"]: list(unread(found, ours[serial])) for serial, found in theirs.items()
    }
    assert [f"{model}: {one}" for model, said in differences.items() for one in said] == []

    # ... and more: every printer has a status and says where each count comes from, and tells more values.
    for serial, report in ours.items():
        assert report["status"]["state"] and all(meter["source"] for meter in report["meters"])
        ports = {*theirs[serial].iterfind("PORTS//*")}
        assert len(values_in(report)) > sum(not list(one) for one in theirs[serial].iter() if one not in ports)


def colours_of(supply: Mapping[str, Any]) -> set[str]:
    """The words it may call a supply by: the colour and its shade, and matte, which is a finish in our words."""
    finish = {"matte"} & set(supply.get("description", "").lower().split())
    return {*(supply.get("colorant") or "black").split(), *finish}


def values_in(part: Any) -> list[Any]:
    """The single values of a report."""
    if isinstance(part, dict):
        return [value for inner in part.values() for value in values_in(inner)]
    return [value for inner in part for value in values_in(inner)] if isinstance(part, list) else [part]
