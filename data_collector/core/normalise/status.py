"""What the printer is doing: hrPrinterStatus and hrDeviceStatus read together.

The pairs are RFC 3805's (section 2.2.13.2.2): a running device whose printer status is "other" stands by, a
device that is down with "other" is stopped or off-line, and the detected errors say which.
"""

from typing import Final

from data_collector.core import mib
from data_collector.core.evidence import dotted
from data_collector.core.normalise.snmp_view import SnmpView
from data_collector.core.text import shorten
from wire_format.printer_mib import DETECTED_ERRORS, PrinterState
from wire_format.records import Alert, Status

OTHER, IDLE, PRINTING, WARMUP = 1, 3, 4, 5
"""hrPrinterStatus."""
RUNNING, WARNING, DOWN = 2, 3, 5
"""hrDeviceStatus."""
STOPPING: Final = frozenset(
    ["noPaper", "noToner", "doorOpen", "jammed", "inputTrayMissing", "outputTrayMissing", "markerSupplyMissing",
     "outputFull"]
)  # fmt: skip
"""Detected errors a printer cannot print with; lowPaper, lowToner, serviceRequested and the like are warnings."""
OFFLINE: Final = "offline"
CRITICAL: Final = "critical"


def read_status(view: SnmpView) -> Status:
    """The status of an SNMP voice."""
    errors = detected_errors(view)
    printer = view.number(view.of_printer(mib.HR_PRINTER_STATUS), "status.state")
    device = view.number(view.of_printer(mib.HR_DEVICE_STATUS), "status.state")
    return Status(state=judge_state(printer, device, errors), detected_errors=errors, console_text=_console(view))


def detected_errors(view: SnmpView) -> tuple[str, ...]:
    """Labels of hrPrinterDetectedErrorState, which is none, one or two octets long."""
    identifier = view.of_printer(mib.HR_PRINTER_ERRORS)
    value = view.picture.value(identifier)
    if value is None:
        return ()
    if not isinstance(value, bytes):
        view.findings.add("status.detected_errors", dotted(identifier), value, "this should be octets")
        return ()
    return tuple(
        label
        for bit, label in enumerate(DETECTED_ERRORS)
        if bit // 8 < len(value) and value[bit // 8] & (0x80 >> bit % 8)
    )


def judge_state(printer: int | None, device: int | None, errors: tuple[str, ...]) -> PrinterState:
    """The state that hrPrinterStatus, hrDeviceStatus and the detected errors say together."""
    stopped = any(error in STOPPING for error in errors)
    if printer == IDLE:
        return PrinterState.OFFLINE if OFFLINE in errors and device == DOWN else PrinterState.IDLE
    if printer == PRINTING:
        return PrinterState.PRINTING
    if printer == WARMUP:
        return PrinterState.WARMING_UP
    if OFFLINE in errors:
        return PrinterState.STOPPED if stopped else PrinterState.OFFLINE
    if stopped or device == DOWN:
        return PrinterState.STOPPED
    if printer == OTHER and device in (RUNNING, WARNING):
        return PrinterState.IDLE
    return PrinterState.UNKNOWN


def _console(view: SnmpView) -> str | None:
    lines = [
        view.text(view.cell(mib.PRT_CONSOLE_TEXT, row), "status.console_text")
        for row, _ in view.rows(mib.PRT_CONSOLE_TEXT)
    ]
    text = " / ".join(line for line in lines if line) or view.first(view.definition.console) or ""
    return shorten(text, 1024) or None


def tell_unexplained(view: SnmpView, errors: tuple[str, ...], alerts: tuple[Alert, ...]) -> None:
    """Add a finding when an error bit says that the printer cannot print, and no alert is called critical."""
    stopping = [error for error in errors if error in STOPPING]
    if stopping and not any(alert.severity == CRITICAL for alert in alerts):
        says = "the alerts call nothing critical" if alerts else "the alert table tells of nothing"
        source = dotted(view.of_printer(mib.HR_PRINTER_ERRORS))
        view.findings.add("alerts", source, ", ".join(stopping), f"unexplained: the printer is stopped, and {says}")
