"""A used spool as a pulled plug leaves it, with the bytes of its files to flip, and what it owes afterwards."""

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from direct_connect.core.alerts import TrackedAlert
from direct_connect.core.batching import Lane
from direct_connect.spool import SqliteSpoolFile, append_reports
from tests.support.direct_connect import a_job, an_alert, bytes_from
from wire_format.records import Device, Reason, Report

AT: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SENDER: Final = "A" * 43
PARTS: Final = ("spool.db", "spool.db-wal", "spool.db.high-water", "spool.db.key")


@dataclass(slots=True)
class UsedSpool:
    """Where its files lie, and what the portal knows of it. complete: how many entries it holds."""

    folder: Path
    given: dict[tuple[str, int], str] = field(default_factory=dict)
    complete: int = 0

    @classmethod
    def make(cls, folder: Path, *, rounds: int = 30, jobs: int = 3, name_bytes: int = 100) -> "UsedSpool":
        """Batches, of which the first was acked and the second set aside, jobs and alerts; a file and a live log."""
        used = cls(folder)
        with SqliteSpoolFile.open(folder / "live" / "spool.db", randomness=bytes_from("damage")) as file:
            spool = file.of(SENDER)
            for turn in range(rounds):
                for number in range(jobs):
                    spool.append_job(a_job(turn * jobs + number, name="n" * name_bytes))
                spool.put_alert(TrackedAlert(alert=an_alert(f"a{turn}"), lane=Lane.NORMAL))
                report = Report(observed_at=AT, device=Device(serial="S"))
                for batch in append_reports(spool, [report], reason=Reason.INTERVAL, created_at=AT):
                    used.given[batch.stream, batch.sequence] = batch.sha256
                if turn == 1:
                    spool.ack(batch.stream, 1, AT)
                    spool.set_aside(batch.stream, 2, "a person must look")
                if turn == rounds // 2:
                    file.read(lambda db: db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall())
            used.complete = (rounds - 1) + rounds * jobs + rounds  # batches, jobs, alerts
            for part in PARTS:
                shutil.copyfile(folder / "live" / part, folder / part)
        shutil.rmtree(folder / "live")
        return used

    def copy_to(self, place: Path) -> None:
        """Its files, in a folder that may hold others of an earlier copy."""
        for old in place.iterdir():
            old.unlink()
        for part in PARTS:
            shutil.copyfile(self.folder / part, place / part)

    def check(self, place: Path, *, whole: bool = True) -> bool:
        """It opens, says what was lost, and gives no number twice. Gives whether something was lost."""
        with SqliteSpoolFile.open(place / "spool.db", randomness=bytes_from("after")) as file:
            spool = file.of(SENDER)
            numbering, tally, events = spool.numbering(), spool.tally(), spool.events()
            assert (numbering.stream, numbering.next_sequence) not in self.given
            held = tally.unsent + len(spool.aside()) + len(events.jobs) + len(events.alerts)
            assert held <= self.complete + 1  # the one that was acked, when its ack was lost
            if whole and held < self.complete:
                assert tally.gap is not None and tally.gap.reason, "lost, and nothing said"
            fresh = append_reports(spool, [Report(observed_at=AT, device=Device())], reason=Reason.BOOT, created_at=AT)
            known = self.given | {(batch.stream, batch.sequence): batch.sha256 for batch in fresh}
            assert len(known) == len(self.given) + len(fresh), "a number was used twice"
            for lane in Lane:
                while (offered := spool.oldest(lane)) is not None:
                    assert known[offered.stream, offered.sequence] == offered.sha256, "other content under a number"
                    spool.ack(offered.stream, offered.sequence, AT)
            return tally.gap is not None
