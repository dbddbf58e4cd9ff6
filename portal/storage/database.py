"""The SQLite database: one connection that writes, one that only reads, both under Tortoise.

1. WAL with synchronous=FULL: what is committed survives a pulled plug.
2. One writer at a time in this process: models, and the ingest's own connection, take turns under one lock.
3. Pages, exports and look-ups read on a second connection that cannot write (query_only), so a slow
   export never waits for a commit nor holds one up.
4. Models read through the reading connection. Inside writing() pass using_db(the transaction) to see
   your own changes.
5. No connection folds the WAL by itself (wal_autocheckpoint=0): SQLite before 3.51.3 may lose rows when one
   connection folds while another one writes. WalFold does it in the writer's turn, and not while a command
   line (which holds the lock file shared) has the database open.
"""

import contextlib
import errno
import fcntl
import logging
import os
import pkgutil
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext
from tortoise.exceptions import OperationalError
from tortoise.migrations.executor import MigrationExecutor
from tortoise.models import Model
from tortoise.transactions import in_transaction

from portal.errors import ConfigError, StorageError, StorageFullError
from portal.storage import migrations

Row = dict[str, Any]
"""A row by column name. Queries parse it into a record at once; it goes no further."""

WRITER: Final = "default"
READER: Final = "reads"
BUSY_TIMEOUT_MS: Final = 10_000
WAL_FOLDED_BYTES: Final = 4 * 1024 * 1024
WAL_KEPT_BYTES: Final = 16 * 1024 * 1024
APPS: Final = {
    "portal": {
        "models": ["portal.storage.models"],
        "migrations": "portal.storage.migrations",
        "default_connection": WRITER,
    }
}
_log = logging.getLogger(__name__)


class WalFold:
    """Copies the WAL into the database file when it has grown, if no other process may be writing."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._wal, self._connection = path.with_name(path.name + "-wal"), connection
        self._lock = open_lock(path)

    def when_grown(self) -> None:
        """Call in the writer's turn, outside a transaction."""
        try:
            grown = self._wal.stat().st_size >= WAL_FOLDED_BYTES
        except FileNotFoundError:
            return
        if not grown:
            return
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        try:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the lock file."""
        self._lock.close()


def open_lock(path: Path) -> IO[str]:
    """The lock file beside a database; flock it."""
    return path.with_name(path.name + ".lock").open("w")


class ReadsApart:
    """Tortoise router: models are read on the reading connection."""

    def db_for_read(self, model: type[Model]) -> str:
        return READER

    def db_for_write(self, model: type[Model]) -> str:
        return WRITER


def database_path(url: str) -> Path:
    """The file a database URL names. Raises ConfigError for anything but sqlite:///path."""
    scheme, _, rest = url.partition("://")
    if scheme in ("postgres", "postgresql", "asyncpg", "psycopg"):
        raise ConfigError("PostgreSQL is not supported by this release; give --database sqlite:///PATH")
    if scheme != "sqlite" or not rest or ":memory:" in rest:
        raise ConfigError(f"the database URL {url!r} is not sqlite:///PATH (a file; memory is not enough)")
    return Path(rest.partition("?")[0]).absolute()


def storage_error(error: Exception) -> StorageError:
    """The same failure in words, and as StorageFullError if room is what is missing."""
    text = str(error)
    if "disk is full" in text or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return StorageFullError("the disk that holds the database is full: free some room")
    return StorageError(f"the database does not take writes: {text}")


class Database:
    """An open database. Made by open_database; active in the task (and its children) that opened it."""

    def __init__(self, context: TortoiseContext, path: Path) -> None:
        self.path = path
        self._context = context

    async def rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """What a SELECT finds, on the reading connection. sql: with ? for values. Raises StorageError."""
        try:
            found = await self._context.connections.get(READER).execute_query_dict(sql, list(values))
        except OperationalError as error:
            raise StorageError(f"the database cannot be read: {error}") from error
        return list(found)

    async def row(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        """The first row a SELECT finds, or None."""
        found = await self.rows(sql, values)
        return found[0] if found else None

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[BaseDBAsyncClient]:
        """A transaction on the writing connection: all of it, or nothing. Raises StorageError."""
        try:
            async with in_transaction(WRITER) as transaction:
                yield transaction
        except OperationalError as error:
            raise storage_error(error) from error

    @asynccontextmanager
    async def writer_turn(self) -> AsyncIterator[None]:
        """While inside, nothing else in this process writes: for the ingest's own connection."""
        async with self._context.connections.get(WRITER).acquire_connection():
            yield

    async def migrate(self) -> None:
        """Bring the schema up to this release. Raises StorageError; two processes take turns."""
        connection = self._context.connections.get(WRITER)
        executor = MigrationExecutor(connection, dict(APPS))
        with open_lock(self.path) as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            try:
                await executor.migrate(direction="forward")
            except (OperationalError, sqlite3.DatabaseError) as error:
                known = storage_error(error)
                if isinstance(known, StorageFullError) or "already exists" not in str(error):
                    raise known from error
                raise StorageError(
                    f"{self.path} is not as this program left it ({error}): restore it, or give another --database"
                ) from error


def writer_connection(path: Path) -> sqlite3.Connection:
    """A bare connection with the writer's promises, for the ingest's thread. Take writer_turn() to use it."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=BUSY_TIMEOUT_MS / 1000
    )
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA journal_size_limit={WAL_KEPT_BYTES}")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("PRAGMA cache_size=-65536")
    connection.execute("PRAGMA foreign_keys=OFF")  # parents are resolved in the same transaction
    return connection


def _check_database(path: Path) -> None:
    # Tortoise would wait for ever on a file that is no database, so the question is asked before it.
    try:
        with contextlib.closing(writer_connection(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            _check_release(path, connection)
    except sqlite3.OperationalError as error:
        raise storage_error(error) from error
    except sqlite3.DatabaseError as error:
        raise StorageError(
            f"{path} is damaged, or no database of the portal ({error}): restore it, or give another --database"
        ) from error


def _check_release(path: Path, connection: sqlite3.Connection) -> None:
    # Tortoise passes over a migration it does not know; a newer release's tables would then be written blindly.
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'tortoise_migrations'").fetchone():
        return
    applied = {name for (name,) in connection.execute("SELECT name FROM tortoise_migrations WHERE app = 'portal'")}
    known = {each.name for each in pkgutil.iter_modules(migrations.__path__)}
    if newer := sorted(applied - known):
        raise ConfigError(
            f"the database {path} was made by a newer release ({newer[-1]}): install that one, "
            "or give another --database"
        )


def _settings(path: Path) -> dict[str, object]:
    shared = {
        "file_path": str(path),
        "busy_timeout": BUSY_TIMEOUT_MS,
        "journal_size_limit": WAL_KEPT_BYTES,
        "wal_autocheckpoint": 0,
    }
    engine = "tortoise.backends.sqlite"
    return {
        "connections": {
            WRITER: {"engine": engine, "credentials": {**shared, "synchronous": "FULL"}},
            READER: {"engine": engine, "credentials": {**shared, "query_only": "ON"}},
        },
        "apps": APPS,
        "routers": [ReadsApart],
    }


def _check_writable(path: Path) -> None:
    directory = path.parent
    if not directory.is_dir():
        raise ConfigError(f"the folder {directory} for the database does not exist: create it or change --database")
    if path.exists() and not os.access(path, os.W_OK):
        raise ConfigError(f"the database {path} is not writable for this user: change its owner or its mode")
    if not os.access(directory, os.W_OK):
        raise ConfigError(f"the folder {directory} is not writable for this user: the database cannot live there")


@contextlib.contextmanager
def visiting(path: Path) -> Iterator[None]:
    """While inside, no other process folds the WAL: for a program that writes beside a portal that serves."""
    with open_lock(path) as turn:
        fcntl.flock(turn, fcntl.LOCK_SH)
        yield


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """Open, check and migrate the database; closed on leaving. Raises ConfigError or StorageError."""
    path = database_path(url)
    _check_writable(path)
    _check_database(path)
    async with TortoiseContext() as context:
        await context.init(config=_settings(path))
        database = Database(context, path)
        await database.migrate()
        try:
            yield database
        finally:
            # The writer closes last: only it may fold the WAL into the file.
            await context.connections.get(READER).close()
