"""The tables of the spool file, and rows that carry their own SHA-256.

The hash covers the table's name and every column but the position, as stored (`sealed_rows` stores bodies sealed), so a
flipped bit anywhere in a row is found when it is read, and a row saved from a damaged file is known to be whole, by
one who has no key too.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Final

from direct_connect.errors import DirectConnectError

VERSION: Final = 2
"""1: bodies and names in the clear, no key_check and no key_kept. 2: sealed."""
Value = None | int | str | bytes

SCHEMA: Final = """
CREATE TABLE spool (
    one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, commits INTEGER NOT NULL,
    cap_pages INTEGER NOT NULL, key_check BLOB NOT NULL, key_kept TEXT NOT NULL);
CREATE TABLE sender (
    position INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL UNIQUE, body BLOB NOT NULL,
    sha256 BLOB NOT NULL);
CREATE TABLE job (
    position INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, job_id TEXT NOT NULL, body BLOB NOT NULL,
    sha256 BLOB NOT NULL, UNIQUE (sender, job_id));
CREATE TABLE alert (
    position INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, alert_id TEXT NOT NULL, body BLOB NOT NULL,
    sha256 BLOB NOT NULL, UNIQUE (sender, alert_id));
CREATE TABLE memo (
    position INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL,
    sha256 BLOB NOT NULL, UNIQUE (sender, name));
CREATE TABLE batch (
    position INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, stream TEXT NOT NULL,
    sequence INTEGER NOT NULL, lane INTEGER NOT NULL, reason TEXT NOT NULL, created_at TEXT NOT NULL,
    snapshot_only INTEGER NOT NULL, why_aside BLOB, body BLOB NOT NULL,
    sha256 BLOB NOT NULL, UNIQUE (sender, stream, sequence));
CREATE INDEX batch_waiting ON batch (sender, lane, position) WHERE why_aside IS NULL;
"""
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "sender": ("sender", "body"),
    "job": ("sender", "job_id", "body"),
    "alert": ("sender", "alert_id", "body"),
    "memo": ("sender", "name", "value"),
    "batch": (
        "sender", "stream", "sequence", "lane", "reason", "created_at", "snapshot_only", "why_aside", "body",
    ),
}  # fmt: skip


class DamagedRowError(DirectConnectError):
    """A row's hash does not fit what the row holds."""


def digest(table: str, values: tuple[Value, ...]) -> bytes:
    """SHA-256 of a row, every value with its type and length, so that no two rows spell alike."""
    total = hashlib.sha256(table.encode("ascii"))
    for value in values:
        match value:
            case None:
                total.update(b"n")
            case int():
                total.update(b"i%d;" % value)
            case str():
                encoded = value.encode("utf-8")
                total.update(b"s%d;" % len(encoded) + encoded)
            case bytes():
                total.update(b"b%d;" % len(value) + value)
    return total.digest()


def insert(db: sqlite3.Connection, table: str, values: tuple[Value, ...], verb: str = "INSERT") -> int:
    """Add a row with its hash. values: in the order of COLUMNS. Gives how many rows were added."""
    columns = (*COLUMNS[table], "sha256")
    marks = ", ".join("?" * len(columns))
    cursor = db.execute(
        f"{verb} INTO {table} ({', '.join(columns)}) VALUES ({marks})", (*values, digest(table, values))
    )
    return cursor.rowcount


def rewrite(db: sqlite3.Connection, table: str, position: int, values: tuple[Value, ...]) -> None:
    """Replace a row in its place."""
    columns = ", ".join(f"{column} = ?" for column in (*COLUMNS[table], "sha256"))
    db.execute(f"UPDATE {table} SET {columns} WHERE position = ?", (*values, digest(table, values), position))


def select(
    db: sqlite3.Connection, table: str, rest: str, arguments: tuple[Value, ...] = ()
) -> Iterator[tuple[int, tuple[Value, ...]]]:
    """Position and values of the rows that the rest of the statement asks for, each one checked.

    Raises DamagedRowError.
    """
    columns = ", ".join(("position", *COLUMNS[table], "sha256"))
    for row in db.execute(f"SELECT {columns} FROM {table} {rest}", arguments):
        position, values, stored = row[0], tuple(row[1:-1]), row[-1]
        if digest(table, values) != stored:
            raise DamagedRowError(f"row {position} of {table} is damaged")
        yield position, values
