"""What a spool holds cannot be read from its files, and no key that does not fit harms it."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from direct_connect.api import ConnectionSettings, DirectConnection, JobNames, TriggerPolicy
from direct_connect.core.alerts import TrackedAlert
from direct_connect.core.batching import Heading, Lane, form_batches
from direct_connect.errors import ConfigError
from direct_connect.spool import SqliteSpoolFile, append_reports
from direct_connect.spool.rows import COLUMNS, digest, insert
from direct_connect.spool.sender_row import SenderRow
from direct_connect.spool.texts import batch_values, write_alert, write_job
from tests.support.direct_connect import a_job, a_snapshot, an_alert, bytes_from
from wire_format.records import Device, Reason, Report

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SENDER = "A" * 43
CANARIES = ("Canary-Plan.pdf", "canary-job-4711", "canary-jam", "canary-memo", "canary-value", "canary-serial",
            "canary-why")  # fmt: skip
KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def fill(file: SqliteSpoolFile) -> None:
    """A job, an alert, a memo, a waiting batch and one set aside, each with a canary."""
    spool = file.of(SENDER)
    spool.append_job(replace(a_job(1, name="Canary-Plan.pdf"), job_id="canary-job-4711"))
    spool.put_alert(TrackedAlert(alert=an_alert("canary-jam"), lane=Lane.PRIORITY))
    spool.remember("canary-memo", "canary-value")
    spool.remember("started/canary-job-4711", "2026-11-22T12:00:00Z")
    report = Report(
        observed_at=AT, device=Device(serial="canary-serial"), jobs=(a_job(2, name="Canary-Plan.pdf"),)
    )  # fmt: skip
    for _ in range(2):
        append_reports(spool, [report], reason=Reason.JOBS, created_at=AT)
    spool.set_aside(spool.numbering().stream, 1, "422: canary-why")


def seen_in(folder: Path) -> set[tuple[str, str]]:
    """Which canaries stand in which files."""
    files = {path.name: path.read_bytes().lower() for path in folder.rglob("*") if path.is_file()}
    assert files
    return {(name, word) for name, content in files.items() for word in CANARIES if word.lower().encode() in content}


def parts(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm"))}


def holds(file: SqliteSpoolFile) -> tuple[int, int, int, str | None]:
    spool = file.of(SENDER)
    tally, events = spool.tally(), spool.events()
    return len(events.jobs), len(events.alerts), tally.unsent, spool.recall("canary-memo")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "spool.db"


def flip(path: Path, table: str) -> None:
    """Damage the one row of a table."""
    with closing(sqlite3.connect(path)) as db:
        body = db.execute(f"SELECT {COLUMNS[table][-1]} FROM {table}").fetchone()[0]
    path.write_bytes(path.read_bytes().replace(body, body[:-1] + bytes([body[-1] ^ 1])))


def test_nothing_of_jobs_alerts_memos_and_batches_stands_in_any_file(path: Path) -> None:
    with SqliteSpoolFile.open(path) as file:
        fill(file)
        assert seen_in(path.parent) == set(), "while it is open"
    assert seen_in(path.parent) == set(), "after it was closed"

    flip(path, "alert")
    with SqliteSpoolFile.open(path) as file:
        assert holds(file) == (1, 0, 1, "canary-value")
        assert seen_in(path.parent) == set(), "after a repair"
    assert (path.parent / "spool.db.damaged-00001").exists()


def test_nothing_of_a_connection_stands_in_any_file_but_what_the_policy_sends(tmp_path: Path) -> None:
    settings = ConnectionSettings(job_names=JobNames.CLEAR, triggers=TriggerPolicy(jobs_max=1))
    with DirectConnection.open(
        tmp_path, "https://127.0.0.1:9", snapshot=a_snapshot, settings=settings, spool_key=KEY
    ) as connection:
        connection.job_started("canary-job-4711")
        connection.job_finished(replace(a_job(1, name="Canary-Plan.pdf"), job_id="canary-job-4711"))
        connection.alert_raised(an_alert("canary-jam"))
        assert seen_in(tmp_path) == set()
    assert seen_in(tmp_path) == set()
    assert not (tmp_path / "spool.db.key").exists()


def test_the_key_beside_a_spool_is_made_once_for_the_owner_only(path: Path) -> None:
    with SqliteSpoolFile.open(path) as file:
        fill(file)
    key = (path.parent / "spool.db.key").read_bytes()

    with SqliteSpoolFile.open(path) as file:
        assert holds(file) == (1, 1, 1, "canary-value")

    assert (path.parent / "spool.db.key").read_bytes() == key
    assert (path.parent / "spool.db.key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_was_handed_over_must_be_handed_over_again_and_a_wrong_one_harms_nothing(path: Path) -> None:
    with SqliteSpoolFile.open(path, key=KEY) as file:
        fill(file)
    before = parts(path.parent)

    with pytest.raises(ConfigError, match=r"the key that was handed over is not the one .* bring back the right one"):
        SqliteSpoolFile.open(path, key=OTHER_KEY)
    with pytest.raises(ConfigError, match=r"hand it over again \(spool_key\)"):
        SqliteSpoolFile.open(path)

    assert parts(path.parent) == before
    with SqliteSpoolFile.open(path, key=KEY) as file:
        assert holds(file) == (1, 1, 1, "canary-value")
        assert file.of(SENDER).tally().gap is None


def test_a_wrong_key_for_a_damaged_spool_harms_nothing_either(path: Path) -> None:
    with SqliteSpoolFile.open(path, key=KEY) as file:
        fill(file)
    flip(path, "alert")
    before = parts(path.parent)

    for _ in range(3):
        with pytest.raises(ConfigError, match="is not the one"):
            SqliteSpoolFile.open(path, key=OTHER_KEY)

    assert parts(path.parent) == before
    with SqliteSpoolFile.open(path, key=KEY) as file:
        assert holds(file) == (1, 0, 1, "canary-value")


def test_another_spools_key_file_is_refused_and_nothing_is_lost(path: Path, tmp_path: Path) -> None:
    with SqliteSpoolFile.open(path) as file:
        fill(file)
    SqliteSpoolFile.open(tmp_path / "other.db").close()
    own = (path.parent / "spool.db.key").read_bytes()
    shutil.copyfile(tmp_path / "other.db.key", path.parent / "spool.db.key")

    with pytest.raises(ConfigError, match=r"the key in .*spool\.db\.key is not the one"):
        SqliteSpoolFile.open(path)

    (path.parent / "spool.db.key").write_bytes(own)
    with SqliteSpoolFile.open(path) as file:
        assert holds(file) == (1, 1, 1, "canary-value")


def test_a_spool_whose_key_file_is_gone_is_moved_aside_and_the_loss_is_told(path: Path) -> None:
    with SqliteSpoolFile.open(path) as file:
        fill(file)
        stream = file.of(SENDER).numbering().stream
    (path.parent / "spool.db.key").unlink()

    for start in range(2):
        with SqliteSpoolFile.open(path) as file:
            numbering, gap = file.of(SENDER).numbering(), file.of(SENDER).tally().gap
            assert (numbering.stream != stream, numbering.next_sequence) == (True, 1)
            assert gap is not None and "key of the spool was gone" in gap.reason, start
            assert holds(file) == (0, 0, 0, None)

    assert sorted(path.parent.glob("*.damaged-*")) == [path.parent / "spool.db.damaged-00001"]


def test_a_key_may_move_from_its_file_to_a_better_place(path: Path) -> None:
    with SqliteSpoolFile.open(path) as file:
        fill(file)
    key = (path.parent / "spool.db.key").read_bytes()[:32]

    SqliteSpoolFile.open(path, key=key).close()
    (path.parent / "spool.db.key").unlink()

    with pytest.raises(ConfigError, match="hand it over again"):
        SqliteSpoolFile.open(path)
    with SqliteSpoolFile.open(path, key=key) as file:
        assert holds(file) == (1, 1, 1, "canary-value")


def test_a_key_of_another_length_is_named(path: Path) -> None:
    with pytest.raises(ConfigError, match="32 random bytes, this one is 5"):
        SqliteSpoolFile.open(path, key=b"short")


def test_a_body_in_another_row_is_found_though_its_hash_was_made_to_fit(path: Path) -> None:
    with SqliteSpoolFile.open(path) as file:
        for number in range(2):
            file.of(SENDER).append_job(a_job(number))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        rows = db.execute("SELECT position, sender, job_id, body FROM job").fetchall()
        for (position, sender, job_id, _), (_, _, _, body) in zip(rows, reversed(rows), strict=True):
            values = (body, digest("job", (sender, job_id, body)), position)
            db.execute("UPDATE job SET body = ?, sha256 = ? WHERE position = ?", values)

    with SqliteSpoolFile.open(path) as file:
        assert file.of(SENDER).events().jobs == ()
        gap = file.of(SENDER).tally().gap
        assert gap is not None and "does not open" in gap.reason


# Version 1, in the clear

VERSION_1 = """
CREATE TABLE spool (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, commits INTEGER NOT NULL,
    cap_pages INTEGER NOT NULL);
CREATE TABLE sender (position INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    sha256 BLOB NOT NULL);
CREATE TABLE job (position INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, job_id TEXT NOT NULL,
    body TEXT NOT NULL, sha256 BLOB NOT NULL, UNIQUE (sender, job_id));
CREATE TABLE alert (position INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, alert_id TEXT NOT NULL,
    body TEXT NOT NULL, sha256 BLOB NOT NULL, UNIQUE (sender, alert_id));
CREATE TABLE memo (position INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, name TEXT NOT NULL,
    value TEXT NOT NULL, sha256 BLOB NOT NULL, UNIQUE (sender, name));
CREATE TABLE batch (position INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, stream TEXT NOT NULL,
    sequence INTEGER NOT NULL, lane INTEGER NOT NULL, reason TEXT NOT NULL, created_at TEXT NOT NULL,
    snapshot_only INTEGER NOT NULL, why_aside TEXT, body BLOB NOT NULL, sha256 BLOB NOT NULL,
    UNIQUE (sender, stream, sequence));
"""


@pytest.fixture
def old_path(path: Path) -> Iterator[Path]:
    """A spool as the version before sealing left it."""
    path.parent.mkdir()
    row = replace(SenderRow.new("f" * 32), next_sequence=3, impressions=7)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(VERSION_1)
        db.execute("INSERT INTO spool VALUES (1, 1, 12, 0)")
        insert(db, "sender", (SENDER, row.to_json()))
        for number in (3, 1, 2):
            insert(db, "job", (SENDER, f"job-{number}", write_job(a_job(number, name="Canary-Plan.pdf"))))
        alert = TrackedAlert(alert=an_alert("canary-jam"), lane=Lane.PRIORITY)
        insert(db, "alert", (SENDER, "canary-jam", write_alert(alert)))
        insert(db, "memo", (SENDER, "canary-memo", "canary-value"))
        report = Report(observed_at=AT, device=Device(serial="canary-serial"))
        heading = Heading(sender=SENDER, created_at=AT, reason=Reason.JOBS)
        for sequence in (1, 2):
            numbering = replace(row, next_sequence=sequence)
            batch = form_batches(heading, [report], numbering, bytes_from("old"))[0]  # type: ignore[arg-type]
            values = batch_values(batch)
            insert(db, "batch", values if sequence == 2 else (*values[:7], "canary-why", values[8]))
    yield path


def check_old_content(file: SqliteSpoolFile) -> None:
    spool = file.of(SENDER)
    assert [waiting.job.job_id for waiting in spool.events().jobs] == ["job-3", "job-1", "job-2"]
    assert spool.events().impressions == 7
    assert (spool.numbering().stream, spool.numbering().next_sequence) == ("f" * 32, 3)
    assert [known.alert.alert_id for known in spool.alerts()] == ["canary-jam"]
    assert [(each.sequence, each.why) for each in spool.aside()] == [(1, "canary-why")]
    offered = spool.oldest(Lane.NORMAL)
    assert offered is not None and (offered.stream, offered.sequence) == ("f" * 32, 2)
    assert spool.recall("canary-memo") == "canary-value"
    assert spool.tally().gap is None


def test_a_spool_of_the_version_before_is_sealed_with_all_it_holds(old_path: Path) -> None:
    assert seen_in(old_path.parent)

    with SqliteSpoolFile.open(old_path) as file:
        check_old_content(file)
    with SqliteSpoolFile.open(old_path) as file:
        check_old_content(file)

    assert seen_in(old_path.parent) == set()


@pytest.mark.parametrize("moment", ["key made", "new file begun", "new file whole", "old log removed"])
def test_a_crash_while_an_old_spool_is_sealed_is_made_good_at_the_next_start(
    old_path: Path, tmp_path: Path, moment: str
) -> None:
    shutil.copytree(old_path.parent, tmp_path / "before")
    SqliteSpoolFile.open(old_path).close()
    whole = old_path.read_bytes()
    if moment != "old log removed":
        shutil.copyfile(tmp_path / "before" / "spool.db", old_path)
    match moment:
        case "new file begun":
            (old_path.parent / "spool.db.new").write_bytes(whole[:5000])
        case "new file whole" | "old log removed":
            (old_path.parent / "spool.db.new").write_bytes(whole)

    with SqliteSpoolFile.open(old_path) as file:
        check_old_content(file)
    assert seen_in(old_path.parent) == set()
    assert not (old_path.parent / "spool.db.new").exists()


def test_a_damaged_spool_of_the_version_before_is_repaired_and_sealed(old_path: Path) -> None:
    content = old_path.read_bytes()
    old_path.write_bytes(content.replace(b'"job_id":"job-1"', b'"job_id":"job-9"'))

    with SqliteSpoolFile.open(old_path) as file:
        spool = file.of(SENDER)
        assert [waiting.job.job_id for waiting in spool.events().jobs] == ["job-3", "job-2"]
        assert spool.recall("canary-memo") == "canary-value"
        gap = spool.tally().gap
        assert gap is not None and (gap.previous_stream, gap.last_sequence) == ("f" * 32, 2)
    assert {name for name, _ in seen_in(old_path.parent)} == {"spool.db.damaged-00001"}  # as it was found
