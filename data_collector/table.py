"""Reports as a table for a person at a terminal.

1. What a device sends is text of a stranger: control and direction characters never reach the terminal.
2. Numbers stand right, words left; the columns that can give way do, so that a line fits the width.
3. Colour says only what the words say too, and is left out where it is not wanted.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data_collector.core.explain import Explained
from data_collector.visit import Unread
from wire_format.printer_mib import SupplyState
from wire_format.records import Alert, Report, Supply

WIDTH_MIN: Final = 80
_GAP: Final = "  "
_RED, _YELLOW, _GREEN, _DIM, _BOLD, _OFF = "\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[2m", "\x1b[1m", "\x1b[0m"
_LOW_PERCENT: Final = 10
_WARN_PERCENT: Final = 25
_SEVERITIES: Final = ("critical", "warning", "warning-binary-change", "other")
_UNKNOWN: Final = "–"
_ALERTS: Final = 6
_EXAMPLES_MAX: Final = 3
_RAW_MAX: Final = 160


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of one line. colour: an escape, or nothing."""

    text: str
    colour: str = ""


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    fair: int  # so narrow while others may still give way
    least: int
    most: int
    right: bool = False
    middle: bool = False  # cut in the middle: a model's number stands at its end
    short: str = ""  # the title where it is narrow


_COLUMNS: Final = (
    _Column("ADDRESS", 15, 15, 15),
    _Column("MODEL", 18, 14, 36, middle=True),
    _Column("SERIAL", 14, 8, 20),
    _Column("STATE", 8, 6, 10),
    _Column("TOTAL", 12, 12, 12, right=True),
    _Column("LOWEST SUPPLY", 13, 10, 24, short="SUPPLY"),
    _Column("ALERTS", 12, 6, 44),
)
_SHRINK_ORDER: Final = (6, 5, 1, 3, 2)
"""Which column gives way first when a line is too long: alerts, supply, model, state, serial. An address never does:
half of one leads nowhere. Each gives what it can fairly spare before one gives more."""


def render(reports: Sequence[Report], *, width: int, colour: bool) -> str:
    """The table, one line per printer in the order given, without a final newline. width: at least WIDTH_MIN."""
    rows = [_cells(one) for one in reports]
    widths = _widths(rows, max(width, WIDTH_MIN))
    titles = [_title(column, wide) for column, wide in zip(_COLUMNS, widths, strict=True)]
    head = _line([Cell(title, _BOLD) for title in titles], widths, colour=colour)
    return "\n".join([head, *(_line(row, widths, colour=colour) for row in rows)])


def explained_text(report: Report, explained: Sequence[Explained]) -> str:
    """One printer's values, one under the other, each with what the device said and where; without final newline."""
    head = f"{clean(report.device.ip)}  {clean(_model(report.device.manufacturer, report.device.model))}"
    wide = max((len(clean(one.field)) for one in explained), default=0)
    lines = [head]
    for one in explained:
        lines.append(f"  {clean(one.field):<{wide}}  {clean(one.value)}")
        said = [f"{clean(each.source)} = {_short(each.raw)}" for each in one.said] or ["derived"]
        lines += [f"  {'':<{wide}}    < {each}" for each in said]
    return "\n".join(lines)


def unread_lines(unread: Mapping[Unread, Sequence[str]]) -> list[str]:
    """One sentence for each reason why addresses that answered gave no report, with a few of them."""
    lines = []
    for why, addresses in sorted(unread.items()):
        some = ", ".join(addresses[:_EXAMPLES_MAX]) + (", ..." if len(addresses) > _EXAMPLES_MAX else "")
        several = "addresses" if len(addresses) > 1 else "address"
        lines.append(f"{len(addresses):,} {several} {_plural(why) if len(addresses) > 1 else why}: {some}")
    return lines


def _plural(why: str) -> str:
    """The sentence of one address, said of several."""
    return (
        why.replace("has ", "have ", 1)
        .replace("it said what it is", "they said what they are")
        .replace("but is no printer", "but are no printers")
    )


def _short(raw: str) -> str:
    shown = clean(raw)
    return shown if len(shown) <= _RAW_MAX else f"{shown[:_RAW_MAX]}… ({len(raw):,} characters)"


def clean(text: str | None) -> str:
    """Text of a device without what could move the cursor or turn the line round; "–" for none."""
    if not text:
        return _UNKNOWN
    kept = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(kept.split()) or _UNKNOWN


def _cells(one: Report) -> list[Cell]:
    device = one.device
    return [
        Cell(clean(device.ip)),
        Cell(clean(_model(device.manufacturer, device.model))),
        Cell(clean(device.serial)),
        _state(one),
        Cell(_total(one)),
        _lowest(one.supplies),
        _alerts(one.alerts),
    ]


def _model(manufacturer: str | None, model: str | None) -> str | None:
    if manufacturer and model and not model.lower().startswith(manufacturer.lower()):
        return f"{manufacturer} {model}"
    return model or manufacturer


def _state(one: Report) -> Cell:
    state = one.status.state if one.status else None
    colours = {"stopped": _RED, "offline": _RED, "printing": _GREEN}
    return Cell(str(state or _UNKNOWN), colours.get(str(state), ""))


def _total(one: Report) -> str:
    by_name = {meter.name: meter.value for meter in reversed(one.meters)}
    for name in ("total.impressions", "total.sheets", "print.impressions"):
        if name in by_name:
            return f"{by_name[name]:,}"
    return _UNKNOWN


def _lowest(supplies: Sequence[Supply]) -> Cell:
    measured = [one for one in supplies if one.percent is not None]
    worst = min(measured, key=lambda one: one.percent or 0, default=None)
    empty = next((one for one in supplies if one.state is SupplyState.EMPTY), None)
    low = next((one for one in supplies if one.state is SupplyState.LOW), None)
    if empty is not None:
        return Cell(f"{_supply_name(empty)} empty", _RED)
    if worst is not None and worst.percent is not None:
        colour = _RED if worst.percent <= _LOW_PERCENT else _YELLOW if worst.percent <= _WARN_PERCENT else ""
        return Cell(f"{worst.percent:>3} % {_supply_name(worst)}", colour)
    if low is not None:
        return Cell(f"{_supply_name(low)} low", _YELLOW)
    if any(one.state is SupplyState.SOME_LEFT for one in supplies):
        return Cell("some left", "")
    return Cell(_UNKNOWN, "")


def _supply_name(supply: Supply) -> str:
    if supply.colorant and supply.colorant not in ("other", "unknown", "none"):
        return clean(supply.colorant)
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in supply.kind)


def _alerts(alerts: Sequence[Alert]) -> Cell:
    if not alerts:
        return Cell("none", _DIM)
    worst = min(alerts, key=lambda one: _SEVERITIES.index(one.severity) if one.severity in _SEVERITIES else 9)
    more = f" (+{len(alerts) - 1})" if len(alerts) > 1 else ""
    colour = {"critical": _RED, "warning": _YELLOW}.get(worst.severity, "")
    said = clean(worst.description) if worst.description else f"code {worst.code}"
    return Cell(f"{said}{more}", colour)


def _widths(rows: Sequence[Sequence[Cell]], width: int) -> list[int]:
    widths = []
    for place, column in enumerate(_COLUMNS):
        longest = max((_cells_wide(row[place].text) for row in rows), default=0)
        widths.append(min(column.most, max(len(column.title), longest)))
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    if excess > 0 and all(row[_ALERTS].colour == _DIM for row in rows):
        excess -= widths[_ALERTS] + len(_GAP)  # it says nothing
        widths[_ALERTS] = 0
    for fair in (True, False):
        for place in _SHRINK_ORDER:
            column = _COLUMNS[place]
            given = max(0, min(excess, widths[place] - (column.fair if fair else column.least)))
            widths[place] -= given
            excess -= given
    return widths


def _title(column: _Column, wide: int) -> str:
    return column.short if column.short and wide < len(column.title) else column.title


def _line(cells: Sequence[Cell], widths: Sequence[int], *, colour: bool) -> str:
    parts = []
    for cell, column, wide in zip(cells, _COLUMNS, widths, strict=True):
        if not wide:
            continue
        text = _fitted(cell.text, wide, middle=column.middle)
        space = " " * (wide - _cells_wide(text))
        shown = f"{cell.colour}{text}{_OFF}" if colour and cell.colour else text
        parts.append(space + shown if column.right else shown + space)
    return _GAP.join(parts).rstrip()


def _fitted(text: str, wide: int, *, middle: bool) -> str:
    if _cells_wide(text) <= wide:
        return text
    tail = text[-(wide // 2) :].lstrip() if middle else ""
    kept = ""
    for letter in text:
        if _cells_wide(kept + letter + tail) > wide - 1:
            break
        kept += letter
    return f"{kept.rstrip()}…{tail}"


def _cells_wide(text: str) -> int:
    """How many columns of a terminal a text takes: East Asian letters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
