"""What the SNMP agent of a printer says."""

from typing import Final

from data_collector.core.evidence import Evidence
from data_collector.core.gathered import AlertSource, JobSource
from data_collector.core.normalise.alerts import read_alerts
from data_collector.core.normalise.device import read_config, read_device
from data_collector.core.normalise.findings import Findings
from data_collector.core.normalise.job_mib_jobs import job_mib_jobs
from data_collector.core.normalise.jobs import read_jobs
from data_collector.core.normalise.meters import read_meters
from data_collector.core.normalise.printer_clock import tell_clock
from data_collector.core.normalise.snmp_view import TICKS_PER_SECOND, SnmpView
from data_collector.core.normalise.status import read_status, tell_unexplained
from data_collector.core.normalise.supplies import INKS_AND_TONERS, read_supplies
from data_collector.core.normalise.supply_records import fill_levels, join_private, read_private_supplies
from data_collector.core.normalise.voice import Voice
from data_collector.core.vendors import Definitions
from wire_format.records import Supply

MS_PER_TICK: Final = 1000 // TICKS_PER_SECOND


def snmp_voice(evidence: Evidence, definitions: Definitions, findings: Findings) -> Voice:
    """The voice of the picture in evidence; an empty one when there is no picture."""
    if not len(evidence.picture):
        return Voice()
    view = SnmpView(evidence, definitions.find(evidence.picture), findings)
    tell_clock(view)
    device = read_device(view, evidence)
    status = read_status(view)
    alerts = read_alerts(view)
    tell_unexplained(view, status.detected_errors, alerts)
    supplies = read_supplies(view, alerts, status)
    supplies = fill_levels(view, join_private(supplies, read_private_supplies(view, device.model)))
    meters, spare = read_meters(view)
    return Voice(
        device=device,
        config=read_config(view, color_capable(supplies)),
        status=status,
        uptime_ms=view.uptime_ticks * MS_PER_TICK if view.uptime_ticks is not None else None,
        meters=meters,
        spare_meters=spare,
        supplies=supplies,
        alerts=alerts,
        # An agent that hides the standard's counts may hide its alerts as well.
        alerts_of=AlertSource.SNMP if view.uptime_ticks is not None and meters else None,
        jobs=read_jobs(view) if view.definition.jobs is not None else job_mib_jobs(view.picture),
        jobs_of=JobSource.SNMP,
    )


def color_capable(supplies: tuple[Supply, ...]) -> bool | None:
    """Whether the supplies are those of a colour printer; None when no marking agent is listed."""
    colours = {supply.colorant for supply in supplies if supply.kind in INKS_AND_TONERS}
    if not colours - {None}:
        return None
    return bool(colours & {"cyan", "magenta", "yellow", "tri-color"})
