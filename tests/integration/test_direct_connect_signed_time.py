"""A device that starts in 2001: it learns the time from the portal alone, and believes nobody else."""

import asyncio
import datetime as dt
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from direct_connect.api import ConnectionSettings, DirectConnection, TriggerPolicy
from direct_connect.clock import CLOCK_FLOOR, CorrectedClock
from direct_connect.core.verdict import HttpAnswer
from direct_connect.errors import PortalUnreachableError
from direct_connect.uplink import IdentityFolder, PortalClient, Timeouts, Uplink, Ways
from direct_connect.uplink.signed_time import SignedTime
from tests.support.direct_connect import ManualClock, PortalDouble, a_job, a_snapshot, an_alert
from tests.support.direct_connect_ca import Authority
from tests.support.portal import live_portal
from wire_format.enrolment import sign_time
from wire_format.keys import DecryptionKey, SigningKey
from wire_format.records import Clock

IN_2001 = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
FAR_AHEAD = dt.datetime(2090, 1, 1, tzinfo=dt.UTC)
QUICK = Timeouts(connect_s=5.0, answer_s=5.0)
SETTINGS = ConnectionSettings(triggers=TriggerPolicy(jobs_max=1))
DEVICE = """
import logging, select, sys, time
from direct_connect.api import ConnectionSettings, DirectConnection, TriggerPolicy
from tests.support.direct_connect import a_job, a_snapshot
assert time.time() < 1e9, time.time()
settings = ConnectionSettings(triggers=TriggerPolicy(jobs_max=1))
logging.basicConfig(format="%(message)s %(why)s", level=logging.WARNING)
folder, url, code = sys.argv[1:]
with DirectConnection.open(folder, url, snapshot=a_snapshot, claim_code=code, settings=settings) as c:
    c.job_finished(a_job(1))
    for _ in range(600):
        if c.status().delivered:
            break
        select.select([], [], [], 0.1)  # libfaketime breaks time.sleep
    print(c.status().delivered, c.status().clock, c.status().problem)
"""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Path]:
    authority = Authority.make()
    return authority, authority.server_files(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def portal(certificates: tuple[Authority, Path]) -> PortalDouble:
    return PortalDouble(certificates[0], [DecryptionKey.generate()])


@pytest.fixture
def url(portal: PortalDouble, certificates: tuple[Authority, Path]) -> Iterator[str]:
    with portal.running(certificates[1]) as url:
        yield url


def opened(directory: Path, url: str, clock: CorrectedClock, code: str | None) -> DirectConnection:
    ways = Ways(timeouts=QUICK, monotonic_s=clock.monotonic_s, dates=clock.dates)
    return DirectConnection.open(
        directory, url, snapshot=a_snapshot, claim_code=code, settings=SETTINGS, clock=clock, uplink=Uplink(ways)
    )


def test_a_device_in_2001_enrols_and_tells_right_times(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    clock = CorrectedClock(ManualClock(IN_2001))
    with opened(tmp_path, url, clock, portal.claim_code()) as connection:
        connection.job_finished(a_job(1))
        portal.wait_for(lambda portal: bool(portal.jobs))
        assert connection.status().clock == "synced"
        early = replace(a_job(2), completed_at=IN_2001, submitted_at=IN_2001 - dt.timedelta(days=3))
        connection.job_finished(early)
        portal.wait_for(lambda portal: len(portal.jobs) == 2)

    asked = [request for request in portal.requests if request.startswith("GET /v1/time")]
    assert len(asked) == 1
    last = portal.arrived[-1]
    assert last.clock is Clock.SYNCED
    (job,) = last.reports[0].jobs
    assert job.completed_at is not None
    assert abs((job.completed_at - dt.datetime.now(dt.UTC)).total_seconds()) < 3600
    assert job.submitted_at is None
    assert abs((last.created_at - dt.datetime.now(dt.UTC)).total_seconds()) < 3600
    floor = IdentityFolder(tmp_path).time_floor()
    assert floor is not None
    assert abs((floor - dt.datetime.now(dt.UTC)).total_seconds()) < 3600


def test_an_alert_waits_for_no_time(tmp_path: Path, portal: PortalDouble, certificates: tuple[Authority, Path]) -> None:
    with (
        portal.running(certificates[1]) as url,
        opened(tmp_path, url, CorrectedClock(ManualClock()), portal.claim_code()) as connection,
    ):
        connection.job_finished(a_job(1))
        portal.wait_for(lambda portal: bool(portal.jobs))
    clock = CorrectedClock(ManualClock(IN_2001), IdentityFolder(tmp_path).time_floor() or CLOCK_FLOOR)
    with opened(tmp_path, url, clock, None) as connection:
        connection.alert_raised(an_alert("jam-1", onset_at=IN_2001))
        assert connection.status().clock == "unsynced"
        assert connection.status().alerts_waiting + connection.status().unsent >= 1


class Saying:
    """A portal that answers the question for the time with what a test wants."""

    def __init__(self, answer: Callable[[str], str]) -> None:
        self._answer = answer

    def get(self, path: str) -> HttpAnswer:
        return HttpAnswer(status=200, body=self._answer(path.partition("=")[2]).encode("ascii"))

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("lie", ["an old answer", "another signer", "behind the floor", "a page"])
def test_no_time_but_the_portals_of_now_is_believed(tmp_path: Path, lie: str) -> None:
    authority, now = Authority.make(), dt.datetime.now(dt.UTC)

    def answer(nonce: str) -> str:
        match lie:
            case "an old answer":
                return sign_time("00" * 16, now, authority.signing_key)
            case "another signer":
                return sign_time(nonce, now, SigningKey.generate_es256())
            case "behind the floor":
                return sign_time(nonce, now - dt.timedelta(days=30), authority.signing_key)
        return "<html>"

    def connect(urls: Sequence[str], ca_pem: bytes) -> PortalClient:
        return cast(PortalClient, Saying(answer))

    clock = CorrectedClock(ManualClock(IN_2001), now)
    signed_time = SignedTime(clock, IdentityFolder(tmp_path), connect, os.urandom)

    with pytest.raises(PortalUnreachableError):
        signed_time.make_sure(["https://portal.example"], authority.pem)
    assert clock.doubtful
    assert not clock.synced


def test_a_server_of_another_ca_is_not_even_asked(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    clock = CorrectedClock(ManualClock(IN_2001))
    signed_time = SignedTime(clock, IdentityFolder(tmp_path), Uplink(Ways(timeouts=QUICK)).dateless, os.urandom)

    with pytest.raises(PortalUnreachableError, match="not from the CA pinned"):
        signed_time.make_sure([url], Authority.make().pem)
    assert not portal.requests


@pytest.mark.parametrize("years", [-5, 60])
def test_a_certificate_is_judged_by_the_signed_time(portal: PortalDouble, url: str, years: int) -> None:
    clock = CorrectedClock(ManualClock())
    clock.learn(dt.datetime.now(dt.UTC) + dt.timedelta(days=365 * years))
    client = Uplink(Ways(timeouts=QUICK, dates=clock.dates)).client([url], portal.authority.pem)

    with pytest.raises(PortalUnreachableError, match="not valid yet" if years < 0 else "has expired"):
        client.get("/v1/ca")
    assert not portal.requests


def test_the_clock_that_was_set_right_counts_again_and_earlier_times_are_mended() -> None:
    base = ManualClock(IN_2001)
    clock = CorrectedClock(base)
    finished_at = IN_2001 + dt.timedelta(seconds=5)
    base.advance(10)
    now = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
    clock.learn(now)
    assert clock.utc_now() == now
    assert clock.mend(finished_at) == now - dt.timedelta(seconds=5)
    assert clock.mend(IN_2001 - dt.timedelta(days=1)) is None
    assert clock.mend(now) == now

    base.advance(60)
    base.at = now + dt.timedelta(seconds=62)
    assert clock.utc_now() == base.at
    assert clock.dates() is None
    base.at = FAR_AHEAD
    assert clock.utc_now() == now + dt.timedelta(seconds=60)


@pytest.mark.skipif(shutil.which("faketime") is None, reason="NOT TESTED: faketime is not installed")
async def test_a_process_whose_machine_is_in_2001_delivers_to_a_real_portal(tmp_path: Path) -> None:
    async with live_portal(
        tmp_path, record_now=lambda: dt.datetime.now(dt.UTC), claim_life_s=100 * 365 * 86_400
    ) as portal:
        process = await asyncio.create_subprocess_exec(
            "faketime", "2001-01-01 00:00:00", sys.executable, "-c", DEVICE, str(tmp_path / "device"), portal.url,
            portal.claims.pop(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"},
        )  # fmt: skip
        out, err = await process.communicate()
        assert out.split()[:2] == [b"1", b"synced"], (out, err.decode()[-2000:])
        assert [row["job_id"] for row in await portal.export("jobs")] == ["job-1"]


@pytest.mark.skipif(shutil.which("faketime") is None, reason="NOT TESTED: faketime is not installed")
async def test_a_gateway_in_2001_that_speaks_through_the_agent_delivers_to_a_real_portal(tmp_path: Path) -> None:
    async with live_portal(
        tmp_path, record_now=lambda: dt.datetime.now(dt.UTC), claim_life_s=100 * 365 * 86_400
    ) as portal:
        lines = (
            'hello {"v":1,"client":"test/1"}',
            f'open plotter {{"claim":"{portal.claims.pop()}"}}',
            'job-finished plotter {"job_id":"job-1","service":"print","outcome":"completed","impressions":2}',
            "push plotter",
        )
        process = await asyncio.create_subprocess_exec(
            "faketime", "2001-01-01 00:00:00", sys.executable, "-m", "inkwire", "connect", "agent",
            "--directory", str(tmp_path / "gateway"), "--portal", portal.url, "--drain-s", "30",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"},
        )  # fmt: skip
        out, err = await process.communicate("".join(f"{line}\n" for line in lines).encode())
        assert [line.split()[0] for line in out.splitlines()] == [b"ok"] * 4, (out, err.decode()[-2000:])
        assert [row["job_id"] for row in await portal.export("jobs")] == ["job-1"], err.decode()[-2000:]
