"""What a printer tells its managers unasked: a critical alert, a cold start.

Source: RFC 3805 (printerV2Alert), RFC 3418 (coldStart), RFC 3584, 3.1 (how version 1 says it).
"""

from dataclasses import dataclass
from typing import Final

from device_sim.core.mibs.alerts import ALERT_ENTRY
from device_sim.core.mibs.printer_media import PRINTER_MIB
from device_sim.core.state import ActiveAlert, LivePrinter
from snmp_format.ber import Oid

PRINTER_V2_ALERT: Final = (*PRINTER_MIB, 18, 2, 0, 1)
PRINTER_V1_ALERT: Final = (*PRINTER_MIB, 18, 2)
COLD_START: Final = (1, 3, 6, 1, 6, 3, 1, 1, 5, 1)
GENERIC_COLD_START: Final = 0
ENTERPRISE_SPECIFIC: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One notification. oid: snmpTrapOID. enterprise, generic, specific: its name in version 1; an empty enterprise
    stands for the printer's sysObjectID. objects: INTEGER instances, in the order the MIB gives them.
    """

    oid: Oid
    enterprise: Oid = ()
    generic: int = ENTERPRISE_SPECIFIC
    specific: int = 0
    uptime_ticks: int
    objects: tuple[tuple[Oid, int], ...] = ()


def alert_notification(printer: LivePrinter, alert: ActiveAlert, device_index: int = 1) -> Notification:
    """printerV2Alert of an alert that has just begun. device_index: hrDeviceIndex of the printer."""
    columns = {
        1: alert.index,
        2: alert.severity,
        4: alert.group,
        5: alert.group_index,
        6: alert.location,
        7: alert.code,
    }
    return Notification(
        oid=PRINTER_V2_ALERT,
        enterprise=PRINTER_V1_ALERT,
        specific=1,
        uptime_ticks=printer.uptime_ticks,
        objects=tuple(((*ALERT_ENTRY, column, device_index, alert.index), value) for column, value in columns.items()),
    )


def cold_start(printer: LivePrinter) -> Notification:
    """coldStart of a printer that has just booted."""
    return Notification(oid=COLD_START, generic=GENERIC_COLD_START, uptime_ticks=printer.uptime_ticks)
