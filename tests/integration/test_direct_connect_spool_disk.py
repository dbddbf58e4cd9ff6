"""The spool on a disk that is full, read-only or taken: clear sentences, and nothing lost."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from direct_connect.core.alerts import TrackedAlert
from direct_connect.core.batching import Heading, Lane, form_batches
from direct_connect.errors import ConfigError, SpoolFullError, SpoolStorageError
from direct_connect.spool import Consumed, SqliteSpoolFile
from direct_connect.spool.sealed_rows import SealedRows
from direct_connect.spool.sender_row import SenderRow
from direct_connect.spool.sqlite_spool import Room, SqliteSpool
from direct_connect.uplink import IdentityFolder
from tests.support.direct_connect import a_job, an_alert, bytes_from
from wire_format.records import Device, Reason, Report

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SENDER = "A" * 43
_Result = TypeVar("_Result")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"needs root to mount a small disk: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_small_disk_that_fills_up_still_takes_alerts_forms_what_it_has_and_drains(small_disk: Path) -> None:
    with SqliteSpoolFile.open(small_disk / "spool.db") as file:
        spool = file.of(SENDER)
        stored = refused = 0
        for number in range(1000):
            try:
                spool.append_job(replace(a_job(number), name="n" * 250))
                stored += 1
            except SpoolFullError:
                refused += 1
        spool.put_alert(TrackedAlert(alert=an_alert("jam"), lane=Lane.PRIORITY))
        events = spool.events()
        assert len(events.jobs) == stored > 100
        assert spool.tally().jobs_refused == refused > 100

        report = Report(observed_at=AT, device=Device(), jobs=tuple(waiting.job for waiting in events.jobs))
        heading = Heading(sender=SENDER, created_at=AT, reason=Reason.JOBS)
        formed = form_batches(heading, [report], spool.numbering(), bytes_from("disk"))
        spool.append(formed, Consumed(jobs_through=events.jobs[-1].position))
        for batch in formed:
            spool.ack(batch.stream, batch.sequence, AT)

        assert spool.tally().unsent == 0
        assert spool.append_job(a_job(5000))


def test_a_disk_filled_by_others_refuses_with_a_remedy_and_keeps_what_it_has(small_disk: Path) -> None:
    with SqliteSpoolFile.open(small_disk / "spool.db") as file:
        spool = file.of(SENDER)
        spool.append_job(a_job(1))
        with pytest.raises(OSError), (small_disk / "foreign").open("wb") as foreign:
            while True:
                foreign.write(b"x" * 1000)
                foreign.flush()

        stored = 1
        with pytest.raises(SpoolFullError, match=r"free disk space|makes room"):
            for number in range(2, 3000):
                spool.append_job(replace(a_job(number), name="n" * 250))
                stored += 1

        assert len(spool.events().jobs) == stored
    (small_disk / "foreign").unlink()
    with SqliteSpoolFile.open(small_disk / "spool.db") as file:
        spool = file.of(SENDER)
        assert len(spool.events().jobs) == stored
        assert spool.tally().gap is None
        assert spool.append_job(a_job(5000))


def test_a_read_only_disk_is_named(small_disk: Path) -> None:
    SqliteSpoolFile.open(small_disk / "spool.db").close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    with pytest.raises(SpoolStorageError, match="can not be"):
        SqliteSpoolFile.open(small_disk / "spool.db")
    with pytest.raises(SpoolStorageError, match="can not be written"):
        IdentityFolder(small_disk / "identity").load_or_create("https://portal.example")


def test_a_directory_in_the_place_of_the_spool_is_named(tmp_path: Path) -> None:
    (tmp_path / "spool.db").mkdir()

    with pytest.raises(SpoolStorageError, match=r"spool\.db"):
        SqliteSpoolFile.open(tmp_path / "spool.db")


def test_the_key_is_for_the_owner_only_and_stays_the_same(tmp_path: Path) -> None:
    made = IdentityFolder(tmp_path / "identity").load_or_create("https://portal.example")

    again = IdentityFolder(tmp_path / "identity").load_or_create("https://portal.example:8443/")

    assert again.sender == made.sender
    assert again.name_secret == made.name_secret
    assert again.portal_url == "https://portal.example:8443"
    assert {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "identity").iterdir()} == {
        "identity.json": 0o600,
        "sender-key.pem": 0o600,
    }


def test_a_damaged_identity_is_never_replaced_in_silence(tmp_path: Path) -> None:
    IdentityFolder(tmp_path).load_or_create("https://portal.example")
    (tmp_path / "identity.json").write_text("{")

    with pytest.raises(ConfigError, match="damaged"):
        IdentityFolder(tmp_path).load_or_create("https://portal.example")


def test_a_crash_while_the_identity_was_made_begins_anew(tmp_path: Path) -> None:
    IdentityFolder(tmp_path).load_or_create("https://portal.example")
    (tmp_path / "identity.json").unlink()

    assert IdentityFolder(tmp_path).load_or_create("https://portal.example").enrolled is False


@pytest.mark.parametrize("lost", ["identity.json", "sender-key.pem"])
def test_a_file_missing_from_an_enrolled_identity_is_said_and_nothing_is_removed(tmp_path: Path, lost: str) -> None:
    folder = IdentityFolder(tmp_path)
    made = folder.load_or_create("https://portal.example")
    folder.save(replace(made, ca_pem=b"a CA", key_set="keys", enrolled_at=AT))
    (tmp_path / lost).unlink()
    left = sorted(path.name for path in tmp_path.iterdir())

    with pytest.raises(ConfigError, match=f"{lost} is missing"):
        IdentityFolder(tmp_path).load_or_create("https://portal.example")

    assert sorted(path.name for path in tmp_path.iterdir()) == left


def test_every_commit_waits_for_the_disk(tmp_path: Path) -> None:
    with SqliteSpoolFile.open(tmp_path / "spool.db") as file:
        modes = file.read(
            lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]
        )

    assert modes == [2, "wal"]  # 2 is FULL: NORMAL would lose commits in a power cut


def test_the_file_never_outgrows_its_cap_and_the_log_stays_small(tmp_path: Path) -> None:
    cap, log_max = 400_000, 2 * 64 * 4120  # what a checkpoint is due at, and as much again while it comes
    largest = 0
    with SqliteSpoolFile.open(tmp_path / "spool.db", bytes_max=cap) as file:
        spool = file.of(SENDER)
        with pytest.raises(SpoolFullError):
            for number in range(10_000):
                spool.append_job(replace(a_job(number), name="n" * 250))
                largest = max(largest, (tmp_path / "spool.db-wal").stat().st_size)
        for number in range(50):
            spool.put_alert(TrackedAlert(alert=an_alert(f"jam-{number}"), lane=Lane.PRIORITY))
            spool.remember("memo", str(number))

        assert largest < log_max
        assert file.read(lambda db: db.execute("PRAGMA max_page_count").fetchone()[0]) * 4096 <= cap
    assert number == 49
    assert (tmp_path / "spool.db").stat().st_size <= cap


class FillingDisk:
    """A spool file whose disk takes nothing more while it is full."""

    def __init__(self, file: SqliteSpoolFile) -> None:
        self.file, self.full = file, False

    @property
    def undone(self) -> int:
        return self.file.undone

    def read(self, act: Callable[[sqlite3.Connection], _Result], *, durable: bool = False) -> _Result:
        return self.file.read(act, durable=durable)

    def write(self, act: Callable[[sqlite3.Connection], _Result], *, durable_mark: bool = False) -> _Result:
        def until_the_commit(db: sqlite3.Connection) -> _Result:
            result = act(db)
            if self.full:
                raise SpoolFullError("no room for the commit")
            return result

        return self.file.write(until_the_commit, durable_mark=durable_mark)

    def room(self) -> Room:
        return self.file.room()

    @property
    def rows(self) -> SealedRows:
        return self.file.rows

    def new_sender_row(self) -> SenderRow:
        return self.file.new_sender_row()

    def new_stream(self) -> str:
        return self.file.new_stream()

    def renamed(self, before: str, now: str) -> None:
        self.file.renamed(before, now)


def test_a_refused_job_is_counted_though_the_disk_fails_the_count_and_the_next_batch(tmp_path: Path) -> None:
    with SqliteSpoolFile.open(tmp_path / "spool.db") as file:
        disk = FillingDisk(file)
        spool = SqliteSpool(disk, SENDER)
        heading = Heading(sender=SENDER, created_at=AT, reason=Reason.INTERVAL)
        report = Report(observed_at=AT, device=Device())
        batches = form_batches(heading, [report], spool.numbering(), bytes_from("disk"))

        disk.full = True
        with pytest.raises(SpoolFullError):
            spool.append_job(a_job(1))
        with pytest.raises(SpoolFullError):
            spool.append(batches)
        disk.full = False
        spool.append(batches)

        assert spool.tally().jobs_refused == 1
    with SqliteSpoolFile.open(tmp_path / "spool.db") as file:
        assert file.of(SENDER).tally().jobs_refused == 1


def test_a_second_process_is_turned_away_from_a_spool_in_use_also_after_a_repair(tmp_path: Path) -> None:
    """A lock of SQLite goes when anything in its process opens and closes the file beside it."""
    path = tmp_path / "spool.db"
    intruder = (
        "import pathlib, sys\nfrom direct_connect.api import SqliteSpoolFile, SpoolInUseError\n"
        "try:\n    SqliteSpoolFile.open(pathlib.Path(sys.argv[1]))\nexcept SpoolInUseError:\n    sys.exit(3)\n"
    )

    def tried() -> int:
        return subprocess.run([sys.executable, "-c", intruder, str(path)], check=False).returncode

    with SqliteSpoolFile.open(path):
        assert tried() == 3
    damaged = bytearray(path.read_bytes())
    damaged[18] ^= 0x10  # the format: SQLite would take the file as read-only
    path.write_bytes(damaged)
    with SqliteSpoolFile.open(path):
        assert tried() == 3
