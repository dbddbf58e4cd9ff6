"""One suite for every spool: what `direct_connect.spool.port` promises."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from direct_connect.core.alerts import TrackedAlert
from direct_connect.core.batching import FormedBatch, Heading, Lane, form_batches
from direct_connect.errors import ClosedError, SequenceError, SpoolFullError
from direct_connect.spool import Consumed, MemorySpoolFile, Spool, SpoolFile, SqliteSpoolFile, append_reports
from tests.support.direct_connect import a_job, an_alert, bytes_from
from wire_format.codec import decode_batch
from wire_format.records import Device, Reason, Report

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SENDER, OTHER = "A" * 43, "B" * 43
REPORT = Report(observed_at=AT, device=Device(serial="S1"))
SMALL = 400_000


@dataclass
class Shelf:
    """A spool file that can be closed and opened again."""

    file: SpoolFile
    again: Callable[[SpoolFile], SpoolFile]

    @property
    def spool(self) -> Spool:
        return self.file.of(SENDER)

    def reopen(self) -> None:
        self.file.close()
        self.file = self.again(self.file)


@pytest.fixture(params=["sqlite", "memory"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    def open_sqlite(_: SpoolFile | None) -> SpoolFile:
        return SqliteSpoolFile.open(tmp_path / "spool.db", bytes_max=SMALL, randomness=bytes_from("spool"))

    def reopen_memory(file: SpoolFile) -> SpoolFile:
        assert isinstance(file, MemorySpoolFile)
        return file.reopened()

    if request.param == "sqlite":
        shelf = Shelf(open_sqlite(None), open_sqlite)
    else:
        shelf = Shelf(MemorySpoolFile(bytes_max=SMALL, randomness=bytes_from("spool")), reopen_memory)
    yield shelf
    shelf.file.close()


def formed(spool: Spool, *, reason: Reason = Reason.JOBS, jobs: int = 0, size: int = 0) -> FormedBatch:
    report = replace(REPORT, jobs=tuple(a_job(number) for number in range(jobs)))
    report = replace(report, device=Device(serial="S1", description="x" * size))
    heading = Heading(sender=spool.sender, created_at=AT, reason=reason)
    return form_batches(heading, [report], spool.numbering(), bytes_from("batch"))[0]


def append(spool: Spool, *, reason: Reason = Reason.JOBS, jobs: int = 1, size: int = 0) -> FormedBatch:
    batch = formed(spool, reason=reason, jobs=jobs, size=size)
    spool.append([batch])
    return batch


def waiting(spool: Spool, lane: Lane = Lane.NORMAL) -> list[int]:
    """Sequence numbers in the order of delivery; empties the lane."""
    numbers = []
    while (batch := spool.oldest(lane)) is not None:
        numbers.append(batch.sequence)
        spool.ack(batch.stream, batch.sequence, AT)
    return numbers


def test_a_batch_comes_back_as_it_was_stored(shelf: Shelf) -> None:
    batch = append(shelf.spool)

    shelf.reopen()

    assert shelf.spool.oldest(Lane.NORMAL) == batch


def test_batches_leave_in_the_order_they_came(shelf: Shelf) -> None:
    for _ in range(5):
        append(shelf.spool)

    assert waiting(shelf.spool) == [1, 2, 3, 4, 5]


def test_an_unacked_batch_is_offered_again_and_again(shelf: Shelf) -> None:
    batch = append(shelf.spool)

    for _ in range(3):
        assert shelf.spool.oldest(Lane.NORMAL) == batch
        shelf.reopen()


def test_an_acked_batch_is_never_offered_again(shelf: Shelf) -> None:
    first, second = append(shelf.spool), append(shelf.spool)

    shelf.spool.ack(first.stream, first.sequence, AT)
    shelf.reopen()

    assert shelf.spool.oldest(Lane.NORMAL) == second


def test_acking_twice_or_what_is_unknown_changes_nothing(shelf: Shelf) -> None:
    batch = append(shelf.spool)
    for sequence in (batch.sequence, batch.sequence, 99):
        shelf.spool.ack(batch.stream, sequence, AT)

    assert shelf.spool.tally().delivered == 1
    assert shelf.spool.tally().delivered_at == AT


def test_the_lanes_are_apart(shelf: Shelf) -> None:
    append(shelf.spool)
    append(shelf.spool, reason=Reason.ALERT)
    append(shelf.spool)

    assert waiting(shelf.spool, Lane.PRIORITY) == [2]
    assert waiting(shelf.spool, Lane.NORMAL) == [1, 3]


def test_numbers_go_on_after_a_restart_also_when_everything_was_acked(shelf: Shelf) -> None:
    append(shelf.spool)
    append(shelf.spool)
    stream = shelf.spool.numbering().stream
    waiting(shelf.spool)

    shelf.reopen()

    assert shelf.spool.numbering().stream == stream
    assert shelf.spool.numbering().next_sequence == 3


def test_a_wrong_number_is_refused_and_nothing_of_the_call_is_stored(shelf: Shelf) -> None:
    shelf.spool.append_job(a_job(1))
    batch = formed(shelf.spool)
    append(shelf.spool)

    with pytest.raises(SequenceError):
        shelf.spool.append([batch], Consumed(jobs_through=99))

    assert shelf.spool.tally().unsent == 1
    assert len(shelf.spool.events().jobs) == 1


def test_events_survive_a_restart_in_order(shelf: Shelf) -> None:
    jobs = [a_job(number) for number in (3, 1, 2)]
    for job in jobs:
        assert shelf.spool.append_job(job)
    shelf.spool.add_impressions(40)
    shelf.spool.add_impressions(2)
    alert = TrackedAlert(alert=an_alert("a1"), lane=Lane.PRIORITY)
    shelf.spool.put_alert(alert)

    shelf.reopen()

    events = shelf.spool.events()
    assert [waiting.job for waiting in events.jobs] == jobs
    assert events.impressions == 42
    assert events.alerts == (alert,)


def test_a_job_that_waits_is_not_stored_twice(shelf: Shelf) -> None:
    assert shelf.spool.append_job(a_job(1))
    assert not shelf.spool.append_job(a_job(1))

    assert len(shelf.spool.events().jobs) == 1


def test_what_a_batch_consumed_goes_with_the_same_stroke(shelf: Shelf) -> None:
    spool = shelf.spool
    for number in range(3):
        spool.append_job(a_job(number))
    spool.add_impressions(130)
    spool.put_alert(TrackedAlert(alert=an_alert("open"), lane=Lane.NORMAL))
    ended = replace(an_alert("ended"), cleared_at=AT)
    spool.put_alert(TrackedAlert(alert=ended, lane=Lane.NORMAL))
    second = spool.events().jobs[1].position

    consumed = Consumed(
        jobs_through=second, impressions=100, alert_ids=("open", "ended"), memos=(("deadline", "later"),)
    )
    spool.append([formed(spool)], consumed)
    shelf.reopen()

    events = shelf.spool.events()
    assert [waiting.job.job_id for waiting in events.jobs] == ["job-2"]
    assert events.impressions == 30
    assert [(known.alert.alert_id, known.told, known.changed) for known in events.alerts] == [("open", True, False)]
    assert shelf.spool.recall("deadline") == "later"


def test_an_alert_is_renewed_in_its_place_and_can_replace_others(shelf: Shelf) -> None:
    for name in ("a", "b", "c"):
        shelf.spool.put_alert(TrackedAlert(alert=an_alert(name), lane=Lane.PRIORITY))
    renewed = TrackedAlert(alert=replace(an_alert("b"), cleared_at=AT), lane=Lane.PRIORITY)

    shelf.spool.put_alert(renewed, replaced=("a", "never there"))

    assert [known.alert.alert_id for known in shelf.spool.events().alerts] == ["b", "c"]
    assert shelf.spool.events().alerts[0] == renewed


def test_what_was_set_aside_stays_and_is_no_longer_offered(shelf: Shelf) -> None:
    first, second = append(shelf.spool), append(shelf.spool)

    shelf.spool.set_aside(first.stream, first.sequence, "422 at /reports/0")
    shelf.spool.set_aside(first.stream, first.sequence, "again")
    shelf.reopen()

    assert shelf.spool.oldest(Lane.NORMAL) == second
    assert [(each.sequence, each.why) for each in shelf.spool.aside()] == [(1, "422 at /reports/0")]
    assert shelf.spool.tally().set_aside == 1
    assert shelf.spool.tally().unsent == 1


def test_what_was_set_aside_can_be_looked_at_and_offered_again_in_its_old_place(shelf: Shelf) -> None:
    first, second = append(shelf.spool), append(shelf.spool)
    assert shelf.spool.aside_batch(first.stream, 1) is None
    assert not shelf.spool.offer_again(first.stream, 1)
    shelf.spool.set_aside(first.stream, 1, "422")
    assert shelf.spool.oldest(Lane.NORMAL) == second

    assert shelf.spool.aside_batch(first.stream, 1) == first
    assert shelf.spool.offer_again(first.stream, 1)
    shelf.reopen()

    assert shelf.spool.aside() == ()
    assert waiting(shelf.spool) == [1, 2]


def test_what_was_set_aside_and_dropped_is_gone_until_it_is_put_back(shelf: Shelf) -> None:
    batch = append(shelf.spool)
    assert not shelf.spool.drop_aside(batch.stream, 1)
    shelf.spool.set_aside(batch.stream, 1, "422")
    used = shelf.spool.tally().used_bytes

    assert shelf.spool.drop_aside(batch.stream, 1)
    assert not shelf.spool.drop_aside(batch.stream, 1)
    assert (shelf.spool.aside(), shelf.spool.tally().used_bytes <= used) == ((), True)
    assert shelf.spool.restore_aside(batch, "422 again")
    assert not shelf.spool.restore_aside(batch, "twice")
    shelf.reopen()

    assert [each.why for each in shelf.spool.aside()] == ["422 again"]
    assert shelf.spool.aside_batch(batch.stream, 1) == batch
    assert shelf.spool.oldest(Lane.NORMAL) is None


def test_only_a_batch_that_was_formed_here_can_be_put_back(shelf: Shelf) -> None:
    batch = append(shelf.spool)

    for stranger in (replace(batch, sequence=2), replace(batch, sender=OTHER, stream="0" * 32)):
        with pytest.raises(SequenceError):
            shelf.spool.restore_aside(stranger, "why")


def test_a_new_stream_counts_from_one_and_tells_the_gap_once(shelf: Shelf) -> None:
    old = append(shelf.spool).stream

    shelf.spool.begin_stream("two batches under one number")
    shelf.reopen()

    numbering, gap = shelf.spool.numbering(), shelf.spool.tally().gap
    assert (numbering.stream != old, numbering.next_sequence) == (True, 1)
    assert gap is not None
    assert (gap.previous_stream, gap.last_sequence, gap.reason) == (old, 1, "two batches under one number")
    append(shelf.spool)
    assert shelf.spool.tally().gap is None
    assert waiting(shelf.spool) == [1, 1]


def test_memos_are_kept_changed_and_forgotten(shelf: Shelf) -> None:
    shelf.spool.remember("started/b", "2")
    shelf.spool.remember("started/a", "1")
    shelf.spool.remember("other", "x")
    shelf.spool.remember("started/b", "3")
    shelf.reopen()

    assert shelf.spool.recall_all("started/") == {"started/a": "1", "started/b": "3"}
    shelf.spool.remember("started/a", None)
    assert shelf.spool.recall("started/a") is None


def test_senders_share_a_file_and_nothing_else(shelf: Shelf) -> None:
    mine, other = shelf.spool, shelf.file.of(OTHER)
    append(mine)
    mine.append_job(a_job(1))
    other.append_job(a_job(1))

    assert mine.numbering().stream != other.numbering().stream
    assert other.oldest(Lane.NORMAL) is None
    assert (mine.tally().unsent, other.tally().unsent) == (1, 0)
    assert len(other.events().jobs) == 1
    assert shelf.file.senders() == (SENDER, OTHER)
    mine.append([formed(mine)], Consumed(jobs_through=other.events().jobs[-1].position))
    assert (len(mine.events().jobs), len(other.events().jobs)) == (0, 1)


def test_batches_appended_together_use_up_a_number_each(shelf: Shelf) -> None:
    first = formed(shelf.spool)
    second = replace(first, sequence=2)

    shelf.spool.append([first, second])

    assert shelf.spool.numbering().next_sequence == 3
    shelf.reopen()
    append(shelf.spool)
    assert waiting(shelf.spool) == [1, 2, 3]


def test_a_full_spool_refuses_and_counts_jobs_but_takes_alerts_batches_and_acks(shelf: Shelf) -> None:
    spool = shelf.spool
    stored = fill_with_jobs(spool)
    with pytest.raises(SpoolFullError):
        spool.append_job(a_job(10**6))

    assert spool.tally().jobs_refused == 2
    spool.put_alert(TrackedAlert(alert=an_alert("jam"), lane=Lane.PRIORITY))
    events = spool.events()
    assert len(events.jobs) == stored
    report = replace(REPORT, jobs=tuple(waiting.job for waiting in events.jobs))
    heading = Heading(sender=SENDER, created_at=AT, reason=Reason.JOBS)
    batch = form_batches(heading, [report], spool.numbering(), bytes_from("full"))[0]
    spool.append([batch], Consumed(jobs_through=events.jobs[-1].position))
    shelf.reopen()
    assert len(decode_batch(batch.body).reports[0].jobs) == stored
    assert waiting(shelf.spool) == [1]
    assert shelf.spool.append_job(a_job(1))
    assert shelf.spool.tally().jobs_refused == 2


def fill_with_jobs(spool: Spool) -> int:
    number = 0
    with pytest.raises(SpoolFullError):
        while True:
            spool.append_job(replace(a_job(number), name="n" * 250))
            number += 1
    return number


def test_when_a_batch_needs_room_older_snapshots_give_way_and_are_counted(shelf: Shelf) -> None:
    spool = shelf.spool
    with_jobs = append(spool, jobs=40)
    for _ in range(600):
        append(spool, jobs=0, size=1000)

    tally = spool.tally()
    assert 0 < tally.snapshots_dropped < 600
    assert tally.unsent == 601 - tally.snapshots_dropped
    numbers = waiting(spool)
    assert numbers[0] == with_jobs.sequence
    assert numbers[-1] == 601


def test_when_nothing_may_give_way_a_batch_is_refused_and_its_events_stay(shelf: Shelf) -> None:
    spool = shelf.spool
    with pytest.raises(SpoolFullError):
        while True:
            append(spool, jobs=100)
    held = spool.numbering()
    spool.add_impressions(7)

    with pytest.raises(SpoolFullError):
        spool.append([formed(spool, jobs=400)], Consumed(impressions=7))

    assert spool.numbering() == held
    assert spool.events().impressions == 7
    append(spool, reason=Reason.ALERT)
    assert waiting(spool, Lane.PRIORITY) == [held.next_sequence]


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


def test_after_close_every_call_says_so(shelf: Shelf) -> None:
    spool = shelf.spool
    shelf.file.close()
    shelf.file.close()

    for call in (spool.numbering, spool.tally, spool.events, lambda: spool.append_job(a_job(1))):
        with pytest.raises(ClosedError):
            call()


def test_under_a_new_key_everything_goes_along_but_the_numbering(shelf: Shelf) -> None:
    spool = shelf.spool
    first, second = formed(spool), formed(spool)
    spool.append([first])
    spool.append_job(a_job(7))
    spool.put_alert(TrackedAlert(alert=an_alert("jam-1"), lane=Lane.PRIORITY))
    spool.remember("boot", "3")
    spool.add_impressions(5)

    assert spool.go_on_as(OTHER) is False
    spool.set_aside(first.stream, first.sequence, "422")
    assert spool.go_on_as(OTHER) is True

    shelf.reopen()
    assert shelf.file.senders() == (OTHER,)
    after = shelf.file.of(OTHER)
    assert after.numbering().next_sequence == 1
    assert after.numbering().stream != first.stream
    assert [waiting.job.job_id for waiting in after.events().jobs] == ["job-7"]
    assert after.events().impressions == 5
    assert [known.alert.alert_id for known in after.alerts()] == ["jam-1"]
    assert after.recall("boot") == "3"
    assert [(aside.stream, aside.sequence) for aside in after.aside()] == [(first.stream, 1)]
    assert after.tally().set_aside == 1
    assert after.tally().gap is None
    with pytest.raises(SequenceError):
        after.append([second])


def test_the_spool_object_goes_on_under_the_new_name(shelf: Shelf) -> None:
    spool = shelf.spool
    assert spool.go_on_as(OTHER)

    assert spool.sender == OTHER
    assert shelf.file.of(OTHER) is spool
    spool.append([formed(spool)])
    with pytest.raises(SequenceError):
        shelf.file.of(SENDER).go_on_as(OTHER)
