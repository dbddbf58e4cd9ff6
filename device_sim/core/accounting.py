"""Job accounting as the device itself keeps it, as an XML of our own design.

What a large format printer tells of its last jobs (see docs/howto/simulate.md). Only finished jobs are listed,
the newest first. No user, no account: the setting "exclude personal information" is always on. Quantities have
their unit in the element's name; names are as sent.
"""

from collections.abc import Iterator

from device_sim.core.ledm.jobs import listed
from device_sim.core.markup import Markup, document, tag
from device_sim.core.state import FinishedJob, LivePrinter
from wire_format.codec import format_instant
from wire_format.records import Job

NAMESPACE = "urn:inkwire:sim:job-accounting:1"


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


def image_type(record: Job) -> str | None:
    """HP's image type by ink coverage of what was really printed; None where no area or no ink was measured.

    A: lines of low coverage, below 0.5 ml/m2; B: of high coverage, below 2; C: maps and renders, up to 5; D: photos.
    """
    if record.media is None or not record.media.area_mm2 or not record.inks:
        return None
    ul_m2 = sum(ink.volume_ul for ink in record.inks) * 1_000_000 // record.media.area_mm2
    return next((letter for letter, below in (("A", 500), ("B", 2000), ("C", 5001)) if ul_m2 < below), "D")


def printing_s(record: Job) -> int | None:
    """Whole seconds from the job's start to its end, with everything that stopped it; None where it never began."""
    if record.started_at is None or record.completed_at is None:
        return None
    return round((record.completed_at - record.started_at).total_seconds())


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
        ("ImageType", image_type(record)),
        ("PrintingTimeSeconds", printing_s(record)),
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
