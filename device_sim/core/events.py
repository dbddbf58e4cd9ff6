"""What happens in a printer, as values. Times are virtual Unix seconds."""

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


Event = JobStarted | ImpressionsMade | JobFinished | AlertRaised | AlertCleared
