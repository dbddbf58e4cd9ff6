"""The status page: what the printer does now, what it needs, what stands in it."""

from datetime import UTC, datetime

from device_sim.core.ews.frame import joined, page, second, table
from device_sim.core.markup import Markup, Part, html_tag
from device_sim.core.state import LivePrinter

REFRESH_S = 10


def status_page(state: LivePrinter) -> str:
    """The start page of the embedded web server."""
    return page(
        state,
        "/",
        joined(
            _now(state),
            html_tag("h2", "Alerts"),
            table(
                "What stands now",
                (("Alert", ""), ("Severity", "word"), ("Since (UTC)", "word")),
                _alerts(state),
                "No alerts.",
            ),
            html_tag("h2", "Supplies"),
            table(
                "What is left; of a receptacle, the room left",
                (("Supply", ""), ("Part number", "word"), ("Level", ""), ("Left", "n")),
                [_supply(state, place) for place in range(len(state.supply_amounts))],
                "No supplies.",
            ),
            html_tag("h2", "Media"),
            table(
                "What is loaded",
                (("Input", ""), ("Media", ""), ("Left", "n")),
                [_input(state, place) for place in range(len(state.input_amounts))],
                "No inputs.",
            ),
        ),
        REFRESH_S,
    )


def _now(state: LivePrinter) -> Markup:
    worst = "critical" if any(alert.critical for alert in state.alerts) else "warning" if state.alerts else ""
    said = html_tag("p", state.console_text, class_=f"now {worst}".strip())
    if state.job is None:
        doing = "No job."
    else:
        unit = "images" if state.job.service == "scan" else "impressions"
        waiting = f", {state.queued} waiting" if state.queued else ""
        doing = f"Job {state.job.number} ({state.job.service}): {state.job.done} of {state.job.wanted} {unit}{waiting}."
    return joined(said, html_tag("p", doing, class_="quiet"))


def _alerts(state: LivePrinter) -> list[tuple[Part, ...]]:
    rows: list[tuple[Part, ...]] = []
    for alert in sorted(state.alerts, key=lambda alert: (not alert.critical, alert.index)):
        since = datetime.fromtimestamp(alert.onset_s, UTC)
        rows.append(
            (
                second(alert.description, alert.console_text),
                "Critical" if alert.critical else "Warning",
                f"{since:%d %b %H:%M:%S}",
            )
        )
    return rows


def _supply(state: LivePrinter, place: int) -> tuple[Part, ...]:
    spec, percent = state.profile.supplies[place], state.supply_percent(place)
    name = spec.colorant.capitalize() if spec.colorant else spec.description
    if percent is None:
        return second(name, spec.description if spec.colorant else ""), spec.part_number or "–", "", "not measured"
    bar = html_tag(
        "meter", f"{percent} %", min=0, max=100, low=spec.low_percent, optimum=100, value=percent, title=f"{percent} %"
    )
    said = f"{percent} %" if spec.unit == "percent" else f"{percent} % ({_in_unit(state, place)})"
    return second(name, spec.description if spec.colorant else ""), spec.part_number or "–", bar, said


def _in_unit(state: LivePrinter, place: int) -> str:
    level = state.supply_level(place)
    unit = state.profile.supplies[place].unit
    return f"{level / 10:,.0f} ml" if unit == "tenthsOfMilliliters" else f"{level:,} {unit}"


def _input(state: LivePrinter, place: int) -> tuple[Part, ...]:
    spec, amount = state.profile.inputs[place], state.input_amounts[place]
    size = f"{spec.width_mm} mm roll" if spec.is_roll else f"{spec.width_mm} × {spec.length_mm} mm"
    left = f"{amount / 1000:,.1f} m" if spec.is_roll else f"{amount:,} sheets"
    return spec.name, second(spec.media_name, f"{spec.media_type}, {size}"), left
