"""A printer as a pure state machine on a virtual clock.

1. `advance(to)` brings the printer to a moment and returns what happened on the way, in order; where the
   calls fall changes nothing but how impressions are grouped into events.
2. `next_event_at()` says when something will happen by itself: the shell sleeps until then.
3. One job at a time, first come first served; a critical alert stops the engine until somebody has helped.
4. Nothing is random but what seed, printer and virtual time decide.
5. Without power it makes nothing and hears of nothing: what people would have sent they print elsewhere, what
   waited goes on after the boot, and who would have helped helps then.
6. Up to `_quiet_until_ms` nothing changes but the clock: no job comes or ends, no impression is finished, nobody
   helps. Whoever changes what a printer does sets it anew (`_describe`) or to 0: not known.
"""

from dataclasses import replace
from datetime import UTC, tzinfo

from device_sim.core import run as engine
from device_sim.core.birth import born
from device_sim.core.description import describe, describe_progress
from device_sim.core.events import Event, ImpressionsMade, JobFinished, JobStarted
from device_sim.core.faults import NO_FAULTS, Faults
from device_sim.core.hands import Hands
from device_sim.core.inflow import Inflow
from device_sim.core.job_log import finished_job
from device_sim.core.planned import Agenda, Planned
from device_sim.core.print_queue import Waiting, first_number
from device_sim.core.profile import Profile
from device_sim.core.run import Run
from device_sim.core.state import LivePrinter, Power
from device_sim.core.trouble import Cause
from device_sim.core.troubles import Troubles
from device_sim.core.workload import Order
from wire_format.records import Outcome, Service

_ASLEEP_AFTER_MS = 15 * 60_000
_AWAKE_START_MS = 1500
_RECOVER_MS = 4000
_NEVER_MS = 1 << 62


class Printer(Hands):
    """One printer of a fleet.

    chunk: wake at every so many lifetime impressions; 0: only when something changes. agenda: what befalls it from
    outside; a moment before its birth is passed over. zone: of the clock by which people work where it stands.
    """

    __slots__ = ("_inflow", "_next_number", "_planned", "_queue", "_quiet_until_ms", "chunk", "seed")

    def __init__(
        self, profile: Profile, *, seed: int, index: int, address: str, at_s: float, chunk: int = 0,
        faults: Faults = NO_FAULTS, zone: tzinfo = UTC, agenda: Agenda | None = None,
    ) -> None:  # fmt: skip
        self.state: LivePrinter = born(profile, seed, index, address, at_s)
        self.state.faults = faults
        self.chunk = chunk
        self.seed = seed
        self._now_ms = int(at_s * 1000)
        self._events: list[Event] = []
        self._inflow = Inflow(profile, seed, index, self._now_ms, zone)
        self._troubles = Troubles(self.state, seed, self._events)
        self._queue: tuple[Waiting, ...] = ()
        self._run: Run | None = None
        self._idle_since_ms = self._now_ms - _ASLEEP_AFTER_MS
        self._quiet_until_ms = 0
        self._power_ms: int | None = None
        self._warm_ms = 0
        self._still_wrong: tuple[Cause, ...] = ()
        self._next_number = first_number(self._now_ms) - 1
        self._planned = None if agenda is None else Planned(agenda, self._now_ms)
        self._learn_hour()

    def advance(self, to_s: float) -> list[Event]:
        """Live until to_s; what happened since the last call. A time in the past changes nothing."""
        to_ms = int(to_s * 1000)
        if self.glide_ms(to_ms):
            return []
        run, only_prints = self._run, False
        if run is not None and not run.blocked and self._quiet_until_ms and self._now_ms >= run.ready_ms:
            only_prints = True
        while (due_ms := self._due_ms()) is not None and due_ms <= to_ms:
            only_prints = False
            self._pass_time(due_ms)
            self._fire()
        self._pass_time(to_ms)
        if run is not None and only_prints:
            describe_progress(self.state, run)
            self._quiet_until_ms = self._changes_ms()
        else:
            self._describe()
        happened = list(self._events)
        self._events.clear()
        return happened

    def glide(self, to_s: float) -> bool:
        """Live until to_s where nothing but the clock changes; False, and nothing done, where more may happen.

        Nothing happens on such a way, and `next_event_at` stays as it was. A time in the past changes nothing.
        """
        return self.glide_ms(int(to_s * 1000))

    def glide_ms(self, to_ms: int) -> bool:
        """`glide` in virtual milliseconds."""
        if to_ms >= self._quiet_until_ms:
            return to_ms < self._now_ms
        if to_ms > self._now_ms:
            self._now_ms = to_ms
            self.state.now_s = to_ms / 1000
        return True

    def next_event_at(self) -> float | None:
        """When something will happen next, in virtual seconds; None: never."""
        due_ms = self._due_ms()
        return None if due_ms is None else due_ms / 1000

    def end_intake(self, at_s: float) -> None:
        """Take no job that arrives at or after at_s, and begin none that waits: those are taken back, unprinted.

        Once the running job has ended, nothing changes any more.
        """
        self._inflow.ends_ms = int(at_s * 1000)
        self._quiet_until_ms = 0

    @property
    def accepting(self) -> bool:
        """Whether a job that arrives now is taken."""
        return not self._inflow.too_late(self._now_ms)

    def reserve(self) -> int:
        """A job number for a job that is still coming in; nobody else gets it."""
        return self._number()

    def submit(self, order: Order, number: int | None = None) -> int:
        """Take an order that arrives now; it waits for its turn like any other. Returns its job number.

        number: one that was reserved or withdrawn, and then the order's own arrived_ms stands; else the job gets the
        next number and arrives now. After the end of intake it is cancelled at once, unprinted.
        """
        if number is None:
            number, order = self._number(), replace(order, arrived_ms=self._now_ms)
        waiting = Waiting(number, order)
        self._queue += (waiting,)
        if self._inflow.too_late(self._now_ms):
            self._send_home()
        self._take_up()
        self._acted()
        return waiting.number

    def cancel(self, number: int) -> bool:
        """Cancel the job of that number; whether there was one to cancel.

        A waiting job ends with nothing printed. A running one ends after the impression in progress, and what was
        really printed is counted; where no impression is in progress it ends at once.
        """
        run = self._run
        if run is not None and run.number == number:
            self._end_early(run, Outcome.CANCELED)
        else:
            waiting = next((one for one in self._queue if one.number == number), None)
            if waiting is None:
                return False
            self._leave(waiting)
            self._take_back(waiting)
        self._acted()
        return True

    def withdraw(self, number: int) -> Order | None:
        """Take a waiting job out of the queue, to be submitted again under its number; None where none waits."""
        waiting = next((one for one in self._queue if one.number == number), None)
        if waiting is None:
            return None
        self._leave(waiting)
        self._acted()
        return waiting.order

    def turn_away(self, order: Order, number: int, outcome: Outcome) -> None:
        """End a job that never came into the queue, with nothing printed. number: one reserved or withdrawn."""
        self._take_back(Waiting(number, order), outcome)
        self._acted()

    @property
    def resting(self) -> bool:
        """Whether no job runs or waits."""
        return self._run is None and not self._queue

    def _due_ms(self) -> int | None:
        due = self._run.break_ms() if self._run else None
        help_ms, comes, ends_ms = self._troubles.due_ms, self._inflow.next_ms, self._inflow.ends_ms
        if self._planned and (planned_ms := self._planned.next_ms) is not None and (due is None or planned_ms < due):
            due = planned_ms
        if (power_ms := self._power_ms) is not None and (due is None or power_ms < due):
            due = power_ms
        if help_ms is not None and self.state.power is Power.ON and (due is None or help_ms < due):
            due = help_ms
        if ends_ms is not None and comes >= ends_ms:
            if not self._queue or (due is not None and due <= ends_ms):
                return due
            comes = max(ends_ms, self._now_ms)
        return comes if due is None or comes < due else due

    def _pass_time(self, at_ms: int) -> None:
        self._now_ms = at_ms
        self.state.now_s = at_ms / 1000
        if (run := self._run) is None:
            return
        made = engine.apply(self.state, run, run.done_at(at_ms))
        if made and run.order.service is not Service.SCAN:
            self._troubles.jam_in -= made
            finished_ms = run.ready_ms + (run.done - run.ready_done) * run.order.step_ms
            self._events.append(ImpressionsMade(at_s=finished_ms / 1000, count=made))

    def _fire(self) -> None:
        run, now_ms = self._run, self._now_ms
        if self._power_ms is not None and self._power_ms <= now_ms:
            self._change_power()
        if run and not run.blocked and run.break_ms() == now_ms:
            self._at_break(run)
        if self._inflow.too_late(now_ms):
            self._send_home()
        on = self.state.power is Power.ON
        while on and (help_ms := self._troubles.due_ms) is not None and help_ms <= now_ms:
            self._troubles.do_next_chore(now_ms, in_use=not self._inflow.too_late(now_ms))
            self._resume()
        for order in self._inflow.take_due(now_ms):
            if on and (self.state.plugged or order.submitted_by != "network"):
                self._queue += (Waiting(self._number(), order),)
        if self._inflow.hour_due(now_ms):
            self._learn_hour()
        self._take_up()
        for befalling in self._planned.take_due(now_ms) if self._planned else ():
            self._befall(befalling)

    def _take_up(self) -> None:
        on = self.state.power is Power.ON
        if on and self._run is None and self._queue and not self._troubles.stopped:
            self._start(self._first_out())

    def _first_out(self) -> Waiting:
        first, self._queue = self._queue[0], self._queue[1:]
        return first

    def _leave(self, waiting: Waiting) -> None:
        self._queue = tuple(one for one in self._queue if one is not waiting)

    def _learn_hour(self) -> None:
        if opens := self._inflow.learn_hour(self._now_ms):
            at_ms, place = opens
            self._troubles.schedule(at_ms, "open", Cause("cover", place))

    def _send_home(self) -> None:
        """People cancel what waits; with nothing left to print, nobody refills or opens anything either."""
        self._inflow.end()
        while self._queue:
            self._take_back(self._first_out())
        if self._run is None:
            self._troubles.forget_chores()

    def _take_back(self, waiting: Waiting, outcome: Outcome = Outcome.CANCELED) -> None:
        self._log(waiting.taken_back(self._now_ms, outcome))

    def _end_early(self, run: Run, outcome: Outcome) -> None:
        """End a run after the impression in progress; at once where there is none."""
        in_progress = not run.blocked and self._now_ms > run.ready_ms and run.done < run.order.stops_after
        run.order = replace(run.order, outcome=outcome, stops_after=run.done + in_progress)
        if in_progress:
            self._set_out(run)
        else:
            self._finish(run)
            self._take_up()

    def _acted(self) -> None:
        """After somebody from outside changed something: what it says is true, and the next look tells the events."""
        self.state.waiting = ()
        self._describe()
        self._quiet_until_ms = 0

    def _number(self) -> int:
        self._next_number += 1
        return self._next_number

    def _start(self, waiting: Waiting) -> None:
        now, order = self._now_ms, waiting.order
        warming = now - self._idle_since_ms >= _ASLEEP_AFTER_MS and order.service is not Service.SCAN
        lead_ms = int(self.state.profile.pace.warm_up_s * 1000) if warming else _AWAKE_START_MS
        self._run = Run(
            order=order,
            number=waiting.number,
            started_ms=now,
            ready_ms=max(now + lead_ms, self._warm_ms),
            warming=warming or now < self._warm_ms,
            per_impression=engine.linear_meters(self.state.profile, order),
        )
        self._events.append(JobStarted(at_s=now / 1000, number=self._run.number))
        self._inspect(self._run)

    def _at_break(self, run: Run) -> None:
        if run.done >= run.order.stops_after:
            self._finish(run)
            return
        if self._troubles.jam_in <= 0:
            self._troubles.jam_in = self._troubles.jam_distance()
            self._troubles.begin(Cause("jam"), self._now_ms)
        self._inspect(run)

    def _inspect(self, run: Run) -> None:
        """Raise what this job meets now, and find its next break."""
        if run.order.service is not Service.SCAN and run.done < run.order.stops_after:
            for place, empty in engine.supplies_short(self.state, run):
                self._troubles.begin(Cause("supply-empty" if empty else "supply-low", place), self._now_ms)
            short = engine.media_short(self.state, run)
            if short is not None:
                self._troubles.begin(
                    Cause("input-empty" if short else "input-low", run.order.input_place), self._now_ms
                )
        self._set_out(run)

    def _set_out(self, run: Run) -> None:
        run.blocked = self._troubles.stopped
        run.break_at = engine.next_break(self.state, run, self._troubles.jam_in, self.chunk)

    def _finish(self, run: Run) -> None:
        state = self.state
        self._log(run)
        if state.output_counts[0] * 2 > state.profile.outputs[0].capacity:
            state.output_counts[0] = 0
        self._run = None
        self._idle_since_ms = self._now_ms

    def _log(self, run: Run) -> None:
        job = finished_job(self.state.profile, run, self._now_ms)
        self.state.finished.append(job)
        self._events.append(JobFinished(at_s=self._now_ms / 1000, job=job))

    def _resume(self) -> None:
        """After people did something: a run goes on, or learns that it may not."""
        run = self._run
        if run is None:
            return
        if run.blocked and not self._troubles.stopped:
            run.ready_done = run.done
            run.ready_ms = max(self._now_ms + _RECOVER_MS, run.ready_ms)
        self._set_out(run)

    def _describe(self) -> None:
        queue, shown = self._queue, self.state.waiting
        # A queue changes at its ends only, but where somebody acts on it: `_acted` has it shown anew.
        if len(queue) != len(shown) or (queue and queue[0].number != shown[0].number):
            shown = tuple(one.shown for one in queue)
        describe(self.state, self._run, shown, self._now_ms, self._warm_ms, stopped=self._troubles.stopped)
        self._quiet_until_ms = self._changes_ms()

    def _changes_ms(self) -> int:
        """When something of the state other than the clock changes next."""
        due_ms, run = self._due_ms(), self._run
        changes_ms = _NEVER_MS if due_ms is None else due_ms
        if run is None and self._now_ms < self._warm_ms:
            return min(changes_ms, self._warm_ms)
        if run is None or run.blocked:
            return changes_ms
        if self._now_ms < run.ready_ms:
            return min(changes_ms, run.ready_ms)
        return min(changes_ms, run.ready_ms + (run.done + 1 - run.ready_done) * run.order.step_ms)
