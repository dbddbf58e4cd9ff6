"""Readings: one row a report, its meters and supplies over time, and the latest of each."""

import json
import sqlite3
from typing import Final

from portal.storage.writes.findings import Place, write_finding
from portal.storage.writes.sql import insert, upsert
from wire_format.records import Config, Report, Status

_READING: Final = insert(
    "reading",
    ("tenant_id", "entry", "report", "device_id", "sender_id", "at_ms", "observed_ms", "received_ms", "uptime_ms",
     "state", "detected_errors", "console_text", "ip", "firmware", "config_changes"),
)  # fmt: skip
_METER: Final = insert(
    "meter_reading",
    ("tenant_id", "device_id", "name", "source", "at_ms", "entry", "report", "position", "unit", "value"),
)
_METER_LATEST: Final = upsert(
    "meter_latest",
    ("tenant_id", "device_id", "name", "source", "unit", "value", "at_ms", "observed_ms", "received_ms", "entry"),
    ("tenant_id", "device_id", "name", "source"),
    # Of two readings of one moment the greater is the later: a lifetime count does not fall.
    where="excluded.at_ms > meter_latest.at_ms "
    "OR (excluded.at_ms = meter_latest.at_ms AND excluded.value > meter_latest.value)",
)
_SUPPLY: Final = insert(
    "supply_reading",
    ("tenant_id", "device_id", "supply_index", "at_ms", "entry", "report", "position", "capacity", "level",
     "percent", "state", "serial"),
)  # fmt: skip
_SUPPLY_LATEST: Final = upsert(
    "supply_latest",
    ("tenant_id", "device_id", "sender_id", "supply_index", "kind", "colorant", "description", "part_number",
     "serial", "unit", "capacity", "level", "percent", "state", "at_ms", "received_ms", "entry"),
    ("tenant_id", "device_id", "sender_id", "supply_index"),
    where="excluded.at_ms >= supply_latest.at_ms",
)  # fmt: skip
_SUPPLY_GONE: Final = (
    "DELETE FROM supply_latest WHERE tenant_id = ? AND device_id = ? AND sender_id = ? AND at_ms < ? "
    "AND EXISTS (SELECT 1 FROM supply_latest n WHERE n.tenant_id = ? AND n.device_id = ? AND n.sender_id = ? "
    "AND n.at_ms = ?)"
)


def write_reading(db: sqlite3.Connection, place: Place, report: Report) -> None:
    """The report's row."""
    status, config = report.status or Status(), report.config or Config()
    db.execute(
        _READING,
        (place.tenant_id, place.entry, place.report, place.device_id, place.sender_id, place.at_ms,
         place.observed_ms, place.received_ms, report.uptime_ms, status.state, json.dumps(status.detected_errors),
         status.console_text, report.device.ip, config.firmware, config.config_changes),
    )  # fmt: skip


def write_meters(db: sqlite3.Connection, place: Place, report: Report) -> None:
    """The report's meters, and the latest of each."""
    if not report.meters:
        return
    whose = (place.tenant_id, place.device_id)
    db.executemany(
        _METER,
        [
            (
                *whose,
                meter.name,
                meter.source,
                place.at_ms,
                place.entry,
                place.report,
                position,
                meter.unit,
                meter.value,
            )
            for position, meter in enumerate(report.meters)
        ],
    )
    db.executemany(
        _METER_LATEST,
        [
            (*whose, meter.name, meter.source, meter.unit, meter.value, place.at_ms, place.observed_ms,
             place.received_ms, place.entry)
            for meter in report.meters
        ],
    )  # fmt: skip


def write_supplies(db: sqlite3.Connection, place: Place, report: Report) -> None:
    """The report's supplies, and the latest of each; a supply that a newer full list lacks is gone."""
    if not report.supplies:
        return
    whose = (place.tenant_id, place.device_id)
    db.executemany(
        _SUPPLY,
        [
            (*whose, supply.index, place.at_ms, place.entry, place.report, position, supply.capacity, supply.level,
             supply.percent, supply.state, supply.serial)
            for position, supply in enumerate(report.supplies)
        ],
    )  # fmt: skip
    told_by = (*whose, place.sender_id)
    db.executemany(
        _SUPPLY_LATEST,
        [
            (*told_by, supply.index, supply.kind, supply.colorant, supply.description, supply.part_number,
             supply.serial, supply.unit, supply.capacity, supply.level, supply.percent, supply.state, place.at_ms,
             place.received_ms, place.entry)
            for supply in report.supplies
        ],
    )  # fmt: skip
    db.execute(_SUPPLY_GONE, (*told_by, place.at_ms, *told_by, place.at_ms))


def write_told_findings(db: sqlite3.Connection, place: Place, report: Report) -> None:
    """What the sender itself found senseless."""
    for finding in report.findings:
        write_finding(
            db, place, kind="field", field=finding.field, source=finding.source, raw=finding.raw, reason=finding.reason
        )
