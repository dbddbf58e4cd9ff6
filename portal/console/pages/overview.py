"""/: is the fleet healthy, what was printed today, who runs out of ink, what arrives now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import web

from portal.clocks import to_ms
from portal.console.alert_views import alert_view
from portal.console.batch_views import BatchView, batch_view
from portal.console.charts import DayRow, day_rows
from portal.console.device_views import device_name, device_number
from portal.console.figures import area, change_percent, whole
from portal.console.frame import fragment, moment_of, page, patience_of, tenant_of
from portal.console.moments import MONTHS, WEEKDAYS, Moment
from portal.console.supply_views import SupplyView, supply_view
from portal.console.usage import IMPRESSION_METERS, USAGE_METERS, by_device, fleet_usage
from portal.storage.reads.alerts import AlertFilter, alerts, count_open_alerts
from portal.storage.reads.batches import Arrivals, arrivals, batches
from portal.storage.reads.devices import DeviceCounts, DeviceFilter, DeviceSort, count_devices, devices
from portal.storage.reads.meters import meter_series
from portal.storage.reads.query import TenantRows
from portal.storage.reads.supplies import low_supplies

CHART_DAYS: Final = 30
ALERT_ROWS: Final = 7
SUPPLY_ROWS: Final = 5
FOUND_ROWS: Final = 3
TICKER_ROWS: Final = 6
SPARK_STEPS: Final = 12
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class TodayFigure:
    """A figure of today beside the same weekday a week ago, by the same time. change None: nothing to compare."""

    value: int | None
    change: str | None
    before: str
    before_day: str
    clock: str
    sealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """Bars of equal width, heights of 0 to 36."""

    bars: tuple[tuple[int, int, bool], ...]
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The headline figures."""

    counts: DeviceCounts
    impressions: TodayFigure
    area: TodayFigure
    arrivals: Arrivals
    last_five_min: int
    spark: Spark
    newest: BatchView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LowView:
    """A supply that runs out, with its device."""

    device_id: int
    device: str
    number: str
    supply: SupplyView


async def overview(request: web.Request) -> web.StreamResponse:
    """GET /"""
    tenant, moment = tenant_of(request), moment_of(request)
    strip = await _strip(tenant, moment)
    if strip.counts.devices == 0 and strip.newest is None:
        return await page(request, "overview_empty.html", section="Overview", moment=moment)
    low, low_total = await low_supplies(tenant, SUPPLY_ROWS)
    patience = await patience_of(tenant, moment)
    found = await devices(
        tenant, DeviceFilter(standing="discovered"), patience, sort=DeviceSort.SEEN, rows_max=FOUND_ROWS
    )
    newest = await batches(tenant, rows_max=TICKER_ROWS)
    return await page(
        request,
        "overview.html",
        section="Overview",
        moment=moment,
        strip=strip,
        days=await _thirty_days(tenant, moment),
        alerts=[alert_view(row) for row in await alerts(tenant, AlertFilter(), rows_max=ALERT_ROWS)],
        open_alerts=await count_open_alerts(tenant),
        low=[
            LowView(
                device_id=row.supply.device_id,
                device=device_name(row.model, None),
                number=row.customer or device_number(row.serial, None, None, None),
                supply=supply_view(row.supply),
            )
            for row in low
        ],
        low_total=low_total,
        found=[
            (
                row.device_id,
                device_name(row.model, row.manufacturer),
                device_number(row.serial, row.mac, row.hostname, row.ip),
                row.first_seen_ms,
                "direct" if row.by_direct else "collector",
            )
            for row in found
        ],
        arriving=[batch_view(row) for row in newest],
        after=newest[0].entry if newest else 0,
        fresh_above=newest[0].entry if newest else 0,
    )


async def strip_fragment(request: web.Request) -> web.StreamResponse:
    """GET /overview/strip: the headline figures, anew."""
    moment = moment_of(request)
    return fragment(request, "_strip.html", moment=moment, strip=await _strip(tenant_of(request), moment))


async def arriving_fragment(request: web.Request) -> web.StreamResponse:
    """GET /overview/arriving?after=N: the newest batches; those above N came since the last look."""
    tenant = tenant_of(request)
    newest = await batches(tenant, rows_max=TICKER_ROWS)
    after = request.query.get("after", "0")
    return fragment(
        request,
        "_arriving.html",
        moment=moment_of(request),
        arriving=[batch_view(row) for row in newest],
        after=newest[0].entry if newest else 0,
        fresh_above=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0,
    )


async def _strip(tenant: TenantRows, moment: Moment) -> Strip:
    patience = await patience_of(tenant, moment)
    today, now_ms = moment.today(), to_ms(moment.now) + 1
    week_ago = today - _WEEK
    marks = [
        to_ms(moment.day_start(week_ago)),
        to_ms(moment.now - _WEEK) + 1,
        to_ms(moment.day_start(today)),
        now_ms,
    ]
    counts = await count_devices(tenant, DeviceFilter(), patience)
    usage = fleet_usage(by_device(await meter_series(tenant, USAGE_METERS, marks), marks).values(), len(marks) - 1)
    hour = await arrivals(tenant, now_ms - 3_600_000, now_ms, SPARK_STEPS)
    newest = await batches(tenant, rows_max=1)
    sealed = counts.weak == 0
    return Strip(
        counts=counts,
        impressions=_figure(moment, usage.total[2], usage.total[0], whole, sealed=sealed),
        area=_figure(moment, usage.area_mm2[2], usage.area_mm2[0], area, sealed=sealed),
        arrivals=hour,
        last_five_min=hour.steps[-1],
        spark=_spark(hour.steps),
        newest=batch_view(newest[0]) if newest else None,
    )


def _figure(
    moment: Moment, value: int | None, before: int | None, written: Callable[[int | None], str], *, sealed: bool
) -> TodayFigure:
    week_ago = moment.today() - _WEEK
    change = None if value is None or before is None else change_percent(value, before)
    return TodayFigure(
        value=value,
        change=change,
        before=written(before),
        before_day=f"{WEEKDAYS[week_ago.weekday()][:3]} {week_ago.day} {MONTHS[week_ago.month - 1]}",
        clock=f"{moment.now.astimezone(moment.zone):%H:%M}",
        sealed=sealed and value is not None,
    )


def _spark(steps: tuple[int, ...]) -> Spark:
    top = max(steps, default=0)
    bars = tuple(
        (index * 11, 0 if top == 0 else max(1 if count else 0, round(36 * count / top)), index == len(steps) - 1)
        for index, count in enumerate(steps)
    )
    return Spark(bars=bars, label=f"Batches in steps of five minutes, between {min(steps)} and {top}")


async def _thirty_days(tenant: TenantRows, moment: Moment) -> list[DayRow]:
    first = moment.today() - timedelta(days=CHART_DAYS - 1)
    marks = [to_ms(moment.day_start(first + timedelta(days=index))) for index in range(CHART_DAYS)]
    marks.append(to_ms(moment.now) + 1)
    series = await meter_series(tenant, IMPRESSION_METERS, marks)
    return day_rows(moment, first, fleet_usage(by_device(series, marks).values(), CHART_DAYS))
