"""The printers an agent speaks for: a direct connection each, on one spool file and one worker.

In the agent's directory: `spool.db`, and `printers/NAME` with the identity of each printer. A printer that was opened
once is spoken for again after every start, without being named, until it is closed: what waits must leave also when
the program that told it does not come back; so its claim code is kept until it has been used. What a printer was last
told to be is kept in the spool, so that a heartbeat after a restart has it, with the time it was told.
"""

import logging
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from direct_connect.agent.commands import Open, Told
from direct_connect.clock import CLOCK_FLOOR, Clock
from direct_connect.core.reporting import Snapshot
from direct_connect.core.settings import ConnectionSettings
from direct_connect.errors import ConfigError, DirectConnectError, SpoolStorageError
from direct_connect.runtime import DirectConnection
from direct_connect.spool.port import SpoolFile
from direct_connect.uplink.enrol import read_claim_code
from direct_connect.uplink.identity import IDENTITY_FILE, TIME_FLOOR_FILE, IdentityFolder
from direct_connect.uplink.lines import Uplink
from direct_connect.worker import Worker
from wire_format.codec import decode_record, encode_record
from wire_format.errors import DecodeError
from wire_format.records import Device
from wire_format.strict_json import compact_json, parse_json

PRINTERS_DIRECTORY: Final = "printers"
CLOSED_FILE: Final = "closed"
PRINTERS_MAX: Final = 4096
TOLD_MEMO: Final = "agent/told"
CLAIM_MEMO: Final = "agent/claim"
_LOG: Final = logging.getLogger(__name__)


class NoPrinterError(DirectConnectError):
    """No printer of that name is open."""


class TooManyPrintersError(DirectConnectError):
    """One agent speaks for so many, and no more."""


def time_floor(directory: Path) -> datetime:
    """The latest time that the portal has signed for any printer of this agent: one machine has one clock."""
    folders = (IdentityFolder(path.parent) for path in (directory / PRINTERS_DIRECTORY).glob(f"*/{TIME_FLOOR_FILE}"))
    return max((floor for folder in folders if (floor := folder.time_floor()) is not None), default=CLOCK_FLOOR)


class Printer:
    """One printer that is spoken for. Thread-safe."""

    def __init__(self, name: str, connection: DirectConnection, spool: SpoolFile, clock: Clock) -> None:
        self.name, self.connection = name, connection
        self._memos, self._clock = spool.of(connection.sender), clock
        self._lock = threading.Lock()
        self._told = _read_told(self._memos.recall(TOLD_MEMO), name)

    @property
    def claim(self) -> str | None:
        """The claim code that is kept until the portal has accepted the printer."""
        return self._memos.recall(CLAIM_MEMO)

    def keep_claim(self, claim: str | None) -> None:
        """Keep a claim code, or forget it (None). Raises SpoolFullError, SpoolStorageError."""
        if claim != self.claim:
            self._memos.remember(CLAIM_MEMO, claim)

    def tell(self, told: Told, names: frozenset[str]) -> None:
        """What the printer is and shows from now on. names: the parts that are told; the others stay.

        Raises SpoolFullError, SpoolStorageError.
        """
        with self._lock:
            # Kept as it was told: nothing of it ends a report later (`core.reporting` makes findings of what is odd).
            parts = {name: getattr(told, name) for name in names if hasattr(told, name)}
            known = replace(self._told, **{**parts, "observed_at": told.observed_at or self._clock.utc_now()})
            self._memos.remember(TOLD_MEMO, compact_json(encode_record(known)))
            self._told = known

    def snapshot(self) -> Snapshot:
        """The last told state, of the time it was told."""
        told = self._told
        return Snapshot(told.device or Device(), told.config, told.status, told.meters, told.supplies, told.observed_at)


class Printers:
    """All of them, by name. Thread-safe; a printer that can not be opened never stops the others."""

    def __init__(
        self,
        directory: Path,
        portals: Sequence[str],
        *,
        spool: SpoolFile,
        worker: Worker,
        clock: Clock,
        settings: ConnectionSettings,
        uplink: Uplink | None = None,
    ) -> None:
        self._home, self._portals = directory / PRINTERS_DIRECTORY, portals
        self.spool, self._worker, self._clock = spool, worker, clock
        self._settings, self._uplink = settings, uplink
        self._lock = threading.RLock()
        self._open: dict[str, Printer] = {}

    def resume(self) -> int:
        """Open every printer of an earlier run that was not closed; gives how many are open."""
        names = sorted(found.parent.name for found in self._home.glob(f"*/{IDENTITY_FILE}"))
        for name in names:
            if (self._home / name / CLOSED_FILE).exists():
                continue
            try:
                self.open(name, Open())
            except (DirectConnectError, OSError) as error:
                _LOG.error("printer can not be resumed", extra={"printer": name, "why": str(error)})
        return len(self._open)

    def open(self, name: str, wish: Open) -> Printer:
        """Speak for a printer; again, it changes nothing but a claim code that the portal did not take.

        Raises ConfigError (a mistyped code, a damaged directory), TooManyPrintersError, SpoolFullError,
        SpoolStorageError.
        """
        with self._lock:
            if (known := self._open.get(name)) is not None:
                if wish.claim in (None, known.claim) or known.connection.status().enrolled:
                    return known
                read_claim_code(wish.claim)  # a mistyped one must not cost the connection that is there
                del self._open[name]
                known.connection.close()
            if len(self._open) >= PRINTERS_MAX:
                raise TooManyPrintersError(f"this agent speaks for {PRINTERS_MAX} printers already; start another one")
            directory = self._home / name
            claim = wish.claim or self._kept_claim(directory)
            early: list[Printer] = []  # the worker may ask before there is one
            connection = DirectConnection.open(
                directory,
                self._portals,
                snapshot=lambda: early[0].snapshot() if early else Snapshot(Device()),
                claim_code=claim,
                settings=self._settings,
                clock=self._clock,
                worker=self._worker,
                spool=self.spool,
                uplink=self._uplink,
            )
            try:
                early.append(Printer(name, connection, self.spool, self._clock))
                early[0].keep_claim(None if connection.status().enrolled else claim)
                _unmark(directory)
            except BaseException:
                connection.close()
                raise
            self._open[name] = early[0]
            return early[0]

    def _kept_claim(self, directory: Path) -> str | None:
        if (identity := IdentityFolder(directory).load()) is None or identity.enrolled:
            return None
        return self.spool.of(identity.sender).recall(CLAIM_MEMO)

    def of(self, name: str | None) -> Printer:
        """An open printer. Raises NoPrinterError."""
        if (found := self._open.get(name or "")) is None:
            raise NoPrinterError(f"no printer {name} is open; say: open {name}")
        return found

    def all(self) -> Mapping[str, Printer]:
        """Every open printer, by name, in order."""
        with self._lock:
            return dict(sorted(self._open.items()))

    def close(self, name: str) -> None:
        """Speak for a printer no more, after restarts too; what it told stays stored. Raises NoPrinterError."""
        with self._lock:
            printer = self.of(name)
            _mark(self._home / name)
            del self._open[name]
        printer.connection.close()

    def close_all(self) -> None:
        """End every connection, for the end of the process: the next start resumes them."""
        with self._lock:
            printers, self._open = list(self._open.values()), {}
        for printer in printers:
            try:
                printer.connection.close()
            except DirectConnectError as error:
                _LOG.error("connection did not close", extra={"printer": printer.name, "why": str(error)})


def _read_told(document: str | None, name: str) -> Told:
    if document is None:
        return Told()
    try:
        return decode_record(Told, parse_json(document))
    except DecodeError as error:
        _LOG.error("what the printer was last told to be is unreadable", extra={"printer": name, "why": str(error)})
        return Told()


def _mark(directory: Path) -> None:
    try:
        with (directory / CLOSED_FILE).open("wb") as file:
            os.fsync(file.fileno())
        _sync(directory)
    except OSError as error:
        raise SpoolStorageError(f"{directory} can not be written: {error.strerror}; the printer stays open") from error


def _unmark(directory: Path) -> None:
    if not (directory / CLOSED_FILE).exists():
        return
    try:
        (directory / CLOSED_FILE).unlink()
        _sync(directory)
    except OSError as error:
        raise ConfigError(f"{directory} can not be written: {error.strerror}; check its owner") from error


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
