"""One suite for every spool with many callers: reports of many printers, threads, and calls in blocks."""

import threading
from dataclasses import replace

import pytest

from direct_connect.core.alerts import TrackedAlert
from direct_connect.core.batching import Lane
from direct_connect.errors import SequenceError, SpoolFullError
from direct_connect.spool import Consumed, Spool, append_reports
from tests.support.direct_connect import a_job, an_alert
from tests.support.spool_shelf import AT, OTHER, REPORT, SENDER, Shelf, fill_with_jobs, formed, waiting
from wire_format.codec import decode_batch
from wire_format.records import Device, Reason


def test_reports_of_many_printers_are_numbered_and_appended_with_the_senders_state(shelf: Shelf) -> None:
    shelf.spool.begin_stream("lost")
    reports = [replace(REPORT, device=Device(serial=f"S{number}")) for number in range(3)]

    first = append_reports(shelf.spool, reports, reason=Reason.INTERVAL, created_at=AT)
    second = append_reports(shelf.spool, reports, reason=Reason.INTERVAL, created_at=AT)

    states = [decode_batch(batch.body).state for batch in (*first, *second)]
    assert [state.gap is not None for state in states if state] == [True, False]
    assert [state.spooled for state in states if state] == [0, 1]
    assert waiting(shelf.spool) == [1, 2]


def test_many_threads_give_every_batch_a_number_of_its_own(shelf: Shelf) -> None:
    def run() -> None:
        for _ in range(10):
            shelf.spool.add_impressions(1)
            append_until_it_fits(shelf.spool)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert waiting(shelf.spool) == list(range(1, 41))
    assert shelf.spool.events().impressions == 40


def append_until_it_fits(spool: Spool) -> None:
    while True:
        try:
            append_reports(spool, [REPORT], reason=Reason.INTERVAL, created_at=AT)
        except SequenceError:
            continue
        return


def test_a_block_of_calls_for_several_senders_is_all_there_after_it(shelf: Shelf) -> None:
    mine, other = shelf.spool, shelf.file.of(OTHER)
    with shelf.file.together() as block:
        mine.append_job(a_job(1))
        mine.add_impressions(7)
        block.mark()
        other.append_job(a_job(2))
        block.mark()
        other.put_alert(TrackedAlert(alert=an_alert("jam"), lane=Lane.PRIORITY))
        assert len(mine.events().jobs) == 1, "a block sees what it stored"

    assert block.kept == 2
    assert (mine.undone, other.undone) == (0, 0)
    shelf.reopen()
    assert [waiting.job.job_id for waiting in shelf.spool.events().jobs] == ["job-1"]
    assert shelf.spool.events().impressions == 7
    assert [waiting.job.job_id for waiting in shelf.file.of(OTHER).events().jobs] == ["job-2"]
    assert [known.alert.alert_id for known in shelf.file.of(OTHER).alerts()] == ["jam"]


def test_an_exception_that_leaves_a_block_takes_nothing_back(shelf: Shelf) -> None:
    with pytest.raises(ZeroDivisionError), shelf.file.together() as block:
        shelf.spool.append_job(a_job(1))
        block.mark()
        raise ZeroDivisionError

    assert block.kept == 1
    shelf.reopen()
    assert len(shelf.spool.events().jobs) == 1


def test_a_call_refused_in_a_block_is_counted_and_takes_no_other_with_it(shelf: Shelf) -> None:
    spool = shelf.spool
    fill_with_jobs(spool)
    with shelf.file.together():
        spool.add_impressions(3)
        with pytest.raises(SpoolFullError):
            spool.append_job(a_job(10**6))
        with pytest.raises(SequenceError):
            spool.append([replace(formed(spool), sequence=99)], Consumed(impressions=3))
        spool.add_impressions(4)

    shelf.reopen()
    assert shelf.spool.events().impressions == 7
    assert shelf.spool.tally().jobs_refused == 2


def test_a_block_in_a_block_is_part_of_it(shelf: Shelf) -> None:
    with shelf.file.together():
        with shelf.file.together():
            shelf.spool.append_job(a_job(1))
        shelf.spool.append_job(a_job(2))
    shelf.spool.append_job(a_job(3))

    shelf.reopen()
    assert len(shelf.spool.events().jobs) == 3


def test_a_memo_goes_with_the_job_it_belongs_to(shelf: Shelf) -> None:
    shelf.spool.remember("started/job-1", "then")
    shelf.spool.remember("started/job-2", "later")

    shelf.spool.append_job(a_job(1), "started/job-1")
    shelf.reopen()

    assert shelf.spool.recall_all("started/") == {"started/job-2": "later"}


def test_blocks_and_single_calls_of_many_threads_are_all_there(shelf: Shelf) -> None:
    def in_blocks(sender: str) -> None:
        for _ in range(5):
            with shelf.file.together():
                for _ in range(10):
                    shelf.file.of(sender).add_impressions(1)

    def alone() -> None:
        for _ in range(20):
            append_until_it_fits(shelf.spool)
            batch = shelf.spool.oldest(Lane.NORMAL)
            assert batch is not None
            shelf.spool.ack(batch.stream, batch.sequence, AT)

    threads = [threading.Thread(target=in_blocks, args=(sender,)) for sender in (SENDER, OTHER)]
    threads += [threading.Thread(target=alone)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    shelf.reopen()
    assert (shelf.spool.events().impressions, shelf.file.of(OTHER).events().impressions) == (50, 50)
    assert shelf.spool.tally().delivered == 20
    assert shelf.spool.oldest(Lane.NORMAL) is None
