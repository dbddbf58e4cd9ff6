"""Meters: the latest of each, and what each showed at given moments."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.storage.reads.query import TenantRows, Value, holes

MOMENTS_MAX = 400
_LAST_FIRST = "r.at_ms DESC, r.entry DESC, r.report DESC, r.position DESC"
_FIRST_FIRST = "r.at_ms, r.entry, r.report, r.position"
_SAME = """r.tenant_id = m.tenant_id AND r.device_id = m.device_id AND r.name = m.name AND r.source = m.source"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterRow:
    """The latest of one meter from one source. at_ms: when it counts; entry: the batch that brought it."""

    device_id: int
    name: str
    source: str
    unit: str
    value: int
    at_ms: int
    received_ms: int
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One reading of a meter."""

    at_ms: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSeries:
    """What one meter from one source showed: first ever, and the last reading before each moment asked for."""

    device_id: int
    name: str
    source: str
    unit: str
    latest_ms: int
    first_value: int
    color_capable: int | None
    seen: tuple[Seen | None, ...]


async def latest_meters(tenant: TenantRows, device_id: int) -> list[MeterRow]:
    """Every meter of a device, one row a source."""
    rows = await tenant.rows(
        """SELECT device_id, name, source, unit, value, at_ms, received_ms, entry FROM meter_latest
        WHERE tenant_id = ? AND device_id = ? ORDER BY name, source""",
        device_id,
    )
    return [MeterRow(**row) for row in rows]


async def meter_series(
    tenant: TenantRows,
    names: Sequence[str],
    moments_ms: Sequence[int],
    device_ids: Sequence[int] | None = None,
) -> list[MeterSeries]:
    """What the named meters showed just before each moment, for the devices given or for all that are not ignored.

    One seek a meter and moment: the cost does not grow with the readings kept.
    """
    if not moments_ms or len(moments_ms) > MOMENTS_MAX:
        raise ValueError(f"between 1 and {MOMENTS_MAX} moments, not {len(moments_ms)}")
    at = ", ".join(
        f"(SELECT r.at_ms || ':' || r.value FROM meter_reading r WHERE {_SAME} AND r.at_ms < {int(moment)}"
        f" ORDER BY {_LAST_FIRST} LIMIT 1) AS v{index}"
        for index, moment in enumerate(moments_ms)
    )
    values: list[Value] = [*names]
    only = ""
    if device_ids is not None:
        only = f"AND m.device_id IN ({holes(len(device_ids))})"
        values += device_ids
    rows = await tenant.rows(
        f"""SELECT m.device_id, m.name, m.source, m.unit, m.at_ms AS latest_ms, s.color_capable,
            (SELECT r.value FROM meter_reading r WHERE {_SAME} ORDER BY {_FIRST_FIRST} LIMIT 1) AS first_value,
            {at}
        FROM meter_latest m JOIN device d ON d.id = m.device_id AND d.tenant_id = m.tenant_id
        LEFT JOIN device_state s ON s.tenant_id = m.tenant_id AND s.device_id = m.device_id
        WHERE m.tenant_id = ? AND d.standing <> 'ignored' AND m.name IN ({holes(len(names))}) {only}
        ORDER BY m.device_id, m.name, m.source""",
        *values,
    )
    return [
        MeterSeries(
            device_id=row["device_id"],
            name=row["name"],
            source=row["source"],
            unit=row["unit"],
            latest_ms=row["latest_ms"],
            first_value=row["first_value"],
            color_capable=row["color_capable"],
            seen=tuple(_seen(row[f"v{index}"]) for index in range(len(moments_ms))),
        )
        for row in rows
        if row["first_value"] is not None
    ]


def _seen(text: str | None) -> Seen | None:
    # Time and value come as one text: two columns would cost two seeks.
    if text is None:
        return None
    at_ms, _, value = text.partition(":")
    return Seen(at_ms=int(at_ms), value=int(value))
