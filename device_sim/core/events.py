"""What happens in a printer, as values. Times are virtual Unix seconds."""

import enum
from dataclasses import dataclass

from device_sim.core.state import ActiveAlert, FinishedJob


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted:
    """A job left the queue for the engine."""

    at_s: float
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpressionsMade:
    """So many impressions since the event before; the last one was finished at at_s."""

    at_s: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFinished:
    """A job ended, printed, cancelled or aborted; its impressions were all told before."""

    at_s: float
    job: FinishedJob


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised:
    """A condition began."""

    at_s: float
    alert: ActiveAlert


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCleared:
    """A condition ended; the row leaves the alert table."""

    at_s: float
    alert: ActiveAlert


class Effect(enum.StrEnum):
    """What can befall a printer, or be done to it, beside its work. REFUSED: a planned act that could not be done."""

    POWER_OFF = "power-off"
    BOOTED = "booted"
    NETWORK_DOWN = "network-down"
    NETWORK_UP = "network-up"
    MOVED = "moved"
    RENAMED = "renamed"
    METER_SET = "meter-set"
    SUPPLY_REPLACED = "supply-replaced"
    SUPPLY_SHAKEN = "supply-shaken"
    FIRMWARE_UPDATED = "firmware-updated"
    FORMATTER_SWAPPED = "formatter-swapped"
    RESET = "reset"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """Something befell the printer. told: what it was in particular, as names and values."""

    at_s: float
    effect: Effect
    told: tuple[tuple[str, str | int | None], ...] = ()


Event = JobStarted | ImpressionsMade | JobFinished | AlertRaised | AlertCleared | Acted
