"""One sender's spool in the SQLite file. The promises are in `port`."""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol, TypeVar

from direct_connect.core.alerts import TrackedAlert, told
from direct_connect.core.batching import FormedBatch, Lane, Numbering
from direct_connect.errors import SequenceError, SpoolFullError
from direct_connect.spool import texts
from direct_connect.spool.port import Consumed, Events, SetAside, SpooledJob, Tally
from direct_connect.spool.rows import DamagedRowError, Value
from direct_connect.spool.sealed_rows import SealedRows, memo_text, read_memo
from direct_connect.spool.sender_row import SenderRow
from wire_format.records import Job

_LOG: Final = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_NOTHING: Final = Consumed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The pages of a file, and where each kind of entry must stop (rule 4 of `port`)."""

    used_pages: int
    cap_pages: int
    page_bytes: int

    @property
    def acks_reserve(self) -> int:
        """Pages that only deleting may use."""
        return 8

    @property
    def alerts_limit(self) -> int:
        """Where alerts stop."""
        return self.cap_pages - self.acks_reserve

    @property
    def batches_limit(self) -> int:
        """Where batches stop."""
        return self.alerts_limit - max(8, self.cap_pages // 32)

    @property
    def jobs_limit(self) -> int:
        """Where jobs stop, so that what is stored can still be formed into a batch."""
        return self.batches_limit - max(12, self.cap_pages // 16)

    def fits(self, size_bytes: int, limit: int) -> bool:
        """Whether an entry of that size still fits under a limit."""
        return self.used_pages + size_bytes // self.page_bytes + 1 <= limit


class _File(Protocol):
    @property
    def undone(self) -> int: ...

    def read(self, act: Callable[[sqlite3.Connection], _Result], *, durable: bool = False) -> _Result: ...

    def write(self, act: Callable[[sqlite3.Connection], _Result], *, durable_mark: bool = False) -> _Result: ...

    def room(self) -> Room: ...

    @property
    def rows(self) -> SealedRows: ...

    def new_sender_row(self) -> SenderRow: ...

    def new_stream(self) -> str: ...

    def renamed(self, before: str, now: str) -> None: ...


class SqliteSpool:
    """See `port.Spool`."""

    def __init__(self, file: _File, sender: str) -> None:
        self._file, self._sender = file, sender
        self._refused_unsaved = 0
        # Lanes that hold nothing to send, as of that count of calls undone: most questions need no reading.
        self._empty: dict[Lane, int] = {}
        file.write(self.ensure_row)

    @property
    def _rows(self) -> SealedRows:
        return self._file.rows

    @property
    def sender(self) -> str:
        return self._sender

    # Outbox

    def numbering(self) -> Numbering:
        row = self._file.read(lambda db: self._row(db)[1])
        return Numbering(stream=row.stream, next_sequence=row.next_sequence)

    def append(self, batches: Sequence[FormedBatch], consumed: Consumed = _NOTHING) -> None:
        def act(db: sqlite3.Connection) -> None:
            self._empty.clear()
            self._append(db, batches, consumed)

        self._file.write(act, durable_mark=True)
        self._refused_unsaved = 0  # only now: a commit that failed has not taken the count

    def oldest(self, lane: Lane) -> FormedBatch | None:
        if self._empty.get(lane) == self._file.undone:
            return None
        rest = "WHERE sender = ? AND lane = ? AND why_aside IS NULL ORDER BY position LIMIT 1"

        def act(db: sqlite3.Connection) -> FormedBatch | None:
            if rows := list(self._rows.select(db, "batch", rest, (self._sender, int(lane)))):
                return texts.read_batch(rows[0][1])
            self._empty[lane] = self._file.undone
            return None

        return self._file.read(act, durable=True)

    def ack(self, stream: str, sequence: int, at: datetime) -> None:
        def act(db: sqlite3.Connection) -> None:
            gone = db.execute(
                "DELETE FROM batch WHERE sender = ? AND stream = ? AND sequence = ?", (self._sender, stream, sequence)
            )
            if gone.rowcount:
                position, row = self._row(db)
                row = replace(row, delivered=row.delivered + 1, delivered_at=at)
                self._put_row(db, position, row)

        self._file.write(act)

    def set_aside(self, stream: str, sequence: int, why: str) -> None:
        def act(db: sqlite3.Connection) -> None:
            rest = "WHERE sender = ? AND stream = ? AND sequence = ? AND why_aside IS NULL"
            for position, values in list(self._rows.select(db, "batch", rest, (self._sender, stream, sequence))):
                self._rows.rewrite(db, "batch", position, (*values[:7], why[:255], values[8]))
                place, row = self._row(db)
                self._put_row(db, place, replace(row, set_aside=row.set_aside + 1))

        self._file.write(act)

    def aside(self) -> tuple[SetAside, ...]:
        rest = "WHERE sender = ? AND why_aside IS NOT NULL ORDER BY position"
        rows = self._file.read(lambda db: list(self._rows.select(db, "batch", rest, (self._sender,))))
        return tuple(texts.read_set_aside(values) for _, values in rows)

    def aside_batch(self, stream: str, sequence: int) -> FormedBatch | None:
        found = self._file.read(lambda db: self._aside(db, stream, sequence))
        return None if found is None else texts.read_batch(found[1])

    def offer_again(self, stream: str, sequence: int) -> bool:
        def act(db: sqlite3.Connection) -> bool:
            if (found := self._aside(db, stream, sequence)) is None:
                return False
            self._empty.clear()
            position, values = found
            self._rows.rewrite(db, "batch", position, (*values[:7], None, values[8]))
            return True

        return self._file.write(act, durable_mark=True)

    def drop_aside(self, stream: str, sequence: int) -> bool:
        def act(db: sqlite3.Connection) -> bool:
            if (found := self._aside(db, stream, sequence)) is None:
                return False
            db.execute("DELETE FROM batch WHERE position = ?", (found[0],))
            return True

        return self._file.write(act)

    def restore_aside(self, batch: FormedBatch, why: str) -> bool:
        def act(db: sqlite3.Connection) -> bool:
            key = (self._sender, batch.stream, batch.sequence)
            taken = "SELECT 1 FROM batch WHERE sender = ? AND stream = ? AND sequence = ?"
            if db.execute(taken, key).fetchone() is not None:
                return False
            row = self._row(db)[1]
            if batch.sender != self._sender or (batch.stream == row.stream and batch.sequence >= row.next_sequence):
                raise SequenceError(f"batch {batch.sequence} was never formed by this sender")
            room = self._file.room()
            if not room.fits(len(batch.body), room.batches_limit):
                raise SpoolFullError("the spool is full: the batch can be put back when the portal took some others")
            values = texts.batch_values(batch)
            return self._rows.insert(db, "batch", (*values[:7], why[:255], values[8])) > 0

        return self._file.write(act)

    def begin_stream(self, reason: str) -> None:
        def act(db: sqlite3.Connection) -> None:
            position, row = self._row(db)
            self._put_row(db, position, row.in_new_stream(self._file.new_stream(), reason))

        self._file.write(act, durable_mark=True)

    def tally(self) -> Tally:
        def act(db: sqlite3.Connection) -> Tally:
            row = self._row(db)[1]
            waiting = "FROM batch WHERE sender = ? AND why_aside IS NULL"
            unsent, oldest = db.execute(f"SELECT count(*), min(created_at) {waiting}", (self._sender,)).fetchone()
            jobs = db.execute("SELECT count(*) FROM job WHERE sender = ?", (self._sender,)).fetchone()[0]
            room = self._file.room()
            return Tally(
                unsent=unsent,
                oldest_unsent_at=None if oldest is None else texts.read_instant(oldest),
                set_aside=row.set_aside,
                jobs_waiting=jobs,
                jobs_refused=row.jobs_refused + self._refused_unsaved,
                snapshots_dropped=row.snapshots_dropped,
                delivered=row.delivered,
                delivered_at=row.delivered_at,
                gap=row.gap,
                used_bytes=room.used_pages * room.page_bytes,
                cap_bytes=room.cap_pages * room.page_bytes,
            )

        return self._file.read(act)

    # Events

    @property
    def undone(self) -> int:
        return self._file.undone

    def append_job(self, job: Job, forget: str | None = None) -> bool:
        body = texts.write_job(job)

        def act(db: sqlite3.Connection) -> bool:
            if forget is not None:
                self._remember(db, forget, None)
            room = self._file.room()
            if not room.fits(len(body), room.jobs_limit):
                raise SpoolFullError(
                    f"the spool is full ({room.used_pages * room.page_bytes} bytes): the job was refused and "
                    f"counted; it makes room when the portal can be reached"
                )
            name = self._name("job", job.job_id)  # here: the sender's own name may have changed meanwhile
            return self._rows.insert(db, "job", (self._sender, name, body), "INSERT OR IGNORE") > 0

        try:
            return self._file.write(act)
        except SpoolFullError:
            self._count_refused()
            raise

    def add_impressions(self, count: int) -> None:
        def act(db: sqlite3.Connection) -> None:
            position, row = self._row(db)
            self._put_row(db, position, replace(row, impressions=row.impressions + count))

        self._file.write(act)

    def put_alert(self, tracked: TrackedAlert, replaced: Sequence[str] = ()) -> None:
        body = texts.write_alert(tracked)

        def act(db: sqlite3.Connection) -> None:
            for alert_id in replaced:
                self._drop_alert(db, alert_id)
            self._put_alert(db, tracked.alert.alert_id, body)

        self._file.write(act)

    def alerts(self) -> tuple[TrackedAlert, ...]:
        return self._file.read(self._alerts)

    def events(self) -> Events:
        def act(db: sqlite3.Connection) -> Events:
            mine = "WHERE sender = ? ORDER BY position"
            jobs = [
                SpooledJob(position=position, job=texts.read_job(str(values[2])))
                for position, values in self._rows.select(db, "job", mine, (self._sender,))
            ]
            return Events(jobs=tuple(jobs), impressions=self._row(db)[1].impressions, alerts=self._alerts(db))

        return self._file.read(act)

    def remember(self, name: str, value: str | None) -> None:
        self._file.write(lambda db: self._remember(db, name, value))

    def recall(self, name: str) -> str | None:
        arguments = (self._sender, self._name("memo", name))
        rows = self._file.read(
            lambda db: list(self._rows.select(db, "memo", "WHERE sender = ? AND name = ?", arguments))
        )
        return read_memo(str(rows[0][1][2]))[1] if rows else None

    def recall_all(self, prefix: str) -> dict[str, str]:
        # Names are hashes in the file, so all of them are opened; it is asked at start only.
        rows = self._file.read(lambda db: list(self._rows.select(db, "memo", "WHERE sender = ?", (self._sender,))))
        memos = sorted(read_memo(str(values[2])) for _, values in rows)
        return {name: value for name, value in memos if name.startswith(prefix)}

    def go_on_as(self, sender: str) -> bool:
        before = self._sender

        def act(db: sqlite3.Connection) -> bool:
            self._empty.clear()
            waiting = "SELECT 1 FROM batch WHERE sender = ? AND why_aside IS NULL LIMIT 1"
            if db.execute(waiting, (before,)).fetchone() is not None:
                return False
            if db.execute("SELECT 1 FROM sender WHERE sender = ?", (sender,)).fetchone() is not None:
                raise SequenceError(f"there is a spool of {sender} here already")
            for table in ("job", "alert", "memo", "batch"):
                for position, values in list(self._rows.select(db, table, "WHERE sender = ?", (before,))):
                    self._rows.rewrite(db, table, position, self._moved(table, sender, values))
            position, row = self._row(db)
            row = replace(row, stream=self._file.new_stream(), next_sequence=1)
            self._rows.rewrite(db, "sender", position, (sender, row.to_json()))
            self._sender = sender  # inside the stroke: whoever comes next finds the rows under this name
            return True

        try:
            if not self._file.write(act, durable_mark=True):
                return False
        except BaseException:
            self._sender = before
            raise
        self._file.renamed(before, sender)
        return True

    # Inside a transaction

    def ensure_row(self, db: sqlite3.Connection) -> None:
        """Begin the sender's stream, unless it has one."""
        self._empty.clear()  # a repaired file may hold again what had left
        if db.execute("SELECT 1 FROM sender WHERE sender = ?", (self._sender,)).fetchone() is None:
            self._rows.insert(db, "sender", (self._sender, self._file.new_sender_row().to_json()))

    def _row(self, db: sqlite3.Connection) -> tuple[int, SenderRow]:
        rows = list(self._rows.select(db, "sender", "WHERE sender = ?", (self._sender,)))
        if not rows:
            raise DamagedRowError("the sender's own row is gone")
        return rows[0][0], SenderRow.from_json(str(rows[0][1][1]))

    def _aside(self, db: sqlite3.Connection, stream: str, sequence: int) -> tuple[int, tuple[Value, ...]] | None:
        rest = "WHERE sender = ? AND stream = ? AND sequence = ? AND why_aside IS NOT NULL"
        return next(iter(list(self._rows.select(db, "batch", rest, (self._sender, stream, sequence)))), None)

    def _alerts(self, db: sqlite3.Connection) -> tuple[TrackedAlert, ...]:
        rows = self._rows.select(db, "alert", "WHERE sender = ? ORDER BY position", (self._sender,))
        return tuple(texts.read_alert(str(values[2])) for _, values in rows)

    def _put_row(self, db: sqlite3.Connection, position: int, row: SenderRow) -> None:
        self._rows.rewrite(db, "sender", position, (self._sender, row.to_json()))

    def _append(self, db: sqlite3.Connection, batches: Sequence[FormedBatch], consumed: Consumed) -> None:
        position, row = self._row(db)
        dropped = 0
        for count, batch in enumerate(batches):
            if (batch.stream, batch.sequence) != (row.stream, row.next_sequence + count):
                raise SequenceError(f"batch {batch.sequence} is not the next one of its stream")
        self._consume(db, consumed)
        for batch in batches:
            dropped += self._make_room(db, batch)
            self._rows.insert(db, "batch", texts.batch_values(batch))
        row = replace(
            row,
            next_sequence=row.next_sequence + len(batches),
            impressions=max(0, row.impressions - consumed.impressions),
            jobs_refused=row.jobs_refused + self._refused_unsaved,
            snapshots_dropped=row.snapshots_dropped + dropped,
            gap=None if batches else row.gap,
        )
        self._put_row(db, position, row)

    def _consume(self, db: sqlite3.Connection, consumed: Consumed) -> None:
        db.execute("DELETE FROM job WHERE sender = ? AND position <= ?", (self._sender, consumed.jobs_through))
        for alert_id in consumed.alert_ids:
            for position, values in self._alert_rows(db, alert_id):
                left = told(texts.read_alert(str(values[2])))
                if left is None:
                    self._drop_alert(db, alert_id)
                else:
                    self._rows.rewrite(db, "alert", position, (*values[:2], texts.write_alert(left)))
        for name, value in consumed.memos:
            self._remember(db, name, value)

    def _make_room(self, db: sqlite3.Connection, batch: FormedBatch) -> int:
        # What is appended now says again whatever an older snapshot said.
        dropped = 0
        while True:
            room = self._file.room()
            limit = room.alerts_limit if batch.lane is Lane.PRIORITY else room.batches_limit
            if room.fits(len(batch.body), limit):
                return dropped
            droppable = db.execute(
                "SELECT position FROM batch WHERE sender = ? AND snapshot_only = 1 AND why_aside IS NULL"
                " ORDER BY position LIMIT 1",
                (self._sender,),
            ).fetchone()
            if droppable is None:
                raise SpoolFullError(
                    f"the spool is full ({room.used_pages * room.page_bytes} bytes): no batch can be formed "
                    f"until the portal takes some"
                )
            db.execute("DELETE FROM batch WHERE position = ?", droppable)
            dropped += 1

    def _put_alert(self, db: sqlite3.Connection, alert_id: str, body: str) -> None:
        values: tuple[Value, ...] = (self._sender, self._name("alert", alert_id), body)
        if known := self._alert_rows(db, alert_id):
            self._rows.rewrite(db, "alert", known[0][0], values)
            return
        room = self._file.room()
        if not room.fits(len(body), room.alerts_limit):
            raise SpoolFullError("the spool is full, its reserve for alerts too: the alert was not stored")
        self._rows.insert(db, "alert", values)

    def _alert_rows(self, db: sqlite3.Connection, alert_id: str) -> list[tuple[int, tuple[Value, ...]]]:
        arguments = (self._sender, self._name("alert", alert_id))
        return list(self._rows.select(db, "alert", "WHERE sender = ? AND alert_id = ?", arguments))

    def _drop_alert(self, db: sqlite3.Connection, alert_id: str) -> None:
        arguments = (self._sender, self._name("alert", alert_id))
        db.execute("DELETE FROM alert WHERE sender = ? AND alert_id = ?", arguments)

    def _remember(self, db: sqlite3.Connection, name: str, value: str | None) -> None:
        rest, hidden = "WHERE sender = ? AND name = ?", self._name("memo", name)
        if value is None:
            db.execute(f"DELETE FROM memo {rest}", (self._sender, hidden))
            return
        values: tuple[Value, ...] = (self._sender, hidden, memo_text(name, value))
        if known := db.execute(f"SELECT position FROM memo {rest}", (self._sender, hidden)).fetchone():
            self._rows.rewrite(db, "memo", known[0], values)
        else:
            self._rows.insert(db, "memo", values)

    def _moved(self, table: str, sender: str, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """A row's values under another sender's name, on which the hidden names depend."""
        body = str(values[2])
        match table:
            case "job":
                plain = texts.read_job(body).job_id
            case "alert":
                plain = texts.read_alert(body).alert.alert_id
            case "memo":
                plain = read_memo(body)[0]
            case _:
                return (sender, *values[1:])
        return (sender, self._rows.name(table, sender, plain), body)

    def _name(self, table: str, plain: str) -> str:
        return self._rows.name(table, self._sender, plain)

    def _count_refused(self) -> None:
        # A disk that is really full may not even take the count; it is then added with the next batch.
        self._refused_unsaved += 1

        def act(db: sqlite3.Connection) -> None:
            position, row = self._row(db)
            self._put_row(db, position, replace(row, jobs_refused=row.jobs_refused + self._refused_unsaved))

        try:
            self._file.write(act)
        except (SpoolFullError, OSError):
            _LOG.warning("refused job could not be counted on disk yet", extra={"sender": self._sender})
        else:
            self._refused_unsaved = 0
