"""One device: who it is, what it last said, who sees it, what did not make sense."""

from dataclasses import dataclass

from portal.storage.reads.query import TenantRows


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """Everything said of one device outside its meters, supplies, jobs and alerts."""

    device_id: int
    identity: str
    weak: int
    standing: str
    serial: str | None
    serial_reported: str | None
    mac: str | None
    hostname: str | None
    manufacturer: str | None
    model: str | None
    product_number: str | None
    asset_number: str | None
    location: str | None
    customer: str | None
    site: str | None
    first_seen_ms: int
    last_seen_ms: int
    at_ms: int
    entry: int
    sender_id: int
    state: str | None
    detected_errors: str
    console_text: str | None
    ip: str | None
    firmware: str | None
    color_capable: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRow:
    """A sender that sees the device, and its stream as far as it is here."""

    sender_id: int
    kid: str
    kind: str
    name: str
    enrolled_at: str
    revoked: int
    first_received_ms: int
    last_received_ms: int
    readings: int
    stream: str | None
    sequence: int | None
    gap_reason: str | None
    missing: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """A value that did not make sense, or a contradiction. seen: how often."""

    kind: str
    field: str
    source: str
    raw: str | None
    reason: str
    last_received_ms: int
    seen: int
    entry: int


async def device_facts(tenant: TenantRows, device_id: int) -> DeviceFacts | None:
    """One device; None if the tenant has none of that number."""
    row = await tenant.row(
        """SELECT d.id AS device_id, d.identity, d.weak, d.standing, d.serial, d.serial_reported, d.mac, d.hostname,
            d.manufacturer, d.model, d.product_number, d.asset_number, d.location, c.name AS customer, p.name AS site,
            s.first_seen_ms, s.last_seen_ms, s.at_ms, s.entry, s.sender_id, s.state, s.detected_errors,
            s.console_text, s.ip, s.firmware, s.color_capable
        FROM device d JOIN device_state s ON s.tenant_id = d.tenant_id AND s.device_id = d.id
        LEFT JOIN customer c ON c.id = d.customer_id AND c.tenant_id = d.tenant_id
        LEFT JOIN site p ON p.id = d.site_id AND p.tenant_id = d.tenant_id
        WHERE d.tenant_id = ? AND d.id = ?""",
        device_id,
    )
    return None if row is None else DeviceFacts(**row)


async def paths_of(tenant: TenantRows, device_id: int) -> list[PathRow]:
    """The senders that see a device, the latest first. missing: numbers of the current stream not here yet."""
    rows = await tenant.rows(
        """SELECT w.sender_id, k.kid, k.kind, k.name, k.enrolled_at,
            CASE WHEN k.revoked_at IS NULL THEN 0 ELSE 1 END AS revoked,
            w.first_received_ms, w.last_received_ms, w.readings, z.stream, z.sequence, z.gap_reason,
            m.sequence_max - m.batches AS missing
        FROM device_sender w JOIN sender k ON k.id = w.sender_id AND k.tenant_id = w.tenant_id
        LEFT JOIN sender_state z ON z.tenant_id = w.tenant_id AND z.sender_id = w.sender_id
        LEFT JOIN sender_stream m ON m.tenant_id = z.tenant_id AND m.sender_id = z.sender_id AND m.stream = z.stream
        WHERE w.tenant_id = ? AND w.device_id = ? ORDER BY w.last_received_ms DESC""",
        device_id,
    )
    return [PathRow(**row) for row in rows]


async def findings_of(tenant: TenantRows, device_id: int, rows_max: int = 10) -> list[FindingRow]:
    """What did not make sense, the latest first."""
    rows = await tenant.rows(
        """SELECT kind, field, source, raw, reason, last_received_ms, seen, entry FROM finding
        WHERE tenant_id = ? AND device_id = ? ORDER BY last_received_ms DESC, finding_key LIMIT ?""",
        device_id,
        rows_max,
    )
    return [FindingRow(**row) for row in rows]
