"""Many senders on one uplink: few connections, fair between printers, each closed by itself."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from direct_connect.api import (
    ConnectionSettings,
    DirectConnection,
    SharedUplink,
    SqliteSpoolFile,
    Timeouts,
    TriggerPolicy,
    Ways,
    Worker,
)
from tests.support.direct_connect import ManualClock, PortalDouble, a_job, a_snapshot, an_alert

EACH_JOB = ConnectionSettings(triggers=TriggerPolicy(jobs_max=1))
WAYS = Ways(timeouts=Timeouts(connect_s=10.0, answer_s=10.0))


@dataclass(slots=True)
class Gateway:
    """Some printers that are enrolled, on one spool, one worker and one uplink."""

    portal: PortalDouble
    connections: list[DirectConnection]
    certificate: Path
    port: int

    def backlog(self, jobs: int) -> None:
        """Each printer prints while the portal is away."""
        for number in range(jobs):
            for place, connection in enumerate(self.connections):
                connection.job_finished(a_job(1000 * place + number))

    def push(self) -> None:
        for connection in self.connections:
            connection.push()


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[PortalDouble, Path]:
    portal = PortalDouble.make()
    return portal, portal.authority.server_files(tmp_path_factory.mktemp("portal"))


@pytest.fixture
def gateway(tmp_path: Path, certified: tuple[PortalDouble, Path]) -> Iterator[Gateway]:
    portal, certificate = PortalDouble(certified[0].authority, certified[0].decryption_keys), certified[1]
    with ExitStack() as closing:
        spool = closing.enter_context(SqliteSpoolFile.open(tmp_path / "spool.db"))
        worker = closing.enter_context(Worker(threads=3))
        uplink = closing.enter_context(SharedUplink(worker, WAYS, connections_max=2))
        with portal.running(certificate) as url:
            connections = [
                closing.enter_context(
                    DirectConnection.open(
                        tmp_path / f"printer-{number}",
                        url,
                        snapshot=a_snapshot,
                        claim_code=portal.claim_code(number),
                        settings=EACH_JOB,
                        worker=worker,
                        spool=spool,
                        uplink=uplink,
                    )
                )
                for number in range(12)
            ]
            deadline_s = time.monotonic() + 30
            while not all(connection.status().enrolled for connection in connections):
                assert time.monotonic() < deadline_s
                time.sleep(0.02)
        yield Gateway(portal, connections, certificate, int(url.rsplit(":", 1)[1]))


def test_the_batches_of_many_printers_go_over_few_connections_in_turns(gateway: Gateway) -> None:
    gateway.backlog(8)
    gateway.portal.connections = 0
    with gateway.portal.running(gateway.certificate, gateway.port):
        gateway.push()
        gateway.portal.wait_for(lambda portal: len(portal.jobs) == 96, 60.0)
        connections = gateway.portal.connections

    senders = [batch.sender for batch in gateway.portal.arrived]
    assert connections <= 4  # two, and what a reset in the middle of the portal's start may cost
    assert len(set(senders[:36])) == 12, Counter(senders[:36])
    for sender in set(senders):
        sequences = [batch.sequence for batch in gateway.portal.arrived if batch.sender == sender]
        assert sequences == sorted(sequences)


def test_an_alert_goes_before_the_backlog_of_all_others(gateway: Gateway) -> None:
    gateway.backlog(8)
    gateway.portal.drip_s = 0.0005
    with gateway.portal.running(gateway.certificate, gateway.port):
        gateway.push()
        gateway.portal.wait_for(lambda portal: len(portal.jobs) >= 5, 60.0)
        gateway.connections[-1].alert_raised(an_alert("jam-1"))
        gateway.portal.wait_for(lambda portal: any(batch.reason == "alert" for batch in portal.arrived), 60.0)
        before = len(gateway.portal.jobs)
        gateway.portal.drip_s = 0.0
        gateway.portal.wait_for(lambda portal: len(portal.jobs) == 96, 60.0)

    assert before < 96


def test_closing_one_printer_leaves_the_others_their_connections(gateway: Gateway) -> None:
    gateway.backlog(3)
    asked, release = threading.Event(), threading.Event()

    def hang(path: str, body: bytes) -> None:
        asked.set()
        release.wait(20)

    gateway.portal.faults.append(hang)
    with gateway.portal.running(gateway.certificate, gateway.port):
        gateway.push()
        assert asked.wait(20)
        gateway.connections[0].close()
        gateway.portal.wait_for(lambda portal: len(set(portal.jobs)) >= 33 - 3, 60.0)
        release.set()


def test_connections_that_nobody_uses_are_let_go(tmp_path: Path, certified: tuple[PortalDouble, Path]) -> None:
    portal, certificate = certified
    clock = ManualClock()
    with (
        portal.running(certificate) as url,
        Worker(threads=1, clock=clock) as worker,
        SharedUplink(worker, WAYS, clock=clock, linger_s=5.0) as uplink,
    ):
        before = portal.connections
        poster = uplink.poster([url], portal.authority.pem)
        assert poster.post("/nowhere", b"", "text/plain").status == 404
        assert portal.connections == before + 1
        (pool,) = uplink._pools.values()
        assert pool._idle
        deadline_s = time.monotonic() + 20
        while pool._idle:
            assert time.monotonic() < deadline_s
            clock.advance(1.0)
            time.sleep(0.02)
        assert clock.now_s >= 1005.0
