"""The spool file on SQLite: one connection, one writer at a time, durable commits.

1. WAL with synchronous=FULL: a commit that returned outlives a pulled plug. NORMAL loses commits in a power cut.
2. Exclusive locking: a second process, or a second connection, is turned away. SQLite 3.40 may lose data when
   two connections meet at a WAL reset, and the printer's billing is not the place to find out.
3. The log is kept small, and the file has a cap with reserves, so that acks (deletes) work when all else is full.
4. Damage found while running is repaired at once, as at start (`recovery`), and the call tried again.
5. Calls share a commit where they can (`strokes`).
"""

import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from direct_connect.core.chance import Randomness, new_stream
from direct_connect.core.settings import SPOOL_BYTES_DEFAULT
from direct_connect.errors import (
    ClosedError,
    ConfigError,
    DirectConnectError,
    SpoolFullError,
    SpoolInUseError,
    SpoolStorageError,
)
from direct_connect.spool.high_water import HighWater
from direct_connect.spool.recovery import copy_aside, find_damage, finish_replacement, replace_damaged, sync_directory
from direct_connect.spool.rows import SCHEMA, VERSION, DamagedRowError
from direct_connect.spool.sender_row import SenderRow
from direct_connect.spool.sqlite_spool import Room, SqliteSpool
from direct_connect.spool.strokes import LINE_S_MAX, Block, Stroke, raise_lost
from wire_format.records import Gap

PAGE_BYTES: Final = 4096
PAGES_MIN: Final = 64
WAL_PAGES_MIN: Final = 64
WAL_SHARE: Final = 64
"""The log of a large spool, shared by many, is a 64th of it: folding it into the file costs as much as many commits."""
_LOG: Final = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class SqliteSpoolFile:
    """Spools of many senders in one SQLite file. See `port.SpoolFile`."""

    def __init__(self, path: Path, bytes_max: int, randomness: Randomness) -> None:
        self._path, self._randomness = path, randomness
        self._bytes_max = bytes_max
        self._lock = threading.RLock()
        self._ended = threading.Condition(self._lock)  # a stroke ended
        self._line, self._line_lock = 0, threading.Lock()
        self._stroke: Stroke | None = None
        self._own = threading.local()
        self.undone = 0
        self._db: sqlite3.Connection | None = None
        self._high_water: HighWater | None = None
        self._spools: dict[str, SqliteSpool] = {}
        self._lost: str | None = None
        self._commits = 0
        self._cap_pages = PAGES_MIN

    @classmethod
    def open(cls, path: Path, *, bytes_max: int = SPOOL_BYTES_DEFAULT, randomness: Randomness = os.urandom) -> Self:
        """Open or create a spool file, and repair it if it is damaged.

        bytes_max: cap of the database file; its log adds a 64th, at least some 300 kB. Raises SpoolInUseError,
        SpoolStorageError, SpoolFullError, ConfigError (a newer version's file).
        """
        file = cls(path, bytes_max, randomness)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file._high_water = HighWater(path.with_name(path.name + ".high-water"))
            file._open()
        except sqlite3.Error as error:
            file.close()
            raise _translated(error, path) from error
        except OSError as error:
            file.close()
            raise SpoolStorageError(f"the spool {path} can not be opened: {error.strerror or error}") from error
        except BaseException:
            file.close()
            raise
        return file

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
            if self._db is not None:
                self._settle()
                self._db.close()
                self._db = None
            if self._high_water is not None:
                self._high_water.close()
                self._high_water = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def new_sender_row(self) -> SenderRow:
        """The first row of a sender; it holds a gap when an earlier file was lost altogether."""
        gap = Gap(reason=self._lost[:255]) if self._lost is not None else None
        return SenderRow.new(new_stream(self._randomness), gap)

    def new_stream(self) -> str:
        """A fresh stream name."""
        return new_stream(self._randomness)

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

    def room(self) -> Room:
        """What is used of the file. Call it inside read or write."""
        db = self._connection()
        pages = db.execute("PRAGMA page_count").fetchone()[0] - db.execute("PRAGMA freelist_count").fetchone()[0]
        return Room(used_pages=pages, cap_pages=self._cap_pages, page_bytes=PAGE_BYTES)

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            raise ClosedError(f"the spool {self._path} is closed")
        return self._db

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
        db, high_water = self._connection(), self._high_water
        assert high_water is not None
        try:
            db.execute("UPDATE spool SET commits = ?", (self._commits + 1,))
            db.execute("COMMIT")
            self._commits += 1
            high_water.raise_to(self._commits, durable=stroke.marked)
        except BaseException as error:
            if db.in_transaction:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
            self._lose(stroke, error)
            if isinstance(error, sqlite3.DatabaseError) and _is_damage(error):
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

    def _mend_rows(self) -> None:
        """Give every sender of a repaired file its row, in a transaction of its own."""
        db = self._connection()
        assert self._high_water is not None
        db.execute("BEGIN IMMEDIATE")
        try:
            for spool in self._spools.values():
                spool.ensure_row(db)
            db.execute("UPDATE spool SET commits = ?", (self._commits + 1,))
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        self._commits += 1
        self._high_water.raise_to(self._commits, durable=True)

    def _repairing(self, act: Callable[[], _Result]) -> _Result:
        with self._lock:
            try:
                try:
                    return act()
                except (DamagedRowError, sqlite3.DatabaseError) as error:
                    if not _is_damage(error):
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

    def _open(self) -> None:
        assert self._high_water is not None
        finish_replacement(self._path)
        fresh = not self._path.exists()
        damage: str | None = None
        try:
            self._db = self._connect()
            if fresh or self._is_empty():
                self._create()
            self._refuse_newer_version()
            damage = find_damage(self._db, self._high_water.value)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            damage = f"it can not be read ({type(error).__name__})"
        if damage is not None:
            self._repair(damage)
        self._commits, cap_pages = self._connection().execute("SELECT commits, cap_pages FROM spool").fetchone()
        if cap_pages != self._cap_pages:
            # Kept for those who look at the file from outside.
            self._connection().execute("UPDATE spool SET cap_pages = ?", (self._cap_pages,))

    def _is_empty(self) -> bool:
        return bool(self._connection().execute("SELECT count(*) = 0 FROM sqlite_master").fetchone()[0])

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=1.0, isolation_level=None, check_same_thread=False)
        try:
            db.execute(f"PRAGMA page_size={PAGE_BYTES}")
            db.execute("PRAGMA locking_mode=EXCLUSIVE")
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            log_pages = max(WAL_PAGES_MIN, self._bytes_max // PAGE_BYTES // WAL_SHARE)
            db.execute(f"PRAGMA wal_autocheckpoint={log_pages}")
            db.execute(f"PRAGMA journal_size_limit={log_pages * PAGE_BYTES}")
            db.execute("PRAGMA cell_size_check=ON")
            db.execute("PRAGMA trusted_schema=OFF")
            db.execute("PRAGMA temp_store=MEMORY")  # what a savepoint keeps
            # The cap never lies under what is there already, and leaves the log its room on a small disk.
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            free_pages = shutil.disk_usage(self._path.parent).free // PAGE_BYTES - 2 * log_pages
            wanted = min(self._bytes_max // PAGE_BYTES, pages + max(0, free_pages))
            self._cap_pages = max(PAGES_MIN, pages, wanted)
            db.execute(f"PRAGMA max_page_count={self._cap_pages}")
            db.execute("BEGIN EXCLUSIVE")
            db.execute("ROLLBACK")
        except BaseException:
            db.close()
            raise
        return db

    def _create(self) -> None:
        db = self._connection()
        assert self._high_water is not None
        if self._high_water.value:
            self._lost = "the spool file was missing"
            _LOG.error("spool file is missing, a new one was made", extra={"path": str(self._path)})
        db.execute("BEGIN EXCLUSIVE")
        for statement in SCHEMA.split(";"):
            db.execute(statement)
        db.execute("INSERT INTO spool VALUES (1, ?, ?, 0)", (VERSION, self._high_water.value + 1))
        db.execute("COMMIT")
        sync_directory(self._path.parent)

    def _refuse_newer_version(self) -> None:
        row = self._connection().execute("SELECT version FROM spool").fetchone()
        if row is not None and isinstance(row[0], int) and VERSION < row[0] < 1000:
            raise ConfigError(f"the spool {self._path} was written by a newer version ({row[0]}); update this program")

    def _repair(self, damage: str) -> None:
        assert self._high_water is not None
        aside = copy_aside(self._path)
        if self._db is not None:
            self._db.close()
            self._db = None
        mark = max(self._high_water.value, self._commits)
        salvage = replace_damaged(self._path, mark, damage, self._randomness)
        self._lost = salvage.lost
        _LOG.error(
            "spool was damaged and repaired; every sender begins a new stream",
            extra={"path": str(self._path), "damage": damage, "rows_saved": salvage.rows, "aside": str(aside)},
        )
        self._db = self._connect()
        self._commits = self._db.execute("SELECT commits FROM spool").fetchone()[0]
        self._high_water.raise_to(self._commits, durable=True)
        self._mend_rows()


def _is_damage(error: Exception) -> bool:
    if isinstance(error, DamagedRowError):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return False
    malformed = code == sqlite3.SQLITE_ERROR and ("malformed" in str(error) or "no such" in str(error))
    return malformed or code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _translated(error: sqlite3.Error, path: Path) -> DirectConnectError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return SpoolFullError(f"no room is left for the spool {path}: free disk space, or let it send what it holds")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return SpoolInUseError(f"the spool {path} is in use by another process; stop that one first")
    if code == sqlite3.SQLITE_READONLY:
        return SpoolStorageError(f"the spool {path} can not be written: it is read-only; check owner and mount")
    return SpoolStorageError(f"the spool {path} can not be read or written: {error}; check the disk")
