"""A look at a connection from outside, while the program that owns it may be running.

The spool is open in one process only, so what is read is a copy: database and log together, taken again when they
changed meanwhile. Nothing is written to the original.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from direct_connect.errors import ConfigError, DirectConnectError, SpoolStorageError
from direct_connect.gathering import DEADLINE_MEMO, DEADLINE_REASON_MEMO
from direct_connect.spool.port import SetAside, Spool
from direct_connect.spool.sqlite_file import SqliteSpoolFile
from direct_connect.spool.sqlite_store import PAGE_BYTES
from direct_connect.uplink.identity import IDENTITY_FILE, Identity, IdentityFolder
from wire_format.codec import parse_instant

_TRIES_MAX: Final = 20
_PARTS: Final = ("", "-wal", ".key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What can be told from outside. Times are the sender's wall clock.

    deadline_at, deadline_reason: the next heartbeat and why then. fill_percent: of the spool's cap.
    """

    sender: str
    portal_url: str
    enrolled: bool
    delivered: int
    delivered_at: datetime | None
    unsent: int
    oldest_unsent_at: datetime | None
    set_aside: tuple[SetAside, ...]
    jobs_waiting: int
    jobs_refused: int
    impressions_waiting: int
    alerts_waiting: int
    deadline_at: datetime | None
    deadline_reason: str | None
    used_bytes: int
    fill_percent: int
    set_aside_total: int = 0
    cap_bytes: int = 0
    key_renewed_at: datetime | None = None


def inspect_connection(directory: Path, spool_path: Path) -> Inspection:
    """Look at the connection in a directory. Raises ConfigError when there is none, SpoolStorageError."""
    found = inspect_connections({"": directory}, spool_path)[""]
    if isinstance(found, DirectConnectError):
        raise found
    return found


def inspect_connections(
    directories: Mapping[str, Path], spool_path: Path
) -> dict[str, Inspection | DirectConnectError]:
    """Look at many connections that share a spool file; for one that can not be looked at, why.

    Raises ConfigError when there is no spool, SpoolStorageError.
    """
    identities: dict[str, Identity | DirectConnectError] = {}
    for name, directory in directories.items():
        try:
            identities[name] = IdentityFolder(directory).current()
        except DirectConnectError as error:
            identities[name] = error
    if len(directories) == 1 and isinstance(only := next(iter(identities.values())), DirectConnectError):
        raise only
    with opened_copy(spool_path) as file:
        senders = frozenset(file.senders())
        found: dict[str, Inspection | DirectConnectError] = {}
        for name, identity in identities.items():
            if isinstance(identity, DirectConnectError):
                found[name] = identity
            elif identity.sender not in senders:
                found[name] = ConfigError(f"the spool {spool_path} holds nothing of the sender in {directories[name]}")
            else:
                found[name] = _inspected(identity, file.of(identity.sender))
        return found


def printers_in(directory: Path) -> dict[str, Path]:
    """The connections of a gateway by name: each has a directory in the gateway's, or in `printers` there."""
    found = [*directory.glob(f"*/{IDENTITY_FILE}"), *directory.glob(f"printers/*/{IDENTITY_FILE}")]
    return {each.parent.name: each.parent for each in sorted(found)}


@contextmanager
def opened_copy(spool_path: Path) -> Iterator[SqliteSpoolFile]:
    """The spool file, as it was a moment ago. Raises ConfigError when there is none, SpoolStorageError."""
    if not spool_path.exists():
        raise ConfigError(f"there is no spool at {spool_path}; was this connection ever opened?")
    with tempfile.TemporaryDirectory(prefix="inkwire-connect-") as aside:
        copy = _copied(spool_path, Path(aside))
        with closing(sqlite3.connect(copy)) as db:
            cap_pages = _cap_pages(spool_path, db)
        with SqliteSpoolFile.open(copy, bytes_max=cap_pages * PAGE_BYTES) as file:
            yield file


def find_spool_damage(spool_path: Path) -> bool:
    """Whether the next start would find damage: tried on a copy. Raises SpoolStorageError, ConfigError."""
    with tempfile.TemporaryDirectory(prefix="inkwire-connect-") as aside:
        copy = _copied(spool_path, Path(aside))
        SqliteSpoolFile.open(copy).close()
        return any(copy.parent.glob(f"{copy.name}.damaged-*"))


def _inspected(identity: Identity, spool: Spool) -> Inspection:
    tally, events = spool.tally(), spool.events()
    deadline = spool.recall(DEADLINE_MEMO)
    return Inspection(
        sender=identity.sender,
        portal_url=identity.portal_url,
        enrolled=identity.enrolled,
        delivered=tally.delivered,
        delivered_at=tally.delivered_at,
        unsent=tally.unsent,
        oldest_unsent_at=tally.oldest_unsent_at,
        set_aside=spool.aside(),
        jobs_waiting=len(events.jobs),
        jobs_refused=tally.jobs_refused,
        impressions_waiting=events.impressions,
        alerts_waiting=sum(known.changed for known in events.alerts),
        deadline_at=None if deadline is None else parse_instant(deadline),
        deadline_reason=spool.recall(DEADLINE_REASON_MEMO),
        used_bytes=tally.used_bytes,
        fill_percent=100 * tally.used_bytes // tally.cap_bytes,
        set_aside_total=tally.set_aside,
        cap_bytes=tally.cap_bytes,
        key_renewed_at=getattr(identity, "key_renewed_at", None) or identity.enrolled_at,
    )


def _cap_pages(path: Path, db: sqlite3.Connection) -> int:
    try:
        return int(db.execute("SELECT cap_pages FROM spool").fetchone()[0])
    except (sqlite3.DatabaseError, TypeError) as error:
        raise SpoolStorageError(
            f"the spool {path} is damaged, or no spool ({error}); the program that owns it saves what is readable"
        ) from error


def _copied(path: Path, aside: Path) -> Path:
    try:
        for _ in range(_TRIES_MAX):
            before = _marks(path)
            for part in _PARTS:
                source = path.with_name(path.name + part)
                (aside / source.name).unlink(missing_ok=True)
                if source.exists():
                    shutil.copyfile(source, aside / source.name)
            if _marks(path) == before:
                return aside / path.name
    except OSError as error:
        raise SpoolStorageError(f"the spool {path} can not be read: {error.strerror}; check its owner") from error
    raise SpoolStorageError(f"the spool {path} changes faster than it can be looked at; try again")


def _marks(path: Path) -> list[tuple[int, int] | None]:
    marks: list[tuple[int, int] | None] = []
    for part in _PARTS:
        try:
            found = path.with_name(path.name + part).stat()
            marks.append((found.st_mtime_ns, found.st_size))
        except FileNotFoundError:
            marks.append(None)
    return marks
