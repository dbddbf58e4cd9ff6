"""The pieces pages are made of: tables that become records on a phone, bars in ink colours, pairs, numbers, times."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from device_sim.core.markup import Markup, Part, html_tag, join

UNKNOWN: Final = "–"
_INKS: Final = (
    ("gray", "gray"), ("grey", "gray"), ("black", "k"), ("cyan", "c"), ("magenta", "m"), ("yellow", "y"),
)  # fmt: skip
_TANK_HEIGHT = 76


def number(value: int | None) -> str:
    """A count for a person: 48,217; an unknown one is a dash."""
    return UNKNOWN if value is None else f"{value:,}"


def measured(value: int | None, divisor: int, decimals: int = 2) -> str:
    """A quantity in a larger unit: 1234567 by 1000 is "1,234.57"; an unknown one is a dash."""
    return UNKNOWN if value is None else f"{value / divisor:,.{decimals}f}"


def moment(at: datetime | None) -> str:
    """A time for a person, in UTC; an unknown one is a dash."""
    return UNKNOWN if at is None else f"{at:%d %b %Y %H:%M}"


def moment_of(at_s: float) -> str:
    """Unix seconds for a person, in UTC."""
    return moment(datetime.fromtimestamp(at_s, UTC))


def second(first: Part, below: Part) -> Markup:
    """A cell with the fact, and a muted second line."""
    return html_tag("span", first, html_tag("span", below, class_="second") if below else None)


def ink_class(colorant: str | None) -> str:
    """The style class of a colorant's colour."""
    word = (colorant or "").lower()
    return next((f"fill-{kind}" for part, kind in _INKS if part in word), "fill-other")


def bar(percent: int | None, kind: str, said: str) -> Markup:
    """A horizontal bar; percent None: hatched, because nobody knows. said: for those who do not see it."""
    inside = _hatched(100, 10) if percent is None else html_tag("rect", width=percent, height=10, class_=kind)
    return html_tag(
        "svg",
        html_tag("title", said),
        html_tag("rect", width=100, height=10, class_="track"),
        inside,
        class_="bar",
        role="img",
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
    )


def tank(percent: int | None, kind: str, said: str) -> Markup:
    """A standing tank, filled from below; percent None: hatched."""
    filled = _TANK_HEIGHT * (percent or 0) // 100
    inside = (
        _hatched(36, _TANK_HEIGHT)
        if percent is None
        else html_tag("rect", y=_TANK_HEIGHT - filled, width=36, height=filled, class_=kind)
    )
    return html_tag(
        "svg",
        html_tag("title", said),
        html_tag("rect", width=36, height=_TANK_HEIGHT, class_="track"),
        inside,
        role="img",
        viewBox=f"0 0 36 {_TANK_HEIGHT}",
    )


def chip(kind: str) -> Markup:
    """A small square of an ink's colour; decoration, the word stands beside it."""
    square = html_tag("rect", width=8, height=8, class_=kind)
    return html_tag("svg", square, viewBox="0 0 8 8", aria_hidden="true")


def table(caption: str, head: Sequence[tuple[str, str]], rows: Sequence[Sequence[Part]], empty: str) -> Markup:
    """A table that becomes records on a phone, each led by its first cell. head: (words, class); rows: cells."""
    if not rows:
        return html_tag("p", empty, class_="quiet")
    columns = (html_tag("th", words, class_=_plain(kind), scope="col") for words, kind in head)
    lines = (
        html_tag(
            "tr",
            (
                html_tag("td", cell, class_=kind or None, data_l=words)
                for cell, (words, kind) in zip(row, head, strict=True)
            ),
        )
        for row in rows
    )
    return html_tag(
        "table",
        html_tag("caption", caption) if caption else None,
        html_tag("thead", html_tag("tr", columns)),
        html_tag("tbody", lines),
        class_="stack",
    )


def pairs(entries: Iterable[tuple[str, Part]]) -> Markup:
    """Names and values, one a line; an empty value is a dash."""
    cells = (
        (html_tag("dt", name), html_tag("dd", UNKNOWN if value in ("", None) else value)) for name, value in entries
    )
    return html_tag("dl", (part for cell in cells for part in cell), class_="pairs")


def joined(*parts: Part | Iterable[Part]) -> Markup:
    """Blocks one after the other."""
    return join(*parts)


def _hatched(width: int, height: int) -> Markup:
    lines = (html_tag("line", x1=x, y1=height, x2=x + height, y2=0, class_="hatch") for x in range(-height, width, 6))
    return html_tag("g", lines)


def _plain(kind: str) -> str | None:
    return "n" if kind == "n" else None
