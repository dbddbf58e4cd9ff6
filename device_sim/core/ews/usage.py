"""The usage page: lifetime counts. They are never reset."""

from typing import Final

from device_sim.core.ews.frame import joined, number, page, table
from device_sim.core.markup import Part, html_tag
from device_sim.core.state import LivePrinter
from wire_format.records import Unit

_SHOWN: Final = {
    Unit.MM2: (1_000_000, "m²", 1),
    Unit.MM: (1000, "m", 1),
    Unit.UL: (1000, "ml", 1),
}


def usage_page(state: LivePrinter) -> str:
    """Every meter the printer keeps."""
    rows: list[tuple[Part, ...]] = []
    for spec, value in zip(state.profile.meters, state.meters, strict=True):
        divisor, unit, decimals = _SHOWN.get(spec.unit, (1, spec.unit.value, 0))
        shown = f"{value / divisor:,.{decimals}f}" if divisor > 1 else number(value)
        rows.append((_words(spec.name), shown, unit))
    since = joined(
        html_tag("h2", "Since power-on"),
        html_tag("p", f"{state.power_on_count:,} impressions in {state.uptime_s / 3600:,.1f} hours.", class_="quiet"),
    )
    return page(
        state,
        "/usage",
        joined(
            html_tag("h2", "Lifetime"),
            table(
                "Counted since the printer was made",
                (("Meter", ""), ("Count", "n"), ("Unit", "word")),
                rows,
                "No meters.",
            ),
            since,
        ),
    )


def _words(name: str) -> str:
    return name.replace(".", ", ").replace("-", " ").capitalize()
