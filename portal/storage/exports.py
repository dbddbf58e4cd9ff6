"""What the export gives out, tenant by tenant, in chunks by key so that no export holds the database up."""

import json
from collections.abc import AsyncIterator
from typing import Any, Final

from portal.clocks import from_ms
from portal.storage.database import Database, Row
from portal.storage.rows import job_of
from wire_format.codec import encode_record, format_instant

CHUNK: Final = 2_000
Line = dict[str, object]

_SERIAL: Final = "CASE WHEN d.serial IS NULL THEN NULL ELSE d.serial_reported END AS serial"
_DEVICES: Final = (
    f"SELECT d.id AS device_id, {_SERIAL}, d.model, d.manufacturer, d.identity, d.weak, "
    "s.first_seen_ms, s.last_seen_ms FROM device d LEFT JOIN device_state s "
    "ON s.tenant_id = d.tenant_id AND s.device_id = d.id WHERE d.tenant_id = ? AND d.id > ? ORDER BY d.id LIMIT ?"
)
_DEVICE_SENDERS: Final = (
    "SELECT ds.device_id, s.kid FROM device_sender ds JOIN sender s ON s.id = ds.sender_id "
    "WHERE ds.tenant_id = ? AND ds.device_id BETWEEN ? AND ? ORDER BY ds.device_id, s.kid"
)
_READINGS: Final = (
    f"SELECT r.entry, r.report, r.device_id, {_SERIAL}, s.kid, r.observed_ms, r.received_ms FROM reading r "
    "JOIN device d ON d.id = r.device_id JOIN sender s ON s.id = r.sender_id "
    "WHERE r.tenant_id = ? AND (r.entry, r.report) > (?, ?) ORDER BY r.entry, r.report LIMIT ?"
)
_METERS: Final = (
    f"SELECT m.*, {_SERIAL} FROM meter_latest m JOIN device d ON d.id = m.device_id "
    "WHERE m.tenant_id = ? AND (m.device_id, m.name, m.source) > (?, ?, ?) "
    "ORDER BY m.device_id, m.name, m.source LIMIT ?"
)
_JOBS: Final = (
    f"SELECT j.*, {_SERIAL}, s.kid FROM job j JOIN device d ON d.id = j.device_id JOIN sender s ON s.id = j.sender_id "
    "WHERE j.tenant_id = ? AND (j.device_id, j.job_id) > (?, ?) ORDER BY j.device_id, j.job_id LIMIT ?"
)
_ALERTS: Final = (
    f"SELECT a.*, {_SERIAL}, s.kid FROM alert a JOIN device d ON d.id = a.device_id "
    "JOIN sender s ON s.id = a.sender_id "
    "WHERE a.tenant_id = ? AND (a.device_id, a.alert_id) > (?, ?) ORDER BY a.device_id, a.alert_id LIMIT ?"
)


def _instant(at_ms: Any) -> str | None:
    return None if at_ms is None else format_instant(from_ms(at_ms))


async def _keyset(database: Database, sql: str, tenant_id: int, key: tuple[str, ...]) -> AsyncIterator[list[Row]]:
    after: list[object] = [-1 if name in ("device_id", "entry", "report") else "" for name in key]
    while True:
        rows = await database.rows(sql, (tenant_id, *after, CHUNK))
        if rows:
            yield rows
        if len(rows) < CHUNK:
            return
        after = [rows[-1][name] for name in key]


async def export_devices(database: Database, tenant_id: int) -> AsyncIterator[list[Line]]:
    """Every device, with the senders that see it."""
    async for rows in _keyset(database, _DEVICES, tenant_id, ("device_id",)):
        senders: dict[int, list[str]] = {}
        span = (rows[0]["device_id"], rows[-1]["device_id"])
        for row in await database.rows(_DEVICE_SENDERS, (tenant_id, *span)):
            senders.setdefault(row["device_id"], []).append(row["kid"])
        yield [
            {
                "device_id": row["device_id"],
                "serial": row["serial"],
                "model": row["model"],
                "manufacturer": row["manufacturer"],
                "identity": row["identity"],
                "weak": bool(row["weak"]),
                "first_seen_at": _instant(row["first_seen_ms"]),
                "last_seen_at": _instant(row["last_seen_ms"]),
                "senders": senders.get(row["device_id"], []),
            }
            for row in rows
        ]


async def export_readings(database: Database, tenant_id: int) -> AsyncIterator[list[Line]]:
    """Every report, in the order it was taken in."""
    async for rows in _keyset(database, _READINGS, tenant_id, ("entry", "report")):
        yield [
            {
                "device_id": row["device_id"],
                "serial": row["serial"],
                "sender": row["kid"],
                "observed_at": _instant(row["observed_ms"]),
                "received_at": _instant(row["received_ms"]),
            }
            for row in rows
        ]


async def export_meters(database: Database, tenant_id: int) -> AsyncIterator[list[Line]]:
    """The latest of every meter of every device, one line per source."""
    async for rows in _keyset(database, _METERS, tenant_id, ("device_id", "name", "source")):
        yield [
            {
                "device_id": row["device_id"],
                "serial": row["serial"],
                "name": row["name"],
                "unit": row["unit"],
                "value": row["value"],
                "source": row["source"],
                "observed_at": _instant(row["observed_ms"]),
                "received_at": _instant(row["received_ms"]),
            }
            for row in rows
        ]


async def export_jobs(database: Database, tenant_id: int) -> AsyncIterator[list[Line]]:
    """Every job, with the fields it had on the wire."""
    async for rows in _keyset(database, _JOBS, tenant_id, ("device_id", "job_id")):
        yield [
            {
                "device_id": row["device_id"],
                "serial": row["serial"],
                **encode_record(job_of(row)),
                "received_at": _instant(row["received_ms"]),
                "sender": row["kid"],
            }
            for row in rows
        ]


async def export_alerts(database: Database, tenant_id: int) -> AsyncIterator[list[Line]]:
    """Every alert, open or cleared."""
    async for rows in _keyset(database, _ALERTS, tenant_id, ("device_id", "alert_id")):
        yield [
            {
                "device_id": row["device_id"],
                "serial": row["serial"],
                "alert_id": row["alert_id"],
                "code": row["code"],
                "severity": row["severity"],
                "count": row["count"] or 1,
                "group": row["alert_group"],
                "description": row["description"],
                "onset_at": _instant(row["onset_reported_ms"] or row["onset_ms"]),
                "cleared_at": _instant(row["cleared_ms"]),
                "received_at": _instant(row["received_ms"]),
                "sender": row["kid"],
            }
            for row in rows
        ]


EXPORTS: Final = {
    "devices": export_devices,
    "readings": export_readings,
    "meters": export_meters,
    "jobs": export_jobs,
    "alerts": export_alerts,
}


def json_lines(lines: list[Line]) -> bytes:
    """Lines of JSON, each ended by a newline."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode("utf-8")
