"""Reads within a tenant: keyset walks, states by the clock, counts of what arrived."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from portal.clocks import from_ms, to_ms
from portal.console.frame import patience_of
from portal.console.moments import Moment
from portal.console.usage import USAGE_METERS, by_device, fleet_usage
from portal.domain.freshness import Freshness, freshness
from portal.storage.database import open_database
from portal.storage.reads.alerts import AlertFilter, AlertRow, alert_key_of, alerts
from portal.storage.reads.batches import arrivals, batches, last_entry
from portal.storage.reads.devices import DeviceFilter, DeviceRow, DeviceSort, count_devices, devices, key_of
from portal.storage.reads.meters import meter_series
from portal.storage.reads.query import TenantRows
from portal.storage.reads.supplies import low_supplies, supplies_of
from tests.support.console import NOW, seed
from tests.support.console_fleet import FLEET


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(seed(tmp_path_factory.mktemp("reads"), days=4)).config.state_dir


@pytest.fixture
async def tenant(folder: Path) -> AsyncIterator[TenantRows]:
    async with open_database(f"sqlite://{folder / 'portal.sqlite3'}") as database:
        yield TenantRows(database=database, tenant_id=1)


def at(now: datetime) -> Moment:
    return Moment(now=now, zone=NOW.tzinfo)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["open", "all", "closed"])
async def test_alerts_walked_in_pieces_are_the_alerts_read_at_once(tenant: TenantRows, state: str) -> None:
    whole = await alerts(tenant, AlertFilter(state=state))

    walked: list[AlertRow] = []
    while piece := await alerts(
        tenant, AlertFilter(state=state), after=alert_key_of(walked[-1]) if walked else None, rows_max=3
    ):
        walked += piece

    assert len(whole) >= 4
    assert walked == whole


async def test_open_alerts_stand_critical_first_then_newest(tenant: TenantRows) -> None:
    rows = await alerts(tenant, AlertFilter())

    assert [row.severity for row in rows] == ["critical", "critical", "warning", "warning"]
    assert rows[0].onset_ms > rows[1].onset_ms


@pytest.mark.parametrize("sort", list(DeviceSort))
async def test_devices_walked_in_pieces_are_the_devices_read_at_once(tenant: TenantRows, sort: DeviceSort) -> None:
    patience = await patience_of(tenant, at(NOW))
    whole = await devices(tenant, DeviceFilter(), patience, sort=sort)

    walked: list[DeviceRow] = []
    while piece := await devices(
        tenant, DeviceFilter(), patience, sort=sort, after=key_of(walked[-1], sort) if walked else None, rows_max=3
    ):
        walked += piece

    assert len(whole) == len(FLEET)
    assert walked == whole


@pytest.mark.parametrize("hours", [0, 2, 5.9, 6.1, 16, 23.9, 24.1, 50, 500])
async def test_late_and_silent_are_what_the_domain_says_at_any_time(tenant: TenantRows, hours: float) -> None:
    now = NOW + timedelta(hours=hours)
    patience = await patience_of(tenant, at(now))

    counts = await count_devices(tenant, DeviceFilter(), patience)
    rows = await devices(tenant, DeviceFilter(), patience)

    said = [freshness(from_ms(row.last_seen_ms), now, 3 * 3600) for row in rows]
    assert counts.silent == said.count(Freshness.SILENT)
    assert counts.late == said.count(Freshness.LATE)
    assert counts.reporting == said.count(Freshness.REPORTING)


async def test_a_device_is_silent_at_24_hours_to_the_millisecond(tenant: TenantRows) -> None:
    newest = (await devices(tenant, DeviceFilter(), await patience_of(tenant, at(NOW)), sort=DeviceSort.SEEN))[0]
    silent_at = from_ms(newest.last_seen_ms) + timedelta(hours=24)

    before = await count_devices(
        tenant, DeviceFilter(), await patience_of(tenant, at(silent_at - timedelta(milliseconds=1)))
    )
    after = await count_devices(tenant, DeviceFilter(), await patience_of(tenant, at(silent_at)))

    assert after.silent > before.silent
    assert after.silent == len(FLEET)


async def test_batches_of_a_device_hold_it_and_walk_without_loss(tenant: TenantRows) -> None:
    whole = await batches(tenant, device_id=3, rows_max=100)

    walked = await batches(tenant, device_id=3, rows_max=5)
    while piece := await batches(tenant, device_id=3, before_entry=walked[-1].entry, rows_max=5):
        walked += piece

    assert walked == whole
    assert {row.serial for row in whole} == {"SG62K1D04V"}
    assert [row.sequence for row in whole] == list(range(len(whole), 0, -1))


async def test_arrivals_are_counted_in_the_steps_they_fell_into(tenant: TenantRows) -> None:
    until_ms = to_ms(NOW)
    since_ms = until_ms - 24 * 3_600_000

    found = await arrivals(tenant, since_ms, until_ms, 24)

    rows = [row for row in await batches(tenant, rows_max=1_000) if since_ms <= row.received_ms < until_ms]
    assert found.batches == len(rows) > 20
    assert found.steps == tuple(
        sum(1 for row in rows if (row.received_ms - since_ms) // 3_600_000 == step) for step in range(24)
    )
    assert found.refused == 0


async def test_nothing_arrived_in_a_time_to_come(tenant: TenantRows) -> None:
    found = await arrivals(tenant, to_ms(NOW) + 1, to_ms(NOW) + 3_600_001, 12)

    assert found.batches == 0
    assert await last_entry(tenant) > 100


async def test_days_add_up_to_the_whole_span(tenant: TenantRows) -> None:
    marks = [to_ms(NOW - timedelta(days=3, hours=-8 * step)) for step in range(10)]

    in_steps = fleet_usage(by_device(await meter_series(tenant, USAGE_METERS, marks), marks).values(), 9)
    ends = [marks[0], marks[-1]]
    at_once = fleet_usage(by_device(await meter_series(tenant, USAGE_METERS, ends), ends).values(), 1)

    assert sum(value or 0 for value in in_steps.total) == at_once.total[0]
    assert sum(value or 0 for value in in_steps.area_mm2) == at_once.area_mm2[0]


async def test_mono_and_colour_add_up_to_all(tenant: TenantRows) -> None:
    marks = [to_ms(NOW - timedelta(days=2)), to_ms(NOW)]

    used = fleet_usage(by_device(await meter_series(tenant, USAGE_METERS, marks), marks).values(), 1)

    assert used.mono[0] is not None and used.colour[0] is not None
    assert used.mono[0] + used.colour[0] == used.total[0]


async def test_low_supplies_are_those_at_the_limit_emptiest_first(tenant: TenantRows) -> None:
    rows, total = await low_supplies(tenant, 3)

    assert [row.supply.percent for row in rows] == [0, 4, 7]
    assert total == 4
    assert len(await supplies_of(tenant, [1, 3])) == 10


async def test_another_tenant_reads_nothing_of_this_one(tenant: TenantRows) -> None:
    other = TenantRows(database=tenant.database, tenant_id=2)
    patience = await patience_of(other, at(NOW))

    assert [row.serial for row in await devices(other, DeviceFilter(), patience)] == ["ZZ9OTHER01"]
    assert await alerts(other, AlertFilter(state="all")) == []
    assert await batches(other, device_id=3) == []
    assert await meter_series(other, USAGE_METERS, [0, to_ms(NOW)], [1, 2, 3]) == []
    assert await supplies_of(other, [1, 2, 3]) == []
