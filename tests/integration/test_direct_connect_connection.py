"""The direct connection against a real HTTPS portal on loopback that misbehaves as told."""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from direct_connect.api import (
    AsyncDirectConnection,
    ClosedError,
    ConfigError,
    ConnectionSettings,
    DirectConnection,
    JobNames,
    Snapshot,
    SpoolInUseError,
    SqliteSpoolFile,
    Timeouts,
    TriggerPolicy,
    Worker,
)
from direct_connect.uplink import IdentityFolder
from tests.support.direct_connect import (
    Answer,
    Fault,
    ManualClock,
    PortalDouble,
    a_job,
    a_snapshot,
    an_alert,
)
from tests.support.direct_connect_ca import Authority
from wire_format.keys import DecryptionKey
from wire_format.records import Reason
from wire_format.settings import Desired, Settings

EACH_JOB = ConnectionSettings(triggers=TriggerPolicy(jobs_max=1), job_names=JobNames.CLEAR)
QUICK = Timeouts(connect_s=2.0, answer_s=2.0)


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


def opened(
    directory: Path,
    url: str,
    portal: PortalDouble,
    *,
    clock: ManualClock | None = None,
    settings: ConnectionSettings = EACH_JOB,
    claim_code: str | None = "a new one",
) -> DirectConnection:
    return DirectConnection.open(
        directory,
        url,
        snapshot=a_snapshot,
        claim_code=portal.claim_code() if claim_code == "a new one" else claim_code,
        settings=settings,
        clock=clock,
        timeouts=QUICK,
    )


def until_told(portal: PortalDouble, jobs: int) -> None:
    portal.wait_for(lambda portal: len(portal.jobs) >= jobs)


def settle(connection: DirectConnection, portal: PortalDouble, jobs: int) -> None:
    """Until the portal has the jobs and the connection knows it."""
    until_told(portal, jobs)
    deadline_s = time.monotonic() + 20
    while connection.status().unsent:
        assert time.monotonic() < deadline_s, connection.status()
        time.sleep(0.01)


def until(connection: DirectConnection, clock: ManualClock, true: str) -> None:
    """Turn the clock in steps until the status says so."""
    deadline_s = time.monotonic() + 20
    while not getattr(connection.status(), true):
        assert time.monotonic() < deadline_s, connection.status()
        clock.advance(0)
        time.sleep(0.02)


def turn_until_delivered(connection: DirectConnection, clock: ManualClock, portal: PortalDouble, jobs: int) -> None:
    """Let each back-off pass until the portal has the jobs and the connection knows it."""
    deadline_s = time.monotonic() + 20
    while len(portal.jobs) < jobs or connection.status().unsent or connection.status().jobs_waiting:
        assert time.monotonic() < deadline_s, connection.status()
        next_try_at = connection.status().next_try_at
        if next_try_at is not None and next_try_at > clock.at:
            clock.advance((next_try_at - clock.at).total_seconds() + 0.001)
        time.sleep(0.02)


def status_answer(status: int, **headers: str) -> Fault:
    def fault(path: str, body: bytes) -> Answer:
        return status, {name.replace("_", "-"): value for name, value in headers.items()}, b""

    return fault


def captive_portal(path: str, body: bytes) -> Answer:
    return 200, {"Content-Type": "text/html"}, b"<html>Welcome to the hotel. Please log in.</html>"


def hang_up(path: str, body: bytes) -> None:
    return None


def test_a_job_goes_from_the_printer_to_the_portal(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    with opened(tmp_path, url, portal) as connection:
        connection.job_started("job-1")
        connection.job_finished(a_job(1, name="Plan.pdf"))
        until_told(portal, 1)

    (batch,) = portal.arrived
    assert batch.sender == connection.sender
    assert batch.reports[0].jobs[0].name == "Plan.pdf"
    assert batch.reports[0].jobs[0].started_at is not None
    assert batch.reports[0].meters == a_snapshot().meters


def test_what_happens_before_enrolment_is_sent_after_it(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    with opened(tmp_path, url, portal, claim_code=None) as connection:
        connection.job_finished(a_job(1))
        sender = connection.sender
        assert not connection.status().enrolled
        assert "claim code" in (connection.status().problem or "")

    with opened(tmp_path, url, portal) as connection:
        until_told(portal, 1)
        assert connection.sender == sender


def test_a_portal_that_comes_up_later_gets_everything_in_order(
    tmp_path: Path, portal: PortalDouble, certificates: tuple[Authority, Path]
) -> None:
    with portal.running(certificates[1]) as url:
        port = int(url.rsplit(":", 1)[1])
    clock = ManualClock()
    with opened(tmp_path, url, portal, clock=clock) as connection:
        for number in range(5):
            connection.job_finished(a_job(number))
        until(connection, clock, "problem")
        assert "reached" in (connection.status().problem or "")

        with portal.running(certificates[1], port):
            turn_until_delivered(connection, clock, portal, 5)

    assert portal.jobs == [f"job-{number}" for number in range(5)]


def test_a_lost_reply_is_sent_again_and_counted_once(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    clock = ManualClock()
    with opened(tmp_path, url, portal, clock=clock) as connection:
        until(connection, clock, "enrolled")

        def lose_reply(path: str, body: bytes) -> None:
            portal.serve("POST", path, body)

        portal.faults.append(lose_reply)
        connection.job_finished(a_job(1))
        turn_until_delivered(connection, clock, portal, 1)

    assert len(portal.offers) == 2
    assert len(set(portal.offers)) == 1
    assert portal.jobs == ["job-1"]


@pytest.mark.parametrize(
    "fault",
    [captive_portal, hang_up, status_answer(500), status_answer(404), status_answer(302, Location="http://127.0.0.1/")],
    ids=["captive portal", "hang up", "500", "404", "redirect to http"],
)
def test_nothing_is_deleted_for_an_answer_that_is_no_ack(
    tmp_path: Path, portal: PortalDouble, url: str, fault: Fault
) -> None:
    clock = ManualClock()
    with opened(tmp_path, url, portal, clock=clock) as connection:
        until(connection, clock, "enrolled")
        portal.faults.extend([fault, fault])
        connection.job_finished(a_job(1))
        until(connection, clock, "problem")
        assert connection.status().unsent == 1

        turn_until_delivered(connection, clock, portal, 1)

    assert not portal.faults


def test_nobody_comes_back_before_retry_after(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    clock = ManualClock()
    with opened(tmp_path, url, portal, clock=clock) as connection:
        until(connection, clock, "enrolled")
        portal.faults.append(status_answer(503, Retry_After="600"))
        connection.job_finished(a_job(1))
        until(connection, clock, "problem")

        next_try_at = connection.status().next_try_at
        assert next_try_at is not None
        assert (next_try_at - clock.at).total_seconds() >= 600
        turn_until_delivered(connection, clock, portal, 1)


def test_an_alert_overtakes_a_backlog_that_must_wait(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    clock = ManualClock()
    with opened(tmp_path, url, portal, clock=clock) as connection:
        until(connection, clock, "enrolled")
        portal.faults.append(status_answer(503, Retry_After="3600"))
        connection.job_finished(a_job(1))
        until(connection, clock, "problem")

        connection.alert_raised(an_alert("jam-1"))
        portal.wait_for(lambda portal: bool(portal.arrived))

        assert [batch.reason for batch in portal.arrived] == [Reason.ALERT]
        assert connection.status().unsent >= 1
        turn_until_delivered(connection, clock, portal, 1)


def test_after_a_change_of_the_portals_key_the_same_batch_is_sealed_again(
    tmp_path: Path, portal: PortalDouble, url: str
) -> None:
    with opened(tmp_path, url, portal) as connection:
        connection.job_finished(a_job(1))
        settle(connection, portal, 1)
        portal.decryption_keys[:] = [DecryptionKey.generate()]
        connection.job_finished(a_job(2))
        settle(connection, portal, 2)
    with opened(tmp_path, url, portal, claim_code=None) as connection:
        connection.job_finished(a_job(3))
        settle(connection, portal, 3)

    stale = [request for request in portal.requests if request.endswith("/batches")]
    assert len(stale) == 4  # three batches and one that was sealed again; the new key was kept over the restart


def test_keys_that_the_pinned_ca_did_not_sign_are_not_taken(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    other = PortalDouble.make()
    clock = ManualClock()
    with opened(tmp_path, url, portal, clock=clock) as connection:
        until(connection, clock, "enrolled")
        before = connection._folder.current().key_set
        other.senders[connection.sender] = connection._folder.current().key.public
        portal.faults.append(lambda path, body: other.serve("POST", path, body))
        connection.job_finished(a_job(1))
        until(connection, clock, "problem")

        assert connection._folder.current().key_set == before
        turn_until_delivered(connection, clock, portal, 1)


def test_a_revoked_sender_keeps_everything_and_tries_once_a_day(
    tmp_path: Path, portal: PortalDouble, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock()
    with opened(tmp_path, url, portal, clock=clock) as connection:
        until(connection, clock, "enrolled")
        portal.revoked.add(connection.sender)
        connection.job_finished(a_job(1))
        until(connection, clock, "problem")
        assert "revoked" in (connection.status().problem or "")
        tried = len(portal.requests)
        connection.alert_raised(an_alert("jam-1"))
        clock.advance(70_000)
        time.sleep(0.1)
        assert len(portal.requests) == tried

        portal.revoked.clear()
        turn_until_delivered(connection, clock, portal, 1)

    assert any(record.levelno == logging.ERROR for record in caplog.records)


def test_push_by_hand_forgets_every_wait(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    clock = ManualClock()
    with opened(tmp_path, url, portal, clock=clock) as connection:
        until(connection, clock, "enrolled")
        portal.revoked.add(connection.sender)
        connection.job_finished(a_job(1))
        until(connection, clock, "problem")
        portal.revoked.clear()

        connection.push()
        portal.wait_for(lambda portal: len(portal.arrived) == 2)

    assert [batch.reason for batch in portal.arrived] == [Reason.JOBS, Reason.MANUAL]


def test_a_batch_the_portal_will_never_take_is_set_aside_and_the_rest_goes(
    tmp_path: Path, portal: PortalDouble, url: str
) -> None:
    clock = ManualClock()
    with opened(tmp_path, url, portal, clock=clock) as connection:
        until(connection, clock, "enrolled")
        portal.faults.append(status_answer(422))
        connection.job_finished(a_job(1))
        until(connection, clock, "set_aside")
        connection.job_finished(a_job(2))
        until_told(portal, 1)

        assert connection.status().set_aside == 1
    assert portal.jobs == ["job-2"]
    assert portal.arrived[0].state is not None
    assert portal.arrived[0].state.batches_set_aside == 1


def test_after_a_sequence_conflict_a_new_stream_begins_and_says_so(
    tmp_path: Path, portal: PortalDouble, url: str
) -> None:
    clock = ManualClock()
    with opened(tmp_path, url, portal, clock=clock) as connection:
        until(connection, clock, "enrolled")
        stream = connection._spool.numbering().stream
        portal.batches[connection.sender, stream, 1] = "another hash"
        connection.job_finished(a_job(1))
        until(connection, clock, "set_aside")
        connection.job_finished(a_job(2))
        until_told(portal, 1)

    (batch,) = portal.arrived
    assert batch.sequence == 1
    assert batch.stream != stream
    assert batch.state is not None
    assert batch.state.gap is not None
    assert batch.state.gap.previous_stream == stream


def test_a_restart_in_the_middle_loses_nothing_and_repeats_nothing(
    tmp_path: Path, portal: PortalDouble, url: str
) -> None:
    printed = 0
    code = portal.claim_code()
    for _ in range(6):
        with opened(tmp_path, url, portal, claim_code=code) as connection:
            for _ in range(4):
                connection.job_finished(a_job(printed))
                printed += 1
    with opened(tmp_path, url, portal, claim_code=code):
        until_told(portal, printed)

    assert sorted(portal.jobs) == sorted(f"job-{number}" for number in range(printed))
    assert len(portal.offers) - len(set(portal.offers)) <= 7  # one reply may be cut off by each close


def test_a_refused_claim_code_is_reported_and_logged_with_the_remedy(
    tmp_path: Path, portal: PortalDouble, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock()
    code = portal.claim_code()
    portal.claims.clear()
    with opened(tmp_path, url, portal, clock=clock, claim_code=code) as connection:
        connection.job_finished(a_job(1))
        until(connection, clock, "problem")

        status = connection.status()
        assert not status.enrolled
        assert "refused the claim code" in (status.problem or "")
        assert "have a new one made" in (status.problem or "")
        assert status.next_try_at is not None
        assert (status.next_try_at - clock.at).total_seconds() > 70_000
        assert any(record.levelno == logging.ERROR for record in caplog.records)

        portal.claim_code()
        connection.push()
        until_told(portal, 1)


def test_a_portal_with_another_ca_is_told_nothing(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    stranger = PortalDouble.make()
    clock = ManualClock()
    with opened(tmp_path, url, portal, clock=clock, claim_code=stranger.claim_code()) as connection:
        until(connection, clock, "problem")

        assert "not the portal that issued this claim code" in (connection.status().problem or "")
    assert portal.requests == ["GET /v1/ca"]


def test_a_mistyped_claim_code_is_said_at_once(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    with pytest.raises(ConfigError, match="claim code"):
        opened(tmp_path, url, portal, claim_code="K7Q2M-XXXXX")


@pytest.mark.parametrize("address", ["http://portal.example", "portal.example", "https://", "https://a:b@c"])
def test_only_https_addresses_are_taken(tmp_path: Path, portal: PortalDouble, address: str) -> None:
    with pytest.raises(ConfigError, match="https://"):
        opened(tmp_path, address, portal)


def test_an_expired_server_certificate_is_named_and_nothing_is_sent(
    tmp_path: Path, portal: PortalDouble, certificates: tuple[Authority, Path]
) -> None:
    clock = ManualClock()
    expired = certificates[0].server_files(tmp_path, days=-3)
    with portal.running(expired) as url, opened(tmp_path / "d", url, portal, clock=clock) as connection:
        connection.job_finished(a_job(1))
        until(connection, clock, "problem")

        assert "expired" in (connection.status().problem or "")
        assert "renew" in (connection.status().problem or "")
    assert portal.requests == ["GET /v1/ca"]


def test_a_portal_that_drips_is_given_up_in_time(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    clock = ManualClock()
    with DirectConnection.open(
        tmp_path,
        url,
        snapshot=a_snapshot,
        claim_code=portal.claim_code(),
        settings=EACH_JOB,
        clock=clock,
        timeouts=replace(QUICK, answer_s=0.5),
    ) as connection:
        until(connection, clock, "enrolled")
        portal.drip_s = 0.1
        connection.job_finished(a_job(1))
        until(connection, clock, "problem")
        assert "in time" in (connection.status().problem or "")
        portal.drip_s = 0.0
        turn_until_delivered(connection, clock, portal, 1)


def test_an_answer_without_end_is_cut_off(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    clock = ManualClock()
    with opened(tmp_path, url, portal, clock=clock) as connection:
        until(connection, clock, "enrolled")
        portal.faults.append(lambda path, body: (200, {}, b" " * 5_000_000))
        connection.job_finished(a_job(1))
        until(connection, clock, "problem")
        turn_until_delivered(connection, clock, portal, 1)


def test_a_lost_enrolment_reply_is_asked_for_again(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    clock = ManualClock()

    def lose_reply(path: str, body: bytes) -> None:
        portal.serve("POST", path, body)

    portal.faults.append(lose_reply)
    with opened(tmp_path, url, portal, clock=clock) as connection:
        until(connection, clock, "problem")
        clock.advance(20)
        until(connection, clock, "enrolled")

    assert list(portal.senders) == [connection.sender]


def test_a_disk_that_refuses_the_enrolment_is_named_and_it_is_tried_again(
    tmp_path: Path, portal: PortalDouble, url: str
) -> None:
    clock = ManualClock()
    IdentityFolder(tmp_path).load_or_create(url)
    (tmp_path / "portal-ca.pem.new").mkdir()
    with opened(tmp_path, url, portal, clock=clock) as connection:
        connection.job_finished(a_job(1))
        until(connection, clock, "problem")
        assert "can not be written" in (connection.status().problem or "")

        (tmp_path / "portal-ca.pem.new").rmdir()
        turn_until_delivered(connection, clock, portal, jobs=1)


def test_desired_settings_from_an_ack_are_in_force_after_it(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    portal.desired = Desired(version=2, settings=Settings(interval_s=60, jobs_max=3))
    clock = ManualClock()
    with opened(tmp_path, url, portal, clock=clock) as connection:
        until(connection, clock, "enrolled")
        deadline_at = connection.status().deadline_at
        assert deadline_at is not None
        assert (deadline_at - clock.at).total_seconds() <= 60
        connection.job_finished(a_job(1))
        connection.job_finished(a_job(2))
        assert connection.status().jobs_waiting == 2
        connection.job_finished(a_job(3))
        until_told(portal, 3)


def test_many_connections_share_one_spool_file_and_one_worker(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    with SqliteSpoolFile.open(tmp_path / "spool.db") as spool, Worker(threads=3) as worker:
        connections = [
            DirectConnection.open(
                tmp_path / f"printer-{number}",
                url,
                snapshot=a_snapshot,
                claim_code=portal.claim_code(number),
                settings=EACH_JOB,
                worker=worker,
                spool=spool,
            )
            for number in range(12)
        ]
        for number, connection in enumerate(connections):
            connection.job_finished(a_job(number))
        until_told(portal, 12)
        named = {thread.name for thread in threading.enumerate() if thread.name.startswith("inkwire-direct")}
        for connection in connections:
            connection.close()
        assert spool.senders() == tuple(sorted(connection.sender for connection in connections))

    assert len(named) == 3
    assert len({batch.sender for batch in portal.arrived}) == 12


def test_a_spool_belongs_to_one_process(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    with opened(tmp_path, url, portal), pytest.raises(SpoolInUseError, match="in use"):
        opened(tmp_path, url, portal)


def test_after_close_calls_say_so_and_no_thread_is_left(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    before = threading.active_count()
    connection = opened(tmp_path, url, portal)
    connection.job_finished(a_job(1))
    connection.close()
    connection.close()

    with pytest.raises(ClosedError):
        connection.job_finished(a_job(2))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("inkwire-direct")]
    assert threading.active_count() <= before + 1  # the portal's own thread for a connection


def test_close_does_not_wait_for_a_portal_that_hangs(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    asked, release = threading.Event(), threading.Event()

    def hang(path: str, body: bytes) -> None:
        asked.set()
        release.wait(10)

    portal.faults.append(hang)
    connection = DirectConnection.open(
        tmp_path, url, snapshot=a_snapshot, claim_code=portal.claim_code(), settings=EACH_JOB
    )
    try:
        assert asked.wait(10)
        connection.close()
        assert not release.is_set()
    finally:
        release.set()


def test_a_call_never_waits_for_the_snapshot_of_another_thread(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    embedder = threading.Lock()

    def snapshot() -> Snapshot:
        with embedder:
            return a_snapshot()

    with DirectConnection.open(
        tmp_path, url, snapshot=snapshot, claim_code=portal.claim_code(), settings=EACH_JOB
    ) as connection:
        with embedder:  # the worker now waits for us; we must not wait for it
            for number in range(3):
                connection.job_finished(a_job(number))
        until_told(portal, 3)


async def test_the_same_calls_can_be_awaited(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    async with await AsyncDirectConnection.open(lambda: opened(tmp_path, url, portal)) as connection:
        await connection.job_started("job-1")
        await connection.impressions_made(3)
        await connection.job_finished(a_job(1))
        await connection.alert_raised(an_alert("low-1", severity="warning"))
        await connection.alert_cleared("low-1")
        await connection.push()
        status = await connection.status()
        assert status.sender == connection.sender
        until_told(portal, 1)
