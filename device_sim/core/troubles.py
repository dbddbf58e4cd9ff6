"""What is wrong with one printer, and the people who will come and mend it.

1. One cause is one alert in the state's table, from `begin` to `end`; a critical one stops the engine.
2. People come after a while: a chore is something they will do at a moment already known.
3. A jam spoils an impression, and a new supply is tried out with one: both are counted apart from the jobs'.
4. Dice are numbered by `_count`: every trouble and every chore has its own.
"""

import heapq
from collections.abc import Mapping
from typing import Final

from device_sim.core.dice import Dice
from device_sim.core.events import Acted, AlertCleared, AlertRaised, Effect, Event
from device_sim.core.state import ActiveAlert, LivePrinter
from device_sim.core.trouble import CRITICAL, Cause, wording

NETWORK: Final = Cause("network")
"""A cable that is out. The printer does not know it, so it is no alert; somebody may still come and plug it in."""

_NONE: dict[Cause, ActiveAlert] = {}
_NOBODY: list[tuple[int, int, str, Cause]] = []
"""What is wrong with most printers most of the time, and who is on the way. Shared, so never written: see `begin` and
`schedule`."""


class Troubles:
    """The conditions and chores of one printer. jam_in: impressions until the next jam. events: told here."""

    __slots__ = ("_causes", "_chores", "_count", "_events", "_seed", "_state", "jam_in")

    def __init__(self, state: LivePrinter, seed: int, events: list[Event]) -> None:
        self._state, self._seed, self._events = state, seed, events
        self._causes = _NONE
        self._chores = _NOBODY
        self._count = 0
        self.jam_in = self.jam_distance()

    @property
    def stopped(self) -> bool:
        """Whether something stops the engine."""
        return any(alert.critical for alert in self._causes.values())

    @property
    def due_ms(self) -> int | None:
        """When somebody comes next; None: nobody is on the way."""
        return self._chores[0][0] if self._chores else None

    @property
    def standing(self) -> Mapping[Cause, ActiveAlert]:
        """The causes that stand now, with their alerts, in the order of their onset."""
        return self._causes

    def begin(self, cause: Cause, now_ms: int, *, call: bool = True) -> None:
        """Raise the alert of a cause, unless it stands already. call: people come and mend it, sooner or later."""
        if cause in self._causes:
            return
        if self._causes is _NONE:
            self._causes = {}
        state, said = self._state, wording(self._state.profile, cause)
        state.alert_index_last += 1
        state.all_events += 1
        if cause.what == "jam":
            state.count("waste.impressions")
        state.critical_events += said.severity == CRITICAL
        state.jams += cause.what == "jam"
        alert = ActiveAlert(
            index=state.alert_index_last,
            alert_id=f"{now_ms}-{state.alert_index_last}",
            severity=said.severity,
            training=said.training,
            group=said.group,
            group_index=-1 if cause.what in ("jam", "offline") else cause.place + 1,
            location=cause.place + 1,
            code=said.code,
            description=said.description,
            console_text=said.console_text,
            onset_s=state.now_s,
            onset_ticks=state.uptime_ticks,
            error=said.error,
        )
        self._causes[cause] = alert
        self._events.append(AlertRaised(at_s=state.now_s, alert=alert))
        self._note_alerts()
        if call:
            self._call_for_help(cause, now_ms)

    def end(self, *causes: Cause) -> bool:
        """Clear the alerts of those causes that stand; whether one did."""
        cleared = [self._causes.pop(cause) for cause in causes if cause in self._causes]
        self._events += [AlertCleared(at_s=self._state.now_s, alert=alert) for alert in cleared]
        self._note_alerts()
        return bool(cleared)

    def jam_distance(self) -> int:
        """Throw how many impressions it is from now to the next jam."""
        self._count += 1
        mean = self._state.profile.trouble.impressions_per_jam
        if not mean:
            return 1 << 40
        return Dice(self._seed, self._state.identity.index, "jam", self._count).between(1, 2 * mean)

    def schedule(self, at_ms: int, act: str, cause: Cause) -> None:
        """Somebody comes at at_ms. act: "open" a cover, or "help" with the cause."""
        self._count += 1
        if self._chores is _NOBODY:
            self._chores = []
        heapq.heappush(self._chores, (at_ms, self._count, act, cause))

    def do_next_chore(self, now_ms: int, *, in_use: bool) -> None:
        """What the next person does. in_use: people still open covers."""
        _, _, act, cause = heapq.heappop(self._chores)
        state = self._state
        if act == "open":
            if in_use:
                state.covers_open[cause.place] = True
                self.begin(cause, now_ms)
        elif cause == NETWORK:
            if not state.plugged:
                state.plugged = True
                self._events.append(Acted(at_s=state.now_s, effect=Effect.NETWORK_UP))
        elif cause.what.startswith("supply"):
            if self.end(Cause("supply-low", cause.place), Cause("supply-empty", cause.place)):
                state.supply_amounts[cause.place] = state.profile.supplies[cause.place].amount_max
                state.count("maintenance.impressions")
        elif cause.what.startswith("input"):
            if self.end(Cause("input-low", cause.place), Cause("input-empty", cause.place)):
                state.input_amounts[cause.place] = state.profile.inputs[cause.place].amount_max
        else:
            if cause.what == "cover":
                state.covers_open[cause.place] = False
            self.end(cause)

    def lose_power(self) -> tuple[Cause, ...]:
        """The alert table is empty from now on. Returns what is still wrong, to be seen again after the boot."""
        causes = tuple(self._causes)
        self.end(*causes)
        return causes

    def forget_chores(self) -> None:
        """Nobody comes any more."""
        self._chores = _NOBODY

    def _call_for_help(self, cause: Cause, now_ms: int) -> None:
        """People come after a while; to something merely low, not always."""
        self._count += 1
        dice = Dice(self._seed, self._state.identity.index, "help", self._count)
        trouble = self._state.profile.trouble
        refill_s = dice.between(trouble.refill_s_min, trouble.refill_s_max)
        repair_s = dice.between(trouble.repair_s_min, trouble.repair_s_max)
        match cause.what:
            case "supply-low":
                wait_s = 4 * refill_s if dice.percent(30) else None
            case "input-low":
                wait_s = refill_s if dice.percent(50) else None
            case "supply-empty" | "input-empty":
                wait_s = refill_s
            case _:
                wait_s = repair_s
        if wait_s is not None:
            self.schedule(now_ms + wait_s * 1000, "help", cause)

    def _note_alerts(self) -> None:
        self._state.alerts = tuple(self._causes.values())
        bits = 0
        for alert in self._causes.values():
            if alert.error is not None:
                bits |= 1 << alert.error
        self._state.error_bits = bits
