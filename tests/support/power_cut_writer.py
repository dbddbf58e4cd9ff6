"""What a gateway does all day on a spool, told call by call to whoever will cut its power.

Runs in a process of its own. Each call is told before it is made and after it returned, so the other end knows which
calls had returned at the moment of the cut. What is offered to the courier is told whole: that end plays the portal.
"""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from direct_connect.core.alerts import TrackedAlert, cleared
from direct_connect.core.batching import FormedBatch, Heading, Lane, form_batches
from direct_connect.errors import DirectConnectError
from direct_connect.spool import Consumed, Spool, SqliteSpoolFile, sqlite_store
from tests.support.direct_connect import a_job, an_alert
from wire_format.codec import decode_batch
from wire_format.records import Device, Meter, Reason, Report, Unit

AT: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SENDERS: Final = tuple(letter * 43 for letter in "ABC")
PLACE: Final = "spool/spool.db"
BYTES_MAX: Final = 2_000_000
LOG_PAGES: Final = (4, 64, 12)
"""By life. A log of a few commits is folded into the file all the time, so that cuts fall into that; 64 is usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One call of the writer. done: it returned. thread: whose call. number: counts each thread's calls.

    block: which `together` it is part of; such calls are done when the block is, told with kind "block".
    """

    kind: str
    thread: int
    number: int
    sender: str = ""
    done: bool = False
    block: int = 0
    name: str = ""
    count: int = 0
    batch: "Content | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a batch bills and tells."""

    key: tuple[str, str, int]
    sha256: str
    jobs: tuple[str, ...]
    impressions: int
    alerts: tuple[str, ...]


def content_of(batch: FormedBatch) -> Content:
    """What the portal reads out of a batch; impressions travel as a meter here."""
    reports = decode_batch(batch.body).reports
    return Content(
        key=(batch.sender, batch.stream, batch.sequence),
        sha256=batch.sha256,
        jobs=tuple(job.job_id for report in reports for job in report.jobs),
        impressions=sum(meter.value for report in reports for meter in report.meters),
        alerts=tuple(alert.alert_id for report in reports for alert in report.alerts),
    )


def write_until_cut(tell: Connection, folder: Path, life: int, synchronous: str) -> None:
    """Open the spool and use it until it breaks. synchronous: FULL is what the product does; less loses records."""
    teller = _Teller(tell)
    sqlite_store.WAL_PAGES_MIN = LOG_PAGES[life % len(LOG_PAGES)]  # type: ignore[misc]
    sqlite_store.WAL_SHARE = BYTES_MAX  # type: ignore[misc]
    try:
        teller.tell(Told(kind="open", thread=0, number=0))
        file = SqliteSpoolFile.open(folder / PLACE, bytes_max=BYTES_MAX)
        if synchronous != "FULL":
            file.read(lambda db: db.execute(f"PRAGMA synchronous={synchronous}"))
        teller.tell(Told(kind="open", thread=0, number=0, done=True))
        threads = [threading.Thread(target=_Printer(teller, file, life, index).run, daemon=True) for index in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except (DirectConnectError, OSError):
        pass  # the power is gone


class _Teller:
    def __init__(self, connection: Connection) -> None:
        self._connection, self._lock = connection, threading.Lock()

    def tell(self, told: Told) -> None:
        with self._lock:
            self._connection.send(told)


@dataclass
class _Printer:
    """A thread of calls. The first speaks for two senders, the second for one."""

    teller: _Teller
    file: SqliteSpoolFile
    life: int
    index: int
    calls: int = 0
    block: int = 0
    numbers: dict[str, int] = field(default_factory=dict)

    def run(self) -> None:
        self.chance = random.Random(f"{self.life}/{self.index}")
        senders = SENDERS[:2] if self.index == 0 else SENDERS[2:]
        try:
            spools = [self.file.of(sender) for sender in senders]
            while True:
                if self.chance.random() < 0.2:
                    self.several(spools)
                else:
                    self.one(self.chance.choice(spools))
        except (DirectConnectError, OSError):
            return  # the power is gone

    def several(self, spools: Sequence[Spool]) -> None:
        """A block of calls: durable when it ends, whose they may be."""
        self.block += 1
        block = self.block
        with self.file.together():
            for _ in range(self.chance.randrange(1, 12)):
                self.event(self.chance.choice(spools), block)
        self.teller.tell(Told(kind="block", thread=self.index, number=self.calls, block=block, done=True))

    def one(self, spool: Spool) -> None:
        match self.chance.randrange(10):
            case 0 | 1 | 2 | 3:
                self.event(spool, 0)
            case 4 | 5 | 6:
                self.form(spool)
            case _:
                self.deliver(spool)

    def event(self, spool: Spool, block: int) -> None:
        match self.chance.randrange(6):
            case 0 | 1 | 2:
                job = a_job(0, name=f"n{self.chance.randrange(10**9)}" * self.chance.randrange(1, 20))
                job = replace(job, job_id=self.fresh("job"))
                self.call("job", spool, lambda: spool.append_job(job), block, name=job.job_id)
            case 3:
                count = self.chance.randrange(1, 9)
                self.call("impressions", spool, lambda: spool.add_impressions(count), block, count=count)
            case 4:
                alert = TrackedAlert(alert=an_alert(self.fresh("alert"), onset_at=AT), lane=self.chance.choice([*Lane]))
                if len(spool.alerts()) < 20:
                    name = alert.alert.alert_id
                    self.call("alert", spool, lambda: spool.put_alert(alert), block, name=name)
                elif standing := [known for known in spool.alerts() if not known.ended]:
                    ended = cleared(standing[0], AT + timedelta(minutes=1))
                    name = ended.alert.alert_id
                    self.call("alert", spool, lambda: spool.put_alert(ended), block, name=name)
            case _:
                count = self.count("memo")
                value = f"{self.life:06d}/{count:06d}"
                self.call("memo", spool, lambda: spool.remember("memo", value), block, name=value)

    def form(self, spool: Spool) -> None:
        """Everything that waits becomes a batch."""
        events = spool.events()
        alerts = [known for known in events.alerts if known.changed]
        report = Report(
            observed_at=AT,
            device=Device(serial=spool.sender[:8]),
            jobs=tuple(waiting.job for waiting in events.jobs),
            meters=(Meter(name="total.impressions", unit=Unit.IMPRESSIONS, value=events.impressions, source="test"),),
            alerts=tuple(known.alert for known in alerts),
        )
        reason = Reason.ALERT if any(known.lane is Lane.PRIORITY for known in alerts) else Reason.JOBS
        heading = Heading(sender=spool.sender, created_at=AT, reason=reason)
        batches = form_batches(heading, [report], spool.numbering(), self.chance.randbytes)
        consumed = Consumed(
            jobs_through=events.jobs[-1].position if events.jobs else 0,
            impressions=events.impressions,
            alert_ids=tuple(known.alert.alert_id for known in alerts),
            memos=(("formed", str(batches[-1].sequence)),),
        )
        self.call("append", spool, lambda: spool.append(batches, consumed))

    def deliver(self, spool: Spool) -> None:
        """The portal is given the oldest batch; most replies arrive, and some are refusals."""
        if (batch := spool.oldest(self.chance.choice([*Lane]))) is None:
            return
        self.calls += 1
        content = content_of(batch)
        self.teller.tell(
            Told(kind="give", thread=self.index, number=self.calls, sender=spool.sender, done=True, batch=content)
        )
        chance = self.chance.random()
        key = (batch.stream, batch.sequence)
        if chance < 0.8:
            self.call("ack", spool, lambda: spool.ack(*key, AT), batch=content)
        elif chance < 0.82:
            self.call("aside", spool, lambda: spool.set_aside(*key, "a person must look"), batch=content)

    def call(
        self, kind: str, spool: Spool, act: Callable[[], object], block: int = 0, *, name: str = "", count: int = 0,
        batch: Content | None = None,
    ) -> None:  # fmt: skip
        self.calls += 1
        told = Told(
            kind=kind, thread=self.index, number=self.calls, sender=spool.sender, block=block, name=name, count=count,
            batch=batch,
        )  # fmt: skip
        self.teller.tell(told)
        act()
        if not block:
            self.teller.tell(replace(told, done=True))

    def fresh(self, kind: str) -> str:
        return f"{kind}-{self.life}-{self.index}-{self.count(kind)}"

    def count(self, kind: str) -> int:
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        return self.numbers[kind]
