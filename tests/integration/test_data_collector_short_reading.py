"""A short reading tells what a whole one would: every model of the simulator, everything that can happen to it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import time

import pytest

from data_collector.core.known_readings import KnownReadings, WholeEvery, decode_readings
from data_collector.core.targets import parse_targets
from data_collector.scan import Scan, ScanPlan, choose_library
from data_collector.snmp.native import Native
from data_collector.snmp.users import AuthProtocol, PrivProtocol, UsmUser
from data_collector.sweep import SweepMemory
from data_collector.vendor_files import load_definitions
from data_collector.visit import Dialling
from device_sim.core.acts.registry import act_of
from device_sim.core.errors import DeviceSimError
from device_sim.embedded import EmbeddedFleet
from tests.support.data_collector import COUNTER32, TIMETICKS, Agent, Rows, Typed, honest, snmp_agent
from tests.support.data_collector_devices import printer
from wire_format.records import Report

DEFINITIONS = load_definitions()
MODELS = 17
HAPPENS: tuple[tuple[str, Mapping[str, object]], ...] = (
    ("supply-level", {"supply": 1, "percent": 61}),
    ("replace-supply", {"supply": 1}),
    ("supply-level", {"supply": 2, "percent": 0}),
    ("replace-supply", {"supply": 2}),
    ("open-cover", {"cover": 1}),
    ("close-cover", {"cover": 1}),
    ("jam", {"lasts": "5m"}),
    ("paper-out", {"input": 1}),
    ("refill", {"input": 1}),
    ("offline", {}),
    ("online", {}),
    ("raise", {"alert": "markerTonerEmpty"}),
    ("print", {}),
    ("reboot", {}),
    ("swap-formatter", {}),
    ("factory-reset", {}),
)


class House:
    """A fleet, and a collector with a memory beside one without."""

    def __init__(self, fleet: EmbeddedFleet, dialling: Dialling | None = None) -> None:
        self.fleet = fleet
        self.dialling = dialling or Dialling()
        self.library = Native()
        self.sweeps = SweepMemory()
        self.readings = KnownReadings(WholeEvery(readings=1_000))
        self.unchanged = 0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.fleet.plan.clock.now_s(), UTC)

    def later(self, passed: timedelta) -> None:
        self.fleet.plan.clock.jump(self.fleet.plan.clock.now_s() + passed.total_seconds())
        self.fleet.rest()

    async def short(self) -> dict[str, Report]:
        return await self._scan(self.sweeps, self.readings)

    async def whole(self) -> dict[str, Report]:
        return await self._scan(SweepMemory(), None)

    async def _scan(self, sweeps: SweepMemory, readings: KnownReadings | None) -> dict[str, Report]:
        fleet = self.fleet
        dialling = replace(self.dialling, snmp_port=fleet.snmp_port, http_port=fleet.http_port, ipp_port=fleet.ipp_port)
        plan = ScanPlan(
            targets=parse_targets(fleet.addresses, []), dialling=dialling, icmp=False, memory=sweeps, readings=readings
        )
        scan = Scan(plan, self.library, DEFINITIONS, self.now)
        reports = {report.device.ip or "": report async for report in scan.reports()}
        assert scan.counters.failed == 0
        if readings is not None:
            self.unchanged = scan.counters.unchanged
        return reports


def happen(fleet: EmbeddedFleet, name: str, parameters: Mapping[str, object]) -> None:
    """The same to every printer that has such a part."""
    act = act_of(name, parameters)
    for one in fleet.printers:
        try:
            one.act(act.apply)
        except DeviceSimError:
            continue


def told(report: Report) -> Report:
    """What it says, but for the moment: the clocks of two scans differ by themselves."""
    alerts = tuple(replace(alert, onset_at=None) for alert in report.alerts)
    return replace(report, observed_at=datetime(2026, 1, 1, tzinfo=UTC), uptime_ms=None, alerts=alerts)


@pytest.fixture
def house() -> Iterator[House]:
    words = ["--count", str(MODELS), "--clock", f"2026-11-15T02:00:00Z,{time():.0f},1"]
    with EmbeddedFleet.start(words) as fleet:
        yield House(fleet)


async def test_every_model_says_in_a_short_reading_what_a_whole_one_says_whatever_happened(house: House) -> None:
    assert len({printer.model for printer in house.fleet.printers}) == MODELS
    await house.short()
    house.later(timedelta(hours=3))

    assert len(await house.short()) == house.unchanged == MODELS

    for name, parameters in HAPPENS:
        happen(house.fleet, name, parameters)
        house.later(timedelta(minutes=4))
        short, whole = await house.short(), await house.whole()
        assert len(short) == len(whole) == MODELS
        for address, report in short.items():
            assert told(report) == told(whole[address]), f"{address} {report.device.model} after {name}"
            assert 0 <= (whole[address].uptime_ms or 0) - (report.uptime_ms or 0) < 30_000


async def test_the_user_who_was_let_in_is_the_first_to_ask_the_short_question() -> None:
    right = UsmUser(
        name="alice",
        auth_protocol=AuthProtocol.SHA_256,
        auth_password="maplesyrup",
        priv_protocol=PrivProtocol.AES_128,
        priv_password="maplesyrup",
    )
    wrong = replace(right, name="bob")
    words = ["--count", "2", "--clock", f"2026-11-15T02:00:00Z,{time():.0f},1"]
    with EmbeddedFleet.start([*words, "--user", "alice:SHA-256:maplesyrup:AES-128:maplesyrup"]) as fleet:
        house = House(fleet, Dialling(communities=(), users=(wrong, right)))
        before = await house.short()
        house.later(timedelta(hours=3))
        with house.library.holding() as box:
            after = await house.short()

    assert house.unchanged == len(after) == 2
    assert {address: told(report) for address, report in after.items()} == {
        address: told(report) for address, report in before.items()
    }
    assert box.packets_sent == 2 * 2  # who is there, and the short question


HOST = "127.90.9.1"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=10)


def calm(serial: str, ticks: int, total: int = 1234) -> Rows:
    """A small printer that counts its changes and its alerts."""
    return {
        **printer(serial, total),
        "1.3.6.1.2.1.1.3.0": Typed(TIMETICKS, ticks),
        "1.3.6.1.2.1.25.3.5.1.2.1": b"",
        "1.3.6.1.2.1.43.5.1.1.1.1": Typed(COUNTER32, 3),
        "1.3.6.1.2.1.43.5.1.1.19.1": Typed(COUNTER32, 5),
    }


async def read_at(live: Agent, at: datetime, readings: KnownReadings, **dialling: object) -> list[Report]:
    """One scan of the only printer by a collector that was just started."""
    dials = replace(Dialling(snmp_port=live.port, timeout_s=0.3), **dialling)  # type: ignore[arg-type]
    plan = ScanPlan(targets=parse_targets([HOST], []), dialling=dials, icmp=False, readings=readings)
    scan = Scan(plan, choose_library("native"), DEFINITIONS, lambda: at)
    return [report async for report in scan.reports()]


async def test_after_a_restart_a_known_printer_is_asked_one_question_in_its_own_way() -> None:
    ways = ("first", "second", "third")
    async with snmp_agent(honest(calm("SN0001", 1_000), community=b"third", versions=[0]), HOST) as live:
        readings = KnownReadings(WholeEvery())
        (before,) = await read_at(live, NOON, readings, communities=ways)
        kept = decode_readings({address: text or "" for address, text in readings.news().items()})
        asked = len(live.asked)
        live.answer = honest(calm("SN0001", 61_000), community=b"third", versions=[0])
        (after,) = await read_at(live, LATER, KnownReadings(WholeEvery(), kept), communities=ways)

    assert len(live.asked) - asked == 1
    assert after == replace(before, observed_at=LATER, uptime_ms=610_000)


async def test_two_printers_that_swapped_addresses_are_told_apart_at_once() -> None:
    readings = KnownReadings(WholeEvery())
    async with snmp_agent(honest(calm("SN0001", 1_000)), HOST) as live:
        await read_at(live, NOON, readings)
        live.answer = honest({**calm("SN0002", 61_000), "1.3.6.1.2.1.25.3.2.1.3.1": b"Large Laser 2"})
        (after,) = await read_at(live, LATER, readings)

    assert (after.device.serial, after.device.model) == ("SN0002", "Large Laser 2")


async def test_where_jobs_are_read_a_printer_is_always_read_whole() -> None:
    readings, counts = KnownReadings(WholeEvery()), list[int]()
    async with snmp_agent(honest(calm("SN0001", 1_000)), HOST) as live:
        for at, ticks in ((NOON, 1_000), (LATER, 61_000)):
            live.answer = honest(calm("SN0001", ticks))
            before = len(live.asked)
            await read_at(live, at, readings, jobs=True)
            counts.append(len(live.asked) - before)

    assert counts[1] >= counts[0] - 1 > 2


async def test_a_short_question_that_is_lost_on_the_way_only_costs_another() -> None:
    readings = KnownReadings(WholeEvery())
    async with snmp_agent(honest(calm("SN0001", 1_000)), HOST) as live:
        (before,) = await read_at(live, NOON, readings)
        answer, first = honest(calm("SN0001", 61_000, total=1240)), len(live.asked)
        live.answer = lambda asked: answer(asked) if len(live.asked) > first + 1 else None
        (after,) = await read_at(live, LATER, readings)

    assert [meter.value for meter in before.meters] == [1234]
    assert [meter.value for meter in after.meters] == [1240]
    assert after.findings == ()
