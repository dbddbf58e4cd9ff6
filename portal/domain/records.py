"""When a record counts, and what a second telling of the same job or alert means.

1. A sender's time counts where its clock was synced and it is not in the future; otherwise the time of arrival does.
2. A job is told once and for ever. A repeat may add what was unknown; it never changes what was known.
   A repeat that contradicts is kept out and recorded as a finding.
3. An alert may be told again, and cleared later, in any order of arrival. Cleared stays cleared.
"""

import dataclasses
from datetime import datetime, timedelta
from typing import Any, Final

from wire_format.records import Alert, Clock, Job, Media

SKEW_MAX: Final = timedelta(minutes=10)
OLDEST_PLAUSIBLE_YEAR: Final = 2015


def counted_at(told_at: datetime | None, clock: Clock, received_at: datetime) -> datetime:
    """When a record counts: the sender's word where it can be believed, else the time of arrival."""
    if told_at is None or clock is not Clock.SYNCED or not believable(told_at, received_at):
        return received_at
    return min(told_at, received_at)


def believable(told_at: datetime, received_at: datetime) -> bool:
    """Whether a time a sender wrote can be true: not in the future beyond SKEW_MAX, not a clock never set."""
    return told_at <= received_at + SKEW_MAX and told_at.year >= OLDEST_PLAUSIBLE_YEAR


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MergedJob:
    """A job after a repeat. altered: names of fields in which the repeat contradicts; those kept their value."""

    job: Job
    altered: tuple[str, ...]


def merge_job(stored: Job, repeat: Job) -> MergedJob:
    """What stays after the same job_id was told again. Adds unknown values, never changes known ones."""
    changes: dict[str, Any] = {}
    altered: list[str] = []
    for name in _JOB_FIELDS:
        kept, told = getattr(stored, name), getattr(repeat, name)
        if name == "media" and kept is not None and told is not None:
            merged = _merge_media(kept, told, altered)
            if merged != kept:
                changes[name] = merged
        elif told is None or told == () or told == kept:
            continue
        elif kept is None or kept == ():
            changes[name] = told
        else:
            altered.append(name)
    job = dataclasses.replace(stored, **changes) if changes else stored
    return MergedJob(job=job, altered=tuple(altered))


def _merge_media(kept: Media, told: Media, altered: list[str]) -> Media:
    changes: dict[str, Any] = {}
    for name in _MEDIA_FIELDS:
        before, after = getattr(kept, name), getattr(told, name)
        if after is None or after == before:
            continue
        if before is None:
            changes[name] = after
        else:
            altered.append(f"media.{name}")
    return dataclasses.replace(kept, **changes) if changes else kept


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MergedAlert:
    """An alert after a repeat."""

    alert: Alert
    altered: tuple[str, ...]


def merge_alert(stored: Alert, repeat: Alert) -> MergedAlert:
    """What stays after the same alert_id was told again: first word on the onset, earliest on the clearing."""
    altered = tuple(name for name in ("code", "severity") if getattr(stored, name) != getattr(repeat, name))
    changes: dict[str, Any] = {}
    for name in ("group", "location", "description", "onset_at"):
        if getattr(stored, name) is None:
            changes[name] = getattr(repeat, name)
    if repeat.cleared_at is not None and (stored.cleared_at is None or repeat.cleared_at < stored.cleared_at):
        changes["cleared_at"] = repeat.cleared_at
    if repeat.count is not None and repeat.count > (stored.count or 0):
        changes["count"] = repeat.count
    return MergedAlert(alert=dataclasses.replace(stored, **changes), altered=altered)


_JOB_FIELDS: Final = tuple(item.name for item in dataclasses.fields(Job) if item.name != "job_id")
_MEDIA_FIELDS: Final = tuple(item.name for item in dataclasses.fields(Media))
