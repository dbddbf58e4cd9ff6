"""docs/howto/faults.md, its list written from the registry: `python -m tests.support.fault_docs` writes it anew."""

from pathlib import Path
from typing import Final

from device_sim.core.faults import KNOBS, Knob

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "howto" / "faults.md"
START: Final = "<!-- written by tests.support.fault_docs -->"
HEADINGS: Final = {
    "identity": "Who it is",
    "values": "What it counts and what is left",
    "alerts": "Alerts",
    "clock": "The clock",
    "snmp": "SNMP on the wire",
    "http": "HTTP and its documents",
    "ipp": "IPP",
}


def with_list(page: str) -> str:
    """The page with its list of faults as the registry has it."""
    head, _, _ = page.partition(START)
    return f"{head}{START}\n" + "".join(_section(subject) for subject in HEADINGS)


def _section(subject: str) -> str:
    knobs = [knob for knob in KNOBS.values() if knob.described.subject == subject]
    if not knobs:
        return ""
    lines = [
        "",
        f"## {HEADINGS[subject]}",
        "",
        "| fault | values | the printer | a collector should | case |",
        "|---|---|---|---|---|",
    ]
    return "\n".join((*lines, *map(_row, knobs))) + "\n"


def _row(knob: Knob) -> str:
    described = knob.described
    cells = (f"`{knob.argument}`", knob.range, described.purpose, described.expect, described.case)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |"


if __name__ == "__main__":
    DOCUMENT.write_text(with_list(DOCUMENT.read_text()))
