"""Jobs as they are shown, and as a file holds them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from portal.console.device_views import device_name, device_number
from portal.console.exports import Cell, instant, thousandth
from portal.console.figures import known_sum
from portal.console.words import capital, category_words, swatch
from portal.storage.reads.jobs import JobRow

_OUTCOMES: Final = {
    "completed": ("ok", "Printed"),
    "canceled": ("silent", "Cancelled"),
    "aborted": ("warning", "Aborted"),
    "unknown": ("silent", "Unknown"),
}
_DONE_WORDS: Final = {"print": "Printed", "copy": "Copied", "scan": "Scanned", "fax": "Faxed", "unknown": "Done"}
INK_LETTERS: Final = ("C", "M", "Y", "K")
COLUMNS: Final = (
    "device_id", "serial", "model", "job_id", "name", "service", "outcome", "counted_at", "submitted_at", "started_at",
    "completed_at", "quality", "color_mode", "copies", "impressions", "sheets", "media_type", "media_width_mm",
    "media_length_mm", "area_m2", "media_source", "ink_ml", "ink_cyan_ml", "ink_magenta_ml", "ink_yellow_ml",
    "ink_black_ml", "category", "submitted_by", "received_at", "ledger_entry",
)  # fmt: skip
"""The names of an exported job's columns; they do not change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One line of the list. inks: microlitres by letter; ink_ul: all inks.

    end_told: the device told when the job ended, and was believed; else at_ms is when it was read, ended by then.
    """

    device_id: int
    device: str
    number: str
    job_id: str
    name: str | None
    at_ms: int
    end_told: bool
    service: str
    outcome_css: str
    outcome_word: str
    quality: str | None
    media: str | None
    size: str | None
    copies: int | None
    impressions: int | None
    area_mm2: int | None
    ink_ul: int | None
    inks: dict[str, int | None]
    category: str | None
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSums:
    """The rows shown, added up."""

    jobs: int
    impressions: int | None
    area_mm2: int | None
    ink_ul: int | None
    inks: dict[str, int | None]


def job_view(row: JobRow) -> JobView:
    """One job, in words."""
    css, word = _OUTCOMES.get(row.outcome, ("silent", row.outcome))
    if row.outcome == "completed":
        word = _DONE_WORDS.get(row.service, word)
    width, length = row.media_width_mm, row.media_length_mm
    return JobView(
        device_id=row.device_id,
        device=device_name(row.model, None),
        number=device_number(row.serial, None, None, None),
        job_id=row.job_id,
        name=row.name,
        at_ms=row.at_ms,
        end_told=row.completed_ms == row.at_ms,
        service="–" if row.service == "unknown" else capital(row.service),
        outcome_css=css,
        outcome_word=word,
        quality=None if row.quality is None else capital(row.quality),
        media=row.media_type,
        size=None if width is None or length is None else f"{width:,} × {length:,}",
        copies=row.copies,
        impressions=row.impressions,
        area_mm2=row.media_area_mm2,
        ink_ul=row.ink_ul,
        inks=inks_by_letter(row.inks),
        category=category_words(row.category),
        entry=row.entry,
    )


def inks_by_letter(inks: str | None) -> dict[str, int | None]:
    """The four process inks of a job in microlitres; other inks count in its sum only."""
    found: dict[str, int | None] = dict.fromkeys(INK_LETTERS)
    for ink in json.loads(inks) if inks else ():
        if letter := _process_letter(ink["colorant"]):
            found[letter] = (found[letter] or 0) + ink["volume_ul"]
    return found


@lru_cache(maxsize=256)
def _process_letter(colorant: str) -> str | None:
    name = colorant.lower().removeprefix("matte-").removeprefix("photo-")
    return swatch(name, "ink").letter if name in ("cyan", "magenta", "yellow", "black") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownColumns:
    """Which columns hold anything: a column of unknowns is left out."""

    name: bool
    area: bool
    ink: bool
    category: bool


def known_columns(rows: Sequence[JobView]) -> KnownColumns:
    """What at least one of the rows knows."""
    return KnownColumns(
        name=any(row.name is not None for row in rows),
        area=any(row.area_mm2 is not None for row in rows),
        ink=any(row.ink_ul is not None for row in rows),
        category=any(row.category is not None for row in rows),
    )


def sums_of(rows: Sequence[JobView]) -> ShownSums:
    """What the foot of the table says."""
    return ShownSums(
        jobs=len(rows),
        impressions=known_sum(row.impressions for row in rows),
        area_mm2=known_sum(row.area_mm2 for row in rows),
        ink_ul=known_sum(row.ink_ul for row in rows),
        inks={letter: known_sum(row.inks[letter] for row in rows) for letter in INK_LETTERS},
    )


def export_row(row: JobRow) -> Sequence[Cell]:
    """One job under COLUMNS."""
    inks = inks_by_letter(row.inks)
    area = thousandth(None if row.media_area_mm2 is None else row.media_area_mm2)
    return (
        row.device_id, row.serial, row.model, row.job_id, row.name, row.service, row.outcome, instant(row.at_ms),
        instant(row.submitted_ms), instant(row.started_ms), instant(row.completed_ms), row.quality, row.color_mode,
        row.copies, row.impressions, row.sheets, row.media_type, row.media_width_mm, row.media_length_mm,
        None if area is None else area.scaleb(-3), row.media_source, thousandth(row.ink_ul),
        *(thousandth(inks[letter]) for letter in INK_LETTERS), row.category, row.submitted_by,
        instant(row.received_ms), row.entry,
    )  # fmt: skip
