"""Simulated printers with a direct connection: what they do reaches the portal once."""

import asyncio
import time
from pathlib import Path

import pytest

from device_sim.clock import ClockSpec, ScaledClock
from device_sim.core.errors import ConfigError
from device_sim.core.events import JobFinished
from device_sim.core.faults import with_fault
from device_sim.firmware import Firmware
from device_sim.options import DirectPlan
from device_sim.population import Population
from tests.support.device_sim import HOUR_S, MONDAY_7, printer
from tests.support.direct_connect import PortalDouble


class Life:
    """A population on a fast clock that stops on demand; jobs: what really ended."""

    def __init__(self, count: int) -> None:
        self.clock = ScaledClock(ClockSpec(epoch_s=MONDAY_7 + 2 * HOUR_S, real_s=time.time(), speed=600.0))
        printers = [
            printer("ecosys-p3155", index=index, at_s=MONDAY_7 + 2 * HOUR_S, address=f"127.1.3.{index + 1}", chunk=10)
            for index in range(count)
        ]
        self.population = Population(printers, self.clock)
        self.jobs: list[str] = []
        self.population.listen(
            lambda happening: self.jobs.extend(
                event.job.record.job_id for event in happening.events if isinstance(event, JobFinished)
            )
        )
        self.said: list[str] = []

    async def live(self, real_s: float) -> None:
        loop = asyncio.get_running_loop()
        end_s = loop.time() + real_s
        while loop.time() < end_s:
            self.population.wake()
            await asyncio.sleep(0.01)

    async def connect(self, plan: DirectPlan) -> Firmware:
        return await Firmware.open(plan, self.population.printers, self.population, self.clock, self.said.append)


async def test_every_job_reaches_the_portal_once_and_the_last_meters_too(tmp_path: Path) -> None:
    portal, life = PortalDouble.make(), Life(3)
    claims = tuple(portal.claim_code(number) for number in (1, 2, 3))
    with portal.running(portal.authority.server_files(tmp_path)) as url:
        firmware = await life.connect(DirectPlan(url=url, claims=claims, spool=tmp_path / "spool"))

        await life.live(3.0)
        life.population.halt()
        delivered = await firmware.push_all(20.0)
        senders = dict(firmware.senders)
        await firmware.close()

    assert delivered and life.jobs
    assert sorted(portal.jobs) == sorted(life.jobs)
    assert set(senders.values()) == set(portal.senders)
    for one in life.population.printers:
        reports = [
            report
            for batch in portal.arrived
            if batch.sender == senders[one.state.identity.index]
            for report in batch.reports
        ]
        last = max(reports, key=lambda report: report.observed_at)
        assert last.device.serial == one.state.identity.serial
        assert {meter.name: meter.value for meter in last.meters}["total.impressions"] == one.state.meters[0]


async def test_a_printer_whose_clock_starts_in_2001_delivers_every_job_once(tmp_path: Path) -> None:
    portal, life = PortalDouble.make(), Life(1)
    (one,) = life.population.printers
    one.state.faults = with_fault(one.state.faults, "clock_at_boot", "2001-01-01")
    with portal.running(portal.authority.server_files(tmp_path)) as url:
        firmware = await life.connect(DirectPlan(url=url, claims=(portal.claim_code(),), spool=tmp_path / "spool"))

        await life.live(3.0)
        life.population.halt()
        delivered = await firmware.push_all(20.0)
        await firmware.close()

    assert delivered and life.jobs
    assert sorted(portal.jobs) == sorted(life.jobs)
    assert {report.observed_at.year for batch in portal.arrived for report in batch.reports} == {2001}


async def test_without_a_portal_nothing_is_lost_and_it_is_said(tmp_path: Path) -> None:
    portal, life = PortalDouble.make(), Life(1)
    certificate = portal.authority.server_files(tmp_path)
    with portal.running(certificate) as url:
        port = int(url.rpartition(":")[2])
    plan = DirectPlan(url=url, claims=(portal.claim_code(),), spool=tmp_path / "spool")
    firmware = await life.connect(plan)
    await life.live(2.0)
    life.population.halt()

    assert not await firmware.push_all(0.5)
    await firmware.close()
    with portal.running(certificate, port):
        again = await life.connect(plan)
        assert await again.push_all(20.0)
        await again.close()

    assert any("not enrolled yet" in sentence for sentence in life.said)
    assert life.jobs and sorted(portal.jobs) == sorted(life.jobs)


async def test_a_code_the_portal_does_not_know_is_one_sentence(tmp_path: Path) -> None:
    portal, life = PortalDouble.make(), Life(1)
    code = portal.claim_code()
    portal.claims.clear()

    with portal.running(portal.authority.server_files(tmp_path)) as url, pytest.raises(ConfigError, match="--claim: "):
        await life.connect(DirectPlan(url=url, claims=(code,), spool=tmp_path / "spool"))


async def test_too_few_codes_name_the_printer_without(tmp_path: Path) -> None:
    portal, life = PortalDouble.make(), Life(2)
    serial = life.population.printers[1].state.identity.serial

    with pytest.raises(ConfigError, match=f"fewer claim codes than printers that push .{serial} has none"):
        await life.connect(
            DirectPlan(url="https://127.0.0.1:9", claims=(portal.claim_code(),), spool=tmp_path / "spool")
        )


async def test_a_push_that_was_given_up_does_not_end_the_telling(tmp_path: Path) -> None:
    portal, life = PortalDouble.make(), Life(2)
    claims = tuple(portal.claim_code(number) for number in (1, 2))
    with portal.running(portal.authority.server_files(tmp_path)) as url:
        firmware = await life.connect(DirectPlan(url=url, claims=claims, spool=tmp_path / "spool"))
        await asyncio.to_thread(time.sleep, 1.0)
        life.population.wake()

        given_up = await firmware.push_all(0.0)
        await life.live(1.0)
        life.population.halt()
        delivered = await firmware.push_all(20.0)
        await firmware.close()

    assert not given_up
    assert delivered
    assert sorted(portal.jobs) == sorted(life.jobs)
