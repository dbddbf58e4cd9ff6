"""How a printer says what it does: status, console text and the running job, from its state."""

from collections.abc import Iterator
from typing import Final

from device_sim.core.run import Run
from device_sim.core.state import LivePrinter, Power, RunningJob, WaitingJob
from wire_format.printer_mib import DETECTED_ERRORS, PrinterState
from wire_format.records import Service

OFFLINE_BIT: Final = 1 << DETECTED_ERRORS.index("offline")


def describe(
    state: LivePrinter, run: Run | None, waiting: tuple[WaitingJob, ...], now_ms: int, warm_ms: int, *, stopped: bool
) -> None:
    """Bring what a state says of its printer up to what the printer does. warm_ms: when it is warm after a boot."""
    state.touch()
    state.waiting = waiting
    state.job = None if run is None else _running(run)
    if state.power is not Power.ON:
        state.status, state.console_text = PrinterState.UNKNOWN, ""
        return
    if state.error_bits & OFFLINE_BIT:
        state.status = PrinterState.OFFLINE
    elif stopped:
        state.status = PrinterState.STOPPED
    elif run is None:
        state.status = PrinterState.WARMING_UP if now_ms < warm_ms else PrinterState.IDLE
    else:
        warming = run.warming and now_ms < run.ready_ms
        state.status = PrinterState.WARMING_UP if warming else PrinterState.PRINTING
    state.console_text = next(_said(state), "Ready")


def describe_progress(state: LivePrinter, run: Run) -> None:
    """`describe` where nothing came since but impressions of a run that printed before."""
    state.touch()
    state.job = _running(run)


def _said(state: LivePrinter) -> Iterator[str]:
    yield from (alert.console_text for alert in state.alerts if alert.critical)
    if state.job:
        verb = {Service.PRINT: "Printing", Service.COPY: "Copying", Service.SCAN: "Scanning"}
        warming = state.status is PrinterState.WARMING_UP
        yield "Warming up" if warming else verb.get(state.job.service, "Printing")
    elif state.status is PrinterState.WARMING_UP:
        yield "Warming up"
    yield from (alert.console_text for alert in state.alerts)


def _running(run: Run) -> RunningJob:
    order = run.order
    return RunningJob(
        number=run.number,
        name=order.name,
        service=order.service,
        submitted_s=order.arrived_ms / 1000,
        started_s=run.started_ms / 1000,
        wanted=order.images if order.service is Service.SCAN else order.impressions,
        done=run.done,
        color=order.color,
        stopped=run.blocked,
    )
