"""The courier at the pace of the bandwidth promise, and after a power cut that took many senders."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from direct_connect.core.batching import Lane
from direct_connect.core.pace import PacePolicy
from direct_connect.core.verdict import HttpAnswer
from direct_connect.errors import PortalUnreachableError
from direct_connect.spool import SqliteSpoolFile, append_reports
from direct_connect.spool.memory import MemorySpoolFile
from direct_connect.spool.port import Spool, SpoolFile
from direct_connect.uplink import Courier, Identity, IdentityFolder
from direct_connect.uplink.pacer import Pacer
from tests.support.direct_connect import ManualClock, PortalDouble, bytes_from
from tests.support.wire import full_batch
from wire_format.keys import SigningKey
from wire_format.records import Reason

PORTAL = PortalDouble.make()
IDENTITY = Identity(
    key=SigningKey.generate(),
    portal_url="https://127.0.0.1:1",
    name_secret=b"s" * 32,
    ca_pem=PORTAL.authority.pem,
    key_set=PORTAL.key_set(),
    enrolled_at=ManualClock().utc_now(),
)
PORTAL.senders[IDENTITY.sender] = IDENTITY.key.public
POLICY = PacePolicy(burst_bytes=50_000, period_bytes=50_000, quantum_bytes=20_000)


class CountedPost:
    """A way to the portal on which every post takes 10,000 bytes. up: whether there is a network."""

    def __init__(self) -> None:
        self.up, self.rests, self.posts = True, 0, 0

    def post(self, path: str, body: bytes, content_type: str) -> HttpAnswer:
        self.posts += 1
        if not self.up:
            raise PortalUnreachableError("no network", wire_bytes=500)
        status, _, document = PORTAL.serve("POST", path, body)
        return HttpAnswer(status=status, body=document, wire_bytes=10_000)

    def rest(self) -> None:
        """Counted."""
        self.rests += 1

    def close(self) -> None:
        """Nothing is kept."""


@pytest.fixture(params=["memory", "sqlite"])
def spool_file(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SpoolFile]:
    if request.param == "memory":
        yield MemorySpoolFile()
        return
    with SqliteSpoolFile.open(tmp_path / "spool.db") as file:
        yield file


class Sender:
    """A sender with some batches in its spool."""

    def __init__(self, directory: Path, spool_file: SpoolFile) -> None:
        PORTAL.arrived.clear()
        PORTAL.batches.clear()
        self.clock, self.post = ManualClock(), CountedPost()
        self.folder = IdentityFolder(directory / "identity")
        self.folder.save(IDENTITY)
        self.spool: Spool = spool_file.of(IDENTITY.sender)
        self.chance = bytes_from("sender")

    def spool_batches(self, count: int, reason: Reason = Reason.INTERVAL) -> None:
        for _ in range(count):
            append_reports(self.spool, full_batch().reports, reason=reason, created_at=self.clock.at)

    def spool_alert(self) -> None:
        append_reports(self.spool, full_batch().reports, reason=Reason.ALERT, created_at=self.clock.at)

    def courier(self, *, paced: bool = True, spread_s: float = 0.0) -> Courier:
        return Courier(
            self.spool,
            self.folder,
            clock=self.clock,
            randomness=self.chance,
            connect=lambda _: self.post,
            pacer=Pacer(POLICY, self.spool, self.clock) if paced else None,
            start_spread_s=spread_s,
        )


@pytest.fixture
def sender(tmp_path: Path, spool_file: SpoolFile) -> Sender:
    return Sender(tmp_path, spool_file)


def test_a_backlog_leaves_at_the_pace_in_order_and_says_why_it_waits(sender: Sender) -> None:
    sender.spool_batches(20)
    courier = sender.courier()

    first = courier.drain()
    assert (first.delivered, first.left) == (5, 15)
    assert "bandwidth promise" in (courier.problem or "")
    assert sender.post.rests >= 1
    assert first.wake_at_s > sender.clock.monotonic_s()
    drains = 1
    while (left := courier.drain()).left:
        assert left.wake_at_s > sender.clock.monotonic_s()
        sender.clock.advance(left.wake_at_s - sender.clock.monotonic_s())
        drains += 1

    assert [batch.sequence for batch in PORTAL.arrived] == list(range(1, 21))
    assert 8 <= drains <= 12
    assert courier.problem is None


def test_a_reboot_brings_no_new_budget(sender: Sender) -> None:
    sender.spool_batches(20)
    assert sender.courier().drain().delivered == 5
    sender.clock.now_s = 3.0

    assert sender.courier().drain().delivered == 0


def test_an_alert_does_not_wait_for_the_pace_and_is_charged(sender: Sender) -> None:
    sender.spool_batches(20)
    courier = sender.courier()
    wake_at_s = courier.drain().wake_at_s
    sender.spool_alert()

    assert courier.drain().delivered == 1
    assert PORTAL.arrived[-1].reason is Reason.ALERT
    assert courier.wake_at(Lane.NORMAL) > wake_at_s


def test_a_push_by_hand_does_not_wait_for_the_pace(sender: Sender) -> None:
    sender.spool_batches(20)
    courier = sender.courier()
    courier.drain()
    courier.hurry()

    assert courier.drain().left == 0
    sender.spool_batches(1)
    assert courier.drain().delivered == 0, "the next backlog is held to the pace, and to what the push has cost"


def test_failed_tries_are_charged_too(sender: Sender) -> None:
    sender.spool_batches(1)
    sender.post.up = False
    courier = sender.courier()
    for _ in range(100):
        courier.drain()
        sender.clock.advance(10.0)
        courier.hurry()
    sender.post.up = True
    sender.clock.advance(3600)
    courier = sender.courier()

    assert courier.drain().delivered <= 1


def test_an_old_backlog_does_not_leave_with_the_start_but_within_the_spread(sender: Sender) -> None:
    sender.spool_batches(2)
    sender.spool_alert()
    sender.clock.advance(86_400)
    starts = []
    for _ in range(40):
        courier = sender.courier(paced=False, spread_s=600.0)
        assert courier.drain().delivered == 0
        waits = [courier.wake_at(lane) - sender.clock.monotonic_s() for lane in Lane]
        assert 0 <= waits[Lane.PRIORITY] <= 60
        assert 0 <= waits[Lane.NORMAL] <= 600
        starts.append(waits[Lane.NORMAL])
    assert min(starts) < 150
    assert max(starts) > 450

    courier.alert_is_new()
    assert courier.drain().delivered == 1, "the alert goes at once and does not drain the backlog"


def test_what_is_fresh_leaves_at_once_after_a_restart(sender: Sender) -> None:
    sender.spool_batches(2)
    sender.clock.advance(30)

    assert sender.courier(spread_s=600.0).drain().delivered == 2


def test_a_clock_that_began_anew_does_not_make_an_old_backlog_look_fresh(sender: Sender) -> None:
    sender.spool_batches(2)
    sender.clock.at -= timedelta(days=20_000)

    assert sender.courier(spread_s=600.0).drain().delivered == 0


def test_a_delivery_frees_an_alert_that_waits_in_back_off(sender: Sender) -> None:
    sender.post.up = False
    sender.spool_alert()
    courier = sender.courier()
    for _ in range(12):
        courier.step(Lane.PRIORITY)
        sender.clock.advance(max(0.0, courier.wake_at(Lane.PRIORITY) - sender.clock.monotonic_s()))
    courier.step(Lane.PRIORITY)
    assert courier.wake_at(Lane.PRIORITY) > sender.clock.monotonic_s()
    sender.post.up = True
    sender.spool_batches(1)

    courier.step(Lane.NORMAL)

    assert courier.drain().left == 0
