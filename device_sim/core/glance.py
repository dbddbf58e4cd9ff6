"""A fleet at a glance, kept up to date by what happens: no printer is asked, however many there are.

States and alerts are those of the printers' last events; a printer that had none yet is idle.
"""

import heapq
from collections import Counter
from dataclasses import dataclass, field

from device_sim.core.clockwork import Happening
from device_sim.core.events import AlertCleared, AlertRaised, ImpressionsMade, JobFinished
from device_sim.core.state import ActiveAlert
from wire_format.printer_mib import ALERT_CODES, ALERT_SEVERITIES, PrinterState

_WORST_FIRST = {3: 0, 4: 1, 5: 2}


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert that stands, and whose it is."""

    index: int
    address: str
    serial: str
    alert: ActiveAlert

    def worse(self) -> tuple[int, float, int]:
        """Sorts the worst first: critical ones, then the oldest."""
        return _WORST_FIRST.get(self.alert.severity, 3), self.alert.onset_s, self.index


@dataclass(slots=True, kw_only=True)
class Glance:
    """What a whole fleet is doing. printers: how many there are. jobs, impressions: since somebody looks."""

    printers: int
    jobs: int = 0
    impressions: int = 0
    _states: dict[int, PrinterState] = field(default_factory=dict)
    _counts: Counter[PrinterState] = field(default_factory=Counter)
    _alerts: dict[tuple[int, str], Standing] = field(default_factory=dict)

    def note(self, happening: Happening) -> None:
        """Take in what happened to one printer."""
        state = happening.printer.state
        index = state.identity.index
        for event in happening.events:
            match event:
                case JobFinished():
                    self.jobs += 1
                case ImpressionsMade(count=count):
                    self.impressions += count
                case AlertRaised(alert=alert):
                    identity = state.identity
                    standing = Standing(index, identity.address, identity.serial, alert)
                    self._alerts[index, alert.alert_id] = standing
                case AlertCleared(alert=alert):
                    self._alerts.pop((index, alert.alert_id), None)
        self._place(index, state.status)

    def states(self) -> dict[PrinterState, int]:
        """How many printers are in each state, all of them together."""
        busy = sum(self._counts.values())
        counted = {state: count for state, count in self._counts.items() if count}
        return {PrinterState.IDLE: self.printers - busy, **counted}

    def alerts_count(self) -> int:
        """How many alerts stand."""
        return len(self._alerts)

    def worst(self, count_max: int) -> list[Standing]:
        """The worst alerts that stand, the worst first."""
        return heapq.nsmallest(count_max, self._alerts.values(), key=Standing.worse)

    def _place(self, index: int, now: PrinterState) -> None:
        before = self._states.pop(index, PrinterState.IDLE)
        if before is not PrinterState.IDLE:
            self._counts[before] -= 1
        if now is not PrinterState.IDLE:
            self._states[index] = now
            self._counts[now] += 1


def alert_words(alert: ActiveAlert) -> str:
    """An alert for a person: severity, code, and what the printer says of it."""
    severity = ALERT_SEVERITIES.get(alert.severity, "other")
    return f"{severity} {ALERT_CODES.get(alert.code, alert.code)}: {alert.description}"
