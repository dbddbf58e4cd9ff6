"""The status page: what the printer does now, what it needs, what stands in it."""

from device_sim.core.ews.frame import page
from device_sim.core.ews.media import inputs_table
from device_sim.core.ews.parts import bar, joined, moment_of, second, table
from device_sim.core.ews.supplies import tanks
from device_sim.core.markup import Markup, Part, html_tag
from device_sim.core.state import LivePrinter, RunningJob
from wire_format.printer_mib import PrinterState
from wire_format.records import Service

REFRESH_S = 10
_STATES = {
    PrinterState.IDLE: "Idle",
    PrinterState.PRINTING: "Processing",
    PrinterState.WARMING_UP: "Warming up",
    PrinterState.STOPPED: "Stopped",
}


def status_page(state: LivePrinter) -> str:
    """The start page of the embedded web server."""
    return page(
        state,
        "/",
        joined(
            _display(state),
            html_tag("h2", "Alerts"),
            table(
                "",
                (("Alert", "lead"), ("Severity", "word"), ("Since", "word")),
                _alerts(state),
                "Nothing needs attention.",
            ),
            html_tag("h2", "Supplies"),
            tanks(state),
            html_tag("h2", "Media"),
            inputs_table(state),
        ),
        REFRESH_S,
    )


def since_s(state: LivePrinter) -> float:
    """Since when the printer is in its state: the first critical alert, the job's start, or the end of the last job."""
    critical = [alert.onset_s for alert in state.alerts if alert.critical]
    if critical:
        return min(critical)
    if state.job is not None:
        return state.job.started_s
    ended = next((job.record.completed_at for job in reversed(state.finished)), None)
    return state.booted_s if ended is None else max(state.booted_s, ended.timestamp())


def _display(state: LivePrinter) -> Markup:
    busy = "busy" if state.job is not None else ""
    worst = "critical" if any(alert.critical for alert in state.alerts) else "warning" if state.alerts else busy
    said = _STATES.get(state.status, state.status.value.replace("-", " ").capitalize())
    return html_tag(
        "section",
        html_tag("p", state.console_text, class_="said"),
        html_tag("p", f"{said} since {moment_of(since_s(state))}", class_="state"),
        None if state.job is None else _job(state, state.job),
        class_=f"display {worst}".strip(),
        aria_label="Display",
    )


def _job(state: LivePrinter, job: RunningJob) -> Markup:
    unit = "images" if job.service is Service.SCAN else "impressions"
    waiting = f", {state.queued} waiting" if state.queued else ""
    words = f"Job {job.number} ({job.service}): {job.done:,} of {job.wanted:,} {unit}{waiting}"
    share = 100 * job.done // job.wanted if job.wanted else 0
    return html_tag("div", html_tag("p", words), bar(share, "fill-busy", f"{share} % done"), class_="job")


def _alerts(state: LivePrinter) -> list[tuple[Part, ...]]:
    return [
        (
            second(alert.description, alert.console_text if alert.critical else ""),
            html_tag("span", "Critical", class_="critical-word")
            if alert.critical
            else html_tag("span", "Warning", class_="warning-word"),
            moment_of(alert.onset_s),
        )
        for alert in sorted(state.alerts, key=lambda alert: (not alert.critical, alert.index))
    ]
