"""A printer as a pure state machine on a virtual clock.

1. `advance(to)` brings the printer to a moment and returns what happened on the way, in order; where the
   calls fall changes nothing but how impressions are grouped into events.
2. `next_event_at()` says when something will happen by itself: the shell sleeps until then.
3. One job at a time, first come first served; a critical alert stops the engine until somebody has helped.
4. Nothing is random but what seed, printer and virtual time decide.
5. Up to `_quiet_until_ms` nothing changes but the clock: no job comes or ends, no impression is finished, nobody
   helps. Whoever changes what a printer does sets it anew (`_describe`) or to 0: not known.
"""

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from device_sim.core import run as engine
from device_sim.core.birth import born
from device_sim.core.dice import Dice
from device_sim.core.events import (
    AlertCleared,
    AlertRaised,
    Event,
    ImpressionsMade,
    JobFinished,
    JobStarted,
)
from device_sim.core.job_log import finished_job
from device_sim.core.profile import Profile
from device_sim.core.run import Run
from device_sim.core.state import ActiveAlert, LivePrinter, RunningJob
from device_sim.core.trouble import CRITICAL, Cause, wording
from device_sim.core.workload import HOUR_MS, Order, arrivals, jobs_expected, order_at
from wire_format.printer_mib import PrinterState
from wire_format.records import Outcome, Service

_ASLEEP_AFTER_MS = 15 * 60_000
_AWAKE_START_MS = 1500
_RECOVER_MS = 4000
_HOURS_AHEAD_MAX = 72
_NUMBER_EPOCH_MS = 1_577_836_800_000  # 2020-01-01
_NUMBER_STEP_MS = 300_000
_NEVER_MS = 1 << 62


class Printer:
    """One printer of a fleet. chunk: wake at every so many lifetime impressions; 0: only when something changes."""

    __slots__ = (
        "_arrivals", "_causes", "_chores", "_events", "_hour", "_idle_since_ms", "_intake_ends_ms", "_jam_in",
        "_next_number", "_now_ms", "_queue", "_quiet_until_ms", "_run", "_troubles", "chunk", "seed", "state",
    )  # fmt: skip

    def __init__(self, profile: Profile, *, seed: int, index: int, address: str, at_s: float, chunk: int = 0) -> None:
        self.state: LivePrinter = born(profile, seed, index, address, at_s)
        self.chunk = chunk
        self.seed = seed
        self._now_ms = int(at_s * 1000)
        self._hour = self._now_ms // HOUR_MS
        self._arrivals: deque[tuple[int, int]] = deque()
        self._queue: deque[Order] = deque()
        self._run: Run | None = None
        self._chores: list[tuple[int, int, str, Cause]] = []
        self._causes: dict[Cause, ActiveAlert] = {}
        self._events: list[Event] = []
        self._idle_since_ms = self._now_ms - _ASLEEP_AFTER_MS
        self._intake_ends_ms: int | None = None
        self._quiet_until_ms = 0
        self._troubles = 0
        self._jam_in = self._jam_distance()
        self._next_number = (self._now_ms - _NUMBER_EPOCH_MS) // _NUMBER_STEP_MS
        self._load_hour()

    def advance(self, to_s: float) -> list[Event]:
        """Live until to_s; what happened since the last call. A time in the past changes nothing."""
        if self.glide(to_s):
            return []
        to_ms = int(to_s * 1000)
        while (due_ms := self._due_ms()) is not None and due_ms <= to_ms:
            self._pass_time(due_ms)
            self._fire()
        self._pass_time(to_ms)
        self._describe()
        happened, self._events = self._events, []
        return happened

    def glide(self, to_s: float) -> bool:
        """Live until to_s where nothing but the clock changes; False, and nothing done, where more may happen.

        Nothing happens on such a way, and `next_event_at` stays as it was. A time in the past changes nothing.
        """
        to_ms = int(to_s * 1000)
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
        self._intake_ends_ms = int(at_s * 1000)
        self._quiet_until_ms = 0

    @property
    def resting(self) -> bool:
        """Whether no job runs or waits."""
        return self._run is None and not self._queue

    def _due_ms(self) -> int | None:
        due = self._run.break_ms() if self._run else None
        if self._chores and (due is None or self._chores[0][0] < due):
            due = self._chores[0][0]
        comes = self._arrivals[0][0] if self._arrivals else self._hour * HOUR_MS
        if self._intake_ends_ms is not None and comes >= self._intake_ends_ms:
            if not self._queue or (due is not None and due <= self._intake_ends_ms):
                return due
            comes = max(self._intake_ends_ms, self._now_ms)
        return comes if due is None or comes < due else due

    def _pass_time(self, at_ms: int) -> None:
        self._now_ms = at_ms
        self.state.now_s = at_ms / 1000
        if self._too_late(at_ms):
            self._queue.clear()
        run = self._run
        if run is None:
            return
        made = engine.apply(self.state, run, run.done_at(at_ms))
        if made and run.order.service is not Service.SCAN:
            self._jam_in -= made
            finished_ms = run.ready_ms + (run.done - run.ready_done) * run.order.step_ms
            self._events.append(ImpressionsMade(at_s=finished_ms / 1000, count=made))

    def _fire(self) -> None:
        run = self._run
        if run and not run.blocked and run.break_ms() == self._now_ms:
            self._at_break(run)
        if self._too_late(self._now_ms):
            self._send_home()
        while self._chores and self._chores[0][0] <= self._now_ms:
            _, _, act, cause = heapq.heappop(self._chores)
            self._do_chore(act, cause)
        while self._arrivals and self._arrivals[0][0] <= self._now_ms:
            at_ms, ordinal = self._arrivals.popleft()
            index = self.state.identity.index
            self._queue.append(order_at(self.state.profile, self.seed, index, at_ms, ordinal))
        if not self._arrivals and self._hour * HOUR_MS <= self._now_ms:
            self._load_hour()
        if self._run is None and self._queue and not self._stopped():
            self._start(self._queue.popleft())

    def _load_hour(self) -> None:
        """Learn what this hour brings, and set out for the next hour that may bring something."""
        profile, index = self.state.profile, self.state.identity.index
        hour = self._hour
        for ordinal, at_ms in enumerate(arrivals(profile, self.seed, index, hour)):
            if at_ms >= self._now_ms and not self._too_late(at_ms):
                self._arrivals.append((at_ms, ordinal))
        dice = Dice(self.seed, index, "cover", hour)
        share = profile.trouble.covers_opened_per_day_percent / 100
        at_ms = hour * HOUR_MS + dice.between(0, HOUR_MS - 1)
        if jobs_expected(profile, hour) and dice.unit() * 10 < share and at_ms >= self._now_ms:
            self._schedule(at_ms, "open", Cause("cover", dice.between(0, len(profile.covers) - 1)))
        self._hour += 1
        ahead = self._hour + _HOURS_AHEAD_MAX
        while self._hour < ahead and not jobs_expected(profile, self._hour):
            self._hour += 1

    def _too_late(self, at_ms: int) -> bool:
        return self._intake_ends_ms is not None and at_ms >= self._intake_ends_ms

    def _send_home(self) -> None:
        """People cancel what waits; with nothing left to print, nobody refills or opens anything either."""
        self._arrivals.clear()
        while self._queue:
            order = replace(self._queue.popleft(), outcome=Outcome.CANCELED, stops_after=0)
            self._log(Run(order=order, number=self._number(), started_ms=self._now_ms, ready_ms=self._now_ms))
        if self._run is None:
            self._chores.clear()

    def _number(self) -> int:
        self._next_number += 1
        return self._next_number - 1

    def _start(self, order: Order) -> None:
        now = self._now_ms
        warming = now - self._idle_since_ms >= _ASLEEP_AFTER_MS and order.service is not Service.SCAN
        lead_ms = int(self.state.profile.pace.warm_up_s * 1000) if warming else _AWAKE_START_MS
        self._run = Run(
            order=order,
            number=self._number(),
            started_ms=now,
            ready_ms=now + lead_ms,
            warming=warming,
            per_impression=engine.linear_meters(self.state.profile, order),
        )
        self._events.append(JobStarted(at_s=now / 1000, number=self._run.number))
        self._inspect(self._run)

    def _at_break(self, run: Run) -> None:
        if run.done >= run.order.stops_after:
            self._finish(run)
            return
        if self._jam_in <= 0:
            self._jam_in = self._jam_distance()
            self._raise(Cause("jam"))
        self._inspect(run)

    def _inspect(self, run: Run) -> None:
        """Raise what this job meets now, and find its next break."""
        if run.order.service is not Service.SCAN and run.done < run.order.stops_after:
            for place, empty in engine.supplies_short(self.state, run):
                self._raise(Cause("supply-empty" if empty else "supply-low", place))
            short = engine.media_short(self.state, run)
            if short is not None:
                self._raise(Cause("input-empty" if short else "input-low", run.order.input_place))
        self._set_out(run)

    def _set_out(self, run: Run) -> None:
        run.blocked = self._stopped()
        run.break_at = engine.next_break(self.state, run, self._jam_in, self.chunk)

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

    def _raise(self, cause: Cause) -> None:
        if cause in self._causes:
            return
        state, said = self.state, wording(self.state.profile, cause)
        state.alert_index_last += 1
        state.all_events += 1
        state.critical_events += said.severity == CRITICAL
        alert = ActiveAlert(
            index=state.alert_index_last,
            alert_id=f"{self._now_ms}-{state.alert_index_last}",
            severity=said.severity,
            training=said.training,
            group=said.group,
            group_index=-1 if cause.what == "jam" else cause.place + 1,
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
        self._call_for_help(cause)

    def _call_for_help(self, cause: Cause) -> None:
        """People come after a while; to something merely low, not always."""
        self._troubles += 1
        dice = Dice(self.seed, self.state.identity.index, "help", self._troubles)
        trouble = self.state.profile.trouble
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
            self._schedule(self._now_ms + wait_s * 1000, "help", cause)

    def _schedule(self, at_ms: int, act: str, cause: Cause) -> None:
        self._troubles += 1
        heapq.heappush(self._chores, (at_ms, self._troubles, act, cause))

    def _do_chore(self, act: str, cause: Cause) -> None:
        state = self.state
        if act == "open":
            if self._intake_ends_ms is None or self._now_ms < self._intake_ends_ms:
                state.covers_open[cause.place] = True
                self._raise(cause)
        elif cause.what.startswith("supply"):
            if self._clear(Cause("supply-low", cause.place), Cause("supply-empty", cause.place)):
                state.supply_amounts[cause.place] = state.profile.supplies[cause.place].amount_max
        elif cause.what.startswith("input"):
            if self._clear(Cause("input-low", cause.place), Cause("input-empty", cause.place)):
                state.input_amounts[cause.place] = state.profile.inputs[cause.place].amount_max
        else:
            if cause.what == "cover":
                state.covers_open[cause.place] = False
            self._clear(cause)
        self._resume()

    def _clear(self, *causes: Cause) -> bool:
        cleared = [self._causes.pop(cause) for cause in causes if cause in self._causes]
        self._events += [AlertCleared(at_s=self.state.now_s, alert=alert) for alert in cleared]
        self._note_alerts()
        return bool(cleared)

    def _resume(self) -> None:
        """After people did something: a run goes on, or learns that it may not."""
        run = self._run
        if run is None:
            return
        if run.blocked and not self._stopped():
            run.ready_done = run.done
            run.ready_ms = max(self._now_ms + _RECOVER_MS, run.ready_ms)
        self._set_out(run)

    def _note_alerts(self) -> None:
        self.state.alerts = list(self._causes.values())
        self.state.error_bits = _bits(self.state.alerts)

    def _stopped(self) -> bool:
        return any(alert.critical for alert in self._causes.values())

    def _jam_distance(self) -> int:
        self._troubles += 1
        mean = self.state.profile.trouble.impressions_per_jam
        if not mean:
            return 1 << 40
        return Dice(self.seed, self.state.identity.index, "jam", self._troubles).between(1, 2 * mean)

    def _describe(self) -> None:
        state, run = self.state, self._run
        state.touch()
        state.queued = len(self._queue)
        state.job = None if run is None else _running(run)
        if self._stopped():
            state.status = PrinterState.STOPPED
        elif run is None:
            state.status = PrinterState.IDLE
        else:
            waiting = run.warming and self._now_ms < run.ready_ms
            state.status = PrinterState.WARMING_UP if waiting else PrinterState.PRINTING
        state.console_text = next(_said(state), "Ready")
        self._quiet_until_ms = self._changes_ms()

    def _changes_ms(self) -> int:
        """When something of the state other than the clock changes next."""
        due_ms, run = self._due_ms(), self._run
        changes_ms = _NEVER_MS if due_ms is None else due_ms
        if run is None or run.blocked:
            return changes_ms
        if self._now_ms < run.ready_ms:
            return min(changes_ms, run.ready_ms)
        return min(changes_ms, run.ready_ms + (run.done + 1 - run.ready_done) * run.order.step_ms)


def _said(state: LivePrinter) -> Iterator[str]:
    yield from (alert.console_text for alert in state.alerts if alert.critical)
    if state.job:
        verb = {Service.PRINT: "Printing", Service.COPY: "Copying", Service.SCAN: "Scanning"}
        warming = state.status is PrinterState.WARMING_UP
        yield "Warming up" if warming else verb.get(state.job.service, "Printing")
    yield from (alert.console_text for alert in state.alerts)


def _bits(alerts: list[ActiveAlert]) -> int:
    bits = 0
    for alert in alerts:
        if alert.error is not None:
            bits |= 1 << alert.error
    return bits


def _running(run: Run) -> RunningJob:
    order = run.order
    return RunningJob(
        number=run.number,
        name=order.name,
        service=order.service,
        submitted_s=order.arrived_ms / 1000,
        started_s=run.started_ms / 1000,
        wanted=order.images if order.service is Service.SCAN else order.impressions,
        done=run.done,
        color=order.color,
        stopped=run.blocked,
    )
