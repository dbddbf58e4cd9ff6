"""When a batch must leave, and why.

1. Everything counts from the last formed batch, not from the last delivered one.
2. When several reasons hold at once there is one batch for all of them, and it names the first of: manual, jobs,
   impressions, interval (or boot). An alert batch goes before that one, and beside it.
3. An alert batch is formed at once and resets nothing. One code causes at most one a minute; an alert that waits
   for its minute rides along with the batch of another code, and its minute begins anew. A code that formed
   `alert_unsent_max` batches of which the portal took none waits until it takes one: what flaps for a month without
   a network is folded into one count, and does not fill the spool.
4. Impressions count as they are made, jobs when they end.
5. An idle printer is due when its interval ends: the heartbeat.
6. The first deadline after enrolment is spread over the interval by a hash of the sender's name, and so is a
   deadline that passed while the sender was down (reason "boot", over `restart_spread_s`): a million printers
   that come back with the power do not call together.
7. Waiting is on the monotonic clock. That clock does not survive a reboot, so the deadline is also kept as wall
   time. After a restart the wall clock says how much of the wait is left; when it says nonsense (the deadline is
   further off than one interval, so it was set back, or it shows a time before this program) or the deadline has
   passed, rule 6 applies. It applies too from the fourth start in a row without a batch in between, whatever the
   clock says, and each further start halves the wait: a clock that begins anew with every start, or a printer that is
   never on for three hours, silences nobody.
8. When the last alert batch of a code left is not kept over a restart: the first alert after it leaves at once.
9. Thresholds that a portal lowered form no batch within `spacing_s` of the one before; the embedder's own do. So no
   portal makes a printer push more than once a minute.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from direct_connect.core.chance import spread
from wire_format.records import Alert, Reason
from wire_format.settings import IMPRESSIONS_MAX_DEFAULT, INTERVAL_S_DEFAULT, JOBS_MAX_DEFAULT

AT_ONCE: Final = -math.inf
STARTS_BELIEVED_MAX: Final = 3
_NEVER: Final[Mapping[int, float]] = MappingProxyType({})
_NONE: Final[Mapping[int, int]] = MappingProxyType({})
_HALVINGS_MAX: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What has gathered since the last formed batch.

    deadline_s: monotonic; None before enrolment. urgent_codes: of alerts not yet told, on the priority lane.
    alert_batch_s: when the last alert batch with a code was formed, monotonic. alert_unsent: how many were formed
    with a code since the portal took one. formed_s: when the last other batch was formed, monotonic.
    """

    jobs: int = 0
    impressions: int = 0
    push_asked: bool = False
    deadline_s: float | None = None
    deadline_reason: Reason = Reason.INTERVAL
    urgent_codes: frozenset[int] = frozenset()
    alert_batch_s: Mapping[int, float] = field(default_factory=lambda: _NEVER)
    alert_unsent: Mapping[int, int] = field(default_factory=lambda: _NONE)
    formed_s: float = -math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerPolicy:
    """The thresholds, and the questions one can ask of them.

    alert_codes: PrtAlertCodeTC numbers that are urgent whatever their severity. spacing_s: the least time between
    two batches for counts below jobs_at_once and impressions_at_once (rule 9).
    """

    interval_s: float = INTERVAL_S_DEFAULT
    jobs_max: int = JOBS_MAX_DEFAULT
    impressions_max: int = IMPRESSIONS_MAX_DEFAULT
    alert_codes: frozenset[int] = frozenset()
    alert_spacing_s: float = 60.0
    alert_unsent_max: int = 8
    restart_spread_s: float = 600.0
    spacing_s: float = 0.0
    jobs_at_once: int = 0
    impressions_at_once: int = 0

    def urgent(self, alert: Alert) -> bool:
        """Whether an alert goes on the priority lane. "critical" is RFC 3805's word for what stops printing."""
        return alert.severity == "critical" or alert.code in self.alert_codes

    def due(self, pending: Pending, now_s: float) -> Reason | None:
        """Why a batch must be formed now, or None. Ask again after forming it: an alert hides what else is due."""
        return Reason.ALERT if self.alert_due(pending, now_s) else self.other_due(pending, now_s)

    def alert_due(self, pending: Pending, now_s: float) -> bool:
        """Whether an alert batch must be formed now."""
        return self.alert_wake_at(pending) <= now_s

    def other_due(self, pending: Pending, now_s: float) -> Reason | None:
        """Why a batch of the normal lane must be formed now, or None."""
        if pending.push_asked:
            return Reason.MANUAL
        if self._counts_wake_at(pending) <= now_s:
            return Reason.JOBS if pending.jobs >= self.jobs_max else Reason.IMPRESSIONS
        if pending.deadline_s is not None and now_s >= pending.deadline_s:
            return pending.deadline_reason
        return None

    def wake_at(self, pending: Pending) -> float:
        """When something is due if nothing else happens: AT_ONCE, monotonic seconds, or math.inf for never."""
        return min(self.alert_wake_at(pending), self.other_wake_at(pending))

    def other_wake_at(self, pending: Pending) -> float:
        """When a batch of the normal lane is due, as `wake_at`."""
        if pending.push_asked:
            return AT_ONCE
        deadline_s = math.inf if pending.deadline_s is None else pending.deadline_s
        return min(deadline_s, self._counts_wake_at(pending))

    def alert_wake_at(self, pending: Pending) -> float:
        """When an alert batch is due, as `wake_at`."""
        free = (
            pending.alert_batch_s[code] + self.alert_spacing_s if code in pending.alert_batch_s else AT_ONCE
            for code in pending.urgent_codes
            if pending.alert_unsent.get(code, 0) < self.alert_unsent_max
        )
        return min(free, default=math.inf)

    def _counts_wake_at(self, pending: Pending) -> float:
        jobs_reached, impressions_reached = pending.jobs >= self.jobs_max, pending.impressions >= self.impressions_max
        if not jobs_reached and not impressions_reached:
            return math.inf
        at_once = (jobs_reached and pending.jobs >= self.jobs_at_once) or (
            impressions_reached and pending.impressions >= self.impressions_at_once
        )
        return AT_ONCE if at_once else pending.formed_s + self.spacing_s

    def formed(self, pending: Pending, now_s: float, *, impressions: int, jobs: int) -> Pending:
        """What is pending after a batch that is not an alert batch. impressions, jobs: how many it accounts for."""
        return replace(
            pending,
            jobs=max(0, pending.jobs - jobs),
            impressions=max(0, pending.impressions - impressions),
            push_asked=False,
            deadline_s=None if pending.deadline_s is None else now_s + self.interval_s,
            deadline_reason=Reason.INTERVAL,
            formed_s=now_s,
        )

    def alert_formed(self, pending: Pending, now_s: float) -> Pending:
        """What is pending after an alert batch with every urgent code in it: all other triggers as before."""
        kept = {code: at_s for code, at_s in pending.alert_batch_s.items() if now_s - at_s < self.alert_spacing_s}
        kept.update(dict.fromkeys(pending.urgent_codes, now_s))
        unsent = {
            **pending.alert_unsent,
            **{code: pending.alert_unsent.get(code, 0) + 1 for code in pending.urgent_codes},
        }
        return replace(
            pending,
            urgent_codes=frozenset(),
            alert_batch_s=MappingProxyType(kept),
            alert_unsent=MappingProxyType(unsent),
        )

    def alert_taken(self, pending: Pending) -> Pending:
        """What is pending after the portal took an alert batch."""
        return replace(pending, alert_unsent=_NONE) if pending.alert_unsent else pending

    def enrolled(self, pending: Pending, now_s: float, sender: str) -> Pending:
        """Start the heartbeat: the first deadline lies somewhere in the coming interval, fixed by the name."""
        return replace(pending, deadline_s=now_s + spread(sender) * self.interval_s, deadline_reason=Reason.INTERVAL)

    def resumed(
        self,
        pending: Pending,
        now_s: float,
        at: datetime,
        deadline_at: datetime,
        sender: str,
        *,
        reason: Reason = Reason.INTERVAL,
        starts: int = 1,
        clock_good: bool = True,
    ) -> Pending:
        """Take up the deadline again after a restart (rule 7).

        at: the wall clock now. deadline_at, reason: as persisted. starts: since a batch was formed, this one included.
        clock_good: whether the wall clock can be right at all.
        """
        left_s = (deadline_at - at).total_seconds()
        if clock_good and starts <= STARTS_BELIEVED_MAX and 0 < left_s <= self.interval_s:
            return replace(pending, deadline_s=now_s + left_s, deadline_reason=reason)
        halvings = min(_HALVINGS_MAX, max(0, starts - STARTS_BELIEVED_MAX))
        delay_s = spread(sender) * min(self.restart_spread_s, self.interval_s) / 2**halvings
        return replace(pending, deadline_s=now_s + delay_s, deadline_reason=Reason.BOOT)

    def hurried(self, pending: Pending, deadline_s: float) -> Pending:
        """Bring the deadline forward, never back: after a shorter interval was set, or on the portal's advice."""
        if pending.deadline_s is None or pending.deadline_s <= deadline_s:
            return pending
        return replace(pending, deadline_s=deadline_s)
