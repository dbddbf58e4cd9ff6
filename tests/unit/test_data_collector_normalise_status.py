"""What a printer is doing: the pairs of RFC 3805, 2.2.13.2.2. Synthetic."""

import pytest

from data_collector.core.normalise.status import judge_state
from tests.support.data_collector_core import report_of
from wire_format.printer_mib import PrinterState

OTHER, UNKNOWN, IDLE, PRINTING, WARMUP = 1, 2, 3, 4, 5
RUNNING, WARNING, DOWN = 2, 3, 5


@pytest.mark.parametrize(
    ("printer", "device", "errors", "state"),
    [
        (IDLE, RUNNING, (), PrinterState.IDLE),
        (PRINTING, WARNING, ("lowToner",), PrinterState.PRINTING),
        (WARMUP, DOWN, (), PrinterState.WARMING_UP),
        (OTHER, RUNNING, (), PrinterState.IDLE),
        (OTHER, DOWN, ("jammed",), PrinterState.STOPPED),
        (OTHER, DOWN, ("offline",), PrinterState.OFFLINE),
        (OTHER, DOWN, ("offline", "doorOpen"), PrinterState.STOPPED),
        (OTHER, DOWN, (), PrinterState.STOPPED),
        (IDLE, DOWN, ("offline",), PrinterState.OFFLINE),
        (IDLE, WARNING, ("noToner",), PrinterState.IDLE),
        (None, RUNNING, (), PrinterState.UNKNOWN),
        (None, None, ("jammed",), PrinterState.STOPPED),
        (UNKNOWN, None, (), PrinterState.UNKNOWN),
        (99, RUNNING, (), PrinterState.UNKNOWN),
    ],
)
def test_the_pair_of_states_says_what_the_printer_does(
    printer: int | None, device: int | None, errors: tuple[str, ...], state: PrinterState
) -> None:
    assert judge_state(printer, device, errors) is state


@pytest.mark.parametrize(
    ("octets", "errors"),
    [
        (b"", ()),
        (b"\x00", ()),
        (b"\x20", ("lowToner",)),
        (b"\x00\x04", ("inputTrayEmpty",)),
        (b"\x05\x80", ("jammed", "serviceRequested", "inputTrayMissing")),
        (b"\x00\x01", ()),
        (b"\x80\x00\xff\xff", ("lowPaper",)),
    ],
)
def test_error_bits_are_read_from_none_one_or_two_octets(octets: bytes, errors: tuple[str, ...]) -> None:
    status = report_of({"1.3.6.1.2.1.25.3.5.1.2.1": octets}).status

    assert status is not None
    assert status.detected_errors == errors


def test_the_console_is_told_line_by_line() -> None:
    lines = {"1.3.6.1.2.1.43.16.5.1.2.1.1": b"READY   \x00", "1.3.6.1.2.1.43.16.5.1.2.1.2": b"Tray 2 low"}

    status = report_of(lines).status

    assert status is not None
    assert status.console_text == "READY / Tray 2 low"
