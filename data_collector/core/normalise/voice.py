"""What one protocol says of a printer: the parts of a report, before they are merged."""

from dataclasses import dataclass, field

from data_collector.core.gathered import AlertSource, JobSource
from wire_format.records import Alert, Config, Device, Job, Meter, Status, Supply


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """The parts of a report that one protocol can tell. uptime_ms: of the printer.

    alerts_of: who tells these alerts, when all that stand were read; None when they were not.
    jobs_of: who lists these jobs, when the list was read; it may be empty.
    meters: a name once for each source, best first. spare_meters: count only for who was read from that source before.
    """

    device: Device = field(default_factory=Device)
    config: Config = field(default_factory=Config)
    status: Status = field(default_factory=Status)
    uptime_ms: int | None = None
    meters: tuple[Meter, ...] = ()
    spare_meters: tuple[Meter, ...] = ()
    supplies: tuple[Supply, ...] = ()
    alerts: tuple[Alert, ...] = ()
    alerts_of: AlertSource | None = None
    jobs: tuple[Job, ...] = ()
    jobs_of: JobSource | None = None
