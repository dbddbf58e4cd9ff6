"""The live state of one simulated printer: what every agent (SNMP, HTTP, IPP, firmware) shows.

1. `core.printer` alone changes a state; views only read it, and see one moment (`now_s`).
2. Times are virtual Unix seconds, UTC. Uptime is `now_s - booted_s`.
3. Supplies and media are kept in fine units (see `profile`); `supply_level` and `input_level` give
   what the printer would report.
4. Lists stand in the order of the profile's lists; MIB row n is item n-1.
5. `version` counts the changes of anything but the clock: what was made from a state is good while its version
   stands. `Printer.advance` counts; whoever changes a state otherwise calls `touch`.
6. `boots` counts the starts of the device, `booted_s` is the last one: together they are the age of its SNMP engine,
   so whoever boots a printer counts `boots` up. `snmp_counters` are there once there was something to count.
7. `written` are the values that managers wrote by SNMP, by instance, as TLVs: they outlive a reboot.
"""

import enum
from collections.abc import Iterable, Mapping, MutableSequence
from dataclasses import dataclass, field

from device_sim.core.faults import NO_FAULTS, Faults
from device_sim.core.profile import InputSpec, Profile, SupplySpec
from device_sim.core.snmp.engine import EngineCounters
from device_sim.core.snmp.memo import Remembering
from snmp_format.ber import Oid
from wire_format.printer_mib import DETECTED_ERRORS, PrinterState
from wire_format.records import Job, Service

LEVEL_UNKNOWN = -2
LEVEL_SOME_LEFT = -3


class Power(enum.StrEnum):
    """Whether a printer runs. BOOTING: it has power, and answers nobody yet."""

    ON = "on"
    OFF = "off"
    BOOTING = "booting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this printer is within its fleet. index: its number, from 0. mac: aa:bb:cc:dd:ee:ff."""

    index: int
    serial: str
    mac: str
    hostname: str
    address: str
    location: str
    asset_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveAlert:
    """A row of prtAlertTable, while it stands.

    index: prtAlertIndex, counts from 1 at boot. alert_id: unique for the device, for ever.
    severity, training, group, code: numbers of wire_format.printer_mib. group_index: the row it speaks of,
    -1 for none. location: -2 unknown. onset_ticks: sysUpTime at the onset, in hundredths of a second.
    error: the bit of DETECTED_ERRORS it sets, or None.
    """

    index: int
    alert_id: str
    severity: int
    training: int
    group: int
    group_index: int
    location: int
    code: int
    description: str
    console_text: str
    onset_s: float
    onset_ticks: int
    error: int | None

    @property
    def critical(self) -> bool:
        """Whether it stops printing (prtAlertSeverityLevel critical(3))."""
        return self.severity == 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningJob:
    """The job in the engine. done and wanted count impressions, for a scan images."""

    number: int
    name: str
    service: Service
    submitted_s: float
    started_s: float
    wanted: int
    done: int
    color: bool
    stopped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingJob:
    """A job that waits for its turn, the next one first. wanted counts impressions, for a scan images."""

    number: int
    name: str
    service: Service
    submitted_s: float
    wanted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedJob:
    """A job as the device's own log keeps it. number: the device's job number; record: what is told of it.

    images: scanned images of a copy or scan job.
    """

    number: int
    record: Job
    images: int = 0


class JobLog(list[FinishedJob]):
    """The last finished jobs, oldest first: a list that forgets its first when it is full. most: how many it holds."""

    __slots__ = ("_most",)

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def append(self, job: FinishedJob) -> None:
        """Keep one more, and forget what is too much."""
        super().append(job)
        if len(self) > self._most:
            del self[: len(self) - self._most]

    def extend(self, jobs: Iterable[FinishedJob]) -> None:
        """Keep several more, as `append` does."""
        for job in jobs:
            self.append(job)


@dataclass(slots=True, kw_only=True)
class LivePrinter(Remembering):
    """One printer at one moment. covers_open: 1 for an open one, else 0. jams: in its whole life.

    plugged: whether its network cable is.

    Numbers lie in arrays: a fleet of a million is kept in memory.
    """

    identity: Identity
    profile: Profile
    now_s: float
    booted_s: float
    boots: int = 1
    status: PrinterState = PrinterState.IDLE
    console_text: str = "Ready"
    meters: MutableSequence[int]
    power: Power = Power.ON
    plugged: bool = True
    power_on_count: int = 0
    jams: int = 0
    supply_amounts: MutableSequence[int]
    input_amounts: MutableSequence[int]
    output_counts: MutableSequence[int]
    covers_open: MutableSequence[int]
    alerts: tuple[ActiveAlert, ...] = ()
    alert_index_last: int = 0
    critical_events: int = 0
    all_events: int = 0
    config_changes: int = 1
    error_bits: int = 0
    job: RunningJob | None = None
    waiting: tuple[WaitingJob, ...] = ()
    finished: MutableSequence[FinishedJob]
    version: int = field(default=0, compare=False)
    faults: Faults = NO_FAULTS
    snmp_counters: EngineCounters | None = field(default=None, compare=False)
    written: Mapping[Oid, bytes] | None = None

    def __post_init__(self) -> None:
        self.forget()

    def touch(self) -> None:
        """Say that something but the clock has changed."""
        self.version += 1

    @property
    def reachable(self) -> bool:
        """Whether it answers anything over the network; if not, its address is as silent as an empty one."""
        return self.power is Power.ON and self.plugged

    @property
    def queued(self) -> int:
        """How many jobs wait."""
        return len(self.waiting)

    @property
    def uptime_s(self) -> float:
        """Seconds since power-on."""
        return self.now_s - self.booted_s

    @property
    def uptime_ticks(self) -> int:
        """sysUpTime: hundredths of a second, wrapping at 2**32."""
        return int((self.now_s - self.booted_s) * 100) & 0xFFFFFFFF

    @property
    def detected_errors(self) -> tuple[str, ...]:
        """Labels of hrPrinterDetectedErrorState. error_bits: bit n stands for DETECTED_ERRORS[n]."""
        return tuple(label for bit, label in enumerate(DETECTED_ERRORS) if self.error_bits >> bit & 1)

    def meter(self, name: str) -> int | None:
        """The lifetime count of that name, or None where this model keeps none."""
        place = self.profile.meter_place.get(name)
        return None if place is None else self.meters[place]

    def count(self, name: str, more: int = 1) -> None:
        """Let a meter grow, where this model keeps it."""
        place = self.profile.meter_place.get(name)
        if place is not None:
            self.meters[place] += more

    def supply_level(self, place: int) -> int:
        """prtMarkerSuppliesLevel of supply `place` (0-based); a receptacle's level is remaining room."""
        spec: SupplySpec = self.profile.supplies[place]
        amount = self.supply_amounts[place]
        if amount > 0 and spec.report == "some-left":
            return LEVEL_SOME_LEFT
        if spec.report == "unknown":
            return LEVEL_UNKNOWN
        return amount * spec.capacity // spec.amount_max

    def supply_percent(self, place: int) -> int | None:
        """Whole percent left of supply `place`, or None where the printer does not measure it."""
        spec = self.profile.supplies[place]
        if spec.report != "measured":
            return None
        return 100 * self.supply_amounts[place] // spec.amount_max

    def input_level(self, place: int) -> int:
        """prtInputCurrentLevel of input `place` (0-based), in the profile's unit."""
        spec: InputSpec = self.profile.inputs[place]
        amount = self.input_amounts[place]
        if spec.report == "unknown":
            return LEVEL_UNKNOWN
        if spec.report == "some-left" and amount > 0:
            return LEVEL_SOME_LEFT
        return amount * spec.capacity // spec.amount_max

    def marker_life_count(self) -> int:
        """prtMarkerLifeCount in the profile's counter unit: impressions, or metres of media."""
        name, divisor = LIFE_COUNTS[self.profile.counter_unit]
        return (self.meter(name) or 0) // divisor


LIFE_COUNTS = {
    "impressions": ("total.impressions", 1),
    "sheets": ("total.sheets", 1),
    "meters": ("media.length", 1000),
}
