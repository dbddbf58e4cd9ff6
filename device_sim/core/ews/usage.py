"""The usage page: lifetime counts. They are never reset."""

from typing import Final

from device_sim.core.ews.frame import page
from device_sim.core.ews.parts import joined, measured, number, pairs, table
from device_sim.core.markup import Markup, Part, html_tag
from device_sim.core.profile import MeterSpec
from device_sim.core.state import LivePrinter
from wire_format.records import Unit

_LARGE: Final = {Unit.MM2: (1_000_000, "m²"), Unit.MM: (1000, "m"), Unit.UL: (1000, "ml")}
_GROUPS: Final = (
    ("Impressions", (Unit.IMPRESSIONS,)), ("Sheets", (Unit.SHEETS,)), ("Scans", (Unit.IMAGES,)),
    ("Media", (Unit.MM2, Unit.MM)), ("Ink", (Unit.UL,)),
)  # fmt: skip
_NAMES: Final = {
    "total.impressions": "All", "print.impressions": "Printed", "copy.impressions": "Copied",
    "fax.impressions": "Faxed", "scan.images": "Scanned images", "total.sheets": "All", "print.area": "Printed area",
    "media.length": "Media used",
}  # fmt: skip
_LONGEST: Final = 3


def usage_page(state: LivePrinter) -> str:
    """Every meter the printer keeps, by what it counts."""
    groups = (_group(state, title, units) for title, units in _GROUPS)
    hours = state.uptime_s / 3600
    return page(
        state,
        "/usage",
        joined(
            html_tag("div", groups, class_="columns"),
            html_tag(
                "p", f"{state.jams:,} jams. Counted since the printer was made; nobody can reset them.", class_="note"
            ),
            html_tag("h2", "Since power-on"),
            pairs(
                (
                    ("Impressions", number(state.power_on_count)),
                    ("Alerts", f"{state.all_events:,}, of which {state.critical_events:,} critical"),
                    ("Powered on for", f"{hours:,.0f} hours" if hours >= 1 else "less than an hour"),
                )
            ),
        ),
    )


def _group(state: LivePrinter, title: str, units: tuple[Unit, ...]) -> Markup | None:
    rows = [
        _row(spec, value) for spec, value in zip(state.profile.meters, state.meters, strict=True) if spec.unit in units
    ]
    if not rows:
        return None
    head = (("Meter", "lead"), ("Count", "n"))
    return html_tag("section", html_tag("h2", title), table("", head, rows, ""))


def _row(spec: MeterSpec, value: int) -> tuple[Part, ...]:
    divisor, unit = _LARGE.get(spec.unit, (1, ""))
    shown = f"{measured(value, divisor, 1)} {unit}" if divisor > 1 else number(value)
    return _words(spec.name), shown


def _words(name: str) -> str:
    """A meter's name for a person: "copy.impressions.color" is "Copied, color", "total.sheets.duplex" is "Duplex"."""
    parts = name.removeprefix("ink.volume.").split(".")
    for length in range(min(_LONGEST, len(parts)), 0, -1):
        known, rest = _NAMES.get(".".join(parts[:length])), parts[length:]
        if known is not None:
            parts = rest if known == "All" and rest else [known, *rest]
            break
    words = ", ".join(parts).replace("-", " ")
    return words[:1].upper() + words[1:]
