"""Job accounting as the device itself keeps it: an XML of our own design, and the CSV behind "Export to CSV".

What a large format printer tells of its last jobs (see docs/howto/simulate.md). Only finished jobs are listed,
the newest first. No user, no account: the setting "exclude personal information" is always on. Quantities have
their unit in the element's name; names are as sent.
"""

from collections.abc import Iterator

from device_sim.core.ledm.jobs import listed
from device_sim.core.markup import Markup, document, tag
from device_sim.core.state import FinishedJob, LivePrinter
from wire_format.codec import format_instant

NAMESPACE = "urn:inkwire:sim:job-accounting:1"
_HEAD = (
    "Number", "Completed", "Job name", "Type", "Source", "Print quality", "Copies", "Impressions", "Status",
    "Paper type", "Paper area (mm2)", "Paper length (mm)", "Ink used (ul)",
)  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def accounting_xml(state: LivePrinter) -> str:
    """The last finished jobs with the lifetime totals they are part of."""
    usage = tag(
        "LifetimeUsage",
        (
            tag("Meter", value, name=spec.name, unit=spec.unit)
            for spec, value in zip(state.profile.meters, state.meters, strict=True)
        ),
    )
    jobs = tag("Jobs", (_job(job) for job in reversed(listed(state))), kept=state.profile.job_log_max)
    return document(
        tag(
            "JobAccounting",
            tag("SerialNumber", state.identity.serial),
            tag("Model", state.profile.model),
            usage,
            jobs,
            xmlns=NAMESPACE,
        )
    )


def accounting_csv(state: LivePrinter) -> str:
    """The same jobs as CSV (RFC 4180, dot decimals, ISO times). Cells that a spreadsheet would run are quoted off."""
    rows: list[tuple[object, ...]] = [_HEAD]
    for job in reversed(listed(state)):
        record, media = job.record, job.record.media
        rows.append(
            (
                job.number,
                format_instant(record.completed_at) if record.completed_at else "",
                record.name or "",
                record.service,
                record.submitted_by or "",
                record.quality or "",
                record.copies,
                record.impressions,
                record.outcome,
                media.type if media else "",
                media.area_mm2 if media else "",
                media.length_mm if media else "",
                sum(ink.volume_ul for ink in record.inks) or "",
            )
        )
    return "".join(",".join(_cell(value) for value in row) + "\r\n" for row in rows)


def _job(job: FinishedJob) -> Markup:
    return tag("Job", _job_parts(job), number=job.number)


def _job_parts(job: FinishedJob) -> Iterator[Markup]:
    record = job.record
    plain: tuple[tuple[str, object], ...] = (
        ("Name", record.name),
        ("Type", record.service),
        ("Source", record.submitted_by),
        ("Submitted", record.submitted_at and format_instant(record.submitted_at)),
        ("Started", record.started_at and format_instant(record.started_at)),
        ("Completed", record.completed_at and format_instant(record.completed_at)),
        ("Status", record.outcome),
        ("PrintQuality", record.quality),
        ("ColorMode", record.color_mode),
        ("Category", record.category),
        ("Copies", record.copies),
        ("Impressions", record.impressions),
        ("Sheets", record.sheets),
        ("Images", job.images or None),
    )
    for name, value in plain:
        if value is not None:
            yield tag(name, str(value))
    if record.media is not None:
        media = record.media
        yield tag(
            "Paper",
            tag("Type", media.type),
            tag("Source", media.source),
            tag("WidthMm", media.width_mm),
            tag("LengthMm", media.length_mm),
            None if media.area_mm2 is None else tag("AreaMm2", media.area_mm2),
        )
    if record.inks:
        yield tag("InkUsed", (tag("Ul", ink.volume_ul, colorant=ink.colorant) for ink in record.inks))


def _cell(value: object) -> str:
    cell = "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8")
    if cell.lstrip(" ").startswith(_FORMULA_STARTS):
        cell = f"'{cell}"
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in ',"\r\n') else cell
