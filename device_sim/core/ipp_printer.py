"""What a printer says of itself over IPP, from its live state.

Source: RFC 8011 (printer description and status), PWG 5100.9 (printer-alert), PWG 5100.13 (printer-supply,
printer-input-tray), PWG 5100.22 (impressions and sheets completed), CUPS (marker-*).
"""

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from device_sim.core.ipp import (
    OCTET_STRING,
    UNKNOWN,
    URI,
    Values,
    boolean,
    date_time,
    enums,
    integers,
    keywords,
    names,
    no_value,
    texts,
    words,
)
from device_sim.core.ipp_capabilities import capability_attributes
from device_sim.core.ipp_media import tray_attributes
from device_sim.core.state import ActiveAlert, Identity, LivePrinter
from wire_format.printer_mib import ALERT_CODES, ALERT_GROUPS, ALERT_SEVERITIES, PrinterState

IDLE: Final = 3
PROCESSING: Final = 4
STOPPED: Final = 5

LEVEL_UNKNOWN: Final = -2
_STATES: Final = {
    PrinterState.PRINTING: PROCESSING,
    PrinterState.STOPPED: STOPPED,
    PrinterState.OFFLINE: STOPPED,
}
_REASONS: Final = {
    3: "cover-open", 8: "media-jam", 10: "marker-supply-low", 11: "marker-supply-empty", 807: "media-low",
    808: "media-empty", 1101: "toner-empty", 1102: "marker-supply-empty", 1104: "toner-low",
    1105: "marker-supply-low", 1107: "marker-waste-almost-full", 1108: "marker-waste-almost-full",
    1109: "marker-waste-full", 1110: "marker-waste-full",
}  # fmt: skip
"""PrtAlertCodeTC to the keyword of RFC 8011, 5.4.12."""
_COLORS: Final = {
    "black": "#000000", "cyan": "#00FFFF", "magenta": "#FF00FF", "yellow": "#FFFF00", "gray": "#808080",
    "matte black": "#101010", "photo black": "#202020",
}  # fmt: skip
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_UUID_SPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:inkwire:device-sim")


def printer_attributes(printer: LivePrinter, uri: str, *, accepting: bool) -> Iterator[tuple[str, Values]]:
    """Every description attribute of the printer, with its values now.

    uri: where it was asked. accepting: whether a job that arrives now is taken.
    """
    yield from capability_attributes(printer.profile, uri)
    yield from _identity(printer)
    yield from status_attributes(printer, accepting=accepting)
    yield from _meters(printer)
    yield from _supplies(printer)
    yield from tray_attributes(printer)


def state_of(printer: LivePrinter) -> int:
    """printer-state."""
    return _STATES.get(printer.status, IDLE)


def printer_uuid(identity: Identity) -> uuid.UUID:
    """printer-uuid: another board or another serial make another one."""
    return uuid.uuid5(_UUID_SPACE, f"{identity.mac}/{identity.serial}")


def _identity(printer: LivePrinter) -> Iterator[tuple[str, Values]]:
    profile, identity = printer.profile, printer.identity
    maker = "" if profile.model.lower().startswith(profile.manufacturer.lower()) else f"{profile.manufacturer} "
    yield "printer-name", names(identity.hostname)
    yield "printer-info", texts(profile.model)
    yield "printer-location", texts(identity.location)
    yield "printer-make-and-model", texts(f"{maker}{profile.model}")
    yield "printer-more-info", words(URI, f"http://{identity.address}/")
    yield "printer-device-id", texts(profile.device_id)
    yield "printer-uuid", words(URI, f"urn:uuid:{printer_uuid(identity)}")
    yield "printer-serial-number", texts(identity.serial)
    yield "printer-firmware-name", names(profile.model)
    yield "printer-firmware-string-version", texts(profile.firmware)
    yield "printer-firmware-version", words(OCTET_STRING, profile.firmware)
    yield "color-supported", boolean(profile.color)
    speed = max(1, round(profile.pace.impressions_per_minute))
    yield "pages-per-minute", integers(speed)
    if profile.color:
        yield "pages-per-minute-color", integers(speed)
    yield "printer-supply-info-uri", words(URI, f"http://{identity.address}/")
    yield "printer-geo-location", (UNKNOWN, (b"",))
    yield "printer-organization", texts("")
    yield "printer-organizational-unit", texts("")
    yield "printer-config-change-time", integers(0)
    yield "printer-config-change-date-time", date_time(datetime.fromtimestamp(printer.booted_s, UTC))


def status_attributes(printer: LivePrinter, *, accepting: bool) -> Iterator[tuple[str, Values]]:
    """What of the printer is true at this moment only. accepting: as in `printer_attributes`."""
    alerts = printer.alerts
    yield "printer-state", enums(state_of(printer))
    yield "printer-state-reasons", keywords(*(dict.fromkeys(map(_reason, alerts)) or ("none",)))
    yield "printer-state-message", texts(printer.console_text)
    yield "printer-is-accepting-jobs", boolean(accepting)
    yield "queued-job-count", integers(printer.queued + (printer.job is not None))
    yield "printer-up-time", integers(max(1, int(printer.uptime_s)))
    yield "printer-current-time", date_time(datetime.fromtimestamp(printer.now_s, UTC))
    changed_s = max((printer.booted_s, *_changes(printer)))
    yield "printer-state-change-time", integers(int(changed_s - printer.booted_s))
    yield "printer-state-change-date-time", date_time(datetime.fromtimestamp(changed_s, UTC))
    if alerts:
        yield "printer-alert", words(OCTET_STRING, *map(_alert, alerts))
        yield "printer-alert-description", texts(*(alert.description for alert in alerts))
    else:
        yield "printer-alert", no_value()
        yield "printer-alert-description", no_value()


def _changes(printer: LivePrinter) -> Iterator[float]:
    """When its state changed, as far as what is left to see tells it."""
    yield from (alert.onset_s for alert in printer.alerts)
    if printer.job is not None:
        yield printer.job.started_s
    if printer.finished and (ended := printer.finished[-1].record.completed_at) is not None:
        yield ended.timestamp()


def _reason(alert: ActiveAlert) -> str:
    return f"{_REASONS.get(alert.code, 'other')}-{'error' if alert.critical else 'warning'}"


def _alert(alert: ActiveAlert) -> str:
    return (
        f"code={ALERT_CODES.get(alert.code, 'other')};severity={ALERT_SEVERITIES.get(alert.severity, 'other')};"
        f"group={ALERT_GROUPS.get(alert.group, 'other')};groupindex={alert.group_index};location={alert.location};"
        f"index={alert.index};training={alert.training};time={int(alert.onset_ticks)}"
    )


def _meters(printer: LivePrinter) -> Iterator[tuple[str, Values]]:
    for name, meter in (
        ("printer-impressions-completed", "total.impressions"),
        ("printer-media-sheets-completed", "total.sheets"),
    ):
        value = printer.meter(meter)
        if value is not None:
            yield name, integers(value & 0x7FFFFFFF)


def _supplies(printer: LivePrinter) -> Iterator[tuple[str, Values]]:
    supplies = printer.profile.supplies
    levels = [_percent(printer, place) for place in range(len(supplies))]
    yield "marker-names", names(*(spec.description for spec in supplies))
    yield "marker-types", keywords(*(_CAMEL.sub("-", spec.kind).lower() for spec in supplies))
    yield "marker-colors", names(*(_COLORS.get((spec.colorant or "").lower(), "none") for spec in supplies))
    yield "marker-levels", integers(*levels)
    yield "marker-high-levels", integers(*(100 for _ in supplies))
    yield "marker-low-levels", integers(*(spec.low_percent for spec in supplies))
    yield "printer-supply", words(OCTET_STRING, *(_supply(printer, place) for place in range(len(supplies))))
    yield "printer-supply-description", texts(*(spec.description for spec in supplies))


def _percent(printer: LivePrinter, place: int) -> int:
    """marker-levels: percent left, or the negative number of RFC 3805 where it is not measured."""
    percent = printer.supply_percent(place)
    return printer.supply_level(place) if percent is None else percent


def _supply(printer: LivePrinter, place: int) -> str:
    spec = printer.profile.supplies[place]
    capacity = spec.capacity if spec.report == "measured" else LEVEL_UNKNOWN
    role = "receptacleThatIsFilled" if spec.receptacle else "supplyThatIsConsumed"
    return (
        f"index={place + 1};class={role};type={spec.kind};unit={spec.unit};maxcapacity={capacity};"
        f"level={printer.supply_level(place)};colorantname={spec.colorant or 'none'};"
    )
