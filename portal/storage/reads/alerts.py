"""Alerts: open ones worst first, all of them newest first."""

from dataclasses import dataclass

from portal.storage.reads.query import TenantRows, Value, holes, like

_WEIGHT = "CASE WHEN a.severity = 'critical' THEN 1 ELSE 0 END"
_NEWEST = ("a.onset_ms", "a.device_id", "a.alert_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """What to list. state: open, closed or all. Times in ms, half open."""

    state: str = "open"
    severity: str | None = None
    device_id: int | None = None
    words: str | None = None
    from_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert with its device. weight: 1 critical, 0 not; entry: the batch that brought it."""

    device_id: int
    alert_id: str
    code: int
    severity: str
    alert_group: str | None
    description: str | None
    onset_ms: int
    cleared_ms: int | None
    count: int | None
    entry: int
    cleared_entry: int | None
    received_ms: int
    model: str | None
    serial: str | None
    customer: str | None
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertKey:
    """Where a page of alerts ended."""

    weight: int
    onset_ms: int
    device_id: int
    alert_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCounts:
    """How many are open, and how many of those stop printing."""

    open: int
    critical: int


async def alerts(
    tenant: TenantRows, wanted: AlertFilter, *, after: AlertKey | None = None, rows_max: int = 50
) -> list[AlertRow]:
    """One page of alerts: open ones critical first, then newest first."""
    conditions, values = _conditions(wanted)
    order = (_WEIGHT, *_NEWEST) if wanted.state == "open" else _NEWEST
    if after is not None:
        conditions += f" AND ({', '.join(order)}) < ({holes(len(order))})"
        place: list[Value] = [after.weight, after.onset_ms, after.device_id, after.alert_id]
        values += place[-len(order) :]
    rows = await tenant.rows(
        f"""SELECT a.device_id, a.alert_id, a.code, a.severity, a.alert_group, a.description, a.onset_ms, a.cleared_ms,
            a.count, a.entry, a.cleared_entry, a.received_ms, d.model, d.serial, c.name AS customer, {_WEIGHT} AS weight
        FROM alert a JOIN device d ON d.id = a.device_id AND d.tenant_id = a.tenant_id
        LEFT JOIN customer c ON c.id = d.customer_id AND c.tenant_id = d.tenant_id
        WHERE a.tenant_id = ? {conditions}
        ORDER BY {", ".join(f"{column} DESC" for column in order)} LIMIT ?""",
        *values,
        rows_max,
    )
    return [AlertRow(**row) for row in rows]


def alert_key_of(row: AlertRow) -> AlertKey:
    """Where the next page starts, when this row was the last of one."""
    return AlertKey(weight=row.weight, onset_ms=row.onset_ms, device_id=row.device_id, alert_id=row.alert_id)


async def count_open_alerts(tenant: TenantRows) -> AlertCounts:
    """The open alerts of devices that are not ignored."""
    row = await tenant.row(
        f"""SELECT count(*) AS open, coalesce(sum({_WEIGHT}), 0) AS critical
        FROM alert a JOIN device d ON d.id = a.device_id AND d.tenant_id = a.tenant_id
        WHERE a.tenant_id = ? AND a.cleared_ms IS NULL AND d.standing <> 'ignored'"""
    )
    assert row is not None  # an aggregate always has its row
    return AlertCounts(**row)


def _conditions(wanted: AlertFilter) -> tuple[str, list[Value]]:
    parts = ["d.standing <> 'ignored'"]
    values: list[Value] = []
    if wanted.state == "open":
        parts.append("a.cleared_ms IS NULL")
    elif wanted.state == "closed":
        parts.append("a.cleared_ms IS NOT NULL")
    if wanted.severity == "critical":
        parts.append("a.severity = 'critical'")
    elif wanted.severity == "warning":
        parts.append("a.severity <> 'critical'")
    if wanted.device_id is not None:
        parts.append("a.device_id = ?")
        values.append(wanted.device_id)
    if wanted.words:
        fields = ("a.description", "d.model", "d.serial", "c.name")
        parts.append("(" + " OR ".join(f"lower({field}) LIKE ? ESCAPE '\\'" for field in fields) + ")")
        values += [like(wanted.words)] * len(fields)
    if wanted.from_ms is not None:
        parts.append("a.onset_ms >= ?")
        values.append(wanted.from_ms)
    if wanted.until_ms is not None:
        parts.append("a.onset_ms < ?")
        values.append(wanted.until_ms)
    return "".join(f" AND {part}" for part in parts), values
