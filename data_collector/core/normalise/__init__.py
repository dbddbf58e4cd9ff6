"""From evidence to the wire's Report."""

from data_collector.core.evidence import Evidence
from data_collector.core.vendors import Definitions
from wire_format.records import Device, Report


def report(evidence: Evidence, definitions: Definitions) -> Report:
    """What evidence says, in the wire's words. Never raises for what a device sent."""
    return Report(
        observed_at=evidence.observed_at, device=Device(ip=evidence.address), findings=evidence.findings
    )
