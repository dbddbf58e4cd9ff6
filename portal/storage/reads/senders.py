"""Senders and claim codes, as the settings page lists them."""

from dataclasses import dataclass

from portal.storage.reads.query import TenantRows


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRow:
    """A sender with what it last told of itself. enrolled_at, revoked_at: as stored (ISO, UTC)."""

    sender_id: int
    kid: str
    kind: str
    name: str
    agent: str
    enrolled_at: str
    revoked_at: str | None
    last_received_ms: int | None
    last_entry: int | None
    stream: str | None
    sequence: int | None
    clock: str | None
    jobs_refused: int | None
    batches_set_aside: int | None
    spooled: int | None
    gap_reason: str | None
    alarm: str | None
    alarm_ms: int | None
    alarm_seen: int | None
    devices: int
    device_id: int | None
    serial: str | None
    model: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRow:
    """A claim code. Times as stored (ISO, UTC), record time."""

    claim_id: str
    created_at: str
    expires_at: str
    burnt_at: str | None
    used_at: str | None
    used_by_kid: str | None
    wrong_tries: int


async def senders(tenant: TenantRows, rows_max: int = 500) -> list[SenderRow]:
    """Every sender: those that may deliver first, of them those with an alarm, then the one silent longest.

    serial, model: of its only device.
    """
    rows = await tenant.rows(
        """SELECT k.id AS sender_id, k.kid, k.kind, k.name, k.agent, k.enrolled_at, k.revoked_at, z.last_received_ms,
            z.last_entry, z.stream, z.sequence, z.clock, z.jobs_refused, z.batches_set_aside, z.spooled, z.gap_reason,
            a.reason AS alarm, a.first_received_ms AS alarm_ms, a.seen AS alarm_seen,
            coalesce(w.devices, 0) AS devices, CASE WHEN w.devices = 1 THEN d.id END AS device_id,
            CASE WHEN w.devices = 1 THEN d.serial END AS serial, CASE WHEN w.devices = 1 THEN d.model END AS model
        FROM sender k LEFT JOIN sender_state z ON z.tenant_id = k.tenant_id AND z.sender_id = k.id
        LEFT JOIN sender_alarm a ON a.tenant_id = k.tenant_id AND a.sender_id = k.id
        LEFT JOIN (SELECT tenant_id, sender_id, count(*) AS devices, min(device_id) AS device_id FROM device_sender
            WHERE tenant_id = ? GROUP BY tenant_id, sender_id) w ON w.tenant_id = k.tenant_id AND w.sender_id = k.id
        LEFT JOIN device d ON d.id = w.device_id AND d.tenant_id = k.tenant_id
        WHERE k.tenant_id = ? ORDER BY k.revoked_at IS NOT NULL, a.seen IS NULL, coalesce(z.last_received_ms, 0), k.id
        LIMIT ?""",
        tenant.tenant_id,
        rows_max,
    )
    return [SenderRow(**row) for row in rows]


async def claims(tenant: TenantRows, rows_max: int = 20) -> list[ClaimRow]:
    """The newest claim codes. The code itself is not kept."""
    rows = await tenant.rows(
        """SELECT claim_id, created_at, expires_at, burnt_at, used_at, used_by_kid, wrong_tries FROM claim_code
        WHERE tenant_id = ? ORDER BY id DESC LIMIT ?""",
        rows_max,
    )
    return [ClaimRow(**row) for row in rows]
