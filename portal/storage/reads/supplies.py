"""Supplies as the device last showed them, by the sender that spoke last."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.storage.reads.devices import LOW_PERCENT
from portal.storage.reads.query import TenantRows, holes

_COLUMNS = """l.device_id, l.supply_index, l.kind, l.colorant, l.description, l.part_number, l.serial, l.unit,
    l.capacity, l.level, l.percent, l.state, l.at_ms, l.entry"""
_SHOWN = """supply_latest l JOIN device_state s ON s.tenant_id = l.tenant_id AND s.device_id = l.device_id
    AND s.sender_id = l.sender_id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyRow:
    """One supply or receptacle. percent: of stock left, or of room left in a receptacle."""

    device_id: int
    supply_index: int
    kind: str
    colorant: str | None
    description: str | None
    part_number: str | None
    serial: str | None
    unit: str | None
    capacity: int | None
    level: int | None
    percent: int | None
    state: str
    at_ms: int
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LowSupply:
    """A supply that runs out, with the device it is in."""

    supply: SupplyRow
    model: str | None
    serial: str | None
    customer: str | None


async def supplies_of(tenant: TenantRows, device_ids: Sequence[int]) -> list[SupplyRow]:
    """Every supply of the devices given, in the devices' own order of supplies."""
    rows = await tenant.rows(
        f"SELECT {_COLUMNS} FROM {_SHOWN} WHERE l.tenant_id = ? AND l.device_id IN ({holes(len(device_ids))})"
        " ORDER BY l.device_id, l.supply_index",
        *device_ids,
    )
    return [SupplyRow(**row) for row in rows]


async def low_supplies(tenant: TenantRows, rows_max: int) -> tuple[list[LowSupply], int]:
    """The emptiest supplies of the fleet, and how many are low in all."""
    low = f"(l.percent <= {LOW_PERCENT} OR l.state IN ('empty', 'low'))"
    rows = await tenant.rows(
        f"""SELECT {_COLUMNS}, d.model, d.serial AS device_serial, c.name AS customer, count(*) OVER () AS low
        FROM {_SHOWN} JOIN device d ON d.id = l.device_id AND d.tenant_id = l.tenant_id
        LEFT JOIN customer c ON c.id = d.customer_id AND c.tenant_id = d.tenant_id
        WHERE l.tenant_id = ? AND d.standing <> 'ignored' AND {low}
        ORDER BY CASE WHEN l.state = 'empty' THEN 0 ELSE coalesce(l.percent, {LOW_PERCENT}) END,
            l.device_id, l.supply_index LIMIT ?""",
        rows_max,
    )
    found = [
        LowSupply(
            supply=SupplyRow(**{name: row[name] for name in SupplyRow.__slots__}),
            model=row["model"],
            serial=row["device_serial"],
            customer=row["customer"],
        )
        for row in rows
    ]
    return found, rows[0]["low"] if rows else 0
