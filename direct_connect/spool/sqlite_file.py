"""The spool file on SQLite as its callers see it: one writer at a time, and calls that share a commit.

1. The database is the store's (`sqlite_store`): one connection, durable commits, a cap with reserves, sealed bodies.
2. Damage found while running is repaired at once, as at start (`recovery`), and the call tried again.
3. Calls share a commit where they can (`strokes`).
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from direct_connect.core.chance import Randomness, new_stream
from direct_connect.core.settings import SPOOL_BYTES_DEFAULT
from direct_connect.errors import (
    ClosedError,
    DirectConnectError,
    SpoolFullError,
    SpoolInUseError,
    SpoolStorageError,
)
from direct_connect.spool.recovery import is_damage
from direct_connect.spool.rows import DamagedRowError
from direct_connect.spool.sealed_rows import SealedRows
from direct_connect.spool.sender_row import SenderRow
from direct_connect.spool.sqlite_spool import Room, SqliteSpool
from direct_connect.spool.sqlite_store import PAGE_BYTES, SqliteStore
from direct_connect.spool.strokes import LINE_S_MAX, Block, Stroke, raise_lost
from wire_format.records import Gap

_Result = TypeVar("_Result")


class SqliteSpoolFile:
    """Spools of many senders in one SQLite file. See `port.SpoolFile`."""

    def __init__(self, store: SqliteStore, randomness: Randomness) -> None:
        """For `open`."""
        self._store, self._path, self._randomness = store, store.path, randomness
        self._lock = threading.RLock()
        self._ended = threading.Condition(self._lock)  # a stroke ended
        self._line, self._line_lock = 0, threading.Lock()
        self._stroke: Stroke | None = None
        self._own = threading.local()
        self.undone = 0
        self._spools: dict[str, SqliteSpool] = {}

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        key: bytes | None = None,
        bytes_max: int = SPOOL_BYTES_DEFAULT,
        randomness: Randomness = os.urandom,
    ) -> Self:
        """Open or create a spool file, and repair it if it is damaged.

        key: 32 random bytes that seal what it holds, the same each time; None: those in a file beside it, made once.
        bytes_max: cap of the database file; its log adds a 64th, at least some 300 kB. Raises SpoolInUseError,
        SpoolStorageError, SpoolFullError, ConfigError (another key's file, or a newer version's).
        """
        store = SqliteStore(path, bytes_max, key, randomness)
        try:
            store.open()
        except sqlite3.Error as error:
            store.close()
            raise _translated(error, path) from error
        except OSError as error:
            store.close()
            raise SpoolStorageError(f"the spool {path} can not be opened: {error.strerror or error}") from error
        except BaseException:
            store.close()
            raise
        return cls(store, randomness)

    def of(self, sender: str) -> SqliteSpool:
        """A sender's spool; a new one begins with a new stream."""
        with self._lock:
            if (known := self._spools.get(sender)) is None:
                # Making it may wait for a commit, and another thread may make one meanwhile.
                known = self._spools.setdefault(sender, SqliteSpool(self, sender))
            return known

    def senders(self) -> tuple[str, ...]:
        """Every sender that has a spool here."""
        return self.read(lambda db: tuple(row[0] for row in db.execute("SELECT sender FROM sender ORDER BY sender")))

    @contextmanager
    def together(self) -> Iterator[Block]:
        """See `port.SpoolFile`."""
        if (outer := self._block()) is not None:
            yield outer
            return
        block = self._own.block = Block()
        self._queue_up(1)
        try:
            yield block
        except BaseException:
            with suppress(DirectConnectError):
                self._end(block)
            raise
        else:
            self._end(block)

    def close(self) -> None:
        """Let go of the file. Idempotent."""
        with self._lock:
            if self._store.db is not None:
                self._settle()
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def new_sender_row(self) -> SenderRow:
        """The first row of a sender; it holds a gap when an earlier file was lost altogether."""
        lost = self._store.lost
        gap = Gap(reason=lost[:255]) if lost is not None else None
        return SenderRow.new(new_stream(self._randomness), gap)

    def new_stream(self) -> str:
        """A fresh stream name."""
        return new_stream(self._randomness)

    def renamed(self, before: str, now: str) -> None:
        """A sender's spool goes by another name now."""
        with self._lock:
            self._spools[now] = self._spools.pop(before)

    def read(self, act: Callable[[sqlite3.Connection], _Result], *, durable: bool = False) -> _Result:
        """Do something that only reads. durable: what it shows of batches is, so they may be sent."""
        with self._lock:
            if durable and self._stroke is not None and self._stroke.marked:
                self._wait_for(self._stroke)
            return self._repairing(lambda: act(self._connection()))

    def write(self, act: Callable[[sqlite3.Connection], _Result], *, durable_mark: bool = False) -> _Result:
        """Do something in one durable transaction, or not at all. durable_mark: the high-water mark too.

        In a block of this thread it returns before the commit.
        """
        block, repaired = self._block(), False
        while True:
            self._queue_up(1)
            with self._lock:
                self._queue_up(-1)
                try:
                    result, stroke = self._repairing(lambda: self._join(act, durable_mark, block))
                    if block is None:
                        self._wait_for(stroke)
                finally:
                    self._serve_line()
            if block is not None or not stroke.damaged:
                return result
            if repaired:
                raise_lost(stroke)
            repaired = True

    @property
    def rows(self) -> SealedRows:
        """How rows are read and written."""
        return self._store.rows

    def room(self) -> Room:
        """What is used of the file. Call it inside read or write."""
        db = self._connection()
        pages = db.execute("PRAGMA page_count").fetchone()[0] - db.execute("PRAGMA freelist_count").fetchone()[0]
        return Room(used_pages=pages, cap_pages=self._store.cap_pages, page_bytes=PAGE_BYTES)

    def _connection(self) -> sqlite3.Connection:
        if self._store.db is None:
            raise ClosedError(f"the spool {self._path} is closed")
        return self._store.db

    def _block(self) -> Block | None:
        return getattr(self._own, "block", None)

    def _join(
        self, act: Callable[[sqlite3.Connection], _Result], durable_mark: bool, block: Block | None
    ) -> tuple[_Result, Stroke]:
        """Do it in the open stroke, or in a new one; when it fails the stroke is as it was."""
        db = self._connection()
        if block is not None:
            block.check()
        stroke = self._stroke
        if stroke is None:
            db.execute("BEGIN IMMEDIATE")
            stroke = self._stroke = Stroke()
        elif stroke.calls:
            db.execute("SAVEPOINT one_call")
        try:
            result = act(db)
            if stroke.calls:
                db.execute("RELEASE one_call")
        except BaseException as error:
            self._take_back(db, stroke, error)
            raise
        stroke.calls += 1
        stroke.marked = stroke.marked or durable_mark
        if block is not None:
            block.join(stroke)
        return result, stroke

    def _take_back(self, db: sqlite3.Connection, stroke: Stroke, error: BaseException) -> None:
        if db.in_transaction and stroke.calls:
            db.execute("ROLLBACK TO one_call")
            db.execute("RELEASE one_call")
        elif db.in_transaction:
            db.execute("ROLLBACK")
            self._stroke = None
        else:  # SQLite itself gave up the whole transaction
            self._lose(stroke, error)

    def _wait_for(self, stroke: Stroke) -> None:
        """Returns when the stroke is durable. Raises why it is not. For a holder of the lock."""
        if self._line and not stroke.ended:
            stroke.waiting += 1
            self._ended.wait_for(lambda: stroke.ended, LINE_S_MAX)
            stroke.waiting -= 1
        if not stroke.ended:
            self._commit(stroke)
        if not stroke.damaged:
            raise_lost(stroke)

    def _serve_line(self) -> None:
        """The last of the line commits for those who wait, whatever became of its own call."""
        if self._stroke is not None and self._stroke.waiting and not self._line:
            self._settle()

    def _settle(self) -> None:
        """Make what is open durable; who waits for it is told when that fails."""
        if (stroke := self._stroke) is not None:
            self._commit(stroke)

    def _end(self, block: Block) -> None:
        self._own.block = None
        with self._lock:
            self._queue_up(-1)
            try:
                block.check()
                if block.stroke is not None and not block.stroke.ended:
                    self._wait_for(block.stroke)
                    block.check()
            finally:
                self._serve_line()

    def _queue_up(self, count: int) -> None:
        with self._line_lock:
            self._line += count

    def _commit(self, stroke: Stroke) -> None:
        db = self._connection()
        try:
            self._store.commit(db, durable_mark=stroke.marked)
        except BaseException as error:
            if db.in_transaction:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
            self._lose(stroke, error)
            if isinstance(error, sqlite3.DatabaseError) and is_damage(error):
                try:
                    self._repair(str(error))
                    stroke.damaged = True
                except (sqlite3.Error, OSError) as trouble:
                    self._lose(stroke, trouble)
            elif not isinstance(error, Exception):
                raise
        else:
            self._stroke = None
            stroke.ended = True
            self._ended.notify_all()

    def _lose(self, stroke: Stroke, error: BaseException) -> None:
        self._stroke = None
        self.undone += stroke.calls
        if isinstance(error, sqlite3.Error):
            stroke.error = _translated(error, self._path)
        else:
            reason = error.strerror if isinstance(error, OSError) else type(error).__name__
            stroke.error = SpoolStorageError(f"the spool {self._path} can not be written: {reason}")
        stroke.ended = True
        self._ended.notify_all()

    def _repair(self, damage: str) -> None:
        """Repair the file, and give every sender of it a row, in a transaction of its own."""
        self._store.repair(damage)
        db = self._connection()
        db.execute("BEGIN IMMEDIATE")
        try:
            for spool in self._spools.values():
                spool.ensure_row(db)
            self._store.commit(db, durable_mark=True)
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _repairing(self, act: Callable[[], _Result]) -> _Result:
        with self._lock:
            try:
                try:
                    return act()
                except (DamagedRowError, sqlite3.DatabaseError) as error:
                    if not is_damage(error):
                        raise
                    self._settle()
                    self._repair(str(error))
                return act()
            except sqlite3.Error as error:
                raise _translated(error, self._path) from error
            except DirectConnectError:
                raise
            except OSError as error:
                raise SpoolStorageError(f"the spool {self._path} can not be written: {error.strerror}") from error


def _translated(error: sqlite3.Error, path: Path) -> DirectConnectError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return SpoolFullError(f"no room is left for the spool {path}: free disk space, or let it send what it holds")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return SpoolInUseError(f"the spool {path} is in use by another process; stop that one first")
    if code == sqlite3.SQLITE_READONLY:
        return SpoolStorageError(f"the spool {path} can not be written: it is read-only; check owner and mount")
    return SpoolStorageError(f"the spool {path} can not be read or written: {error}; check the disk")
