"""What the device is doing: ProductStatusDyn."""

from collections.abc import Iterator

from device_sim.core.ledm.events import modification_number
from device_sim.core.ledm.names import spaces
from device_sim.core.markup import Markup, document, tag
from device_sim.core.state import ActiveAlert, LivePrinter
from wire_format.printer_mib import ALERT_CODES, PrinterState
from wire_format.records import Service

_WORK = {Service.PRINT: "processing", Service.COPY: "copying", Service.SCAN: "scanProcessing"}
_CODES = {
    3: "doorOpen", 8: "jamInPrinter", 10: "maintenanceLow", 11: "maintenanceOut", 807: "trayLow", 808: "trayEmpty",
    1101: "cartridgeOut", 1102: "cartridgeOut", 1104: "cartridgeLow", 1105: "cartridgeLow",
}  # fmt: skip


def product_status(state: LivePrinter) -> str:
    """ProductStatusDyn: what it does, and a table of the alerts that stand."""
    table = tag(
        "psdyn:AlertTable",
        tag("psdyn:ModificationNumber", modification_number(state)),
        (_alert(alert) for alert in state.alerts),
    )
    statuses = (
        tag("psdyn:Status", tag("pscat:StatusCategory", word), tag("locid:StringId", 65000 + number))
        for number, word in enumerate(_categories(state))
    )
    return document(tag("psdyn:ProductStatusDyn", statuses, table, **spaces("psdyn", "pscat", "locid", "ad", "dd")))


def _categories(state: LivePrinter) -> Iterator[str]:
    if state.status is PrinterState.STOPPED:
        yield from dict.fromkeys(_CODES.get(alert.code, "error") for alert in state.alerts if alert.critical)
    elif state.job is None:
        yield "ready"
    else:
        yield _WORK.get(state.job.service, "processing")
    yield from dict.fromkeys(_CODES.get(alert.code, "warning") for alert in state.alerts if not alert.critical)


def _alert(alert: ActiveAlert) -> Markup:
    return tag(
        "psdyn:Alert",
        tag("ad:ProductStatusAlertID", _CODES.get(alert.code, ALERT_CODES.get(alert.code, "other"))),
        tag("locid:StringId", 65100 + alert.code),
        tag("psdyn:SequenceNumber", alert.index),
        tag("psdyn:Severity", "Error" if alert.critical else "Warning"),
        tag("ad:AlertDetails", tag("ad:AlertDetailsUserAction", alert.console_text),
            tag("ad:AlertDetailsLocation", alert.description)),
    )  # fmt: skip
