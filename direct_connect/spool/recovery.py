"""Finding damage in a spool file, and saving what is whole.

1. Before anything is offered, the file is checked: SQLite's own check, every row's hash, and the high-water mark.
2. A damaged file is first copied aside, then every row whose hash fits is carried over to a new file.
3. In the new file every sender begins a new stream and holds a gap, so no number is ever used twice.
4. The change-over is one rename. A crash before it leaves the damaged file to be found again; the one between
   removing the old log and the rename is finished at the next start.
5. A job whose batch was lost waits again. If the portal has it already, its job_id says so.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from direct_connect.core.chance import Randomness, new_stream
from direct_connect.spool.rows import COLUMNS, SCHEMA, VERSION, DamagedRowError, Value, digest, insert, select
from direct_connect.spool.sealed_rows import SealedRows
from direct_connect.spool.sender_row import SenderRow
from wire_format.records import Gap

ASIDE_MAX: Final = 2
FoundRows = dict[str, list[tuple[Value, ...]]]
"""By table, in order of position, as stored."""
_UNREADABLE: Final = (sqlite3.Error, ValueError, TypeError, OverflowError, MemoryError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvage:
    """What was carried over. rows: how many. lost: what is known to be gone, in words."""

    rows: int
    lost: str


def is_damage(error: Exception) -> bool:
    """Whether an error of SQLite, or of a row, says that the file is not what was written."""
    if isinstance(error, DamagedRowError | UnicodeDecodeError):
        return True  # SQLite names what it does not find, be it text or not
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return False
    malformed = code == sqlite3.SQLITE_ERROR and any(
        words in str(error) for words in ("malformed", "no such", "unsupported file format")
    )
    return malformed or code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def has_odd_header(path: Path) -> bool:
    """Whether the file names a format that no SQLite writes, for which it is taken as read-only.

    Source: SQLite's database file format, 1.3, "file format write version". Raises OSError.
    """
    with path.open("rb") as file:
        header = file.read(20)
    return len(header) == 20 and header[18] not in (1, 2)


def find_damage(db: sqlite3.Connection, high_water: int, rows: SealedRows, version: int) -> str | None:
    """What is wrong with an open spool of that version, in a few words, or None."""
    try:
        verdict = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if verdict != "ok":
            return "the database is malformed"
        row = db.execute("SELECT version, commits FROM spool").fetchone()
        if row is None or not isinstance(row[1], int) or row[0] != version:
            return "its first row is gone"
        if row[1] < high_water:
            return f"its last {high_water - row[1]} writes are gone"
        if version == VERSION:
            db.execute("SELECT cap_pages, key_kept FROM spool").fetchone()
        if version == VERSION and not key_fits(db, rows):
            return "its first row is damaged"
        for table in COLUMNS:
            for _ in rows.select(db, table, "") if version == VERSION else select(db, table, ""):
                pass
    except DamagedRowError as error:
        return str(error)
    except _UNREADABLE as error:
        return f"it can not be read ({type(error).__name__})"
    return None


def key_fits(db: sqlite3.Connection, rows: SealedRows) -> bool:
    """Whether the file says that it was made with this key. Raises sqlite3.Error."""
    stored = db.execute("SELECT key_check FROM spool").fetchone()
    return stored is not None and stored[0] == rows.cipher.check


def are_foreign(found: FoundRows, rows: SealedRows) -> bool:
    """Whether these rows are whole and there are some, but this key opens none: it is another file's key."""
    sealed = [(table, values) for table in COLUMNS for values in found[table] if rows.is_sealed(values)]
    return bool(sealed) and not any(rows.opens(table, values) for table, values in sealed)


def make_tables(db: sqlite3.Connection, commits: int, rows: SealedRows, key_kept: str) -> None:
    """The tables of an empty spool, inside a transaction."""
    for statement in SCHEMA.split(";"):
        db.execute(statement)
    db.execute("INSERT INTO spool VALUES (1, ?, ?, 0, ?, ?)", (VERSION, commits, rows.cipher.check, key_kept))


def replace_damaged(
    path: Path, found: FoundRows, high_water: int, damage: str, rows: SealedRows, key_kept: str, randomness: Randomness
) -> Salvage:
    """Put a new spool file, with everything that was found whole, in the place of a damaged one.

    Call copy_aside before the rows are read, while the log is still as it was found. Raises OSError or sqlite3.Error
    when the disk does not let it; the damaged file is then still there.
    """
    adopted = {table: [rows.adopt(table, values) for values in found[table]] for table in COLUMNS}
    saved = {table: [values for values in adopted[table] if rows.opens(table, values)] for table in COLUMNS}
    count = sum(len(kept) for kept in saved.values())
    lost = f"the spool was damaged ({damage}); {count} entries could be saved"
    with _fresh_file(path, saved, high_water + 1, rows, key_kept) as db:
        _begin_streams(db, lost, rows, randomness)
    return Salvage(rows=count, lost=lost)


def replace_unsealed(path: Path, rows: SealedRows, key_kept: str) -> None:
    """Put a sealed file in the place of a healthy one of version 1: same content, same streams, same count."""
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute("PRAGMA locking_mode=EXCLUSIVE")
        commits = old.execute("SELECT commits FROM spool").fetchone()[0]
        kept = {table: [rows.adopt(table, values) for _, values in select(old, table, "")] for table in COLUMNS}
    with _fresh_file(path, kept, commits, rows, key_kept):
        pass


@contextmanager
def _fresh_file(
    path: Path, kept: FoundRows, commits: int, rows: SealedRows, key_kept: str
) -> Iterator[sqlite3.Connection]:
    """A new file with these rows; at the end of the block it takes the old one's place."""
    fresh = path.with_name(path.name + ".new")
    remove_file(fresh)
    with closing(sqlite3.connect(fresh, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=FULL")
        db.execute("BEGIN IMMEDIATE")
        make_tables(db, commits, rows, key_kept)
        for table in COLUMNS:
            for values in kept[table]:
                insert(db, table, values, "INSERT OR IGNORE")
        yield db
        db.execute("COMMIT")
    finish_replacement(path)


def finish_replacement(path: Path) -> None:
    """Complete a change-over that a crash interrupted; an incomplete new file is removed."""
    fresh = path.with_name(path.name + ".new")
    if not fresh.exists():
        return
    if not _complete(fresh):
        remove_file(fresh)
        return
    # An old log beside a new file would be played back into it.
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    fresh.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make names in a directory durable."""
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _complete(fresh: Path) -> bool:
    try:
        with closing(sqlite3.connect(fresh, isolation_level=None)) as db:
            return db.execute("SELECT version FROM spool").fetchone() is not None
    except sqlite3.Error:
        return False


def remove_file(path: Path) -> None:
    """Remove a database file and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def copy_aside(path: Path) -> Path | None:
    """Keep a damaged file for a person. None: the disk has no room for it."""
    aside = _next_aside(path)
    try:
        for suffix in ("", "-wal"):
            source = path.with_name(path.name + suffix)
            if source.exists():
                shutil.copyfile(source, aside.with_name(aside.name + suffix))
    except OSError:
        remove_file(aside)
        return None
    return aside


def move_aside(path: Path) -> Path:
    """Keep a file that nobody can open for a person; its place is free then, durably. Raises OSError."""
    aside = _next_aside(path)
    # The log first: should the power go in between, the next try gives the file the same number.
    for suffix in ("-wal", ""):
        source = path.with_name(path.name + suffix)
        if source.exists():
            source.replace(aside.with_name(aside.name + suffix))
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    sync_directory(path.parent)
    forget_old_asides(path)
    return aside


def forget_old_asides(path: Path) -> None:
    """Keep the newest two files that were put aside."""
    for old in _asides(path)[:-ASIDE_MAX]:
        remove_file(old)


def _asides(path: Path) -> list[Path]:
    return sorted(path.parent.glob(path.name + ".damaged-?????"))


def _next_aside(path: Path) -> Path:
    earlier = _asides(path)
    number = int(earlier[-1].name[-5:]) + 1 if earlier else 1
    return path.with_name(f"{path.name}.damaged-{number:05d}")


def read_whole_rows(path: Path) -> FoundRows:
    """Every row of a damaged file whose hash fits, as stored."""
    saved: FoundRows = {table: [] for table in COLUMNS}
    with suppress(*_UNREADABLE), closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        for table in COLUMNS:
            forward = dict(_whole_rows(db, table, "ASC"))
            backward = dict(_whole_rows(db, table, "DESC"))  # reaches what lies behind the damage
            found = {**backward, **forward}
            saved[table] = [found[position] for position in sorted(found)]
    return saved


def _whole_rows(db: sqlite3.Connection, table: str, order: str) -> Iterator[tuple[int, tuple[Value, ...]]]:
    columns = ", ".join(("position", *COLUMNS[table], "sha256"))
    try:
        for row in db.execute(f"SELECT {columns} FROM {table} NOT INDEXED ORDER BY position {order}"):
            values = tuple(row[1:-1])
            if isinstance(row[0], int) and _hash_fits(table, values, row[-1]):
                yield row[0], values
    except _UNREADABLE:
        return


def _hash_fits(table: str, values: tuple[Value, ...], stored: object) -> bool:
    try:
        return digest(table, values) == stored
    except ValueError:
        return False


def _begin_streams(db: sqlite3.Connection, lost: str, rows: SealedRows, randomness: Randomness) -> None:
    known: set[str] = set()
    for position, values in list(rows.select(db, "sender", "")):
        sender = str(values[0])
        known.add(sender)
        row = SenderRow.from_json(str(values[1])).in_new_stream(new_stream(randomness), lost)
        rows.rewrite(db, "sender", position, (sender, row.to_json()))
    # A sender whose own row was lost, but not everything of it.
    for table in ("job", "alert", "memo", "batch"):
        for (sender,) in db.execute(f"SELECT DISTINCT sender FROM {table}").fetchall():
            if sender not in known:
                known.add(sender)
                row = SenderRow.new(new_stream(randomness), Gap(reason=lost[:255]))
                rows.insert(db, "sender", (sender, row.to_json()))
