"""Calls that share a commit: what a pulled plug leaves of them, and what a disk that fails takes back."""

import resource
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from direct_connect.core.batching import Lane
from direct_connect.core.settings import ConnectionSettings
from direct_connect.errors import ClosedError, SpoolStorageError
from direct_connect.gathering import Gatherer
from direct_connect.spool import SqliteSpoolFile, append_reports
from tests.support.direct_connect import ManualClock, a_job, a_snapshot, an_alert, bytes_from
from wire_format.records import Device, Reason, Report

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SENDER = "A" * 43
REPORT = Report(observed_at=AT, device=Device(serial="S1"))


def commits(file: SqliteSpoolFile) -> int:
    return int(file.read(lambda db: db.execute("SELECT commits FROM spool").fetchone()[0]))


def pulled_plug(place: Path, copy: Path) -> SqliteSpoolFile:
    """What is on disk at this moment, opened as after a restart."""
    copy.mkdir()
    for part in place.parent.glob(place.name + "*"):
        shutil.copyfile(part, copy / part.name)
    return SqliteSpoolFile.open(copy / place.name)


@contextmanager
def no_room_to_grow(file: Path) -> Iterator[None]:
    """No file of this process may become longer than this one is: commits fail."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_thousand_calls_in_a_block_are_one_commit_and_the_next_call_is_its_own(tmp_path: Path) -> None:
    with SqliteSpoolFile.open(tmp_path / "spool.db") as file:
        spool = file.of(SENDER)
        before = commits(file)

        with file.together():
            for number in range(1000):
                spool.append_job(a_job(number))
        assert commits(file) == before + 1
        spool.append_job(a_job(1000))

        assert commits(file) == before + 2


def test_a_pulled_plug_leaves_the_first_calls_of_a_block_and_all_once_it_ended(tmp_path: Path) -> None:
    place = tmp_path / "spool.db"
    with SqliteSpoolFile.open(place) as file:
        spool = file.of(SENDER)
        with file.together() as block:
            for number in range(6):
                spool.append_job(a_job(number))
                block.mark()
                if number == 2:
                    # Another thread's call that must be durable takes what came before along.
                    thread = threading.Thread(target=spool.add_impressions, args=(1,))
                    thread.start()
                    thread.join()
            assert block.kept == 3
            with pulled_plug(place, tmp_path / "within") as left:
                jobs = [waiting.job for waiting in left.of(SENDER).events().jobs]
                assert jobs == [a_job(number) for number in range(3)]
                assert left.of(SENDER).events().impressions == 1
                assert left.of(SENDER).tally().gap is None
        with pulled_plug(place, tmp_path / "after") as left:
            assert len(left.of(SENDER).events().jobs) == 6


def test_a_batch_is_only_offered_when_a_pulled_plug_would_leave_it(tmp_path: Path) -> None:
    place = tmp_path / "spool.db"
    offered = []
    with SqliteSpoolFile.open(place) as file:
        spool = file.of(SENDER)

        def offer() -> None:
            offered.append(spool.oldest(Lane.NORMAL))
            with pulled_plug(place, tmp_path / "left") as left:
                offered.append(left.of(SENDER).oldest(Lane.NORMAL))

        with file.together():
            append_reports(spool, [REPORT], reason=Reason.INTERVAL, created_at=AT)
            thread = threading.Thread(target=offer)
            thread.start()
            thread.join()

    assert offered[0] is not None
    assert offered[0] == offered[1]


def test_a_commit_that_fails_takes_the_block_back_says_so_and_it_can_be_repeated(tmp_path: Path) -> None:
    place = tmp_path / "spool.db"
    with SqliteSpoolFile.open(place) as file:
        spool = file.of(SENDER)
        spool.append_job(a_job(0))

        with ExitStack() as full, pytest.raises(SpoolStorageError, match="check the disk"), file.together() as block:
            for number in range(1, 300):
                spool.append_job(a_job(number))
                block.mark()
            full.enter_context(no_room_to_grow(tmp_path / "spool.db-wal"))

        assert block.kept == 0
        assert spool.undone == 299
        assert len(spool.events().jobs) == 1
        with file.together() as block:
            for number in range(1, 300):
                assert spool.append_job(a_job(number))
                block.mark()
        assert block.kept == 299
    with SqliteSpoolFile.open(place) as file:
        assert len(file.of(SENDER).events().jobs) == 300
        assert file.of(SENDER).tally().gap is None


def test_what_a_failed_block_took_back_is_not_counted_by_the_gatherer(tmp_path: Path) -> None:
    clock = ManualClock()
    with SqliteSpoolFile.open(tmp_path / "spool.db") as file:
        gatherer = Gatherer(
            file.of(SENDER), a_snapshot, own=ConnectionSettings(), name_secret=b"s" * 32, clock=clock,
            randomness=bytes_from("gatherer"),
        )  # fmt: skip
        gatherer.impressions_made(5)
        gatherer.job_started("job-1")
        with ExitStack() as full, pytest.raises(SpoolStorageError), file.together():
            gatherer.job_finished(a_job(1))
            gatherer.impressions_made(90)
            gatherer.alert_raised(an_alert("jam"))
            for number in range(2, 200):
                gatherer.job_finished(a_job(number))
            full.enter_context(no_room_to_grow(tmp_path / "spool.db-wal"))

        stands = gatherer.gathered()
        assert (stands.jobs, stands.impressions, stands.alerts) == (0, 5, 0)
        assert gatherer.wake_at() > clock.monotonic_s()
        gatherer.job_finished(a_job(1))
        assert file.of(SENDER).recall_all("started/") == {}
        assert gatherer.gathered().jobs == 1


def test_threads_that_call_at_once_share_commits_and_each_is_durable_when_it_returns(tmp_path: Path) -> None:
    calls, threads_count = 25, 12
    with SqliteSpoolFile.open(tmp_path / "spool.db") as file:
        spools = [file.of(f"{number:043d}") for number in range(threads_count)]
        before = commits(file)
        together = threading.Barrier(threads_count)

        def run(number: int) -> None:
            for _ in range(calls):
                together.wait()
                spools[number].add_impressions(1)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(threads_count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [spool.events().impressions for spool in spools] == [calls] * threads_count
        assert commits(file) - before < calls * threads_count
        with pulled_plug(tmp_path / "spool.db", tmp_path / "left") as left:
            assert sum(left.of(spool.sender).events().impressions for spool in spools) == calls * threads_count


def test_a_file_that_is_closed_within_a_block_keeps_what_was_called(tmp_path: Path) -> None:
    file = SqliteSpoolFile.open(tmp_path / "spool.db")
    spool = file.of(SENDER)
    with file.together():
        spool.append_job(a_job(1))
        file.close()
        with pytest.raises(ClosedError):
            spool.append_job(a_job(2))

    with SqliteSpoolFile.open(tmp_path / "spool.db") as file:
        assert [waiting.job for waiting in file.of(SENDER).events().jobs] == [a_job(1)]
