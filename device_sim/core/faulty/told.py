"""What a lying printer tells of itself: its state as the agents are shown it.

1. The state itself stays true; a told state is a copy for one question, and agents read it like any other.
2. Models lie too (`lying_profile`): a supply's capacity, how many jobs are kept, texts.
3. Of some lies the printer must remember something: what it said last, how often it was switched on. A `Teller` does,
   for one fleet; it forgets with the process.
4. What is a matter of one protocol's objects or octets is not here but in `objects`, `unruly` and `documents`.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from device_sim.core.birth import born, identity_of
from device_sim.core.dice import Dice
from device_sim.core.faults import NO_FAULTS, Faults
from device_sim.core.faulty.texts import hostile
from device_sim.core.profile import Profile, SupplySpec
from device_sim.core.state import ActiveAlert, FinishedJob, LivePrinter

Over = Literal["snmp", "http", "ipp"]
"""The protocol somebody asks by."""

NO_DIALECT: Final = "standard"
PROFILES_MAX: Final = 1024
JUMP_EVERY_S: Final = 600
JITTER_EVERY_S: Final = 60
NO_CLOCK_S: Final = 946_684_801.0
"""2000-01-01T00:00:01Z: what HP's documents say without a clock."""
CAPACITY_UNKNOWN: Final = -2
STEPS_PERCENT: Final = (100, 10, 1)
_TOTAL: Final = "total.impressions"
_CRITICAL, _WARNING = 3, 4


@dataclass(slots=True, kw_only=True)
class ToldPrinter(LivePrinter):
    """A copy of a live state that says of its supplies what its faults want."""

    def supply_level(self, place: int) -> int:
        faults, spec = self.faults, self.profile.supplies[place]
        if faults.supply_level_code is not None:
            return faults.supply_level_code
        full = 100 if faults.supply_capacity is not None else spec.capacity
        if spec.report != "measured" and faults.supply_over_percent is None and not faults.supply_steps:
            return LivePrinter.supply_level(self, place)
        return full * self._per_mille(place, spec) // 1000

    def supply_percent(self, place: int) -> int | None:
        if self.faults.supply_level_code is not None:
            return None
        spec = self.profile.supplies[place]
        if spec.report != "measured" and self.faults.supply_over_percent is None:
            return None
        return self._per_mille(place, spec) // 10

    def _per_mille(self, place: int, spec: SupplySpec) -> int:
        faults = self.faults
        if faults.supply_over_percent is not None:
            return faults.supply_over_percent * 10
        left = 1000 * self.supply_amounts[place] // spec.amount_max
        if spec.receptacle and faults.receptacle_inverted:
            left = 1000 - left
        if faults.supply_steps:
            left = next((step * 10 for step in STEPS_PERCENT if left >= step * 5), STEPS_PERCENT[-1] * 10)
        return left


_FIELDS: Final = tuple(item.name for item in fields(LivePrinter))


class Teller:
    """The lies of one fleet. seed: the fleet's."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._profiles: dict[tuple[int, Faults], Profile] = {}
        self._boots: dict[int, tuple[float, int]] = {}
        self._starts: dict[int, int] = {}
        self._stale: dict[tuple[int, Over], tuple[int, LivePrinter]] = {}

    def told(self, state: LivePrinter, over: Over) -> LivePrinter:
        """What agents of that protocol are shown; an honest printer's state itself."""
        faults = state.faults
        if faults is NO_FAULTS:
            return state
        if faults.stale_minutes is None:
            return self._told(state, over)
        key, slot = (state.identity.index, over), int(state.now_s // (60 * faults.stale_minutes))
        kept = self._stale.get(key)
        if kept is None or kept[0] != slot or kept[1].faults is not faults:
            kept = self._stale[key] = (slot, self._told(state, over))
        return kept[1]

    def lying_profile(self, profile: Profile, faults: Faults) -> Profile:
        """What a printer with these faults says of its model. One object for equal questions."""
        key = (id(profile), faults)
        known = self._profiles.get(key)
        if known is None:
            if len(self._profiles) >= PROFILES_MAX:
                self._profiles.clear()
            known = self._profiles[key] = lying_profile(profile, faults)
        return known

    def _told(self, state: LivePrinter, over: Over) -> LivePrinter:
        faults = state.faults
        told = ToldPrinter(**{name: getattr(state, name) for name in _FIELDS})
        told.profile = self.lying_profile(state.profile, faults)
        told.meters = self._meters(state, over)
        told.supply_amounts, told.input_amounts = list(state.supply_amounts), list(state.input_amounts)
        told.output_counts, told.covers_open = list(state.output_counts), list(state.covers_open)
        self._tell_identity(told, over)
        told.alerts = tuple(told_alerts(state.alerts, faults, state.now_s))
        if faults.job_log_last is not None:
            kept = list(state.finished)[-faults.job_log_last :] if faults.job_log_last else []
            told.finished = deque(kept)
        _tell_time(told, clock_offset_s(state))
        if faults.hostile_text is not None:
            _tell_hostile(told, faults.hostile_text)
        return told

    def _tell_identity(self, told: LivePrinter, over: Over) -> None:
        faults, identity = told.faults, told.identity
        serial = identity.serial
        if faults.serial_shared:
            serial = identity_of(told.profile, self._seed, 0, identity.address).serial
        if faults.serial_says is not None:
            serial = faults.serial_says
        if faults.serial_zeros and over == "snmp":
            serial = f"00{serial}"
        told.identity = replace(
            identity,
            serial=serial,
            mac=identity.mac if faults.mac_says is None else faults.mac_says.lower(),
            hostname="" if faults.hostname_empty else identity.hostname,
        )

    def _meters(self, state: LivePrinter, over: Over) -> list[int]:
        faults, meters = state.faults, list(state.meters)
        place = state.profile.meter_place.get(_TOTAL)
        if place is None:
            return meters
        if faults.nvram_loss is not None:
            meters[place] -= self._lost(state, faults.nvram_loss)
        if faults.counter_wrap_left is not None and over == "snmp":
            meters[place] = (meters[place] + 2**32 - faults.counter_wrap_left - self._start(state)) % 2**32
        if faults.counter_jitter is not None and int(state.now_s // JITTER_EVERY_S) % 2:
            meters[place] -= faults.counter_jitter
        meters[place] = max(meters[place], 0)
        if faults.total_rolls_over_at is not None:
            meters[place] %= faults.total_rolls_over_at
        return meters

    def _lost(self, state: LivePrinter, loss_max: int) -> int:
        """What power cuts took so far, in impressions: something for each boot that was seen, but the first."""
        index = state.identity.index
        booted_s, lost = self._boots.get(index, (state.booted_s, 0))
        if booted_s != state.booted_s:
            lost += Dice(self._seed, index, "nvram", int(state.booted_s * 1000)).between(1, loss_max)
        self._boots[index] = state.booted_s, lost
        return lost

    def _start(self, state: LivePrinter) -> int:
        """The total on the day the simulation began."""
        index = state.identity.index
        if index not in self._starts:
            first = born(state.profile, self._seed, index, state.identity.address, state.now_s)
            self._starts[index] = first.meter(_TOTAL) or 0
        return self._starts[index]


def lying_profile(profile: Profile, faults: Faults) -> Profile:
    """The model as a printer with these faults tells it; the profile itself where it tells the truth."""
    supplies = profile.supplies
    if faults.supply_capacity is not None:
        capacity = faults.supply_capacity
        supplies = tuple(
            replace(spec, capacity=capacity, unit="percent" if capacity == CAPACITY_UNKNOWN else spec.unit)
            for spec in supplies
        )
    if faults.supply_level_code is not None or faults.supply_over_percent is not None or faults.supply_steps:
        supplies = tuple(replace(spec, report="measured") for spec in supplies)
    kept = profile.job_log_max if faults.job_log_last is None else min(faults.job_log_last, profile.job_log_max)
    if faults.http_old_pages:
        profile = replace(profile, dialect=NO_DIALECT, web=replace(profile.web, older_pages=True))
    described = profile.sys_descr
    if (word := faults.hostile_text) is not None:
        supplies = tuple(replace(spec, description=hostile(word, spec.description)) for spec in supplies)
        described = hostile(word, described)
    if supplies is profile.supplies and kept == profile.job_log_max and described is profile.sys_descr:
        return profile
    return replace(profile, supplies=supplies, job_log_max=kept, sys_descr=described)


def told_alerts(alerts: Iterable[ActiveAlert], faults: Faults, now_s: float) -> Iterable[ActiveAlert]:
    """The rows of the alert table that the printer shows, as it shows them."""
    if faults.alerts_empty:
        return
    place = 0
    for alert in alerts:
        if faults.alerts_vanish_s is not None and now_s - alert.onset_s >= faults.alerts_vanish_s:
            continue
        place += 1
        if faults.alert_severity_swapped:
            alert = replace(alert, severity=_WARNING if alert.critical else _CRITICAL)
        yield replace(alert, index=place) if faults.alert_index_reused else alert


def clock_offset_s(state: LivePrinter) -> float:
    """How far the printer's own clock is ahead of the true time, in seconds."""
    faults = state.faults
    offset_s = float(faults.clock_off_s or 0)
    told_after_s = faults.clock_told_after_s
    if faults.clock_at_boot is not None and (told_after_s is None or state.uptime_s < told_after_s):
        offset_s += _instant_s(faults.clock_at_boot) - state.booted_s
    if faults.clock_absent:
        offset_s = NO_CLOCK_S - state.now_s
    if faults.clock_jumps_s is not None and int(state.now_s // JUMP_EVERY_S) % 2:
        offset_s += faults.clock_jumps_s
    return offset_s


def _instant_s(written: str) -> float:
    at = datetime.fromisoformat(written)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _tell_time(told: LivePrinter, offset_s: float) -> None:
    """Every date of the printer's own clock, that far off; what it counts in seconds since power-on stays."""
    if offset_s:
        told.now_s += offset_s
        told.booted_s += offset_s
        told.alerts = tuple(replace(alert, onset_s=alert.onset_s + offset_s) for alert in told.alerts)
        told.finished = deque(_shifted(job, timedelta(seconds=offset_s)) for job in told.finished)
        if told.job is not None:
            job = told.job
            told.job = replace(job, submitted_s=job.submitted_s + offset_s, started_s=job.started_s + offset_s)
    if told.faults.uptime_says_s is not None:
        told.booted_s = told.now_s - told.faults.uptime_says_s


def _shifted(job: FinishedJob, by: timedelta) -> FinishedJob:
    record = job.record
    moments = (record.submitted_at, record.started_at, record.completed_at)
    submitted, started, completed = (None if at is None else at + by for at in moments)
    record = replace(record, submitted_at=submitted, started_at=started, completed_at=completed)
    return replace(job, record=record)


def _tell_hostile(told: LivePrinter, word: str) -> None:
    identity = told.identity
    told.identity = replace(
        identity, hostname=hostile(word, identity.hostname), location=hostile(word, identity.location)
    )
    told.console_text = hostile(word, told.console_text)
    told.alerts = tuple(replace(alert, description=hostile(word, alert.description)) for alert in told.alerts)
    told.finished = deque(
        replace(job, record=replace(job.record, name=hostile(word, job.record.name or "job"))) for job in told.finished
    )
    if told.job is not None:
        told.job = replace(told.job, name=hostile(word, told.job.name))
