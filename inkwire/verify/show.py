"""The verdict for a person at a terminal, and for a machine.

1. Columns are parted by spaces, numbers stand to the right, a zero is a dot: what is wrong is what is seen.
2. Colour is only added to a finished line, so a table without it reads the same.
"""

from collections.abc import Mapping
from typing import Final

from inkwire.verify.facts import Truth
from inkwire.verify.verdict import Count, Difference, Fault, Thing, Verdict
from wire_format.codec import format_instant
from wire_format.strict_json import JsonValue

_ROWS: Final = {Thing.DEVICE: "devices", Thing.METER: "meters", Thing.JOB: "jobs", Thing.ALERT: "alerts"}
_COLUMNS: Final = ("expected", "found", "lost", "twice", "invented", "altered", "late", "pending", "unseen", "newer")
_FAULTS: Final = frozenset(fault.value for fault in Fault)
_RED, _GREEN, _DIM, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[2m", "\x1b[0m"


def table(verdict: Verdict, truth: Truth, portal: str, *, list_max: int, colour: bool) -> str:
    """The whole answer as text: where from, the counts, the totals, the differences, the sentence."""
    head = [
        f"Truth  {len(truth.printers):,} printers, written {format_instant(truth.written_at)}, "
        f"clock {truth.speed:g} times real time",
        f"Portal {portal}",
    ]
    blocks = [head, _counts(verdict.counts, colour), _totals(verdict)]
    if verdict.differences:
        blocks.append(_list(verdict.differences, list_max))
    ending = _painted(verdict.sentence(), _GREEN if verdict.same else _RED, colour)
    return "\n\n".join("\n".join(block) for block in (*blocks, [ending]))


def _counts(counts: Mapping[Thing, Count], colour: bool) -> list[str]:
    # What only a live or a scanned fleet has is not a column of every table.
    always = {"expected", "found", "lost", "twice", "altered", "late"}
    columns = [name for name in _COLUMNS if name in always or any(_of(count, name) for count in counts.values())]
    cells = {thing: [_cell(_of(counts[thing], name)) for name in columns] for thing in Thing}
    widths = [max(len(name), *(len(cells[thing][place]) for thing in Thing)) for place, name in enumerate(columns)]
    label = max(map(len, _ROWS.values()))
    lines = ["  ".join([" " * label, *(name.rjust(width) for name, width in zip(columns, widths, strict=True))])]
    for thing in Thing:
        row = [_ROWS[thing].ljust(label)]
        for name, cell, width in zip(columns, cells[thing], widths, strict=True):
            paint = _DIM if cell == "·" else _RED if name in _FAULTS else ""
            row.append(_painted(cell.rjust(width), paint, colour))
        lines.append("  ".join(row))
    return lines


def _of(count: Count, name: str) -> int:
    value = getattr(count, name)
    assert isinstance(value, int)
    return value


def _cell(value: int) -> str:
    return f"{value:,}" if value else "·"


def _totals(verdict: Verdict) -> list[str]:
    told = verdict.impressions
    rows = [("", "truth", "portal"), ("impressions in jobs", f"{told.jobs_made:,}", f"{told.jobs_shown:,}")]
    rows.append(("impressions on meters", f"{told.meters_made:,}", f"{told.meters_shown:,}"))
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    lines = [
        f"{name.ljust(widths[0])}  {truth.rjust(widths[1])}  {shown.rjust(widths[2])}" for name, truth, shown in rows
    ]
    if told.jobs_unseen:
        lines[1] += f"  ({told.jobs_unseen:,} in jobs that no reading could show, or that are pending)"
    return lines


def _list(differences: tuple[Difference, ...], list_max: int) -> list[str]:
    lines = [printable(str(difference)) for difference in differences[:list_max]]
    left = len(differences) - len(lines)
    if left:
        lines.append(f"... and {left:,} more; --list-max {len(differences)} names them all")
    return lines


def printable(text: str) -> str:
    """The text on one line, with nothing in it that a terminal would obey: ids and serials come from strangers."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


def _painted(text: str, paint: str, colour: bool) -> str:
    return f"{paint}{text}{_PLAIN}" if colour and paint else text


def as_json(verdict: Verdict, truth: Truth, portal: str, *, list_max: int | None) -> dict[str, JsonValue]:
    """The whole answer as one JSON object. list_max: None names every difference."""
    told = verdict.impressions
    return {
        "same": verdict.same,
        "sentence": verdict.sentence(),
        "portal": portal,
        "truth": {
            "seed": truth.seed,
            "printers": len(truth.printers),
            "written_at": format_instant(truth.written_at),
            "speed": truth.speed,
        },
        "counts": {_ROWS[thing]: {name: _of(verdict.counts[thing], name) for name in _COLUMNS} for thing in Thing},
        "impressions": {
            "jobs": {"truth": told.jobs_made, "portal": told.jobs_shown, "unseen": told.jobs_unseen},
            "meters": {"truth": told.meters_made, "portal": told.meters_shown},
        },
        "differences_total": len(verdict.differences),
        "differences": [_as_object(difference) for difference in verdict.differences[:list_max]],
    }


def _as_object(difference: Difference) -> JsonValue:
    return {
        "fault": difference.fault.value,
        "thing": difference.thing.value,
        "serial": difference.serial or None,
        "printer": difference.printer,
        "item": difference.item or None,
        "wanted": difference.wanted,
        "found": difference.found,
    }
