"""How late is late: the numbers of the comparison, and the moments they give for one truth."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from inkwire.verify.effects import away_between, is_away
from inkwire.verify.facts import MadeBy, Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The comparison's numbers. All seconds but margin_real_s are of the fleet's clock.

    late_after_s: a record must be in the portal this long after it was made: the 3 h of the trigger and the
        collector's schedule, and an hour for the way.
    critical_late_after_s: the same for an alert that leaves at once. A demo runs 600 times faster, so one real
        second of sealing, sending and committing is ten minutes there.
    pending_within_s: younger than this, a record that is not there may still be on its way; 0 when the fleet
        has stopped and has sent everything, and nothing may be.
    margin_real_s, margin_s_min: how far apart the printer's moment and a collector's moment of the same reading
        may be: real seconds of reading, times the speed of the clock.
    others_allowed: devices that the truth does not name belong to somebody else.
    """

    late_after_s: float = 4 * 3600.0
    critical_late_after_s: float = 600.0
    pending_within_s: float = 3 * 3600.0
    margin_real_s: float = 2.0
    margin_s_min: float = 10.0
    others_allowed: bool = False

    def frame(self, truth: Truth) -> "Frame":
        """These limits as spans of the truth's own clock."""
        margin_s = max(self.margin_s_min, self.margin_real_s * truth.speed)
        pending_s = self.pending_within_s + margin_s if self.pending_within_s > 0 else 0.0
        return Frame(
            written_at=truth.written_at,
            late_after=timedelta(seconds=self.late_after_s),
            critical_late_after=timedelta(seconds=self.critical_late_after_s),
            pending_within=timedelta(seconds=pending_s),
            margin=timedelta(seconds=margin_s),
            settled=self.pending_within_s <= 0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The moment the truth speaks of, and the spans that are allowed around it.

    settled: the fleet has stopped and has sent everything, so nothing is pending and nothing is newer.
    """

    written_at: datetime
    late_after: timedelta
    critical_late_after: timedelta
    pending_within: timedelta
    margin: timedelta
    settled: bool

    def may_be_under_way(self, since: datetime) -> bool:
        """Whether what was made at `since` may rightly not be in the portal yet."""
        return self.written_at - since < self.pending_within

    def may_be_held(self, made: MadeBy, since: datetime) -> bool:
        """`may_be_under_way`, where the printer may have been without power or network meanwhile.

        What it could not tell does not age; one that is away when the truth is written may hold what it made within
        the limit of lateness before it went.
        """
        age = self.written_at - since - away_between(made, since, self.written_at)
        return age < self.pending_within or (is_away(made, self.written_at) and age < self.late_after)

    def is_newer(self, at: datetime | None) -> bool:
        """Whether what happened `at` that moment may be missing from the truth: it was being written then."""
        return not self.settled and at is not None and at > self.written_at - self.margin


def span(time: timedelta) -> str:
    """4 h 05 min, for a person."""
    minutes, seconds = divmod(int(abs(time).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes:02d} min"
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
