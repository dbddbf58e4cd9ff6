"""When a batch must leave, and why.

1. Everything counts from the last formed batch, not from the last delivered one.
2. An alert batch is formed at once and resets nothing; one code forms at most one such batch a minute.
3. Impressions count as they are made, jobs when they end.
4. An idle printer is due when its interval ends: the heartbeat.
5. The first deadline after enrolment is spread over the interval by a hash of the sender's name, and so is a
   deadline that passed while the sender was down (reason "boot", over `restart_spread_s`): a million printers
   that come back with the power do not call together.
6. Waiting is on the monotonic clock. That clock does not survive a reboot, so the deadline is also kept as wall
   time. After a restart the wall clock says how much of the wait is left; when it says nonsense (the deadline is
   further off than one interval, so it was set back) or the deadline has passed, rule 5 applies. A restart thus
   never postpones a deadline by more than one interval, however wrong the clock.
7. When the last alert batch of a code left is not kept over a restart: the first alert after it leaves at once.
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
_NEVER: Final[Mapping[int, float]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What has gathered since the last formed batch.

    deadline_s: monotonic; None before enrolment. urgent_codes: of alerts not yet told, on the priority lane.
    alert_batch_s: when the last alert batch with a code was formed, monotonic.
    """

    jobs: int = 0
    impressions: int = 0
    push_asked: bool = False
    deadline_s: float | None = None
    deadline_reason: Reason = Reason.INTERVAL
    urgent_codes: frozenset[int] = frozenset()
    alert_batch_s: Mapping[int, float] = field(default_factory=lambda: _NEVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerPolicy:
    """The thresholds, and the questions one can ask of them.

    alert_codes: PrtAlertCodeTC numbers that are urgent whatever their severity.
    """

    interval_s: float = INTERVAL_S_DEFAULT
    jobs_max: int = JOBS_MAX_DEFAULT
    impressions_max: int = IMPRESSIONS_MAX_DEFAULT
    alert_codes: frozenset[int] = frozenset()
    alert_spacing_s: float = 60.0
    restart_spread_s: float = 600.0

    def urgent(self, alert: Alert) -> bool:
        """Whether an alert goes on the priority lane. "critical" is RFC 3805's word for what stops printing."""
        return alert.severity == "critical" or alert.code in self.alert_codes

    def due(self, pending: Pending, now_s: float) -> Reason | None:
        """Why a batch must be formed now, or None. Ask again after forming it: an alert hides what else is due."""
        if self._alert_wake_at(pending) <= now_s:
            return Reason.ALERT
        if pending.push_asked:
            return Reason.MANUAL
        if pending.jobs >= self.jobs_max:
            return Reason.JOBS
        if pending.impressions >= self.impressions_max:
            return Reason.IMPRESSIONS
        if pending.deadline_s is not None and now_s >= pending.deadline_s:
            return pending.deadline_reason
        return None

    def wake_at(self, pending: Pending) -> float:
        """When something is due if nothing else happens: AT_ONCE, monotonic seconds, or math.inf for never."""
        counted = pending.jobs >= self.jobs_max or pending.impressions >= self.impressions_max
        if counted or pending.push_asked:
            return AT_ONCE
        deadline_s = math.inf if pending.deadline_s is None else pending.deadline_s
        return min(deadline_s, self._alert_wake_at(pending))

    def _alert_wake_at(self, pending: Pending) -> float:
        free = (
            pending.alert_batch_s[code] + self.alert_spacing_s if code in pending.alert_batch_s else AT_ONCE
            for code in pending.urgent_codes
        )
        return min(free, default=math.inf)

    def formed(self, pending: Pending, now_s: float, *, impressions: int, jobs: int) -> Pending:
        """What is pending after a batch that is not an alert batch. impressions, jobs: how many it accounts for."""
        return replace(
            pending,
            jobs=max(0, pending.jobs - jobs),
            impressions=max(0, pending.impressions - impressions),
            push_asked=False,
            deadline_s=None if pending.deadline_s is None else now_s + self.interval_s,
            deadline_reason=Reason.INTERVAL,
        )

    def alert_formed(self, pending: Pending, now_s: float) -> Pending:
        """What is pending after an alert batch with every urgent code in it: all other triggers as before."""
        kept = {code: at_s for code, at_s in pending.alert_batch_s.items() if now_s - at_s < self.alert_spacing_s}
        kept.update(dict.fromkeys(pending.urgent_codes, now_s))
        return replace(pending, urgent_codes=frozenset(), alert_batch_s=MappingProxyType(kept))

    def enrolled(self, pending: Pending, now_s: float, sender: str) -> Pending:
        """Start the heartbeat: the first deadline lies somewhere in the coming interval, fixed by the name."""
        return replace(pending, deadline_s=now_s + spread(sender) * self.interval_s, deadline_reason=Reason.INTERVAL)

    def resumed(self, pending: Pending, now_s: float, at: datetime, deadline_at: datetime, sender: str) -> Pending:
        """Take up the deadline again after a restart (rule 6). at: the wall clock now. deadline_at: as persisted."""
        left_s = (deadline_at - at).total_seconds()
        if 0 < left_s <= self.interval_s:
            return replace(pending, deadline_s=now_s + left_s, deadline_reason=Reason.INTERVAL)
        delay_s = spread(sender) * min(self.restart_spread_s, self.interval_s)
        return replace(pending, deadline_s=now_s + delay_s, deadline_reason=Reason.BOOT)

    def hurried(self, pending: Pending, deadline_s: float) -> Pending:
        """Bring the deadline forward, never back: after a shorter interval was set, or on the portal's advice."""
        if pending.deadline_s is None or pending.deadline_s <= deadline_s:
            return pending
        return replace(pending, deadline_s=deadline_s)
