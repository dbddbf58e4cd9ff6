"""Devices as a list: what is worst first, counted by state, found by words."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from portal.storage.reads.query import TenantRows, Value, like

LOW_PERCENT = 10

_LOW = f"""EXISTS (SELECT 1 FROM supply_latest l WHERE l.tenant_id = d.tenant_id AND l.device_id = d.id
    AND l.sender_id = s.sender_id AND (l.percent <= {LOW_PERCENT} OR l.state IN ('empty', 'low')))"""
_SEEN_BY = """EXISTS (SELECT 1 FROM device_sender w JOIN sender k ON k.id = w.sender_id AND k.tenant_id = w.tenant_id
    WHERE w.tenant_id = d.tenant_id AND w.device_id = d.id AND k.kind = '{kind}' AND k.revoked_at IS NULL)"""
_DIRECT = _SEEN_BY.format(kind="direct")
_COLLECTOR = _SEEN_BY.format(kind="collector")
_STATE_RANK = """CASE WHEN coalesce(a.critical, 0) > 0 THEN 0 WHEN coalesce(a.warning, 0) > 0 THEN 1
    WHEN s.last_seen_ms < ? THEN 2 WHEN s.last_seen_ms < ? THEN 3 ELSE 4 END"""
_FROM = """FROM device d
    JOIN device_state s ON s.tenant_id = d.tenant_id AND s.device_id = d.id
    LEFT JOIN customer c ON c.id = d.customer_id AND c.tenant_id = d.tenant_id
    LEFT JOIN site p ON p.id = d.site_id AND p.tenant_id = d.tenant_id
    LEFT JOIN open_alert a ON a.device_id = d.id"""
# The plus keeps the planner from walking every alert ever told in the order of devices: open ones have an index.
_WITH_ALERTS = """WITH open_alert AS (
    SELECT device_id, sum(CASE WHEN severity = 'critical' THEN 1 ELSE 0 END) AS critical,
        sum(CASE WHEN severity = 'critical' THEN 0 ELSE 1 END) AS warning
    FROM alert WHERE tenant_id = ? AND cleared_ms IS NULL GROUP BY +device_id)"""
_COLUMNS = f"""d.id AS device_id, d.model, d.manufacturer, d.serial, d.mac, d.hostname, d.identity, d.weak,
    d.standing, d.location, d.asset_number, c.name AS customer, p.name AS site, s.ip, s.firmware,
    s.state AS printer_state, s.first_seen_ms, s.last_seen_ms, s.sender_id, s.entry, s.color_capable,
    coalesce(a.critical, 0) AS critical, coalesce(a.warning, 0) AS warning,
    CASE WHEN {_DIRECT} THEN 1 ELSE 0 END AS by_direct,
    CASE WHEN {_COLLECTOR} THEN 1 ELSE 0 END AS by_collector"""
_WORD_FIELDS = ("d.model", "d.manufacturer", "d.serial", "d.hostname", "d.mac", "d.asset_number", "d.location",
                "c.name", "p.name", "s.ip")  # fmt: skip


class DeviceSort(enum.StrEnum):
    """The order of the list."""

    STATE = "state"
    SEEN = "seen"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Before which arrival a device counts as late, and as silent. Milliseconds since 1970 UTC."""

    late_before_ms: int
    silent_before_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFilter:
    """What to list. An unset field does not narrow. state: critical, warning, late, silent or reporting."""

    words: str | None = None
    state: str | None = None
    path: str | None = None
    standing: str | None = None
    supplies_low: bool = False
    weak: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """One device of the list. rank: 0 critical, 1 warning, 2 silent, 3 late, 4 reporting."""

    device_id: int
    model: str | None
    manufacturer: str | None
    serial: str | None
    mac: str | None
    hostname: str | None
    identity: str
    weak: int
    standing: str
    location: str | None
    asset_number: str | None
    customer: str | None
    site: str | None
    ip: str | None
    firmware: str | None
    printer_state: str | None
    first_seen_ms: int
    last_seen_ms: int
    sender_id: int
    entry: int
    color_capable: int | None
    critical: int
    warning: int
    by_direct: int
    by_collector: int
    rank: int
    sort_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCounts:
    """How many devices each fact holds for; one device may stand in several."""

    devices: int
    critical: int
    warning: int
    silent: int
    late: int
    reporting: int
    supplies_low: int
    weak: int
    two_sources: int
    discovered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceKey:
    """Where a page ended: the sort value of its last row, its name, its id."""

    sort_value: int
    name: str
    device_id: int


async def devices(
    tenant: TenantRows,
    wanted: DeviceFilter,
    patience: Patience,
    *,
    sort: DeviceSort = DeviceSort.STATE,
    after: DeviceKey | None = None,
    rows_max: int = 50,
) -> list[DeviceRow]:
    """One page of devices, worst first unless sorted otherwise; starts behind `after`."""
    conditions, values = _conditions(wanted, patience)
    inner = f"""SELECT {_COLUMNS}, {_STATE_RANK} AS rank, lower(coalesce(d.model, d.manufacturer, '')) AS sort_name
        {_FROM} WHERE d.tenant_id = ? AND d.standing <> 'ignored' {conditions}"""
    key = {DeviceSort.STATE: "rank", DeviceSort.SEEN: "-last_seen_ms", DeviceSort.NAME: "0 * rank"}[sort]
    behind = ""
    bound: list[Value] = [patience.silent_before_ms, patience.late_before_ms, tenant.tenant_id, *values]
    if after is not None:
        behind = f"WHERE ({key}, sort_name, device_id) > (?, ?, ?)"
        bound += [after.sort_value, after.name, after.device_id]
    found = await tenant.rows(
        f"{_WITH_ALERTS} SELECT * FROM ({inner}) listed {behind} ORDER BY {key}, sort_name, device_id LIMIT ?",
        *bound,
        rows_max,
    )
    return [DeviceRow(**row) for row in found]


def key_of(row: DeviceRow, sort: DeviceSort) -> DeviceKey:
    """Where the next page starts, when this row was the last of one."""
    value = {DeviceSort.STATE: row.rank, DeviceSort.SEEN: -row.last_seen_ms, DeviceSort.NAME: 0}[sort]
    return DeviceKey(sort_value=value, name=row.sort_name, device_id=row.device_id)


async def count_devices(tenant: TenantRows, wanted: DeviceFilter, patience: Patience) -> DeviceCounts:
    """How many devices of the filter each fact holds for."""
    conditions, values = _conditions(wanted, patience)
    counted = {
        "critical": "coalesce(a.critical, 0) > 0",
        "warning": "coalesce(a.critical, 0) = 0 AND coalesce(a.warning, 0) > 0",
        "silent": "s.last_seen_ms < ?",
        "late": "s.last_seen_ms >= ? AND s.last_seen_ms < ?",
        "reporting": "s.last_seen_ms >= ?",
        "supplies_low": _LOW,
        "weak": "d.weak",
        "two_sources": f"{_DIRECT} AND {_COLLECTOR}",
        "discovered": "d.standing = 'discovered'",
    }
    sums = ", ".join(
        f"coalesce(sum(CASE WHEN {fact} THEN 1 ELSE 0 END), 0) AS {name}" for name, fact in counted.items()
    )
    silent, late = patience.silent_before_ms, patience.late_before_ms
    row = await tenant.row(
        f"{_WITH_ALERTS} SELECT count(*) AS devices, {sums} {_FROM}"
        f" WHERE d.tenant_id = ? AND d.standing <> 'ignored' {conditions}",
        silent, silent, late, late, tenant.tenant_id, *values,
    )  # fmt: skip
    assert row is not None  # an aggregate always has its row
    return DeviceCounts(**row)


async def device_ids(tenant: TenantRows, wanted: DeviceFilter, patience: Patience) -> Sequence[int]:
    """Every device of the filter, for its sums."""
    conditions, values = _conditions(wanted, patience)
    rows = await tenant.rows(
        f"{_WITH_ALERTS} SELECT d.id AS device_id {_FROM}"
        f" WHERE d.tenant_id = ? AND d.standing <> 'ignored' {conditions}",
        tenant.tenant_id,
        *values,
    )
    return [row["device_id"] for row in rows]


def _conditions(wanted: DeviceFilter, patience: Patience) -> tuple[str, list[Value]]:
    parts: list[str] = []
    values: list[Value] = []
    if wanted.words:
        fields = " OR ".join(f"lower({field}) LIKE ? ESCAPE '\\'" for field in _WORD_FIELDS)
        parts.append(f"({fields})")
        values += [like(wanted.words)] * len(_WORD_FIELDS)
    match wanted.state:
        case "critical":
            parts.append("coalesce(a.critical, 0) > 0")
        case "warning":
            parts.append("coalesce(a.critical, 0) = 0 AND coalesce(a.warning, 0) > 0")
        case "silent":
            parts.append("s.last_seen_ms < ?")
            values.append(patience.silent_before_ms)
        case "late":
            parts.append("s.last_seen_ms >= ? AND s.last_seen_ms < ?")
            values += [patience.silent_before_ms, patience.late_before_ms]
        case "reporting":
            parts.append("s.last_seen_ms >= ?")
            values.append(patience.late_before_ms)
    match wanted.path:
        case "direct":
            parts.append(f"{_DIRECT} AND NOT {_COLLECTOR}")
        case "collector":
            parts.append(f"{_COLLECTOR} AND NOT {_DIRECT}")
        case "both":
            parts.append(f"{_DIRECT} AND {_COLLECTOR}")
    if wanted.standing:
        parts.append("d.standing = ?")
        values.append(wanted.standing)
    if wanted.supplies_low:
        parts.append(_LOW)
    if wanted.weak:
        parts.append("d.weak")
    return "".join(f" AND {part}" for part in parts), values
