"""Supplies as they are shown: a bar only for a measured level, a word for all else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from portal.console.words import Swatch, is_receptacle, kind_words, swatch
from portal.storage.reads.devices import LOW_PERCENT
from portal.storage.reads.supplies import SupplyRow
from wire_format.printer_mib import SupplyState

_STATE_WORDS: Final = {
    SupplyState.EMPTY: "empty",
    SupplyState.LOW: "low",
    SupplyState.SOME_LEFT: "some left",
    SupplyState.UNLIMITED: "not limited",
    SupplyState.MEASURED: "unknown",
    SupplyState.UNKNOWN: "unknown",
}
_FAR_FROM_EMPTY: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyView:
    """One supply on a page. percent None: level_word stands in place of the bar. left: what the level is of."""

    name: str
    detail: str
    swatch: Swatch
    percent: int | None
    level_word: str
    left: str
    low: bool
    empty: bool
    at_ms: int
    entry: int


def supply_view(row: SupplyRow) -> SupplyView:
    """One supply, in words."""
    receptacle = is_receptacle(row.kind)
    sign = swatch(row.colorant, row.kind)
    state = SupplyState(row.state)
    low = is_low(row)
    empty = state is SupplyState.EMPTY or row.percent == 0
    word = _STATE_WORDS[state]
    if receptacle:
        word = {"empty": "full", "low": "nearly full", "some left": "some room left"}.get(word, word)
    return SupplyView(
        name=(row.description or "").strip() or (kind_words(row.kind) if receptacle else sign.word),
        detail=" · ".join(part for part in (_capacity(row), row.part_number or row.serial) if part)
        or kind_words(row.kind),
        swatch=sign,
        percent=row.percent,
        level_word=word,
        left=("full" if empty else "room left") if receptacle else ("empty" if empty else "left"),
        low=low,
        empty=empty,
        at_ms=row.at_ms,
        entry=row.entry,
    )


def is_low(row: SupplyRow) -> bool:
    """Whether it runs out: at or under the limit, or the device says so."""
    at_limit = row.percent is not None and row.percent <= LOW_PERCENT
    return at_limit or row.state in (SupplyState.EMPTY, SupplyState.LOW)


def lowest(rows: Sequence[SupplyRow]) -> SupplyView | None:
    """The supply nearest to its end; None for a device that shows none."""
    return supply_view(min(rows, key=_nearness)) if rows else None


def lowest_by_device(rows: Iterable[SupplyRow]) -> dict[int, SupplyView]:
    """Each device's supply nearest to its end."""
    grouped: dict[int, list[SupplyRow]] = {}
    for row in rows:
        grouped.setdefault(row.device_id, []).append(row)
    return {device_id: supply_view(min(own, key=_nearness)) for device_id, own in grouped.items()}


def _nearness(row: SupplyRow) -> tuple[int, int]:
    if row.state == SupplyState.EMPTY:
        level = 0
    elif row.percent is not None:
        level = row.percent
    else:
        level = LOW_PERCENT if row.state == SupplyState.LOW else _FAR_FROM_EMPTY
    return level, row.supply_index


def _capacity(row: SupplyRow) -> str | None:
    # Only a size that people know: millilitres. Percent of percent says nothing.
    if row.capacity is None or row.capacity <= 0:
        return None
    if row.unit == "tenthsOfMilliliters":
        return f"{row.capacity / 10:g} ml"
    if row.unit in ("ml", "milliliters"):
        return f"{row.capacity} ml"
    return f"{row.capacity:,} impressions" if row.unit == "impressions" else None
