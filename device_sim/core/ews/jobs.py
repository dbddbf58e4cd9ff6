"""The job accounting page: the last finished jobs the device still knows."""

from device_sim.core.ews.frame import joined, number, page, second, table
from device_sim.core.ledm.jobs import listed
from device_sim.core.markup import Markup, Part, html_tag
from device_sim.core.state import FinishedJob, LivePrinter
from wire_format.records import Job


def jobs_page(state: LivePrinter) -> str:
    """Finished jobs, newest first. Waiting and printing ones are not listed."""
    kept = state.profile.job_log_max
    large = any(part.is_roll for part in state.profile.inputs)
    measured = (("Area, m²", "n"), ("Length, m", "n"), ("Ink, ml", "n")) if large else (("Sheets", "n"),)
    body = joined(
        html_tag("h2", "Job accounting"),
        _export(kept),
        table(
            f"The last {kept} finished jobs, newest first; times in UTC",
            (("Number", "word"), ("Job", ""), ("Completed", "word"), ("Status", "word"),
             ("Copies", "n"), ("Impressions", "n"), *measured),
            [_row(job, large) for job in reversed(listed(state))],
            "No finished jobs yet." if kept else "This model keeps no job log.",
        ),
    )  # fmt: skip
    return page(state, "/jobs", body)


def _export(kept: int) -> Markup | None:
    if not kept:
        return None
    return html_tag("p", html_tag("a", "Export to CSV", href="/jobs.csv", download="job-accounting.csv"))


def _row(job: FinishedJob, large: bool) -> tuple[Part, ...]:
    record = job.record
    how = ", ".join(word for word in (record.service, record.color_mode, record.quality, record.submitted_by) if word)
    ended = f"{record.completed_at:%d %b %H:%M:%S}" if record.completed_at else "–"
    return (
        str(job.number), second(record.name or "–", how), ended, record.outcome.value.capitalize(),
        number(record.copies), number(record.impressions), *_measured(record, large),
    )  # fmt: skip


def _measured(record: Job, large: bool) -> tuple[Part, ...]:
    if not large:
        return (number(record.sheets),)
    media = record.media
    area = f"{media.area_mm2 / 1e6:,.2f}" if media and media.area_mm2 is not None else "–"
    length = f"{media.length_mm / 1000:,.2f}" if media and media.length_mm is not None else "–"
    return area, length, f"{sum(ink.volume_ul for ink in record.inks) / 1000:,.2f}"
