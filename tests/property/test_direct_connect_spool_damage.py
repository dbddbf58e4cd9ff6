"""A flipped byte or a cut anywhere in the spool: it opens, says what was lost, and no number is used twice."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from direct_connect.core.alerts import TrackedAlert
from direct_connect.core.batching import Lane
from direct_connect.spool import SqliteSpoolFile, append_reports
from tests.support.direct_connect import a_job, an_alert, bytes_from
from wire_format.records import Device, Reason, Report

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SENDER = "A" * 43
PARTS = ("spool.db", "spool.db-wal", "spool.db.high-water", "spool.db.key")
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def used_spool(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[tuple[str, int]]]:
    """A spool as a pulled plug leaves it: database and a live log; and every number it has given out."""
    directory = tmp_path_factory.mktemp("used")
    file = SqliteSpoolFile.open(directory / "live" / "spool.db", randomness=bytes_from("damage"))
    spool = file.of(SENDER)
    given_out: set[tuple[str, int]] = set()
    for round_number in range(30):
        for number in range(3):
            spool.append_job(a_job(round_number * 3 + number, name="n" * 100))
        spool.put_alert(TrackedAlert(alert=an_alert(f"a{round_number}"), lane=Lane.NORMAL))
        report = Report(observed_at=AT, device=Device(serial="S"))
        for batch in append_reports(spool, [report], reason=Reason.INTERVAL, created_at=AT):
            given_out.add((batch.stream, batch.sequence))
    for part in PARTS:
        shutil.copyfile(directory / "live" / part, directory / part)
    file.close()
    return directory, given_out


@contextmanager
def copy_of(directory: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as place:
        for part in PARTS:
            shutil.copyfile(directory / part, Path(place) / part)
        yield Path(place)


def check_opens_honestly(place: Path, given_out: set[tuple[str, int]], *, complete: int) -> None:
    with SqliteSpoolFile.open(place / "spool.db", randomness=bytes_from("after")) as file:
        spool = file.of(SENDER)
        numbering, tally, events = spool.numbering(), spool.tally(), spool.events()
        assert (numbering.stream, numbering.next_sequence) not in given_out
        if tally.unsent + len(events.jobs) + len(events.alerts) < complete:
            assert tally.gap is not None
        fresh = append_reports(spool, [Report(observed_at=AT, device=Device())], reason=Reason.BOOT, created_at=AT)
        assert (fresh[0].stream, fresh[0].sequence) not in given_out
        offered = spool.oldest(Lane.NORMAL)
        assert offered is not None
        assert (offered.stream, offered.sequence) in given_out | {(fresh[0].stream, fresh[0].sequence)}


@QUICK
@given(part=st.sampled_from(PARTS), place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_anywhere_loses_no_number_and_is_told(
    used_spool: tuple[Path, set[tuple[str, int]]], part: str, place: float, bit: int
) -> None:
    directory, given_out = used_spool
    with copy_of(directory) as copy:
        content = bytearray((copy / part).read_bytes())
        content[int(place * len(content))] ^= 1 << bit
        (copy / part).write_bytes(content)

        check_opens_honestly(copy, given_out, complete=30 + 90 + 30)


@QUICK
@given(part=st.sampled_from(PARTS[:2]), place=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_short_anywhere_loses_no_number_and_is_told(
    used_spool: tuple[Path, set[tuple[str, int]]], part: str, place: float
) -> None:
    directory, given_out = used_spool
    with copy_of(directory) as copy:
        content = (copy / part).read_bytes()
        (copy / part).write_bytes(content[: int(place * len(content))])

        check_opens_honestly(copy, given_out, complete=30 + 90 + 30)


@pytest.mark.parametrize("part", PARTS)
def test_a_file_that_vanished_loses_no_number_and_is_told(
    used_spool: tuple[Path, set[tuple[str, int]]], part: str
) -> None:
    directory, given_out = used_spool
    with copy_of(directory) as copy:
        (copy / part).unlink()

        check_opens_honestly(copy, given_out, complete=30 + 90 + 30)


def test_an_untouched_spool_keeps_its_stream_and_everything_in_it(
    used_spool: tuple[Path, set[tuple[str, int]]],
) -> None:
    directory, given_out = used_spool
    with copy_of(directory) as copy, SqliteSpoolFile.open(copy / "spool.db") as file:
        spool = file.of(SENDER)

        assert spool.tally().gap is None
        assert (spool.tally().unsent, len(spool.events().jobs), len(spool.events().alerts)) == (30, 90, 30)
        assert spool.numbering().stream == next(iter(given_out))[0]


def test_the_damaged_file_is_kept_for_a_person_and_what_is_whole_is_saved(
    used_spool: tuple[Path, set[tuple[str, int]]],
) -> None:
    directory, _ = used_spool
    with copy_of(directory) as copy:
        with closing(sqlite3.connect(copy / "spool.db")) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            body = db.execute("SELECT body FROM job ORDER BY position LIMIT 1 OFFSET 5").fetchone()[0]
        flipped = body[:-1] + bytes([body[-1] ^ 1])
        (copy / "spool.db").write_bytes((copy / "spool.db").read_bytes().replace(body, flipped))

        with SqliteSpoolFile.open(copy / "spool.db") as file:
            spool = file.of(SENDER)
            tally, saved = spool.tally(), {waiting.job.job_id for waiting in spool.events().jobs}

        assert tally.gap is not None
        assert "damaged" in tally.gap.reason
        assert tally.gap.last_sequence == 30
        assert tally.unsent == 30
        assert saved == {f"job-{number}" for number in range(90)} - {"job-5"}
        assert flipped in (copy / "spool.db.damaged-00001").read_bytes()
        assert not (copy / "spool.db.new").exists()


def test_a_crash_during_the_repair_is_finished_at_the_next_start(
    used_spool: tuple[Path, set[tuple[str, int]]],
) -> None:
    directory, given_out = used_spool
    with copy_of(directory) as copy:
        (copy / "spool.db-wal").unlink()
        with SqliteSpoolFile.open(copy / "spool.db", randomness=bytes_from("repair")) as file:
            repaired = file.of(SENDER).numbering().stream
        shutil.copyfile(copy / "spool.db", copy / "spool.db.new")
        for part in PARTS[:2]:
            shutil.copyfile(directory / part, copy / part)

        with SqliteSpoolFile.open(copy / "spool.db") as file:
            assert file.of(SENDER).numbering().stream == repaired

        check_opens_honestly(copy, given_out, complete=0)
