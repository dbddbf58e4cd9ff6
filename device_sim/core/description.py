"""How a printer says what it does: status, console text and the running job, from its state."""

from collections.abc import Iterator

from device_sim.core.run import Run
from device_sim.core.state import LivePrinter, RunningJob, WaitingJob
from wire_format.printer_mib import PrinterState
from wire_format.records import Service


def describe(
    state: LivePrinter, run: Run | None, waiting: tuple[WaitingJob, ...], now_ms: int, *, stopped: bool
) -> None:
    """Bring what a state says of its printer up to what the printer does."""
    state.touch()
    state.waiting = waiting
    state.job = None if run is None else _running(run)
    if stopped:
        state.status = PrinterState.STOPPED
    elif run is None:
        state.status = PrinterState.IDLE
    else:
        warming = run.warming and now_ms < run.ready_ms
        state.status = PrinterState.WARMING_UP if warming else PrinterState.PRINTING
    state.console_text = next(_said(state), "Ready")


def _said(state: LivePrinter) -> Iterator[str]:
    yield from (alert.console_text for alert in state.alerts if alert.critical)
    if state.job:
        verb = {Service.PRINT: "Printing", Service.COPY: "Copying", Service.SCAN: "Scanning"}
        warming = state.status is PrinterState.WARMING_UP
        yield "Warming up" if warming else verb.get(state.job.service, "Printing")
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
