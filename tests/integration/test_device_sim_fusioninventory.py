"""FusionInventory's agent, which is not ours, reads every profile: model, serial, page counters, cartridges.

It names consumables by kind and colorant and knows some makers' counters; what it makes of them is told here in its
own words (FusionInventory::Agent::Tools::Hardware), and compared with the printers' own state.
"""

import asyncio
import shutil
from xml.etree import ElementTree

import pytest

from device_sim.core.profile import SupplySpec
from device_sim.core.state import LivePrinter
from tests.support.device_sim_fleet import StandingFleet, standing_fleet

TOTAL, MONO, COLOR = "total.impressions", "total.impressions.monochrome", "total.impressions.color"

MODELS = {
    "KONICA MINOLTA bizhub C250i": "KONICA MINOLTA bizhub C250i",
    "Brother MFC-9340CDW": "MFC-9340CDW",
    "Lexmark CX725de": "CX725",
    "Xerox WorkCentre 7830": "WorkCentre 7830 v1 Multifunction System",
    "EPSON SC-T5200D Series": "SC-T5200D Series",
    "EPSON WF-C20590 Series": "WF-C20590 Series",
}
"""What its own table of sysObjectIDs, or the maker's private MIB, calls a model; any other is hrDeviceDescr."""
MANUFACTURERS = {"HP": "Hewlett-Packard", "KONICA MINOLTA": "Konica", "KYOCERA": "Kyocera"}
KYOCERA_SPLIT = {
    "PRINTTOTAL": "print.impressions", "PRINTBLACK": "print.impressions.monochrome",
    "PRINTCOLOR": "print.impressions.color", "COPYTOTAL": "copy.impressions",
    "COPYBLACK": "copy.impressions.monochrome", "COPYCOLOR": "copy.impressions.color", "SCANNED": "scan.images",
}  # fmt: skip
COUNTERS = {
    "TASKalfa 3554ci": KYOCERA_SPLIT,
    "ECOSYS P3155dn": {"BLACK": TOTAL, "PRINTTOTAL": "print.impressions"},
    # It takes Canon's total, row 101, for that of copies, and the large and small sides with it.
    "Canon iR-ADV C5535 III": {
        "COPYTOTAL": TOTAL, "COPYBLACK": MONO, "COPYCOLOR": COLOR, "PRINTTOTAL": "print.impressions",
        "SCANNED": "scan.images",
    },
}  # fmt: skip
HP_COUNTERS = {"COLOR": COLOR, "DUPLEX": "total.sheets.duplex"}
KINDS = {
    "toner": "TONER", "tonerCartridge": "TONER", "ink": "CARTRIDGE", "inkCartridge": "CARTRIDGE", "opc": "DRUM",
    "wasteToner": "WASTETONER", "wasteInk": "WASTETONER", "fuser": "FUSERKIT", "transferUnit": "TRANSFERKIT",
    "developer": "DEVELOPER", "cleanerUnit": "MAINTENANCEKIT", "staples": "STAPLES",
}  # fmt: skip


def cartridges_of(printer: LivePrinter) -> dict[str, str]:
    """As it names them: of two with one name, the last counts."""
    return {
        _name(spec): _level(printer, place, spec)
        for place, spec in enumerate(printer.profile.supplies)
        if spec.kind in KINDS
    }


def _name(spec: SupplySpec) -> str:
    kind = KINDS[spec.kind]
    if kind not in ("TONER", "CARTRIDGE", "DRUM", "DEVELOPER"):
        return kind
    return kind + (spec.colorant or "black").split()[0].upper()


def _level(printer: LivePrinter, place: int, spec: SupplySpec) -> str:
    level = printer.supply_level(place)
    return {-3: "OK", -2: "WARNING"}.get(level, str(100 * level // spec.capacity))


def counters_of(printer: LivePrinter) -> dict[str, str]:
    """The page counters it should find, from the meters."""
    profile = printer.profile
    wanted = HP_COUNTERS if profile.manufacturer == "HP" else COUNTERS.get(profile.model, {})
    found = {name: str(printer.meter(meter)) for name, meter in wanted.items() if printer.meter(meter)}
    if profile.model.startswith("Canon iR"):
        found |= {"COPYBLACK_A3": "0", "COPYCOLOR_A3": "0"}
    return found | {"TOTAL": str(printer.marker_life_count())}


async def agent(tool: str, *words: str) -> str:
    """What one of its programs prints. Skips where it is not installed."""
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"SKIPPED LOUDLY: {tool} is not installed (Debian package fusioninventory-agent-task-network)")
    process = await asyncio.create_subprocess_exec(
        path, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def inventory(fleet: StandingFleet) -> dict[str, ElementTree.Element]:
    """Its DEVICE elements by serial, of the whole fleet in one run."""
    hosts = [word for address in fleet.printers for word in ("--host", address)]
    ports = ",".join([str(fleet.snmp_port)] * len(fleet.printers))
    out = await agent("fusioninventory-netinventory", *hosts, "--port", ports, "--community", "public")
    bodies = [body for body in out.split("<?xml") if "<DEVICE>" in body]
    devices = [ElementTree.fromstring(f"<?xml{body}").find(".//DEVICE") for body in bodies]
    return {device.findtext("INFO/SERIAL") or "": device for device in devices if device is not None}


async def test_netinventory_reads_every_profile_right() -> None:
    async with standing_fleet() as fleet:
        found = await inventory(fleet)

    assert set(found) == {printer.identity.serial for printer in fleet.printers.values()}
    for address, printer in fleet.printers.items():
        profile, device = printer.profile, found[printer.identity.serial]
        info = device.find("INFO")
        assert info is not None
        assert info.findtext("TYPE") == "PRINTER", profile.name
        assert info.findtext("MODEL") == MODELS.get(profile.model, profile.model), profile.name
        assert info.findtext("MANUFACTURER", "").lower() == (
            MANUFACTURERS.get(profile.manufacturer, profile.manufacturer).lower()
        )
        assert info.findtext("NAME") == printer.identity.hostname
        assert info.findtext("MAC") == printer.identity.mac
        assert {item.tag: item.text for item in device.iterfind("PAGECOUNTERS/*")} == counters_of(printer), profile.name
        assert {item.tag: item.text for item in device.iterfind("CARTRIDGES/*")} == cartridges_of(printer), profile.name
        assert address


async def test_netdiscovery_finds_the_printers_and_nobody_else() -> None:
    async with standing_fleet() as fleet:
        addresses = list(fleet.printers)
        first, last = addresses[0], f"127.9.7.{len(addresses) + 1}"
        out = await agent(
            "fusioninventory-netdiscovery", "--first", first, "--last", last, "--port", str(fleet.snmp_port),
            "--community", "public", "--timeout", "1",
        )  # fmt: skip

    for printer in fleet.printers.values():
        assert f"<SERIAL>{printer.identity.serial}</SERIAL>" in out, printer.profile.name
    assert out.count("<TYPE>PRINTER</TYPE>") == len(fleet.printers)
