"""Building the few shapes of SQL statement that the writes use."""

from collections.abc import Sequence


def insert(table: str, columns: Sequence[str], then: str = "") -> str:
    """INSERT with one ? per column. then: what follows, such as an ON CONFLICT clause."""
    marks = ", ".join("?" for _ in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) {then}".rstrip()


def upsert(table: str, columns: Sequence[str], key: Sequence[str], *, where: str = "") -> str:
    """INSERT, or on the same key take every other column from the new row. where: only if this holds."""
    taken = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    condition = f" WHERE {where}" if where else ""
    return insert(table, columns, f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {taken}{condition}")
