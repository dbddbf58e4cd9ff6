"""What a printer's LEDM documents say, as a source of its own or beside the others.

1. A level of 255 is "not installed" or "not known"; a level may be decimal, and below 0 when an old
   cartridge outlives its estimate.
2. A printhead has a state, no level; heads stand behind what is used up.
3. The colour is the label code's when no MarkerColor is given.
4. What the printer's own alert table calls a warning does not stop it: an empty photo tray, say.
"""

import re
from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element

from data_collector.core.gathered import AlertSource, JobSource
from data_collector.core.ledm import (
    Consumable,
    LedmAlert,
    anywhere,
    at,
    child,
    documents,
    read_alert_table,
    read_consumables,
    read_counters,
    read_job_list,
    text_of,
    under,
)
from data_collector.core.normalise.colorants import TRI_COLOR_NAME, colour_in
from data_collector.core.normalise.device import tidy_model
from data_collector.core.normalise.findings import Findings
from data_collector.core.normalise.jobs import job_id
from data_collector.core.normalise.supplies import Amount, measured, worse
from data_collector.core.normalise.supply_records import complete
from data_collector.core.normalise.voice import Voice
from data_collector.core.serials import canonical_serial
from data_collector.core.text import shorten
from wire_format.printer_mib import PrinterState, SupplyState
from wire_format.records import Alert, Config, Device, Job, Meter, Outcome, Service, Status, Supply, Unit

Roots = Mapping[str, Element]

LEVEL_UNKNOWN: Final = 255
LEVEL: Final = re.compile(r"-?\d{1,4}(\.\d{1,6})?")

COUNTERS: Final = {
    "PrinterSubunit": {
        "TotalImpressions": "total.impressions",
        "MonochromeImpressions": "total.impressions.monochrome",
        "ColorImpressions": "total.impressions.color",
        "DuplexSheets": "total.sheets.duplex",
    },
    "CopyApplicationSubunit": {
        "TotalImpressions": "copy.impressions",
        "MonochromeImpressions": "copy.impressions.monochrome",
        "ColorImpressions": "copy.impressions.color",
    },
    "FaxApplicationSubunit": {"TotalImpressions": "fax.impressions"},
    "ScannerEngineSubunit": {"ScanImages": "scan.images"},
}
"""Subunit of ProductUsageDyn: element and the meter it is."""

KINDS: Final = {
    "ink": "ink", "inkcartridge": "inkCartridge", "inktank": "ink", "toner": "toner",
    "tonercartridge": "tonerCartridge", "rechargeabletoner": "toner", "imagedrum": "opc", "drum": "opc",
    "printhead": "other",
    "fuser": "fuser", "fuserkit": "fuser", "transferunit": "transferUnit", "transferkit": "transferUnit",
    "maintenancekit": "other", "wastetoner": "wasteToner", "collectionunit": "wasteToner",
    "toner collection unit": "wasteToner", "rollerkit": "other",
}  # fmt: skip
LABELS: Final = {
    "K": "black", "C": "cyan", "M": "magenta", "Y": "yellow", "CMY": TRI_COLOR_NAME, "PK": "photo black",
    "MK": "black", "LC": "light cyan", "LM": "light magenta", "G": "gray", "LG": "light gray",
}  # fmt: skip

IDLE: Final = frozenset(["ready", "inPowerSave", "sleepMode", "autoOff", "genuineHP", "subscribedPagesLow"])
OFF: Final = frozenset(["off", "shuttingDown", "offline"])
WARMING_UP: Final = frozenset(["initializing", "warmingUp", "calibrating", "cleaning", "inkSystemInitializing"])
PRINTING: Final = frozenset(
    ["processing", "printing", "copying", "scanProcessing", "cancelJob", "cancelingJob", "faxProcessing", "duplexing"]
)
STOPPING: Final = re.compile(
    r"jam|doorOpen|coverOpen|closeDoor|trayEmpty|outOfPaper|noPaper|carriage|missing|error|failure|stopped"
    r"|outOfInk|outputBinFull|penFailure|insertOrCloseTray|mismatch",
    re.IGNORECASE,
)

ALERT_WORDS: Final = (
    (re.compile(r"jam|mispick", re.I), 8, "mediaPath"),
    (re.compile(r"(door|cover).*open|close(Door|Cover)", re.I), 3, "cover"),
    (re.compile(r"trayEmpty|outOfPaper|paperOut|noPaper|mediaEmpty", re.I), 808, "input"),
    (re.compile(r"(bin|tray|output).*full", re.I), 903, "output"),
    (re.compile(r"(cartridge|toner|ink|supply).*(very ?low|low)", re.I), 1104, "markerSupplies"),
    (re.compile(r"(cartridge|toner|ink|supply).*(empty|out|depleted)", re.I), 1101, "markerSupplies"),
    (re.compile(r"(cartridge|toner|ink|supply|drum).*missing", re.I), 1115, "markerSupplies"),
    (re.compile(r"power ?sav|sleep|genuine", re.I), 0, None),
)
"""ProductStatusAlertID: PrtAlertCodeTC and group; 0 is no alert."""
SEVERITIES: Final = {"error": "critical", "critical": "critical", "strictwarning": "warning", "warning": "warning"}
"""Info and what else there is are no alerts."""

SERVICES: Final = {"print": Service.PRINT, "copy": Service.COPY, "scan": Service.SCAN, "fax": Service.FAX}
OUTCOMES: Final = {"completed": Outcome.COMPLETED, "canceled": Outcome.CANCELED, "aborted": Outcome.ABORTED}


def ledm_voice(ledm: Mapping[str, bytes], address: str, findings: Findings) -> Voice:
    """The voice of the LEDM documents that were fetched, by their paths."""
    if not ledm:
        return Voice()
    roots, refused = documents(ledm)
    for path, reason in refused:
        findings.add("ledm", f"ledm:{path}", None, reason)
    alerts = tuple(read_alert_table(roots["ProductStatusDyn"])) if "ProductStatusDyn" in roots else ()
    supplies = _supplies(roots, findings)
    return Voice(
        device=_device(roots, address),
        config=_config(roots, supplies),
        status=_status(roots, alerts),
        meters=_meters(roots),
        supplies=tuple(_told_by(supply, alerts) for supply in supplies),
        alerts=_alerts(alerts),
        alerts_of=AlertSource.LEDM if "ProductStatusDyn" in roots else None,
        jobs=_jobs(roots),
        jobs_of=JobSource.LEDM if "JobList" in roots else None,
    )


def _device(roots: Roots, address: str) -> Device:
    product = _product(roots)
    if product is None:
        return Device()
    brand, model = tidy_model(anywhere(product, "MakeAndModel") or anywhere(product, "MakeAndModelFamily"))
    return Device(
        manufacturer=brand or "HP",
        model=shorten(model, 255) if model else None,
        product_number=shorten(at(product, "ProductNumber"), 64) or None,
        serial=canonical_serial(at(product, "SerialNumber")),
        ip=address,
        asset_number=shorten(anywhere(product, "AssetNumber"), 255) or None,
        location=shorten(anywhere(product, "DeviceLocation"), 255) or None,
    )


def _config(roots: Roots, supplies: tuple[Supply, ...]) -> Config:
    product = _product(roots)
    if product is None:
        return Config()
    duplex = anywhere(product, "DuplexUnit").casefold()
    colours = {supply.colorant for supply in supplies if supply.colorant}
    return Config(
        firmware=shorten(at(product, "Version/Revision"), 255) or None,
        firmware_date=shorten(at(product, "Version/Date"), 64) or None,
        color_capable=not all(colour.endswith(("black", "gray")) for colour in colours) if colours else None,
        duplex_capable={"installed": True, "notinstalled": False}.get(duplex),
    )


def _product(roots: Roots) -> Element | None:
    root = roots.get("ProductConfigDyn")
    return next(under(root, "ProductInformation"), None) if root is not None else None


def _status(roots: Roots, alerts: tuple[LedmAlert, ...]) -> Status:
    root = roots.get("ProductStatusDyn")
    if root is None:
        return Status()
    categories = [text_of(child(each, "StatusCategory")) for each in under(root, "Status")][:32]
    told = [category for category in categories if category]
    harmless = {alert.name for alert in alerts if SEVERITIES.get(alert.severity.casefold()) != "critical"}
    return Status(state=_state(told, harmless), console_text=shorten(", ".join(told), 1024) or None)


def _state(categories: list[str], harmless: set[str]) -> PrinterState:
    """The worst of several categories; of harmless ones only when nothing else is told."""
    if any(STOPPING.search(category) and category not in harmless for category in categories):
        return PrinterState.STOPPED
    for state, words in (
        (PrinterState.OFFLINE, OFF),
        (PrinterState.PRINTING, PRINTING),
        (PrinterState.WARMING_UP, WARMING_UP),
        (PrinterState.IDLE, IDLE),
    ):
        if any(category in words for category in categories):
            return state
    return PrinterState.STOPPED if any(map(STOPPING.search, categories)) else PrinterState.UNKNOWN


def _meters(roots: Roots) -> tuple[Meter, ...]:
    usage = roots.get("ProductUsageDyn")
    if usage is None:
        return ()
    meters = []
    for subunit, names in COUNTERS.items():
        for name, counter in read_counters(usage, subunit, names):
            last = name.split(".")[1]
            unit = Unit(last) if last in ("sheets", "images") else Unit.IMPRESSIONS
            source = f"ledm:ProductUsageDyn/{counter.place}"
            meters.append(Meter(name=name, unit=unit, value=counter.value, source=source))
    return tuple(meters)


def _supplies(roots: Roots, findings: Findings) -> tuple[Supply, ...]:
    def listed(document: str) -> list[Supply]:
        root = roots.get(document)
        rows = read_consumables(root) if root is not None else ()
        heads_last = sorted(rows, key=lambda row: row.kind.casefold() == "printhead")
        return [read_supply(place, row, findings) for place, row in enumerate(heads_last, start=1)]

    return complete(listed("ConsumableConfigDyn"), listed("ProductUsageDyn"))


def read_supply(index: int, consumable: Consumable, findings: Findings, *, source: str = "ledm:consumable") -> Supply:
    """The wire's supply of one consumable. index: its place in the list, from 1; source: for findings."""
    field = f"supplies/{index}/level"
    amount = _amount(consumable.percent, field, source, findings)
    if amount.percent is None:
        amount = _amount(consumable.raw_percent, field, source, findings)
    colorant = colour_in(consumable.color) or LABELS.get(consumable.label.upper())
    kind = KINDS.get(consumable.kind.casefold(), "unknown")
    label = consumable.label if colorant is None or len(consumable.label) > 1 else ""
    words = (label, colorant, consumable.kind)
    supply = Supply(
        index=index,
        kind=kind,
        colorant=colorant,
        description=shorten(" ".join(word for word in words if word), 255) or None,
        part_number=shorten(consumable.part_number, 128) or None,
        serial=canonical_serial(consumable.serial),
        unit="percent" if amount.percent is not None else None,
        capacity=100 if amount.percent is not None else None,
        level=amount.percent,
        percent=amount.percent,
        state=amount.state,
    )
    for state in (consumable.state, consumable.quantity):
        if re.search(r"empty|depleted|missing|veryVeryLow", state, re.I):
            supply = worse(supply, SupplyState.EMPTY)
        elif re.search(r"low", state, re.I):
            supply = worse(supply, SupplyState.LOW)
    return supply


def _amount(written: str, field: str, source: str, findings: Findings) -> Amount:
    if not written:
        return Amount(state=SupplyState.UNKNOWN)
    if not LEVEL.fullmatch(written):
        findings.add(field, source, written, "this is no level")
        return Amount(state=SupplyState.UNKNOWN)
    level = float(written)
    if level >= LEVEL_UNKNOWN:
        return Amount(state=SupplyState.UNKNOWN)
    if level > 100:
        findings.add(field, source, written, "more than 100 percent")
        return Amount(state=SupplyState.SOME_LEFT)
    if level < 0:
        findings.add(field, source, written, "below 0: past its estimated life, still in use")
        return Amount(percent=0, state=SupplyState.LOW)
    return measured(round(level * 100), 100)


def _told_by(supply: Supply, alerts: tuple[LedmAlert, ...]) -> Supply:
    for alert in alerts:
        colour = colour_in(alert.color)
        if colour is None or colour != supply.colorant or alert.severity.casefold() not in SEVERITIES:
            continue
        code, _ = _code(alert)
        if code in (1101, 1115):
            supply = worse(supply, SupplyState.EMPTY)
        elif code == 1104:
            supply = worse(supply, SupplyState.LOW)
    return supply


def _code(alert: LedmAlert) -> tuple[int, str | None]:
    return next(((code, group) for word, code, group in ALERT_WORDS if word.search(alert.name)), (1, None))


def _alerts(rows: tuple[LedmAlert, ...]) -> tuple[Alert, ...]:
    alerts: dict[str, Alert] = {}
    for row in rows:
        severity = SEVERITIES.get(row.severity.casefold())
        code, group = _code(row)
        if severity is None or code == 0 or not row.name:
            continue
        alert_id = "-".join(part for part in ("ledm", row.name[:64], row.color[:16], row.sequence[:16]) if part)
        words = (row.name, row.color)
        alerts.setdefault(
            alert_id,
            Alert(
                alert_id=alert_id,
                code=code,
                severity=severity,
                group=group,
                description=shorten(" ".join(word for word in words if word), 255),
            ),
        )
    return tuple(alerts.values())


def _jobs(roots: Roots) -> tuple[Job, ...]:
    """Finished jobs that can be told apart: by their sides, as SNMP's are, or by their last state update.

    Printers that count sides here thereby give a job one id, whichever of the two protocols told of it.
    """
    root = roots.get("JobList")
    if root is None:
        return ()
    jobs: dict[str, Job] = {}
    for row in read_job_list(root):
        service, outcome = SERVICES.get(row.category.casefold()), OUTCOMES.get(row.state.casefold())
        number = row.url.rstrip("/").rpartition("/")[2]
        if service is None or outcome is None or not number or not row.update:
            continue
        sides = int(row.impressions) if row.impressions.isdecimal() and len(row.impressions) < 10 else None
        told = job_id(number, row.update) if sides is None else job_id(number, None, None, sides)
        jobs.setdefault(told, Job(job_id=told, service=service, outcome=outcome, impressions=sides))
    return tuple(jobs.values())
