"""The database of a spool file: opened, made, migrated, and repaired when it is damaged. For a holder of the lock.

1. WAL with synchronous=FULL: a commit that returned outlives a pulled plug. NORMAL loses commits in a power cut.
2. Exclusive locking: a second process, or a second connection, is turned away. SQLite 3.40 may lose data when
   two connections meet at a WAL reset, and the printer's billing is not the place to find out.
3. The log is kept small, and the file has a cap with reserves, so that acks (deletes) work when all else is full.
4. Bodies are sealed (`sealed_rows`). A key that is not the file's is refused and changes nothing. Only a key file that
   is gone is damage: the spool is moved aside, and every sender begins a new stream.
"""

import logging
import shutil
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from direct_connect.core.chance import Randomness
from direct_connect.errors import ConfigError, SpoolInUseError
from direct_connect.spool.high_water import HighWater
from direct_connect.spool.key_file import key_path, make_key, read_key
from direct_connect.spool.recovery import (
    are_foreign,
    copy_aside,
    find_damage,
    finish_replacement,
    forget_old_asides,
    has_odd_header,
    is_damage,
    key_fits,
    make_tables,
    move_aside,
    read_whole_rows,
    remove_file,
    replace_damaged,
    replace_unsealed,
    sync_directory,
)
from direct_connect.spool.row_cipher import RowCipher
from direct_connect.spool.rows import COLUMNS, VERSION, DamagedRowError, select
from direct_connect.spool.sealed_rows import SealedRows

PAGE_BYTES: Final = 4096
PAGES_MIN: Final = 64
WAL_PAGES_MIN: Final = 64
WAL_SHARE: Final = 64
"""The log of a large spool, shared by many, is a 64th of it: folding it into the file costs as much as many commits."""
KEPT_BESIDE, HANDED_OVER = "file", "given"
_LOG: Final = logging.getLogger(__name__)


class SqliteStore:
    """One connection to one file. commits: how many it has seen. lost: what was found lost since it was opened."""

    def __init__(self, path: Path, bytes_max: int, key: bytes | None, randomness: Randomness) -> None:
        """key: None: the one in the file beside it. Raises ConfigError for a key that is none."""
        self.path, self.cap_pages, self.commits = path, PAGES_MIN, 0
        self.db: sqlite3.Connection | None = None
        self.lost: str | None = None
        self._bytes_max, self._randomness = bytes_max, randomness
        self._key_kept = KEPT_BESIDE if key is None else HANDED_OVER
        self._rows = None if key is None else SealedRows(RowCipher(key))
        self._high_water: HighWater | None = None
        self._claimed: Path | None = None

    @property
    def rows(self) -> SealedRows:
        """How rows are read and written, once it is open."""
        assert self._rows is not None
        return self._rows

    def open(self) -> None:
        """Open or create it, and repair it if it is damaged. Raises ConfigError, OSError, sqlite3.Error."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._claim()
        high_water = self._high_water = HighWater(self.path.with_name(self.path.name + ".high-water"))
        finish_replacement(self.path)
        if self._rows is None:
            self._rows = SealedRows(RowCipher(self._kept_key()))
        # Before SQLite has it open: whoever opens and closes a file beside SQLite drops the lock that it holds.
        odd_header = self.path.exists() and has_odd_header(self.path)
        version, damage = VERSION, None
        try:
            db = self.db = self._connect()
            if _is_empty(db):
                self._create(db, high_water)
            version = self._known_version(db)
            damage = find_damage(db, high_water.value, self._rows, version)
            if damage is None and odd_header:
                damage = "its header is damaged"
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if not is_damage(error) and not odd_header:
                raise
            damage = f"it can not be read ({type(error).__name__})"
        if damage is not None:
            self.repair(damage)
        elif version < VERSION:
            self._seal()
        self._take_over()

    def repair(self, damage: str) -> None:
        """Put a new file with all that is whole in the place of the damaged one. Raises what open raises."""
        aside = copy_aside(self.path)  # this drops SQLite's lock; the file is closed and opened anew below
        self._disconnect()
        try:
            found = read_whole_rows(self.path)
            if are_foreign(found, self.rows):
                raise ConfigError(self._foreign())
        except BaseException:
            if aside is not None:
                remove_file(aside)
            raise
        assert self._high_water is not None
        mark = max(self._high_water.value, self.commits)
        salvage = replace_damaged(self.path, found, mark, damage, self.rows, self._key_kept, self._randomness)
        forget_old_asides(self.path)
        self.lost = salvage.lost
        _LOG.error(
            "spool was damaged and repaired; every sender begins a new stream",
            extra={"path": str(self.path), "damage": damage, "rows_saved": salvage.rows, "aside": str(aside)},
        )
        self.db = self._connect()
        self.commits = self.db.execute("SELECT commits FROM spool").fetchone()[0]
        self._high_water.raise_to(self.commits, durable=True)

    def commit(self, db: sqlite3.Connection, *, durable_mark: bool) -> None:
        """Commit the open transaction, and raise the high-water mark. Raises OSError, sqlite3.Error."""
        assert self._high_water is not None
        db.execute("UPDATE spool SET commits = ?", (self.commits + 1,))
        db.execute("COMMIT")
        self.commits += 1
        self._high_water.raise_to(self.commits, durable=durable_mark)

    def close(self) -> None:
        """Let go of the file. Idempotent."""
        self._disconnect()
        with _CLAIMS_LOCK:
            if self._claimed is not None:
                _CLAIMED.pop(self._claimed, None)
                self._claimed = None
        if self._high_water is not None:
            self._high_water.close()
            self._high_water = None

    def _claim(self) -> None:
        claim = self.path.parent.resolve() / self.path.name
        with _CLAIMS_LOCK:
            if claim in _CLAIMED:
                raise SpoolInUseError(f"the spool {self.path} is in use by this process already; share it")
            _CLAIMED[claim] = self
            self._claimed = claim

    def _disconnect(self) -> None:
        if self.db is not None:
            self.db.close()
            self.db = None

    def _kept_key(self) -> bytes:
        """The key beside the spool; a new one where there is nothing that it would have to open."""
        if (key := read_key(self.path)) is not None:
            return key
        if self.path.exists() and self._needs_lost_key():
            aside = move_aside(self.path)
            self.lost = "the key of the spool was gone, and with it what the spool held"
            _LOG.error("key of the spool is gone", extra={"path": str(self.path), "aside": str(aside)})
        return make_key(self.path, self._randomness)

    def _needs_lost_key(self) -> bool:
        try:
            with closing(self._connect()) as db:
                if _is_empty(db) or self._known_version(db, check_key=False) < VERSION:
                    return False
                if db.execute("SELECT key_kept FROM spool").fetchone()[0] == KEPT_BESIDE:
                    return True
        except (sqlite3.DatabaseError, UnicodeDecodeError, TypeError) as error:
            if isinstance(error, sqlite3.DatabaseError) and not is_damage(error) and not has_odd_header(self.path):
                raise
            return True
        raise ConfigError(
            f"the spool {self.path} was made with a key that was handed over: hand it over again (spool_key), or move "
            f"the file away to begin anew without what it holds"
        )

    def _foreign(self) -> str:
        where = f"in {key_path(self.path)}" if self._key_kept == KEPT_BESIDE else "that was handed over"
        return (
            f"the key {where} is not the one the spool {self.path} was made with: bring back the right one, or move "
            f"the spool away to begin anew without what it holds"
        )

    def _known_version(self, db: sqlite3.Connection, *, check_key: bool = True) -> int:
        row = db.execute("SELECT version FROM spool").fetchone()
        if row is None or not isinstance(row[0], int) or not 0 < row[0] < 1000:
            return VERSION  # the search for damage says what is wrong
        if row[0] > VERSION and not (check_key and key_fits(db, self.rows)):
            raise ConfigError(f"the spool {self.path} was written by a newer version ({row[0]}); update this program")
        if row[0] == VERSION and check_key and not key_fits(db, self.rows):
            with suppress(DamagedRowError):
                found = {table: [stored for _, stored in select(db, table, "")] for table in COLUMNS}
                if are_foreign(found, self.rows):
                    raise ConfigError(self._foreign())
        return int(row[0])

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=1.0, isolation_level=None, check_same_thread=False)
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
            free_pages = shutil.disk_usage(self.path.parent).free // PAGE_BYTES - 2 * log_pages
            wanted = min(self._bytes_max // PAGE_BYTES, pages + max(0, free_pages))
            self.cap_pages = max(PAGES_MIN, pages, wanted)
            db.execute(f"PRAGMA max_page_count={self.cap_pages}")
            db.execute("BEGIN EXCLUSIVE")
            db.execute("ROLLBACK")
        except BaseException:
            db.close()
            raise
        return db

    def _create(self, db: sqlite3.Connection, high_water: HighWater) -> None:
        if high_water.value and self.lost is None:
            self.lost = "the spool file was missing"
            _LOG.error("spool file is missing, a new one was made", extra={"path": str(self.path)})
        db.execute("BEGIN EXCLUSIVE")
        make_tables(db, high_water.value + 1, self.rows, self._key_kept)
        db.execute("COMMIT")
        sync_directory(self.path.parent)

    def _seal(self) -> None:
        """A file of version 1, whose bodies are in the clear, becomes one of this version in one rename."""
        self._disconnect()
        replace_unsealed(self.path, self.rows, self._key_kept)
        _LOG.info("spool was sealed", extra={"path": str(self.path)})
        self.db = self._connect()

    def _take_over(self) -> None:
        db = self.db
        assert db is not None
        self.commits, cap_pages, kept = db.execute("SELECT commits, cap_pages, key_kept FROM spool").fetchone()
        if (cap_pages, kept) != (self.cap_pages, self._key_kept):
            # Kept for those who look at the file from outside, and for a start without the key.
            db.execute("UPDATE spool SET cap_pages = ?, key_kept = ?", (self.cap_pages, self._key_kept))


def _is_empty(db: sqlite3.Connection) -> bool:
    return bool(db.execute("SELECT count(*) = 0 FROM sqlite_master").fetchone()[0])


_CLAIMED: Final[WeakValueDictionary[Path, SqliteStore]] = WeakValueDictionary()
_CLAIMS_LOCK: Final = threading.Lock()
"""Spools open in this process: looking at one beside its owner would drop the lock that keeps others out."""
