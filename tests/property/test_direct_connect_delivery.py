"""The product's promise with failure as ordinary steps: each job once, each acked batch never again."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from direct_connect.core.batching import Lane
from direct_connect.core.settings import ConnectionSettings
from direct_connect.core.triggers import TriggerPolicy
from direct_connect.core.verdict import HttpAnswer
from direct_connect.errors import PortalUnreachableError
from direct_connect.gathering import Gatherer
from direct_connect.spool import SqliteSpoolFile
from direct_connect.uplink.courier import Courier
from direct_connect.uplink.http import Poster
from direct_connect.uplink.identity import Identity, IdentityFolder
from tests.support.direct_connect import ManualClock, PortalDouble, a_job, a_snapshot, an_alert, bytes_from
from wire_format.keys import SigningKey

STEPS = st.sampled_from(
    ["print", "print", "print", "impressions", "jam", "clear", "wait", "send", "send", "lose-request", "lose-reply",
     "busy", "stale-key", "captive", "cut-power", "tear-log", "clock-back"]
)  # fmt: skip


class LosingPost:
    """Posts straight into a portal, and loses what it is told to lose."""

    def __init__(self, portal: PortalDouble) -> None:
        self.portal, self.mood = portal, "send"
        self.closed = False

    def post(self, path: str, body: bytes, content_type: str) -> HttpAnswer:
        mood, self.mood = self.mood, "send"
        if mood == "lose-request":
            raise PortalUnreachableError("lost on the way there")
        if mood == "busy":
            return HttpAnswer(status=503, body=b"", retry_after="20")
        if mood == "captive":
            return HttpAnswer(status=200, body=b"<html>log in</html>")
        status, _, document = self.portal.serve("POST", path, body)
        if mood == "lose-reply":
            raise PortalUnreachableError("lost on the way back")
        return HttpAnswer(status=status, body=document)

    def rest(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is kept."""
        self.closed = True


class House:
    """A printer with its connection on a real spool file, and a portal that knows it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = ManualClock()
        self.portal = PORTAL
        self.portal.batches.clear()
        self.portal.arrived.clear()
        self.portal.offers.clear()
        self.folder = IdentityFolder(directory / "identity")
        self.folder.save(IDENTITY)
        self.chance = bytes_from("house")
        self.post = LosingPost(self.portal)
        self.printed = 0
        self.alerts: list[str] = []
        self.acked: set[tuple[str, int]] = set()
        self.starts = 0
        self.open(directory / "0")
        self.gatherer.enrolled(None)

    def open(self, place: Path) -> None:
        """Open the spool in a place and join gathering and delivery on it."""
        self.place = place
        self.file = SqliteSpoolFile.open(place / "spool.db", randomness=self.chance)
        self.spool = self.file.of(IDENTITY.sender)
        policy = TriggerPolicy(jobs_max=3, impressions_max=20)
        self.gatherer = Gatherer(
            self.spool,
            a_snapshot,
            own=ConnectionSettings(triggers=policy),
            name_secret=IDENTITY.name_secret,
            clock=self.clock,
            randomness=self.chance,
        )
        self.courier = Courier(
            self.spool, self.folder, clock=self.clock, randomness=self.chance, connect=lambda _: self.post
        )

    def restart(self, *, tear: bool) -> None:
        """A pulled plug: what is on disk at this moment is all that is left. tear: the log ends in half a record."""
        self.starts += 1
        place = self.directory / str(self.starts)
        shutil.copytree(self.place, place)
        self.file.close()
        if tear:
            with (place / "spool.db-wal").open("ab") as log:
                log.write(b"\x00half a frame" * 9)
        self.clock.now_s = 1.0
        self.open(place)

    def take(self, step: str) -> None:
        """One step of the story."""
        match step:
            case "print":
                self.gatherer.job_finished(a_job(self.printed))
                self.printed += 1
            case "impressions":
                self.gatherer.impressions_made(7)
            case "jam":
                self.alerts.append(f"jam-{len(self.alerts)}")
                self.gatherer.alert_raised(an_alert(self.alerts[-1], onset_at=self.clock.at))
            case "clear" if self.alerts:
                self.gatherer.alert_cleared(self.alerts[-1])
            case "wait":
                self.clock.advance(4000)
            case "cut-power" | "tear-log":
                self.restart(tear=step == "tear-log")
            case "clock-back":
                self.clock.at -= timedelta(hours=5)
            case "stale-key":
                self.portal.decryption_keys.reverse()
                self.portal.decryption_keys[1:] = []
                self.portal.decryption_keys.append(SPARE_KEYS[self.portal.decryption_keys[0] is SPARE_KEYS[0]])
            case "send" | "lose-request" | "lose-reply" | "busy" | "captive":
                self.post.mood = step
                self.send()
        self.gatherer.form_due()

    def send(self) -> None:
        """One try on each lane; what an ack names must never have been acked before."""
        for lane in Lane:
            before = self.spool.oldest(lane)
            if before is None:
                continue
            assert (before.stream, before.sequence) not in self.acked, "an acked batch was offered again"
            self.courier.step(lane)
            if self.spool.oldest(lane) != before:
                self.acked.add((before.stream, before.sequence))

    def finish(self) -> None:
        """Everything gets through in the end."""
        self.gatherer.ask_push()
        self.gatherer.form_due()
        for _ in range(200):
            self.clock.advance(90_000)
            self.gatherer.form_due()
            if self.courier.drain().left == 0:
                break
        self.gatherer.form_due()
        self.courier.drain()
        self.file.close()


PORTAL = PortalDouble.make()
SPARE_KEYS = (PORTAL.decryption_keys[0], type(PORTAL.decryption_keys[0]).generate())
IDENTITY = Identity(
    key=SigningKey.generate(),
    portal_url="https://127.0.0.1:1",
    name_secret=b"s" * 32,
    ca_pem=PORTAL.authority.pem,
    key_set=PORTAL.key_set(),
    enrolled_at=ManualClock().utc_now(),
)
PORTAL.senders[IDENTITY.sender] = IDENTITY.key.public


def told_of(portal: PortalDouble) -> list[str]:
    return [alert.alert_id for batch in portal.arrived for report in batch.reports for alert in report.alerts]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=50))
@example(["print"] * 3 + ["lose-reply", "cut-power", "send"])
@example(["print"] * 3 + ["send", "tear-log", "print", "print", "print", "send"])
@example(["jam", "lose-reply", "clear", "cut-power", "wait", "send"])
@example(["print"] * 3 + ["stale-key", "send", "cut-power", "send"])
def test_each_job_and_alert_arrives_once_whatever_fails(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        house = House(Path(directory))
        for step in steps:
            house.take(step)
        house.finish()

        assert sorted(house.portal.jobs) == sorted(f"job-{number}" for number in range(house.printed))
        folded = sum(
            (alert.count or 1) - 1
            for batch in house.portal.arrived
            for report in batch.reports
            for alert in report.alerts
        )
        assert len(set(told_of(house.portal))) + folded == len(house.alerts)
        assert len({(batch.stream, batch.sequence) for batch in house.portal.arrived}) == len(house.portal.arrived)
        assert {batch.stream for batch in house.portal.arrived} <= {
            house.portal.offers[0][0] if house.portal.offers else ""
        }


def test_a_way_to_the_portal_that_opens_while_the_courier_closes_is_closed_too(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.gatherer.ask_push()
    house.gatherer.form_due()

    def connect(_: Identity) -> Poster:
        courier.close()
        return house.post

    courier = Courier(house.spool, house.folder, clock=house.clock, randomness=house.chance, connect=connect)
    courier.step(Lane.NORMAL)

    assert house.post.closed
    house.file.close()
