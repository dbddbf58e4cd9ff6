"""A finished job as its record: what the device's log, its agents and the wire tell of it."""

from datetime import UTC, datetime, timedelta

from device_sim.core.profile import Profile
from device_sim.core.run import Run
from device_sim.core.state import FinishedJob
from wire_format.records import InkUse, Job, Media, Service

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(at_ms: int) -> datetime:
    """Virtual milliseconds as an aware UTC datetime, exact to the millisecond."""
    return _EPOCH + timedelta(milliseconds=at_ms)


def finished_job(profile: Profile, run: Run, ended_ms: int) -> FinishedJob:
    """The record of a run that ended then, with what was really printed.

    Media of an office job is its sheet format; of a large format job the length and area really used.
    """
    order = run.order
    scan = order.service is Service.SCAN
    record = Job(
        job_id=str(run.number),
        name=order.name,
        service=order.service,
        submitted_at=instant(order.arrived_ms),
        started_at=instant(run.started_ms),
        completed_at=instant(ended_ms),
        outcome=order.outcome,
        quality=order.quality,
        color_mode="color" if order.color else "monochrome",
        copies=order.copies,
        impressions=0 if scan else run.done,
        sheets=0 if scan else order.sheets(run.done),
        media=None if scan else _media(profile, run),
        inks=() if scan else _inks(profile, run),
        category=order.category.name if order.category and not scan else None,
        submitted_by=order.submitted_by,
    )
    images = run.done if scan else min(order.images, run.done)
    return FinishedJob(number=run.number, record=record, images=images)


def _inks(profile: Profile, run: Run) -> tuple[InkUse, ...]:
    """The ink that was really used, of each colorant that was used at all."""
    return tuple(
        InkUse(colorant=colorant, volume_ul=volume_ul * run.done)
        for colorant, volume_ul in zip(profile.ink_colorants, run.order.inks_ul, strict=False)
        if volume_ul * run.done
    )


def _media(profile: Profile, run: Run) -> Media:
    part, sheet = profile.inputs[run.order.input_place], run.order.format
    if not part.is_roll:
        return Media(type=part.media_type, width_mm=sheet.width_mm, length_mm=sheet.length_mm, source=part.name)
    return Media(
        type=part.media_type,
        width_mm=part.width_mm,
        length_mm=sheet.length_mm * run.done,
        area_mm2=sheet.width_mm * sheet.length_mm * run.done,
        source=part.name,
    )
