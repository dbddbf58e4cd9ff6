"""What "Export to CSV" of the job accounting page gives: RFC 4180, one line a finished job, the newest first.

1. Columns are stable: the same for all models, and after them one for each ink of this model.
2. Times are ISO 8601 in UTC. Quantities are whole numbers of the unit in the column's name, so that no spreadsheet
   can lose a decimal point; what is unknown is empty.
3. A text that a spreadsheet would run as a formula gets an apostrophe in front.
"""

from typing import Final

from device_sim.core.accounting import image_type, printing_s
from device_sim.core.ledm.jobs import listed
from device_sim.core.profile import Family, Profile
from device_sim.core.state import FinishedJob, LivePrinter
from wire_format.codec import format_instant

_HEAD: Final = (
    "Number", "Completed", "Job name", "Type", "Source", "Print quality", "Color mode", "Copies", "Impressions",
    "Sheets", "Images", "Status", "Category", "Image type", "Paper type", "Paper source", "Paper width (mm)",
    "Paper length (mm)", "Paper area (mm2)", "Submitted", "Started", "Printing time (s)", "Ink used (ul)",
)  # fmt: skip
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def accounting_csv(state: LivePrinter) -> str:
    """The finished jobs that the device still knows, as CSV with CRLF."""
    inks = ink_columns(state.profile)
    head = (*_HEAD, *(f"Ink {colorant} (ul)" for colorant in inks))
    lines = (head, *(_line(job, inks) for job in reversed(listed(state))))
    return "".join(",".join(_cell(value) for value in line) + "\r\n" for line in lines)


def ink_columns(profile: Profile) -> tuple[str, ...]:
    """The colorants whose use this model measures by volume, for each job."""
    return profile.ink_colorants if profile.family is Family.LARGE_FORMAT else ()


def _line(job: FinishedJob, inks: tuple[str, ...]) -> tuple[object, ...]:
    record, media = job.record, job.record.media
    used = {ink.colorant: ink.volume_ul for ink in record.inks}
    return (
        job.number,
        record.completed_at and format_instant(record.completed_at),
        record.name,
        record.service,
        record.submitted_by,
        record.quality,
        record.color_mode,
        record.copies,
        record.impressions,
        record.sheets,
        job.images or None,
        record.outcome,
        record.category,
        image_type(record),
        media and media.type,
        media and media.source,
        media and media.width_mm,
        media and media.length_mm,
        media and media.area_mm2,
        record.submitted_at and format_instant(record.submitted_at),
        record.started_at and format_instant(record.started_at),
        printing_s(record),
        sum(used.values()) if inks else None,
        *(used.get(colorant, 0) for colorant in inks),
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    cell = str(value).encode("utf-8", "replace").decode("utf-8")
    if cell.lstrip(" ").startswith(_FORMULA_STARTS):
        cell = f"'{cell}"
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in ',"\r\n') else cell
