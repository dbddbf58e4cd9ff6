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
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from direct_connect.core.chance import Randomness, new_stream
from direct_connect.spool.rows import COLUMNS, SCHEMA, VERSION, DamagedRowError, Value, digest, insert, rewrite, select
from direct_connect.spool.sender_row import SenderRow
from wire_format.records import Gap

ASIDE_MAX: Final = 2
_UNREADABLE: Final = (sqlite3.Error, ValueError, TypeError, OverflowError, MemoryError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvage:
    """What was carried over. rows: how many. lost: what is known to be gone, in words."""

    rows: int
    lost: str


def find_damage(db: sqlite3.Connection, high_water: int) -> str | None:
    """What is wrong with an open spool, in a few words, or None."""
    try:
        verdict = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if verdict != "ok":
            return "the database is malformed"
        row = db.execute("SELECT version, commits FROM spool").fetchone()
        if row is None or not isinstance(row[1], int):
            return "its first row is gone"
        if row[1] < high_water:
            return f"its last {high_water - row[1]} writes are gone"
        for table in COLUMNS:
            for _ in select(db, table, ""):
                pass
    except DamagedRowError as error:
        return str(error)
    except _UNREADABLE as error:
        return f"it can not be read ({type(error).__name__})"
    return None


def replace_damaged(path: Path, high_water: int, damage: str, randomness: Randomness) -> Salvage:
    """Put a new spool file, with everything that is whole, in the place of a damaged one.

    Call copy_aside before, while the log is still as it was found. Raises OSError or sqlite3.Error when the disk
    does not let it; the damaged file is then still there.
    """
    saved = _saved_rows(path)
    rows = sum(len(kept) for kept in saved.values())
    lost = f"the spool was damaged ({damage}); {rows} entries could be saved"
    fresh = path.with_name(path.name + ".new")
    _remove(fresh)
    with closing(sqlite3.connect(fresh, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=FULL")
        db.execute("BEGIN IMMEDIATE")
        for statement in SCHEMA.split(";"):
            db.execute(statement)
        for table, kept in saved.items():
            for values in kept:
                insert(db, table, values, "INSERT OR IGNORE")
        _begin_streams(db, lost, randomness)
        db.execute("INSERT INTO spool VALUES (1, ?, ?, 0)", (VERSION, high_water + 1))
        db.execute("COMMIT")
    finish_replacement(path)
    return Salvage(rows=rows, lost=lost)


def finish_replacement(path: Path) -> None:
    """Complete a change-over that a crash interrupted; an incomplete new file is removed."""
    fresh = path.with_name(path.name + ".new")
    if not fresh.exists():
        return
    if not _complete(fresh):
        _remove(fresh)
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


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def copy_aside(path: Path) -> Path | None:
    """Keep a damaged file for a person, the newest two of such files at most. None: the disk has no room for it."""
    earlier = sorted(path.parent.glob(path.name + ".damaged-?????"))
    number = int(earlier[-1].name[-5:]) + 1 if earlier else 1
    aside = path.with_name(f"{path.name}.damaged-{number:05d}")
    try:
        for suffix in ("", "-wal"):
            source = path.with_name(path.name + suffix)
            if source.exists():
                shutil.copyfile(source, aside.with_name(aside.name + suffix))
    except OSError:
        _remove(aside)
        return None
    for old in earlier[: max(0, len(earlier) + 1 - ASIDE_MAX)]:
        _remove(old)
    return aside


def _saved_rows(path: Path) -> dict[str, list[tuple[Value, ...]]]:
    saved: dict[str, list[tuple[Value, ...]]] = {table: [] for table in COLUMNS}
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


def _begin_streams(db: sqlite3.Connection, lost: str, randomness: Randomness) -> None:
    known: set[str] = set()
    for position, values in list(select(db, "sender", "")):
        sender = str(values[0])
        known.add(sender)
        row = SenderRow.from_json(str(values[1])).in_new_stream(new_stream(randomness), lost)
        rewrite(db, "sender", position, (sender, row.to_json()))
    # A sender whose own row was lost, but not everything of it.
    for table in ("job", "alert", "memo", "batch"):
        for (sender,) in db.execute(f"SELECT DISTINCT sender FROM {table}").fetchall():
            if sender not in known:
                known.add(sender)
                row = SenderRow.new(new_stream(randomness), Gap(reason=lost[:255]))
                insert(db, "sender", (sender, row.to_json()))
