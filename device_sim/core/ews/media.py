"""The media page: trays and rolls, where the prints land, and the covers."""

from device_sim.core.ews.frame import page
from device_sim.core.ews.parts import UNKNOWN, bar, joined, number, second, table
from device_sim.core.markup import Markup, Part, html_tag
from device_sim.core.state import LivePrinter


def media_page(state: LivePrinter) -> str:
    """Inputs, outputs and covers with what the device senses of each."""
    outputs = [_output(state, place) for place in range(len(state.output_counts))]
    covers = [
        (name, html_tag("span", "Open", class_="critical-word") if is_open else "Closed")
        for name, is_open in zip(state.profile.covers, state.covers_open, strict=True)
    ]
    return page(
        state,
        "/media",
        joined(
            html_tag("h2", "Rolls" if _has_rolls(state) else "Trays"),
            inputs_table(state),
            html_tag("h2", "Outputs"),
            table("", (("Output", "lead"), ("In it", "n"), ("Room left", "n")), outputs, "No outputs."),
            html_tag("h2", "Covers"),
            table("", (("Cover", "lead"), ("State", "word")), covers, "No covers."),
        ),
    )


def inputs_table(state: LivePrinter) -> Markup:
    """What is loaded, and how much of it."""
    return table(
        "",
        (("Input", "lead"), ("Media", ""), ("Level", "bar"), ("Left", "n")),
        [_input(state, place) for place in range(len(state.input_amounts))],
        "No inputs.",
    )


def _has_rolls(state: LivePrinter) -> bool:
    return any(part.is_roll for part in state.profile.inputs)


def _input(state: LivePrinter, place: int) -> tuple[Part, ...]:
    spec, amount = state.profile.inputs[place], state.input_amounts[place]
    size = f"{spec.width_mm:,} mm wide" if spec.is_roll else f"{spec.width_mm} × {spec.length_mm} mm"
    full = f"of {spec.amount_max / 1000:,.1f} m" if spec.is_roll else f"of {number(spec.amount_max)} sheets"
    left = f"{amount / 1000:,.1f} m" if spec.is_roll else f"{amount:,} sheets"
    percent = 100 * amount // spec.amount_max
    return (
        spec.name,
        second(spec.media_name or UNKNOWN, f"{spec.media_type}, {size}"),
        bar(percent, "fill-other", f"{percent} %"),
        second(html_tag("span", "empty", class_="critical-word") if amount <= 0 else left, full),
    )


def _output(state: LivePrinter, place: int) -> tuple[Part, ...]:
    spec, count = state.profile.outputs[place], state.output_counts[place]
    return spec.name, f"{number(count)} {spec.unit}", f"{number(spec.capacity - count)} {spec.unit}"
