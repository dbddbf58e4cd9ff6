"""Alerts between onset and the portal.

1. An alert is told twice at most: with its onset, and with its end. Both travel on the lane of its urgency, in
   order, so an end never arrives before its onset.
2. An alert that ended before its onset was told is told once, with both times.
3. Flapping: when more than `apart_max` alerts of one code began and ended before any of them was told, they
   are folded into one: the newest, with the first onset and a count. An open alert, and one whose onset the
   portal knows, is never folded, since its end must be told under its own id.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from direct_connect.core.batching import Lane
from wire_format.records import Alert

APART_MAX: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedAlert:
    """An alert and what the portal knows of it. told: its onset is in a formed batch. changed: something is new."""

    alert: Alert
    lane: Lane
    told: bool = False
    changed: bool = True

    @property
    def ended(self) -> bool:
        """Whether its end is known."""
        return self.alert.cleared_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    """One alert that stands for several, and the ids of those it replaces."""

    alert: TrackedAlert
    replaced: tuple[str, ...]


def cleared(tracked: TrackedAlert, at: datetime) -> TrackedAlert:
    """The alert with its end. at: aware UTC; the first end counts."""
    if tracked.ended:
        return tracked
    return replace(tracked, alert=replace(tracked.alert, cleared_at=at), changed=True)


def told(tracked: TrackedAlert) -> TrackedAlert | None:
    """What is left to track after a batch with it was formed: None when its end is told too."""
    return None if tracked.ended else replace(tracked, told=True, changed=False)


def fold(known: Iterable[TrackedAlert], code: int, apart_max: int = APART_MAX) -> Folding | None:
    """What to fold of the alerts with this code, or None (rule 3). known: oldest first."""
    past = [tracked for tracked in known if tracked.alert.code == code and tracked.ended and not tracked.told]
    if len(past) <= apart_max:
        return None
    newest = past[-1]
    onsets = [tracked.alert.onset_at for tracked in past if tracked.alert.onset_at is not None]
    merged = replace(
        newest.alert,
        onset_at=min(onsets, default=None),
        count=sum(tracked.alert.count or 1 for tracked in past),
    )
    return Folding(
        alert=replace(newest, alert=merged),
        replaced=tuple(tracked.alert.alert_id for tracked in past[:-1]),
    )
