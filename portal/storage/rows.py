"""Jobs and alerts as rows: the one place where a wire record meets its columns."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from portal.clocks import from_ms, to_ms
from wire_format.records import Alert, InkUse, Job, Media, Outcome, Service

JOB_COLUMNS: Final = (
    "job_id", "name", "service", "outcome", "submitted_ms", "started_ms", "completed_ms", "quality", "color_mode",
    "copies", "impressions", "sheets", "media_type", "media_width_mm", "media_length_mm", "media_area_mm2",
    "media_source", "inks", "ink_ul", "category", "submitted_by",
)  # fmt: skip
ALERT_COLUMNS: Final = (
    "alert_id", "code", "severity", "alert_group", "location", "description", "onset_reported_ms", "cleared_ms",
    "count",
)  # fmt: skip
_NO_MEDIA: Final = Media()


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    return json.dumps(text)


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


def _at(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else from_ms(at_ms)


def job_values(job: Job) -> tuple[object, ...]:
    """A job's columns, in the order of JOB_COLUMNS."""
    media = job.media or _NO_MEDIA
    inks = ink_ul = None
    if job.inks:
        told = ", ".join(f'{{"colorant": {_quoted(ink.colorant)}, "volume_ul": {ink.volume_ul}}}' for ink in job.inks)
        inks, ink_ul = f"[{told}]", sum([ink.volume_ul for ink in job.inks])
    return (
        job.job_id, job.name, job.service.value, job.outcome.value,
        _ms(job.submitted_at), _ms(job.started_at), _ms(job.completed_at), job.quality, job.color_mode,
        job.copies, job.impressions, job.sheets, media.type, media.width_mm, media.length_mm, media.area_mm2,
        media.source, inks, ink_ul, job.category, job.submitted_by,
    )  # fmt: skip


def job_of(row: Mapping[str, Any]) -> Job:
    """The job a row holds."""
    media = Media(
        type=row["media_type"],
        width_mm=row["media_width_mm"],
        length_mm=row["media_length_mm"],
        area_mm2=row["media_area_mm2"],
        source=row["media_source"],
    )
    inks = json.loads(row["inks"]) if row["inks"] else []
    return Job(
        job_id=row["job_id"],
        name=row["name"],
        service=Service(row["service"]),
        submitted_at=_at(row["submitted_ms"]),
        started_at=_at(row["started_ms"]),
        completed_at=_at(row["completed_ms"]),
        outcome=Outcome(row["outcome"]),
        quality=row["quality"],
        color_mode=row["color_mode"],
        copies=row["copies"],
        impressions=row["impressions"],
        sheets=row["sheets"],
        media=None if media == _NO_MEDIA else media,
        inks=tuple(InkUse(colorant=ink["colorant"], volume_ul=ink["volume_ul"]) for ink in inks),
        category=row["category"],
        submitted_by=row["submitted_by"],
    )


def alert_values(alert: Alert) -> tuple[object, ...]:
    """An alert's columns, in the order of ALERT_COLUMNS."""
    return (
        alert.alert_id, alert.code, alert.severity, alert.group, alert.location, alert.description,
        _ms(alert.onset_at), _ms(alert.cleared_at), alert.count,
    )  # fmt: skip


def alert_of(row: Mapping[str, Any]) -> Alert:
    """The alert a row holds."""
    return Alert(
        alert_id=row["alert_id"],
        code=row["code"],
        severity=row["severity"],
        group=row["alert_group"],
        location=row["location"],
        description=row["description"],
        onset_at=_at(row["onset_reported_ms"]),
        cleared_at=_at(row["cleared_ms"]),
        count=row["count"],
    )
