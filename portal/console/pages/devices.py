"""/devices: the fleet, worst first, filtered by its URL; its export; taking found devices into care."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from portal.app_keys import DATABASE, REAL_CLOCK, RECORD_CLOCK, USER
from portal.auth.audit import record_act
from portal.auth.login import address_of
from portal.auth.middleware import safe_next
from portal.clocks import to_ms
from portal.console import exports
from portal.console.device_views import STATES, DeviceView, device_view, path_words
from portal.console.exports import Cell, instant, thousandth
from portal.console.frame import moment_of, page, patience_of, tenant_of
from portal.console.listing import ROWS_MAX, Asked, asked, cursor, cursor_parts
from portal.console.moments import Moment, Span
from portal.console.supply_views import lowest_by_device
from portal.console.usage import USAGE_METERS, Usage, by_device, fleet_usage
from portal.domain.access import Action, authorize
from portal.domain.standing import DeviceStanding
from portal.errors import NotFoundError
from portal.storage.models import Device
from portal.storage.reads.devices import (
    DeviceFilter,
    DeviceKey,
    DeviceRow,
    DeviceSort,
    Patience,
    count_devices,
    device_ids,
    devices,
    key_of,
)
from portal.storage.reads.meters import meter_series
from portal.storage.reads.query import TenantRows
from portal.storage.reads.supplies import supplies_of

PATH: Final = "/devices"
KEYS: Final = ("state", "supplies", "identity", "path", "standing", "period", "q")
STATE_WORDS: Final = ("critical", "warning", "silent", "late", "reporting")
SUMMED_MAX: Final = 1_000
COLUMNS: Final = (
    "device_id", "state", "model", "manufacturer", "serial", "mac", "hostname", "ip", "identity", "standing",
    "customer", "site", "location", "asset_number", "firmware", "first_seen_at", "last_seen_at", "period_from",
    "period_until", "impressions", "impressions_mono", "impressions_color", "area_m2", "lowest_supply",
    "lowest_supply_percent", "path", "open_critical", "open_warning", "ledger_entry",
)  # fmt: skip
"""The names of an exported device's columns; they do not change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSums:
    """Impressions and area of some devices over the period."""

    devices: int
    mono: int | None
    colour: int | None
    total: int | None
    area_mm2: int | None


async def device_list(request: web.Request) -> web.StreamResponse:
    """GET /devices"""
    tenant, moment = tenant_of(request), moment_of(request)
    wish = asked(request, PATH, KEYS)
    wanted, span = _filter_of(wish), _span_of(wish, moment)
    sort = DeviceSort(wish.choice("sort", [str(one) for one in DeviceSort]) or DeviceSort.STATE)
    patience = await patience_of(tenant, moment)
    rows = await devices(tenant, wanted, patience, sort=sort, after=_after(wish), rows_max=ROWS_MAX + 1)
    shown = rows[:ROWS_MAX]
    used = await _usage(tenant, span, moment, [row.device_id for row in shown])
    views = await _views(tenant, moment, patience, shown, used)
    everywhere = await count_devices(tenant, DeviceFilter(), patience)
    here = await count_devices(tenant, wanted, patience)
    whole = None
    if here.devices <= SUMMED_MAX:
        ids = await device_ids(tenant, wanted, patience)
        whole = period_sums(len(ids), (await _usage(tenant, span, moment, ids)).values())
    last = key_of(shown[-1], sort) if len(rows) > ROWS_MAX else None
    return await page(
        request,
        "devices.html",
        section="Devices",
        moment=moment,
        wish=wish,
        sort=sort,
        span=span,
        rows=views,
        shown=period_sums(len(views), [used[row.device_id] for row in shown if row.device_id in used]),
        whole=whole,
        here=here.devices,
        everywhere=everywhere,
        next_after=None if last is None else cursor(last.sort_value, last.name, last.device_id),
        at_start=wish.get("after") is None,
    )


async def device_export(request: web.Request) -> web.StreamResponse:
    """GET /devices.csv and /devices.json: exactly the devices of the filter."""
    authorize(request[USER], Action.EXPORT)
    tenant, moment = tenant_of(request), moment_of(request)
    wish = asked(request, PATH, KEYS)
    wanted, span = _filter_of(wish), _span_of(wish, moment)
    patience = await patience_of(tenant, moment)

    async def pieces() -> AsyncIterator[Sequence[Sequence[Cell]]]:
        after: DeviceKey | None = None
        while True:
            rows = await devices(tenant, wanted, patience, after=after, rows_max=exports.PIECE_ROWS)
            used = await _usage(tenant, span, moment, [row.device_id for row in rows])
            views = await _views(tenant, moment, patience, rows, used)
            yield [_export_row(row, view, span) for row, view in zip(rows, views, strict=True)]
            if len(rows) < exports.PIECE_ROWS:
                return
            after = key_of(rows[-1], DeviceSort.STATE)

    return await exports.send(
        request, "devices", request.match_info["form"], COLUMNS, pieces(), request.app[RECORD_CLOCK]()
    )


async def manage_device(request: web.Request) -> web.StreamResponse:
    """POST /devices/{id}/manage: take a found device into care. Done again it changes nothing."""
    device_id = int(request.match_info["device_id"])
    await _take(request, [device_id])
    raise web.HTTPSeeOther(safe_next(str((await request.post()).get("next", f"/devices/{device_id}"))))


async def manage_all(request: web.Request) -> web.StreamResponse:
    """POST /devices/manage: take every found device into care."""
    tenant = tenant_of(request)
    patience = await patience_of(tenant, moment_of(request))
    await _take(request, await device_ids(tenant, DeviceFilter(standing=DeviceStanding.DISCOVERED), patience))
    raise web.HTTPSeeOther(PATH)


def period_sums(count: int, usages: Iterable[Usage]) -> PeriodSums:
    """Some devices' usage over the one step of the period, added up."""
    summed = fleet_usage(usages, 1)
    return PeriodSums(
        devices=count,
        mono=summed.mono[0],
        colour=summed.colour[0],
        total=summed.total[0],
        area_mm2=summed.area_mm2[0],
    )


async def _take(request: web.Request, ids: Sequence[int]) -> None:
    user = request[USER]
    authorize(user, Action.MANAGE_DEVICES)
    async with request.app[DATABASE].writing() as transaction:
        own = Device.filter(tenant_id=user.tenant_id, id__in=list(ids)).using_db(transaction)
        if len(ids) == 1 and not await own.exists():
            raise NotFoundError
        changed = await own.filter(standing=DeviceStanding.DISCOVERED).update(standing=DeviceStanding.MANAGED)
        if changed:
            await record_act(
                transaction,
                tenant_id=user.tenant_id,
                at=request.app[REAL_CLOCK](),
                actor=user.email,
                action="manage-device",
                object_kind="device",
                object_id=str(ids[0]) if len(ids) == 1 else "",
                detail=f"{changed} taken into care",
                address=address_of(request),
            )


def _filter_of(wish: Asked) -> DeviceFilter:
    return DeviceFilter(
        words=wish.get("q"),
        state=wish.choice("state", STATE_WORDS),
        path=wish.choice("path", ("direct", "collector", "both")),
        standing=wish.choice("standing", ("discovered", "managed")),
        supplies_low=wish.choice("supplies", ("low",)) is not None,
        weak=wish.choice("identity", ("weak",)) is not None,
    )


def _span_of(wish: Asked, moment: Moment) -> Span:
    text = wish.get("period") or f"{moment.today():%Y-%m}"
    span = moment.span(text)
    if span is None:
        raise web.HTTPBadRequest(text=f"period={text} is neither a month (2026-11) nor a day (2026-11-17).")
    return span


def _after(wish: Asked) -> DeviceKey | None:
    parts = cursor_parts(wish.get("after"), (int, str, int))
    if parts is None:
        return None
    value, name, device_id = parts
    assert isinstance(value, int) and isinstance(name, str) and isinstance(device_id, int)
    return DeviceKey(sort_value=value, name=name, device_id=device_id)


async def _usage(tenant: TenantRows, span: Span, moment: Moment, ids: Sequence[int]) -> dict[int, Usage]:
    marks = [to_ms(span.start), min(to_ms(span.end), to_ms(moment.now) + 1)]
    if not ids or marks[0] >= marks[1]:
        return {}
    return by_device(await meter_series(tenant, USAGE_METERS, marks, ids), marks)


async def _views(
    tenant: TenantRows, moment: Moment, patience: Patience, rows: Sequence[DeviceRow], used: dict[int, Usage]
) -> list[DeviceView]:
    supplies = lowest_by_device(await supplies_of(tenant, [row.device_id for row in rows]))
    return [
        device_view(
            row,
            moment,
            used.get(row.device_id),
            supplies.get(row.device_id),
            silent=row.last_seen_ms < patience.silent_before_ms,
            late=patience.silent_before_ms <= row.last_seen_ms < patience.late_before_ms,
        )
        for row in rows
    ]


def _export_row(row: DeviceRow, view: DeviceView, span: Span) -> Sequence[Cell]:
    area = thousandth(view.area_mm2)
    return (
        row.device_id, STATES[row.rank][1].lower(), row.model, row.manufacturer, row.serial, row.mac, row.hostname,
        row.ip, row.identity, row.standing, row.customer, row.site, row.location, row.asset_number, row.firmware,
        instant(row.first_seen_ms), instant(row.last_seen_ms), instant(to_ms(span.start)), instant(to_ms(span.end)),
        view.total, view.mono, view.colour, None if area is None else area.scaleb(-3),
        view.supply.name if view.supply else None, view.supply.percent if view.supply else None,
        path_words(by_direct=bool(row.by_direct), by_collector=bool(row.by_collector))[0].lower().strip("–") or None,
        row.critical, row.warning, row.entry,
    )  # fmt: skip
