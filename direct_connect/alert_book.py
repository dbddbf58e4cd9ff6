"""The alerts of one sender that are open or not told yet: stored in the spool, mirrored here.

Mirrored, because a printer may have hundreds of them, and reading them at every call would cost every other
printer of a gateway its turn at the spool.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from direct_connect.core.alerts import TrackedAlert, cleared, fold, told
from direct_connect.core.batching import Lane
from direct_connect.spool.port import Spool
from wire_format.records import Alert

OPEN_ALERTS_MAX: Final = 512


class AlertBook:
    """Not thread-safe: its owner has a lock. What raises has changed nothing."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._known: dict[str, TrackedAlert] = {}
        self.reload()

    def reload(self) -> None:
        """Read anew what the spool holds."""
        self._known = {known.alert.alert_id: known for known in self._spool.alerts()}

    def add(self, alert: Alert, lane: Lane) -> bool:
        """Store a new alert; False when its id is known. Raises SpoolFullError, SpoolStorageError."""
        if alert.alert_id in self._known:
            return False
        tracked = TrackedAlert(alert=alert, lane=lane)
        surplus = self._surplus()
        self._spool.put_alert(tracked, replaced=surplus)
        self._forget(surplus)
        self._known[alert.alert_id] = tracked
        return True

    def ended(self, alert_id: str, at: datetime) -> TrackedAlert | None:
        """An open alert with its end, not stored yet; None when no such alert is open."""
        known = self._known.get(alert_id)
        return None if known is None or known.ended else cleared(known, at)

    def put(self, ended: TrackedAlert) -> None:
        """Store an alert that ended, folded with those of its code where they flap."""
        alert_id = ended.alert.alert_id
        after = {**self._known, alert_id: ended}
        folding = fold(after.values(), ended.alert.code)
        if folding is None:
            self._spool.put_alert(ended)
        else:
            self._spool.put_alert(folding.alert, folding.replaced)
            after[folding.alert.alert.alert_id] = folding.alert
        self._known = after
        if folding is not None:
            self._forget(folding.replaced)

    def changed(self, lane: Lane) -> list[TrackedAlert]:
        """The alerts of a lane that have something to tell, oldest first."""
        return [known for known in self._known.values() if known.changed and known.lane is lane]

    def changed_count(self) -> int:
        """How many alerts have something to tell."""
        return sum(known.changed for known in self._known.values())

    def mark_told(self, alerts: Iterable[TrackedAlert]) -> None:
        """What the spool did when a batch with these was stored."""
        for each in alerts:
            if (left := told(each)) is None:
                del self._known[each.alert.alert_id]
            else:
                self._known[each.alert.alert_id] = left

    def _surplus(self) -> list[str]:
        # A program that never clears its alerts must not fill the spool with what the portal knows.
        count = len(self._known) + 1 - OPEN_ALERTS_MAX
        if count <= 0:
            return []
        stale = [alert_id for alert_id, known in self._known.items() if known.told and not known.changed]
        return stale[:count]

    def _forget(self, alert_ids: Iterable[str]) -> None:
        for alert_id in alert_ids:
            self._known.pop(alert_id, None)
