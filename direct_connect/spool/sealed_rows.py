"""Rows whose bodies are sealed on their way into the file, and opened and checked on their way out."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Final

from direct_connect.spool import rows
from direct_connect.spool.row_cipher import SEALED, RowCipher, UnsealError
from direct_connect.spool.rows import COLUMNS, DamagedRowError, Value

BYTES: Final = ("batch", "body")
SEALED_COLUMNS: Final[Mapping[str, frozenset[str]]] = {
    "sender": frozenset({"body"}),
    "job": frozenset({"body"}),
    "alert": frozenset({"body"}),
    "memo": frozenset({"value"}),
    "batch": frozenset({"why_aside", "body"}),
}
NAME_COLUMNS: Final[Mapping[str, str]] = {"job": "job_id", "alert": "alert_id", "memo": "name"}


class SealedRows:
    """Reads and writes rows with one key. Values are in the order of COLUMNS, in the clear on this side."""

    def __init__(self, cipher: RowCipher) -> None:
        self.cipher = cipher

    def name(self, table: str, sender: str, plain: str) -> str:
        """What stands in the file for a job_id, an alert_id or a memo's name."""
        return self.cipher.name(f"{table}/{sender}/{plain}")

    def insert(self, db: sqlite3.Connection, table: str, values: tuple[Value, ...], verb: str = "INSERT") -> int:
        """Add a row. Gives how many rows were added."""
        return rows.insert(db, table, self.seal(table, values), verb)

    def rewrite(self, db: sqlite3.Connection, table: str, position: int, values: tuple[Value, ...]) -> None:
        """Replace a row in its place."""
        rows.rewrite(db, table, position, self.seal(table, values))

    def select(
        self, db: sqlite3.Connection, table: str, rest: str, arguments: tuple[Value, ...] = ()
    ) -> Iterator[tuple[int, tuple[Value, ...]]]:
        """Position and values of the rows that the rest of the statement asks for. Raises DamagedRowError."""
        for position, stored in rows.select(db, table, rest, arguments):
            try:
                yield position, self.unseal(table, stored)
            except (UnsealError, ValueError) as error:
                raise DamagedRowError(f"row {position} of {table} does not open") from error

    def seal(self, table: str, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """The values as they are stored."""
        place, sealed = self._place(table, values), []
        for column, value in zip(COLUMNS[table], values, strict=True):
            if value is None or column not in SEALED_COLUMNS[table]:
                sealed.append(value)
                continue
            assert isinstance(value, str | bytes)
            plain = value.encode() if isinstance(value, str) else value
            sealed.append(self.cipher.seal(plain, place + column.encode()))
        return tuple(sealed)

    def unseal(self, table: str, stored: tuple[Value, ...]) -> tuple[Value, ...]:
        """The values of a stored row. Raises UnsealError, ValueError."""
        place, plain = self._place(table, stored), []
        for column, value in zip(COLUMNS[table], stored, strict=True):
            if value is None or column not in SEALED_COLUMNS[table]:
                plain.append(value)
                continue
            if not isinstance(value, bytes):
                raise UnsealError("a body is not sealed")
            body = self.cipher.unseal(value, place + column.encode())
            plain.append(body if (table, column) == BYTES else body.decode())
        return tuple(plain)

    def opens(self, table: str, stored: tuple[Value, ...]) -> bool:
        """Whether this key sealed the row."""
        try:
            self.unseal(table, stored)
        except (UnsealError, ValueError):
            return False
        return True

    def is_sealed(self, stored: tuple[Value, ...]) -> bool:
        """Whether some key sealed the row. Version 1 stored JSON, which begins otherwise."""
        body = stored[-1]
        return isinstance(body, bytes) and body[:1] == SEALED

    def adopt(self, table: str, stored: tuple[Value, ...]) -> tuple[Value, ...]:
        """A row that may be of version 1, in the clear, as a sealed one."""
        if self.is_sealed(stored):
            return stored
        if table in NAME_COLUMNS:
            sender, name, body = stored
            text = memo_text(str(name), str(body)) if table == "memo" else body
            return self.seal(table, (sender, self.name(table, str(sender), str(name)), text))
        return self.seal(table, stored)

    def _place(self, table: str, values: tuple[Value, ...]) -> bytes:
        hidden = SEALED_COLUMNS[table]
        pairs = zip(COLUMNS[table], values, strict=True)
        return rows.digest(table, tuple(value for column, value in pairs if column not in hidden))


def memo_text(name: str, value: str) -> str:
    """A memo as the text of one body, since its name is not in the clear either."""
    return f"{len(name)}:{name}{value}"


def read_memo(text: str) -> tuple[str, str]:
    """Name and value of a memo's body. Raises ValueError."""
    length, _, rest = text.partition(":")
    return rest[: int(length)], rest[int(length) :]
