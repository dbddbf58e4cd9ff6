"""One suite for every spool: batches, events and memos as `direct_connect.spool.port` promises them."""

from dataclasses import replace

import pytest

from direct_connect.core.alerts import TrackedAlert
from direct_connect.core.batching import Lane
from direct_connect.errors import ClosedError, SequenceError
from direct_connect.spool import Consumed
from tests.support.direct_connect import a_job, an_alert
from tests.support.spool_shelf import AT, OTHER, SENDER, Shelf, append, formed, waiting
from wire_format.records import Reason


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
