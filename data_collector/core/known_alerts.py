"""Which alerts of a device stood at the last reading, so that the portal learns when one has gone.

1. A printer's table holds active alerts only; nobody tells a collector that one ended. An alert that was told and is
   not in the next good reading has ended: it is told once more, with `cleared_at`, the time of that reading.
2. A reading proves an end only when it went well: an agent that fell silent half-way ends nothing.
3. It proves it only for the source that told of the alert (see `gathered.py`): what SNMP or IPP does not show may
   still stand in LEDM's table. The visit asks a protocol that was needed before once more (`more.py`), so that an
   alert it told of can end.
4. What stands is remembered only after the report is in the spool: after a crash the end is told again.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from data_collector.core.gathered import AlertSource, Gathered, source_of
from data_collector.core.known_jobs import device_key
from wire_format.codec import decode_record, encode_record
from wire_format.errors import DecodeError
from wire_format.printer_mib import PrinterState
from wire_format.records import Alert, Device, Report

OPEN_MAX: Final = 256
PREFIX: Final = "alerts:"
INTERRUPTED: Final = {
    AlertSource.SNMP: frozenset({"visit", "walk", "snmp"}),
    AlertSource.LEDM: frozenset({"visit", "http", "ledm"}),
    AlertSource.IPP: frozenset({"visit", "ipp"}),
}
"""Findings that say a source was not read whole."""


def alerts_key(device: Device) -> str | None:
    """The name under which a device's open alerts are remembered; None for one without any identity."""
    key = device_key(device)
    return None if key is None else PREFIX + key


def with_ended(report: Report, stood: Sequence[Alert]) -> Report:
    """The report, and behind its own alerts those of the last reading that have gone, as cleared now."""
    shown = _shown_whole(report)
    ended = tuple(
        replace(alert, cleared_at=report.observed_at)
        for alert in stood
        if (ids := shown.get(source_of(alert))) is not None and alert.alert_id not in ids
    )
    return replace(report, alerts=(report.alerts + ended)[:OPEN_MAX]) if ended else report


def standing(report: Report, stood: Sequence[Alert]) -> tuple[Alert, ...]:
    """What to remember once this report, from with_ended, is spooled: what stands, and what may still stand."""
    told = {alert.alert_id for alert in report.alerts}
    unproven = tuple(alert for alert in stood if alert.alert_id not in told)
    return (tuple(alert for alert in report.alerts if alert.cleared_at is None) + unproven)[:OPEN_MAX]


def _shown_whole(report: Report) -> dict[AlertSource, frozenset[str]]:
    """The ids that each source shows which was read whole; a report from nowhere shows nothing."""
    if not isinstance(report, Gathered) or report.status is None:
        return {}
    if report.status.state in (None, PrinterState.UNKNOWN):
        return {}
    said = {finding.field for finding in report.findings}
    return {source: ids for source, ids in report.alerts_by if not said & INTERRUPTED[source]}


def encode_alerts(alerts: Sequence[Alert]) -> str:
    """Alerts as one text for the spool's memory."""
    return json.dumps([encode_record(alert) for alert in alerts], separators=(",", ":"))


def decode_alerts(text: str | None) -> tuple[Alert, ...]:
    """Alerts from the spool's memory; nothing from a text that is none."""
    if text is None:
        return ()
    try:
        rows = json.loads(text)
        return tuple(decode_record(Alert, row) for row in rows) if isinstance(rows, list) else ()
    except (ValueError, RecursionError, DecodeError):
        return ()
