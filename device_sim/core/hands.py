"""What people and circumstances do to a printer that works by itself: conditions, power, and whatever is planned.

The half of a printer (see `printer`) that acts from outside reach for; how it prints is in the other half.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from device_sim.core.errors import ActError
from device_sim.core.events import Acted, Effect, Event
from device_sim.core.planned import Befalling
from device_sim.core.run import Run
from device_sim.core.state import LivePrinter, Power
from device_sim.core.trouble import Cause
from device_sim.core.troubles import Troubles
from wire_format.records import Outcome

if TYPE_CHECKING:  # what befalls works on the whole printer, of which this is a half
    from device_sim.core.printer import Printer


class Hands:
    """The half of a printer that things are done to."""

    __slots__ = (
        "_events", "_idle_since_ms", "_now_ms", "_power_ms", "_run", "_still_wrong", "_troubles", "_warm_ms", "state",
    )  # fmt: skip

    state: LivePrinter
    _events: list[Event]
    _idle_since_ms: int
    _now_ms: int
    _power_ms: int | None
    _run: Run | None
    _still_wrong: tuple[Cause, ...]
    _troubles: Troubles
    _warm_ms: int

    def begin(self, cause: Cause, *, call: bool = True, lasts_ms: int | None = None) -> None:
        """A condition begins, unless it holds already. call: people come and mend it in their time.

        lasts_ms: somebody mends it after so long, whoever else may come. Without power it is seen after the boot.
        """
        if self.state.power is not Power.ON:
            self._still_wrong = tuple(dict.fromkeys((*self._still_wrong, cause)))
        else:
            self._troubles.begin(cause, self._now_ms, call=call and lasts_ms is None)
        self.send_help(cause, lasts_ms)
        self.go_on()

    def end(self, *causes: Cause) -> bool:
        """Conditions end; whether one of them held. Levels and covers are the caller's affair."""
        held = self._troubles.end(*causes) or any(cause in self._still_wrong for cause in causes)
        self._still_wrong = tuple(cause for cause in self._still_wrong if cause not in causes)
        self.go_on()
        return held

    def send_help(self, cause: Cause, after_ms: int | None) -> None:
        """Somebody comes and ends a condition so long from now; None: nobody is sent."""
        if after_ms is not None:
            self._troubles.schedule(self._now_ms + after_ms, "help", cause)
            self._acted()

    @property
    def wrong(self) -> tuple[Cause, ...]:
        """The conditions that hold now, whether anybody is told of them or not."""
        return (*self._troubles.standing, *self._still_wrong)

    def tell(self, effect: Effect, **told: str | int | None) -> None:
        """Say that something befell this printer: what an act did to its state."""
        self._events.append(Acted(at_s=self.state.now_s, effect=effect, told=tuple(told.items())))
        self._acted()

    def go_on(self) -> None:
        """After supplies, media or conditions changed: the run learns what it may do, and waiting jobs start."""
        self._resume()
        self._take_up()
        self._acted()

    def power_off(self, back_ms: int | None) -> None:
        """The power goes; it comes back so long from now, or with `power_on`. The running job ends as aborted."""
        state = self.state
        self._power_ms = None if back_ms is None else self._now_ms + back_ms
        if state.power is not Power.OFF:
            if (run := self._run) is not None:
                run.order = replace(run.order, outcome=Outcome.ABORTED, stops_after=run.done)
                self._finish(run)
            self._still_wrong += tuple(cause for cause in self._troubles.lose_power() if cause.what != "offline")
            state.power = Power.OFF
            self.tell(Effect.POWER_OFF)
        self._acted()

    def power_on(self) -> None:
        """Power comes back and the boot begins, unless the printer runs already."""
        if self.state.power is Power.OFF:
            self.state.power = Power.BOOTING
            self.state.booted_s = self.state.now_s
            self.state.boots += 1
            self.state.snmp_counters = None
            self._power_ms = self._now_ms + int(self.state.profile.pace.boot_s * 1000)
            self._acted()

    def _change_power(self) -> None:
        """What was due with the power: it comes back, or the boot is done."""
        if self.state.power is Power.OFF:
            self.power_on()
            return
        state, self._power_ms = self.state, None
        state.power = Power.ON
        state.power_on_count = state.alert_index_last = state.all_events = state.critical_events = 0
        self._warm_ms = self._now_ms + int(state.profile.pace.warm_up_s * 1000)
        self._idle_since_ms = self._now_ms
        self._events.append(Acted(at_s=state.now_s, effect=Effect.BOOTED))
        causes, self._still_wrong = self._still_wrong, ()
        for cause in causes:
            self._troubles.begin(cause, self._now_ms, call=False)

    def _befall(self, befalling: Befalling) -> None:
        try:
            befalling.apply(cast("Printer", self))
        except ActError as error:
            self.tell(Effect.REFUSED, act=type(befalling).__name__, why=str(error))

    def _finish(self, run: Run) -> None:
        """The run ends, with what was printed."""
        raise NotImplementedError

    def _resume(self) -> None:
        """The run learns what it may do now."""
        raise NotImplementedError

    def _take_up(self) -> None:
        """The next job starts, if it may."""
        raise NotImplementedError

    def _acted(self) -> None:
        """Something changed from outside."""
        raise NotImplementedError
