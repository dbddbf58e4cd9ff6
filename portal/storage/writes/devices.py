"""Devices: finding the one a report speaks of, making it when new, keeping what it last said."""

import json
import sqlite3
from datetime import datetime
from typing import Final

from portal.clocks import Clock
from portal.domain.arrival import KnownSender
from portal.domain.identity import (
    IdentityKey,
    IdentityKind,
    KnownDevice,
    canonical_hostname,
    canonical_mac,
    canonical_serial,
    identity_keys,
    resolve,
)
from portal.domain.standing import DeviceStanding, first_standing, standing_after
from portal.storage.writes.findings import Place
from portal.storage.writes.sql import insert
from wire_format.records import Config, Device, Report, Status

REMEMBERED_MAX: Final = 50_000
_DEVICE_INSERT: Final = insert(
    "device",
    ("tenant_id", "customer_id", "site_id", "identity", "weak", "standing", "serial", "serial_reported", "mac",
     "hostname", "manufacturer", "model", "product_number", "asset_number", "location", "created_at"),
    "RETURNING id",
)  # fmt: skip
_DEVICE_UPDATE: Final = (
    "UPDATE device SET identity = CASE WHEN ? THEN 'serial' ELSE identity END, "
    "weak = CASE WHEN ? THEN 0 ELSE weak END, serial = COALESCE(serial, ?), "
    "serial_reported = COALESCE(serial_reported, ?), mac = COALESCE(?, mac), hostname = COALESCE(?, hostname), "
    "manufacturer = COALESCE(?, manufacturer), model = COALESCE(?, model), "
    "product_number = COALESCE(?, product_number), asset_number = COALESCE(?, asset_number), "
    "location = COALESCE(?, location) WHERE tenant_id = ? AND id = ?"
)
_KNOWN: Final = (
    "SELECT d.id, d.serial, d.mac, d.hostname, d.model FROM device_identity i JOIN device d ON d.id = i.device_id "
    "WHERE i.tenant_id = ? AND i.kind = ? AND i.value = ?"
)
_ADOPT: Final = (
    "INSERT INTO device_identity (tenant_id, kind, value, device_id) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (tenant_id, kind, value) DO UPDATE SET device_id = excluded.device_id"
)
_STANDING: Final = "SELECT standing FROM device WHERE tenant_id = ? AND id = ?"
_TAKE: Final = "UPDATE device SET standing = ? WHERE tenant_id = ? AND id = ?"
_AUDIT: Final = insert(
    "audit_entry", ("tenant_id", "at", "actor", "action", "object_kind", "object_id", "detail", "address")
)
BY_ENROLMENT: Final = "enrolment"
"""The actor in the audit log where a claim code decided."""
_SEEN_BY: Final = (
    "INSERT INTO device_sender (tenant_id, device_id, sender_id, first_received_ms, last_received_ms, readings) "
    "VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT (tenant_id, device_id, sender_id) DO UPDATE SET "
    "last_received_ms = excluded.last_received_ms, readings = device_sender.readings + 1"
)
_STATE_COLUMNS: Final = (
    "tenant_id", "device_id", "first_seen_ms", "last_seen_ms", "at_ms", "received_ms", "entry", "sender_id",
    "state", "detected_errors", "console_text", "ip", "firmware", "color_capable", "duplex_capable", "uptime_ms",
)  # fmt: skip
_KEPT_IF_UNTOLD: Final = ("ip", "firmware", "color_capable", "duplex_capable", "uptime_ms")
_STATE_UPSERT: Final = insert(
    "device_state",
    _STATE_COLUMNS,
    "ON CONFLICT (tenant_id, device_id) DO UPDATE SET last_seen_ms = excluded.last_seen_ms, at_ms = excluded.at_ms, "
    "received_ms = excluded.received_ms, entry = excluded.entry, sender_id = excluded.sender_id, "
    + ", ".join(
        f"{name} = CASE WHEN excluded.state IS NULL THEN device_state.{name} ELSE excluded.{name} END"
        for name in ("state", "detected_errors", "console_text")
    )
    + "".join(f", {name} = COALESCE(excluded.{name}, device_state.{name})" for name in _KEPT_IF_UNTOLD)
    + " WHERE excluded.at_ms >= device_state.at_ms",
)
_SEEN: Final = "UPDATE device_state SET last_seen_ms = ? WHERE tenant_id = ? AND device_id = ? AND last_seen_ms < ?"


class DeviceRegister:
    """Finds or makes the device of a report.

    Remembers which device a sender's unchanged description led to, so that the common case costs no query.
    What was learnt in a transaction counts only after learn(); forget() throws it away.
    """

    def __init__(self, db: sqlite3.Connection, real_now: Clock) -> None:
        self._db, self._real_now = db, real_now
        self._remembered: dict[tuple[int, Device], int] = {}
        self._learning: dict[tuple[int, Device], int] = {}

    def device_of(self, sender: KnownSender, device: Device, received_at: datetime) -> tuple[int, tuple[str, ...]]:
        """The device's id, and sentences on contradictions in its identity."""
        seen_as = (sender.sender_id, device)
        device_id = self._learning.get(seen_as) or self._remembered.get(seen_as)
        if device_id is not None:
            return device_id, ()
        keys = identity_keys(device, sender.kid, speaks_for_itself=sender.direct)
        known = self._known(sender.tenant_id, keys)
        resolution = resolve(keys, known, device.model)
        if any(key in known for key in resolution.adopt):
            self._remembered.clear()  # a key changes hands: what others remembered may be wrong now
            self._learning.clear()
        if resolution.device_id is None:
            device_id = self._make(sender, device, keys[0].kind, received_at)
        else:
            device_id = resolution.device_id
            self._describe(sender.tenant_id, device_id, device)
            self._take(sender, device_id)
        self._db.executemany(_ADOPT, [(sender.tenant_id, key.kind, key.value, device_id) for key in resolution.adopt])
        if not resolution.conflicts:
            self._learning[seen_as] = device_id
        return device_id, resolution.conflicts

    def learn(self) -> None:
        """The transaction was committed: remember what was found in it."""
        if len(self._remembered) + len(self._learning) > REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered.update(self._learning)
        self._learning.clear()

    def forget(self) -> None:
        """The transaction, or a part of it, was undone: look everything up again."""
        self._remembered.clear()
        self._learning.clear()

    def _known(self, tenant_id: int, keys: tuple[IdentityKey, ...]) -> dict[IdentityKey, KnownDevice]:
        found = {}
        for key in keys:
            row = self._db.execute(_KNOWN, (tenant_id, key.kind, key.value)).fetchone()
            if row is not None:
                found[key] = KnownDevice(
                    device_id=row["id"],
                    serial=row["serial"],
                    mac=row["mac"],
                    hostname=row["hostname"],
                    model=row["model"],
                )
        return found

    def _make(self, sender: KnownSender, device: Device, kind: IdentityKind, received_at: datetime) -> int:
        weak = kind is not IdentityKind.SERIAL
        standing = first_standing(speaks_for_itself=sender.direct)
        made: int = self._db.execute(
            _DEVICE_INSERT,
            (sender.tenant_id, sender.customer_id, sender.site_id, kind, weak, standing,
             canonical_serial(device.serial), device.serial, canonical_mac(device.mac),
             canonical_hostname(device.hostname), device.manufacturer, device.model, device.product_number,
             device.asset_number, device.location, received_at.isoformat(" ")),
        ).fetchone()[0]  # fmt: skip
        if standing is DeviceStanding.MANAGED:
            self._audit_taken(sender, made)
        return made

    def _take(self, sender: KnownSender, device_id: int) -> None:
        whose = (sender.tenant_id, device_id)
        before = DeviceStanding(self._db.execute(_STANDING, whose).fetchone()["standing"])
        after = standing_after(before, speaks_for_itself=sender.direct)
        if after is not before:
            self._db.execute(_TAKE, (after, *whose))
            self._audit_taken(sender, device_id)

    def _audit_taken(self, sender: KnownSender, device_id: int) -> None:
        self._db.execute(
            _AUDIT,
            (sender.tenant_id, self._real_now().isoformat(" "), BY_ENROLMENT, "manage-device", "device", str(device_id),
             f"sends for itself as {sender.kid}", ""),
        )  # fmt: skip

    def _describe(self, tenant_id: int, device_id: int, device: Device) -> None:
        serial = canonical_serial(device.serial)
        self._db.execute(
            _DEVICE_UPDATE,
            (serial is not None, serial is not None, serial, device.serial if serial else None,
             canonical_mac(device.mac), canonical_hostname(device.hostname), device.manufacturer, device.model,
             device.product_number, device.asset_number, device.location, tenant_id, device_id),
        )  # fmt: skip


def write_state(db: sqlite3.Connection, place: Place, report: Report) -> None:
    """Keep what the device says now, unless something newer is kept; either way it was seen."""
    status, config = report.status or Status(), report.config or Config()
    changed = db.execute(
        _STATE_UPSERT,
        (place.tenant_id, place.device_id, place.received_ms, place.received_ms, place.at_ms, place.received_ms,
         place.entry, place.sender_id, status.state, json.dumps(status.detected_errors), status.console_text,
         report.device.ip, config.firmware, config.color_capable, config.duplex_capable, report.uptime_ms),
    ).rowcount  # fmt: skip
    if changed == 0:
        db.execute(_SEEN, (place.received_ms, place.tenant_id, place.device_id, place.received_ms))
    db.execute(_SEEN_BY, (place.tenant_id, place.device_id, place.sender_id, place.received_ms, place.received_ms))
