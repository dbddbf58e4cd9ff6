"""What a printer's IPP service says, as a source of its own or beside the others.

1. marker-levels are percentages; -2 is unknown, -3 some left, -1 not available (unknown to us).
2. marker-levels of a waste container say how full it is; ours say how much room remains.
3. printer-state-reasons become alerts: the suffix is the severity, and reasons of a print queue
   (cups-..., paused) are none of the printer's.
"""

import re
from typing import Final

from data_collector.core.device_id import parse_device_id
from data_collector.core.gathered import AlertSource
from data_collector.core.ipp import STATUS_ERROR, Collection, IppDecodeError, IppReply, IppValue, decode_reply
from data_collector.core.normalise.brands import brand_of
from data_collector.core.normalise.colorants import colour_in, colour_of_hex
from data_collector.core.normalise.device import parse_mac, tidy_model
from data_collector.core.normalise.findings import Findings
from data_collector.core.normalise.supplies import SUPPLIES_MAX, WASTE, kind_in, read_amount, serial_in, worse
from data_collector.core.normalise.supply_records import complete
from data_collector.core.normalise.voice import Voice
from data_collector.core.serials import canonical_serial
from data_collector.core.text import decode_text, shorten
from wire_format.printer_mib import (
    ALERT_CODES,
    ALERT_GROUPS,
    ALERT_SEVERITIES,
    DETECTED_ERRORS,
    SUPPLY_KINDS,
    SUPPLY_UNITS,
    PrinterState,
    SupplyState,
)
from wire_format.records import Alert, Config, Device, Meter, Status, Supply, Unit

STATES: Final = {3: PrinterState.IDLE, 4: PrinterState.PRINTING, 5: PrinterState.STOPPED}

REASONS: Final = {
    "media-empty": (808, "noPaper"), "media-needed": (809, "noPaper"), "media-low": (807, "lowPaper"),
    "media-jam": (8, "jammed"), "toner-empty": (1101, "noToner"), "toner-low": (1104, "lowToner"),
    "marker-supply-empty": (13, "noToner"), "marker-supply-low": (12, "lowToner"),
    "marker-supply-missing": (9, "markerSupplyMissing"), "marker-waste-full": (1109, None),
    "marker-waste-almost-full": (1107, None), "marker-waste-missing": (9, "markerSupplyMissing"),
    "cover-open": (3, "doorOpen"), "door-open": (501, "doorOpen"), "interlock-open": (5, "doorOpen"),
    "input-tray-missing": (801, "inputTrayMissing"), "output-tray-missing": (901, "outputTrayMissing"),
    "output-area-full": (903, "outputFull"), "output-area-almost-full": (902, "outputNearFull"),
    "opc-near-eol": (1111, None), "opc-life-over": (1112, None), "developer-low": (1113, None),
    "developer-empty": (1114, None), "fuser-over-temp": (1002, None), "fuser-under-temp": (1001, None),
    "fuser-failure": (30, None), "shutdown": (22, "offline"), "power-down": (504, "offline"),
}  # fmt: skip
"""printer-state-reasons (RFC 8011, 5.4.12; PWG 5100.9): PrtAlertCodeTC and detected error."""
NOT_THE_PRINTERS: Final = re.compile(
    r"^(none|cups-.*|com\..*|connecting-to-device|hold-new-jobs|moving-to-paused|paused|spool-area-full|stopped-partly"
    r"|stopping|timed-out|identify-printer-requested|wifi-.*|resuming|deactivated|unknown-reason.*)$"
)
UUID_OF_A_MAC: Final = re.compile(
    r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-([0-9a-f]{12})", re.IGNORECASE
)
"""RFC 9562, 5.1: version 1 ends in the hardware address of who made it; one made up is a group's."""
SUFFIX: Final = re.compile(r"-(error|warning|report)$")
SEVERITIES: Final = {"error": "critical", "warning": "warning", "report": "other", None: "warning"}
CODE_OTHER: Final = 1


def _kebab(label: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"-\1", label).lower()


KINDS: Final = {_kebab(label): label for label in SUPPLY_KINDS.values()}
CODES: Final = {label.casefold(): code for code, label in ALERT_CODES.items()}
GROUPS: Final = {label.casefold(): label for label in ALERT_GROUPS.values()}
NUMBERS_OF_UNITS: Final = {label.casefold(): number for number, label in SUPPLY_UNITS.items()}
PERCENT: Final = 19


def ipp_voice(raw: bytes | None, address: str, findings: Findings) -> Voice:
    """The voice of one Get-Printer-Attributes reply; an empty one when there is none."""
    if raw is None:
        return Voice()
    try:
        reply = decode_reply(raw)
    except IppDecodeError as error:
        findings.add("ipp", "ipp:reply", raw[:64], str(error))
        return Voice()
    if reply.doubt is not None:
        findings.add("ipp", "ipp:reply", None, reply.doubt)
    if reply.cut:
        return Voice()  # half a list of levels is a wrong one, and nobody knows where the cut went
    return attributes_voice(reply, address, findings)


def attributes_voice(reply: IppReply, address: str | None, findings: Findings) -> Voice:
    """The voice of attributes that arrived whole. address: None for a printer without a network."""
    if reply.status >= STATUS_ERROR and not reply.attributes:
        findings.add("ipp", "ipp:reply", f"{reply.status:#06x}", "the printer refused to tell its attributes")
    told = Told(reply, findings)
    errors, alerts = _alerts(told)
    return Voice(
        device=_device(told, address),
        config=_config(told),
        status=Status(
            state=STATES.get(told.number("printer-state") or 0, PrinterState.UNKNOWN) if reply.attributes else None,
            detected_errors=errors,
            console_text=told.text("printer-state-message", 1024),
        ),
        uptime_ms=_uptime_ms(told),
        meters=_meters(told),
        supplies=complete(_printer_supply(told), _markers(told)) if told.octets("printer-supply") else _markers(told),
        alerts=alerts,
        alerts_of=AlertSource.IPP if told.texts("printer-state-reasons") else None,
    )


class Told:
    """Typed reading of a reply's attributes."""

    def __init__(self, reply: IppReply, findings: Findings) -> None:
        self._attributes = reply.attributes
        self.findings = findings

    def all(self, name: str) -> tuple[IppValue, ...]:
        """Every value of an attribute."""
        return self._attributes.get(name, ())

    def text(self, name: str, length_max: int) -> str | None:
        """The first text of an attribute that says anything."""
        texts = (value for value in self.all(name) if isinstance(value, str))
        return next((shorten(text, length_max) for text in texts if text), None)

    def texts(self, name: str) -> tuple[str, ...]:
        """Every text of an attribute; others hold an empty place."""
        return tuple(value if isinstance(value, str) else "" for value in self.all(name))

    def numbers(self, name: str) -> tuple[int, ...]:
        """Every number of an attribute."""
        return tuple(value for value in self.all(name) if isinstance(value, int) and not isinstance(value, bool))

    def number(self, name: str) -> int | None:
        """The first number of an attribute."""
        return next(iter(self.numbers(name)), None)

    def flag(self, name: str) -> bool | None:
        """The first boolean of an attribute."""
        return next((value for value in self.all(name) if isinstance(value, bool)), None)

    def octets(self, name: str) -> tuple[dict[str, str], ...]:
        """Values made of `key=value;`: octet strings by PWG 5100.13, or texts by mistake."""
        found = []
        for value in self.all(name):
            text = decode_text(value) if isinstance(value, bytes) else value if isinstance(value, str) else ""
            parts = (part.partition("=") for part in text.split(";"))
            pairs = {key.strip().casefold(): told.strip() for key, equals, told in parts if equals}
            if pairs:
                found.append(pairs)
        return tuple(found)


def _device(told: Told, address: str | None) -> Device:
    keys = parse_device_id(told.text("printer-device-id", 2048) or "")
    brand, model = tidy_model(told.text("printer-make-and-model", 255) or "")
    if model is None:
        brand, model = tidy_model(f"{brand_of(keys.get('MFG', '')) or ''} {keys.get('MDL', '')}".strip())
    maker = brand_of(keys.get("MFG", "")) or keys.get("MFG")
    serial = None
    for text in (told.text("printer-serial-number", 255), keys.get("SN")):
        serial = serial or canonical_serial(text or "")
    return Device(
        manufacturer=shorten(brand or maker or "", 128) or None,
        model=shorten(model, 255) if model else None,
        serial=serial,
        mac=_mac(told.text("printer-uuid", 64) or ""),
        ip=address,
        asset_number=told.text("printer-asset-tag", 255),
        location=told.text("printer-location", 255),
        description=told.text("printer-info", 1024),
    )


def _mac(uuid: str) -> str | None:
    found = UUID_OF_A_MAC.fullmatch(uuid)
    return parse_mac(found[1].encode()) if found else None


def _config(told: Told) -> Config:
    sides = told.texts("sides-supported")
    changes = told.number("printer-config-changes")
    return Config(
        firmware=told.text("printer-firmware-string-version", 255),
        color_capable=told.flag("color-supported"),
        duplex_capable=any(side.startswith("two-sided") for side in sides) if sides else None,
        config_changes=changes if changes is not None and changes >= 0 else None,
    )


def _uptime_ms(told: Told) -> int | None:
    seconds = told.number("printer-up-time")
    return 1000 * seconds if seconds is not None and seconds > 0 else None


def _meters(told: Told) -> tuple[Meter, ...]:
    """Lifetime counts of PWG 5100.22: a -col attribute splits by colour."""
    meters = []
    for attribute, name, unit in (
        ("printer-impressions-completed", "total.impressions", Unit.IMPRESSIONS),
        ("printer-media-sheets-completed", "total.sheets", Unit.SHEETS),
    ):
        value = told.number(attribute)
        if value is not None and value >= 0:
            meters.append(Meter(name=name, unit=unit, value=value, source=f"ipp:{attribute}"))
    for each in told.all("printer-impressions-completed-col"):
        if not isinstance(each, Collection):
            continue
        for member, colour in (("monochrome", "monochrome"), ("full-color", "color")):
            value = next((v for v in each.members.get(member, ()) if isinstance(v, int) and v >= 0), None)
            if value is not None:
                source = f"ipp:printer-impressions-completed-col/{member}"
                name = f"total.impressions.{colour}"
                meters.append(Meter(name=name, unit=Unit.IMPRESSIONS, value=int(value), source=source))
    return tuple({meter.name: meter for meter in reversed(meters)}.values())[::-1]


def _markers(told: Told) -> tuple[Supply, ...]:
    levels, lows = told.numbers("marker-levels"), told.numbers("marker-low-levels")
    names, types, colours = told.texts("marker-names"), told.texts("marker-types"), told.texts("marker-colors")
    supplies = []
    for place in range(min(max(len(levels), len(names)), SUPPLIES_MAX)):
        name = _at(names, place) or ""
        keyword = _at(types, place) or ""
        kind = KINDS.get(keyword) or kind_in(name)
        level = levels[place] if place < len(levels) else None
        low = lows[place] if place < len(lows) else None
        colorant = colour_in(name) or colour_of_hex(_at(colours, place) or "")
        if kind in WASTE:
            colorant = None
            level, low = (100 - level if level is not None and 0 <= level <= 100 else level), None
        amount = read_amount(None if level == -1 else level, 100, in_percent=True)
        if amount.doubt is not None:
            told.findings.add(f"supplies/{place + 1}/level", "ipp:marker-levels", str(level), amount.doubt)
        supply = Supply(
            index=place + 1,
            kind=kind,
            colorant=colorant,
            description=shorten(name, 255) or None,
            serial=serial_in(name),
            unit="percent",
            capacity=100,
            level=level,
            percent=amount.percent,
            state=amount.state,
        )
        if level is not None and low is not None and 0 < level <= low:
            supply = worse(supply, SupplyState.LOW)
        supplies.append(supply)
    return tuple(supplies)


def _printer_supply(told: Told) -> tuple[Supply, ...]:
    """printer-supply and printer-supply-description: rows of the Printer MIB in IPP (PWG 5100.13)."""
    descriptions = told.texts("printer-supply-description")
    supplies = []
    for place, row in enumerate(told.octets("printer-supply")[:SUPPLIES_MAX]):
        named = colour_of_hex(row.get("colorantname", ""))
        description = _at(descriptions, place) or named or ""
        level, capacity = _integer(row.get("level")), _integer(row.get("maxcapacity"))
        number = NUMBERS_OF_UNITS.get(row.get("unit", "").casefold())
        amount = read_amount(level, capacity, in_percent=number in (None, PERCENT))
        if amount.doubt is not None:
            told.findings.add(f"supplies/{place + 1}/level", "ipp:printer-supply", str(level), amount.doubt)
        kind = KINDS.get(_kebab(row.get("type", ""))) or kind_in(description)
        supplies.append(
            Supply(
                index=place + 1,
                kind=kind,
                colorant=colour_in(description) or (None if kind in WASTE else named),
                description=shorten(description, 255) or None,
                serial=serial_in(description),
                unit=SUPPLY_UNITS.get(number) if number is not None else None,
                capacity=capacity,
                level=level,
                percent=amount.percent,
                state=amount.state,
            )
        )
    return tuple(supplies)


def _alerts(told: Told) -> tuple[tuple[str, ...], tuple[Alert, ...]]:
    errors: set[str] = set()
    alerts: dict[str, Alert] = {}
    for row, description in zip(
        told.octets("printer-alert"), (*told.texts("printer-alert-description"), *[""] * 256), strict=False
    ):
        code = CODES.get(row.get("code", "").casefold())
        severity = row.get("severity", "")
        if code is None or severity not in ALERT_SEVERITIES.values():
            continue
        alert_id = f"ipp-{_integer(row.get('index')) or 0}-{code}-{_integer(row.get('time')) or 0}"
        part = _integer(row.get("groupindex"))
        alerts[alert_id] = Alert(
            alert_id=alert_id,
            code=code,
            severity=severity,
            group=GROUPS.get(row.get("group", "").casefold()),
            location=part if part is not None and part > 0 else None,
            description=shorten(description, 255) or None,
        )
    told_codes = {alert.code for alert in alerts.values()}
    for reason in told.texts("printer-state-reasons")[:256]:
        if NOT_THE_PRINTERS.match(SUFFIX.sub("", reason)) or not reason:
            continue
        suffix = SUFFIX.search(reason)
        code, error = REASONS.get(SUFFIX.sub("", reason), (CODE_OTHER, None))
        if error is not None:
            errors.add(error)
        if code not in told_codes:
            severity = SEVERITIES[suffix[1] if suffix else None]
            alert_id = f"ipp-{shorten(reason, 100)}"
            alerts[alert_id] = Alert(alert_id=alert_id, code=code, severity=severity, description=reason[:255])
    return tuple(label for label in DETECTED_ERRORS if label in errors), tuple(alerts.values())[:256]


def _at(values: tuple[str, ...], place: int) -> str | None:
    return values[place] if place < len(values) else None


def _integer(text: str | None) -> int | None:
    """A 32-bit number written out in a text."""
    return int(text) if text and re.fullmatch(r"-?\d{1,10}", text) and abs(int(text)) < 2**31 else None
