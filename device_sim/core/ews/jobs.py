"""The job accounting page: what runs and waits, and the last finished jobs the device still knows."""

from device_sim.core.accounting import image_type
from device_sim.core.accounting_csv import ink_columns
from device_sim.core.ews.frame import page
from device_sim.core.ews.parts import UNKNOWN, chip, ink_class, joined, measured, number, second, table
from device_sim.core.ledm.jobs import listed
from device_sim.core.markup import Markup, Part, html_tag
from device_sim.core.profile import Profile
from device_sim.core.state import FinishedJob, LivePrinter
from wire_format.records import Job, Media, Outcome, Service

_ENDS = {
    Outcome.COMPLETED: ("Printed", ""),
    Outcome.CANCELED: ("Canceled by user", "warning-word"),
    Outcome.ABORTED: ("Canceled by printer", "critical-word"),
}


def jobs_page(state: LivePrinter) -> str:
    """Finished jobs, newest first; above them what is not finished, which is not accounted yet."""
    kept = state.profile.job_log_max
    large = any(part.is_roll for part in state.profile.inputs)
    jobs = [_row(state.profile, job, large) for job in reversed(listed(state))]
    paper = (("Paper used", "n"),) if large else (("Sheets", "n"),)
    ink = (("Category", "nowrap"), ("Ink used", "n")) if ink_columns(state.profile) else ()
    head = (
        ("Job", "lead"), ("Completed", "nowrap"), ("Type", ""), ("Quality", ""), ("Copies", "n"), ("Impressions", "n"),
        ("Status", ""), ("Paper", "nowrap"), *paper, *ink,
    )  # fmt: skip
    body = joined(
        html_tag("h2", "Now"),
        table("", (("Job", "lead"), ("Type", ""), ("State", ""), ("Done", "n")), _now(state), "No job runs or waits."),
        html_tag("h2", "Finished jobs"),
        _export(kept, len(jobs)),
        table("", head, jobs, "No finished jobs yet." if kept else "This model keeps no job log."),
        html_tag("p", "The accuracy of usage statistics is not guaranteed.", class_="note") if jobs else None,
    )
    return page(state, "/jobs", body)


def _now(state: LivePrinter) -> list[tuple[Part, ...]]:
    rows: list[tuple[Part, ...]] = []
    if (job := state.job) is not None:
        doing = "Stopped" if job.stopped else "Processing"
        named = second(job.name or UNKNOWN, f"No. {job.number}")
        rows.append((named, job.service.value.capitalize(), doing, f"{job.done:,} of {job.wanted:,}"))
    rows += (
        (
            second(waiting.name or UNKNOWN, f"No. {waiting.number}"),
            waiting.service.value.capitalize(),
            "Waiting",
            f"0 of {waiting.wanted:,}",
        )
        for waiting in state.waiting
    )
    return rows


def _export(kept: int, count: int) -> Markup | None:
    if not kept:
        return None
    link = html_tag("a", "Export to CSV", href="/jobs.csv", download="job-accounting.csv")
    xml = html_tag("a", "Accounting XML", href="/Accounting/JobAccounting.xml")
    return html_tag("p", f"The last {count} of at most {kept}, newest first. ", link, " · ", xml, class_="quiet")


def _row(profile: Profile, job: FinishedJob, large: bool) -> tuple[Part, ...]:
    record = job.record
    status, kind = _ENDS.get(record.outcome, ("Printed", ""))
    if record.service == "scan" and record.outcome is Outcome.COMPLETED:
        status = "Scanned"
    media = record.media
    source = (record.submitted_by or "").replace("-", " ")
    size = f"{media.width_mm:,} mm" if large and media and media.width_mm else _size(record)
    cells: list[Part] = [
        second(record.name or UNKNOWN, f"No. {job.number}"),
        _when(record),
        second(record.service.value.capitalize(), source),
        second(record.quality.capitalize() if record.quality else UNKNOWN, record.color_mode or ""),
        number(record.copies),
        second(number(record.impressions), f"{job.images:,} scanned" if job.images else ""),
        html_tag("span", status, class_=kind) if kind else status,
        second(media.type.capitalize() if media and media.type else UNKNOWN, size),
    ]
    if large:
        cells.append(_used(media))
    else:
        cells.append(number(record.sheets))
    if ink_columns(profile):
        category = (record.category or UNKNOWN).replace("-", " ").capitalize()
        image = image_type(record)
        cells += [second(category, f"type {image}" if image else ""), _ink(record)]
    return tuple(cells)


def _used(media: Media | None) -> Part:
    """Area and length of the roll that a job took; a dash where it took none."""
    if media is None or media.area_mm2 is None:
        return UNKNOWN
    return second(f"{measured(media.area_mm2, 1_000_000)} m²", f"{measured(media.length_mm, 1000)} m long")


def _when(record: Job) -> Part:
    at = record.completed_at
    return UNKNOWN if at is None else second(f"{at:%d %b %Y}", f"{at:%H:%M:%S}")


def _size(record: Job) -> str:
    media = record.media
    if media is None or media.width_mm is None or media.length_mm is None:
        return ""
    return f"{media.width_mm} × {media.length_mm} mm"


def _ink(record: Job) -> Part:
    if record.service is Service.SCAN:
        return UNKNOWN
    total = sum(ink.volume_ul for ink in record.inks)
    each = (
        html_tag(
            "span", chip(ink_class(ink.colorant)), f"{ink.volume_ul / 1000:,.2f}", class_="chip", title=ink.colorant
        )
        for ink in record.inks
    )
    return second(f"{total / 1000:,.2f} ml", html_tag("span", each, class_="inks") if record.inks else "")
