"""A printer with its connection on a real spool file, a portal that knows it, and a network that does what it is told.

What befalls them are steps (`House.take`), so that a property can put them in any order.
"""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Final

from direct_connect.core.batching import Lane
from direct_connect.core.settings import ConnectionSettings
from direct_connect.core.triggers import TriggerPolicy
from direct_connect.core.verdict import HttpAnswer
from direct_connect.errors import PortalUnreachableError, SpoolFullError, SpoolStorageError
from direct_connect.gathering import Gatherer
from direct_connect.spool import SqliteSpoolFile
from direct_connect.uplink.courier import Courier
from direct_connect.uplink.identity import Identity, IdentityFolder
from tests.support.direct_connect import ManualClock, PortalDouble, a_job, a_snapshot, an_alert, bytes_from
from wire_format.keys import SigningKey

STEPS: Final = (
    "print", "print", "print", "impressions", "jam", "clear", "wait", "send", "send", "send-normal-first",
    "lose-request", "lose-reply", "duplicate", "delay", "late-arrival", "busy", "stale-key", "captive", "cut-power",
    "tear-log", "clock-back", "clock-forward", "disk-full", "disk-free",
)  # fmt: skip


class LosingPost:
    """Posts straight into a portal, and loses what it is told to lose."""

    def __init__(self, portal: PortalDouble) -> None:
        self.portal, self.mood = portal, "send"
        self.late: list[tuple[str, bytes]] = []
        self.closed = False

    def post(self, path: str, body: bytes, content_type: str) -> HttpAnswer:
        mood, self.mood = self.mood, "send"
        if mood == "lose-request":
            raise PortalUnreachableError("lost on the way there")
        if mood == "busy":
            return HttpAnswer(status=503, body=b"", retry_after="20")
        if mood == "captive":
            return HttpAnswer(status=200, body=b"<html>log in</html>")
        if mood == "delay":
            self.late.append((path, body))
            raise PortalUnreachableError("still on the way")
        status, _, document = self.portal.serve("POST", path, body)
        if mood == "duplicate":
            status, _, document = self.portal.serve("POST", path, body)
        if mood == "lose-reply":
            raise PortalUnreachableError("lost on the way back")
        return HttpAnswer(status=status, body=document)

    def arrive_late(self) -> None:
        """What was under way for long comes in at last, after what was sent later."""
        while self.late:
            self.portal.serve("POST", *self.late.pop())

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
        self.printed: list[str] = []
        self.jobs = self.refused = self.forgotten = 0
        self.offered_again: list[tuple[str, int]] = []
        self.full = False
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
        counted = self.spool.tally().jobs_refused
        shutil.copytree(self.place, place)
        self.file.close()
        if tear:
            with (place / "spool.db-wal").open("ab") as log:
                log.write(b"\x00half a frame" * 9)
        self.clock.now_s = 1.0
        self.full = False
        self.open(place)
        # A disk that takes nothing takes no count either: what it could not store of that goes with the power.
        self.forgotten += counted - self.spool.tally().jobs_refused

    def take(self, step: str) -> None:
        """One step of the story."""
        try:
            self._take(step)
        except (SpoolFullError, SpoolStorageError):
            assert self.full, "refused though the disk has room"
        self.gatherer.form_due()

    def _take(self, step: str) -> None:
        match step:
            case "print":
                self.print_job()
            case "impressions":
                self.gatherer.impressions_made(7)
            case "jam":
                name = f"jam-{self.starts}-{self.jobs}-{len(self.alerts)}"
                self.gatherer.alert_raised(an_alert(name, onset_at=self.clock.at))
                self.alerts.append(name)
            case "clear" if self.alerts:
                self.gatherer.alert_cleared(self.alerts[-1])
            case "wait":
                self.clock.advance(4000)
            case "cut-power" | "tear-log":
                self.restart(tear=step == "tear-log")
            case "clock-back":
                self.clock.at -= timedelta(hours=5)
            case "clock-forward":
                self.clock.at += timedelta(days=40)
            case "disk-full" | "disk-free":
                self.fill_disk(step == "disk-full")
            case "stale-key":
                self.portal.decryption_keys.reverse()
                self.portal.decryption_keys[1:] = []
                self.portal.decryption_keys.append(SPARE_KEYS[self.portal.decryption_keys[0] is SPARE_KEYS[0]])
            case "late-arrival":
                self.post.arrive_late()
            case "send-normal-first":
                self.send((Lane.NORMAL, Lane.PRIORITY))
            case "send" | "lose-request" | "lose-reply" | "duplicate" | "delay" | "busy" | "captive":
                self.post.mood = step
                self.send(tuple(Lane))

    def print_job(self) -> None:
        """A job whose call returns was printed; one that is refused must be counted by the spool."""
        self.jobs += 1
        name = "n" * 200 if self.full else None
        try:
            self.gatherer.job_finished(a_job(self.jobs, name=name))
        except (SpoolFullError, SpoolStorageError):
            assert self.full, "refused though the disk has room"
            self.refused += 1
        else:
            self.printed.append(f"job-{self.jobs}")

    def fill_disk(self, full: bool) -> None:
        """SQLite may take no page more than it has; or as many as it likes."""
        self.full = full
        self.file.read(lambda db: db.execute(f"PRAGMA max_page_count={1 if full else 100_000}").fetchall())

    def send(self, lanes: tuple[Lane, ...]) -> None:
        """One try on each lane. A batch whose ack the courier has taken must never be offered again."""
        for lane in lanes:
            if (before := self.spool.oldest(lane)) is None:
                continue
            key = (before.stream, before.sequence)
            if key in self.acked:
                self.offered_again.append(key)
            self.courier.step(lane)
            if self.spool.oldest(lane) != before:
                self.acked.add(key)

    def finish(self) -> None:
        """Everything gets through in the end."""
        self.fill_disk(False)
        self.post.arrive_late()
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
