"""What is said of a printer that stands where it did not stand before.

Identities and histories never hang on an address, so nothing changes by a move. But people look for a printer by its
address, and wonder at one that was exchanged: so each move is told once, in the first report from the new place.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from data_collector.core.known_printers import Sighting
from wire_format.records import Device, Finding, Report

FINDINGS_MAX: Final = 256


def with_moves_told(report: Report, address: str, places: Sequence[Sighting], others: Sequence[Sighting]) -> Report:
    """The report with a finding for a new address, and one for who was read there before.

    places: where this printer was read so far; others: other printers last read at this address.
    """
    said = []
    if places:
        reason = f"new-address: it was read at {places[0].address} before; its history goes on"
        said.append(Finding(field="device.ip", source="collector", raw=address, reason=reason))
    if others:
        reason = f"new-printer: {_name(others[0].device)} was read at this address before; each has its own history"
        said.append(Finding(field="device.ip", source="collector", raw=address, reason=reason))
    if not said:
        return report
    return replace(report, findings=(*report.findings[: FINDINGS_MAX - len(said)], *said))


def _name(device: Device) -> str:
    return (device.serial or device.mac or device.hostname or "another printer")[:120]
