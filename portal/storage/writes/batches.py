"""Posting batches: raw batch and rows in one transaction, each batch once, however often it arrives.

1. A group of batches is one transaction and one fsync; each batch has its own savepoint, so a batch that
   cannot be stored takes nothing with it, and none of its neighbours.
2. (sender, stream, sequence) with the same SHA-256 is a repeat: nothing is written. With another SHA-256 it
   goes to quarantine: nothing of it counts.
3. A tenant's batches are numbered without holes (entry) and chained: link = SHA-256(previous link ||
   SHA-256(jws)). An altered, removed or inserted batch breaks every later link.
   Either way, and when streams interleave, an alarm says that two programs may use one key (`domain.clones`).
4. Whether a sender is revoked is asked inside the transaction: revoking holds from that moment.
"""

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from portal.clocks import real_clock, to_ms
from portal.domain.arrival import Arrival, KnownSender, Posting
from portal.domain.clones import CONFLICT
from portal.domain.records import believable, counted_at
from portal.storage.database import WalFold, storage_error
from portal.storage.writes.alarms import raise_alarm, write_stream
from portal.storage.writes.devices import DeviceRegister, write_state
from portal.storage.writes.findings import Place, write_finding
from portal.storage.writes.jobs import write_alerts, write_jobs
from portal.storage.writes.readings import write_meters, write_reading, write_supplies, write_told_findings
from portal.storage.writes.sql import insert, upsert
from wire_format.codec import format_instant
from wire_format.records import Batch, Clock, Report, SenderState

CHAIN_START: Final = bytes(32)
_KEPT: Final = "SELECT entry, sha256 FROM batch WHERE tenant_id = ? AND sender_id = ? AND stream = ? AND sequence = ?"
_CHAIN_END: Final = "SELECT entry, link FROM batch WHERE tenant_id = ? ORDER BY entry DESC LIMIT 1"
_BATCH: Final = insert(
    "batch",
    ("tenant_id", "entry", "sender_id", "stream", "sequence", "batch_id", "sha256", "jws", "link", "reason", "clock",
     "boot", "uptime_ms", "created_ms", "received_ms", "reports", "jobs", "sealed_bytes"),
)  # fmt: skip
_QUARANTINE: Final = insert(
    "quarantine",
    ("tenant_id", "sender_id", "stream", "sequence", "sha256", "jws", "received_ms", "kept_entry"),
    "ON CONFLICT DO NOTHING",
)
_KNOWN_BY_NEW_KEY: Final = (
    "INSERT INTO device_identity (tenant_id, kind, value, device_id) "
    "SELECT i.tenant_id, i.kind, ? || substr(i.value, ?), i.device_id FROM device_identity i "
    "JOIN sender s ON s.tenant_id = i.tenant_id AND (i.value = s.kid OR i.value LIKE s.kid || '|%') "
    "WHERE i.tenant_id = ? AND i.kind = 'address' AND s.id = ? ON CONFLICT (tenant_id, kind, value) DO NOTHING"
)
_SENDER_STATE: Final = upsert(
    "sender_state",
    ("tenant_id", "sender_id", "last_received_ms", "created_ms", "last_entry", "stream", "sequence", "boot", "clock",
     "jobs_refused", "batches_set_aside", "spooled", "gap_stream", "gap_sequence", "gap_reason"),
    ("tenant_id", "sender_id"),
)  # fmt: skip
_log = logging.getLogger(__name__)


def chain_link(previous: bytes, jws: bytes) -> bytes:
    """The link of a batch after the batch whose link is previous; CHAIN_START before the first."""
    return hashlib.sha256(previous + hashlib.sha256(jws).digest()).digest()


class SqliteBatchStore:
    """Posts groups of batches. Runs in one thread, in its own turn as writer (Database.writer_turn).

    connection: from writer_connection; the store's own from now on. real_now: for the audit log.
    """

    def __init__(self, connection: sqlite3.Connection, real_now: Callable[[], datetime] = real_clock) -> None:
        self._db = connection
        self._db.row_factory = sqlite3.Row
        self._real_now = real_now
        self._devices = DeviceRegister(self._db, real_now)
        self._wal = WalFold(Path(connection.execute("PRAGMA database_list").fetchone()["file"]), connection)
        self._chain: dict[int, tuple[int, bytes]] = {}

    def post(self, group: Sequence[Arrival]) -> list[Posting]:
        """Durable when this returns; one Posting per arrival, in order.

        Raises StorageError, with nothing of the group kept, when the database takes no writes.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._chain.clear()  # another process may have written since
            postings = self._post_each(group)
            self._db.execute("COMMIT")
        except (sqlite3.OperationalError, OSError, MemoryError) as error:
            self._undo()
            raise storage_error(error) from error
        except BaseException:
            self._undo()
            raise
        self._devices.learn()
        self._wal.when_grown()
        return postings

    def close(self) -> None:
        """Close the connection; post must not be called again."""
        self._wal.close()
        self._db.close()

    def _undo(self) -> None:
        self._devices.forget()
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _post_each(self, group: Sequence[Arrival]) -> list[Posting]:
        revoked = self._revoked({arrival.sender.sender_id for arrival in group})
        return [
            Posting.REVOKED if arrival.sender.sender_id in revoked else self._post_guarded(arrival) for arrival in group
        ]

    def _revoked(self, sender_ids: set[int]) -> set[int]:
        marks = ", ".join("?" for _ in sender_ids)
        found = self._db.execute(
            f"SELECT id FROM sender WHERE id IN ({marks}) AND revoked_at IS NOT NULL", tuple(sender_ids)
        )
        return {row["id"] for row in found}

    def _post_guarded(self, arrival: Arrival) -> Posting:
        chain = self._chain.get(arrival.sender.tenant_id)
        self._db.execute("SAVEPOINT arrival")
        try:
            posting = self._post_one(arrival)
        except sqlite3.OperationalError:
            raise  # the disk or the file, not this batch
        except (sqlite3.Error, ValueError, KeyError, TypeError, OverflowError):
            # A batch that passed every check and still cannot be stored is our fault, and must not stop others.
            _log.exception("a batch could not be stored", extra={"sender": arrival.sender.kid})
            self._db.execute("ROLLBACK TO arrival")
            self._devices.forget()
            if chain is None:
                self._chain.pop(arrival.sender.tenant_id, None)
            else:
                self._chain[arrival.sender.tenant_id] = chain
            posting = Posting.FAILED
        self._db.execute("RELEASE arrival")
        return posting

    def _post_one(self, arrival: Arrival) -> Posting:
        sender, batch = arrival.sender, arrival.batch
        number = (sender.tenant_id, sender.sender_id, batch.stream, batch.sequence)
        kept = self._db.execute(_KEPT, number).fetchone()
        received_ms = to_ms(arrival.received_at)
        if kept is not None:
            if kept["sha256"] == arrival.sha256:
                return Posting.REPEATED
            self._db.execute(_QUARANTINE, (*number, arrival.sha256, arrival.jws, received_ms, kept["entry"]))
            _log.error(
                "one sequence number, two different batches: quarantined",
                extra={"sender": sender.kid, "stream": batch.stream, "sequence": batch.sequence},
            )
            raise_alarm(self._db, arrival, CONFLICT, received_ms, self._real_now)
            return Posting.SEQUENCE_CONFLICT
        entry = self._append(arrival, received_ms)
        write_stream(self._db, arrival, received_ms, self._real_now)
        self._write_sender(sender, batch, entry, received_ms)
        for position, report in enumerate(batch.reports):
            self._write_report(arrival, report, entry, position, received_ms)
        return Posting.STORED

    def _append(self, arrival: Arrival, received_ms: int) -> int:
        tenant_id, batch = arrival.sender.tenant_id, arrival.batch
        end = self._chain.get(tenant_id)
        if end is None:
            row = self._db.execute(_CHAIN_END, (tenant_id,)).fetchone()
            end = (0, CHAIN_START) if row is None else (row["entry"], row["link"])
        entry, link = end[0] + 1, chain_link(end[1], arrival.jws)
        self._db.execute(
            _BATCH,
            (tenant_id, entry, arrival.sender.sender_id, batch.stream, batch.sequence, batch.batch_id, arrival.sha256,
             arrival.jws, link, batch.reason, batch.clock, batch.boot, batch.uptime_ms, to_ms(batch.created_at),
             received_ms, len(batch.reports), sum(len(report.jobs) for report in batch.reports),
             arrival.sealed_bytes),
        )  # fmt: skip
        self._chain[tenant_id] = (entry, link)
        return entry

    def _write_sender(self, sender: KnownSender, batch: Batch, entry: int, received_ms: int) -> None:
        whose = (sender.tenant_id, sender.sender_id)
        state = batch.state or SenderState()
        gap = state.gap
        self._db.execute(
            _SENDER_STATE,
            (*whose, received_ms, to_ms(batch.created_at), entry, batch.stream, batch.sequence, batch.boot,
             batch.clock, state.jobs_refused, state.batches_set_aside, state.spooled,
             gap and gap.previous_stream, gap and gap.last_sequence, gap and gap.reason),
        )  # fmt: skip
        if sender.replaces_id is not None:
            self._retire_old_key(sender, received_ms)

    def _retire_old_key(self, sender: KnownSender, received_ms: int) -> None:
        # A printer known by nothing but its sender's key stays the same printer.
        self._db.execute(_KNOWN_BY_NEW_KEY, (sender.kid, len(sender.kid) + 1, sender.tenant_id, sender.replaces_id))
        at = datetime.fromtimestamp(received_ms / 1000).astimezone().isoformat(" ")
        self._db.execute(
            "UPDATE sender SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (at, sender.replaces_id)
        )
        self._db.execute("UPDATE sender SET next_key_of_id = NULL WHERE id = ?", (sender.sender_id,))

    def _write_report(self, arrival: Arrival, report: Report, entry: int, position: int, received_ms: int) -> None:
        db, clock = self._db, arrival.batch.clock
        device_id, conflicts = self._devices.device_of(arrival.sender, report.device, arrival.received_at)
        counted = counted_at(report.observed_at, clock, arrival.received_at)
        at_ms = to_ms(counted)
        place = Place(
            tenant_id=arrival.sender.tenant_id,
            device_id=device_id,
            sender_id=arrival.sender.sender_id,
            entry=entry,
            report=position,
            at_ms=at_ms,
            observed_ms=to_ms(report.observed_at),
            received_ms=received_ms,
        )

        def counted_ms(told_at: datetime | None) -> int:
            return at_ms if told_at is None else to_ms(counted_at(told_at, clock, arrival.received_at))

        write_reading(db, place, report)
        write_state(db, place, report)
        write_meters(db, place, report)
        write_supplies(db, place, report)
        write_alerts(db, place, report.alerts, counted_ms)
        write_jobs(db, place, report.jobs, counted_ms)
        write_told_findings(db, place, report)
        for sentence in conflicts:
            write_finding(
                db, place, kind="identity", field="device", source=f"sender:{arrival.sender.kid}", raw=None,
                reason=sentence,
            )  # fmt: skip
        if clock is Clock.SYNCED and not believable(report.observed_at, arrival.received_at):
            write_finding(
                db, place, kind="clock", field="observed_at", source=f"sender:{arrival.sender.kid}",
                raw=format_instant(report.observed_at)[:10],
                reason="the sender's clock cannot be right; the time of arrival counts",
            )  # fmt: skip
