"""What is compared: what a fleet made, and what a portal shows of it.

Both sides are values, read by `truth` and `export`; `compare` sees nothing else. Times are aware UTC
on the fleet's own clock, which may run faster than real time.
"""

import enum
from dataclasses import dataclass
from datetime import datetime

from wire_format.records import Job, Unit


class Route(enum.StrEnum):
    """How a printer's records reach the portal. NONE: it sends nothing itself, a collector reads it."""

    DIRECT = "direct"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer:
    """One printer of the fleet. job_log: how many finished jobs an outsider can read from it.

    sender: thumbprint of its own sender key, None where it has none or the fleet does not tell.
    former_serials: what it was called before its main board was changed.
    """

    number: int
    serial: str
    model: str | None
    address: str | None
    route: Route
    job_log: int
    sender: str | None
    former_serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeEffect:
    """Something that befell a printer beside its work. effect: its word; meter, zeroed: which counts were set by it."""

    effect: str
    at: datetime
    meter: str | None = None
    zeroed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeJob:
    """A job that ended in the printer. completed_at: as in the record, never unknown."""

    job: Job
    completed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeMeter:
    """A lifetime count in the printer. changed_at: when it last changed, None for never since the start."""

    name: str
    unit: Unit
    value: int
    changed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeAlert:
    """An alert the printer raised. cleared_at: None while it stands."""

    alert_id: str
    code: int
    severity: str
    onset_at: datetime
    cleared_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeBy:
    """All that one printer made, in the order of the truth."""

    printer: Printer
    jobs: tuple[MadeJob, ...] = ()
    meters: tuple[MadeMeter, ...] = ()
    alerts: tuple[MadeAlert, ...] = ()
    effects: tuple[MadeEffect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a fleet made up to written_at. speed: seconds of its clock in one real second."""

    seed: int
    written_at: datetime
    speed: float
    printers: tuple[MadeBy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDevice:
    """A device of the portal. serial: None where it knows none. senders: key thumbprints of who reported it."""

    device_id: str
    serial: str | None
    senders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReading:
    """One report of one device: when it was observed, and when the portal got it."""

    device_id: str
    serial: str | None
    observed_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMeter:
    """The latest value of a device's meter from one source."""

    device_id: str
    serial: str | None
    name: str
    unit: Unit
    value: int
    source: str
    observed_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownJob:
    """A job as the portal keeps it. received_at: when it first came."""

    device_id: str
    serial: str | None
    job: Job
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAlert:
    """An alert as the portal keeps it. received_at: when it first came. count: onsets coalesced into it."""

    device_id: str
    serial: str | None
    alert_id: str
    code: int
    severity: str
    onset_at: datetime | None
    cleared_at: datetime | None
    received_at: datetime
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """All that the portal shows to the bearer of one token."""

    devices: tuple[ShownDevice, ...] = ()
    readings: tuple[ShownReading, ...] = ()
    meters: tuple[ShownMeter, ...] = ()
    jobs: tuple[ShownJob, ...] = ()
    alerts: tuple[ShownAlert, ...] = ()
