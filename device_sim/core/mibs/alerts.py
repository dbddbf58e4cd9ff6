"""prtAlertTable: the alerts that stand now; rows vanish when they are cleared. Source: RFC 3805, 2.2.13."""

from collections.abc import Sequence
from typing import Final

from device_sim.core.mibs.objects import ObjectList
from device_sim.core.mibs.printer_media import PRINTER_MIB
from device_sim.core.snmp.layout import RowTable
from device_sim.core.state import ActiveAlert, LivePrinter
from snmp_format.ber import Oid, integer, text, time_ticks

ALERT_ENTRY: Final = (*PRINTER_MIB, 18, 1, 1)


def add_alerts(objects: ObjectList, device: int) -> None:
    """The table of active alerts, indexed by hrDeviceIndex and prtAlertIndex."""

    def rows(printer: LivePrinter) -> Sequence[tuple[Oid, ActiveAlert]]:
        return sorted((((device, alert.index), alert) for alert in printer.alerts), key=lambda row: row[0])

    table: RowTable[LivePrinter, ActiveAlert] = RowTable(
        entry=ALERT_ENTRY,
        columns=(
            (1, lambda alert: integer(alert.index)),
            (2, lambda alert: integer(alert.severity)),
            (3, lambda alert: integer(alert.training)),
            (4, lambda alert: integer(alert.group)),
            (5, lambda alert: integer(alert.group_index)),
            (6, lambda alert: integer(alert.location)),
            (7, lambda alert: integer(alert.code)),
            (8, lambda alert: text(alert.description)),
            (9, lambda alert: time_ticks(alert.onset_ticks)),
        ),
        rows=rows,
    )
    objects.table(table)
