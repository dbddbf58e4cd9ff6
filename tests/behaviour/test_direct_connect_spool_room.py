"""One suite for every spool that fills up: what stops first, what gives way, and that all of it is counted."""

from dataclasses import replace

import pytest

from direct_connect.core.alerts import TrackedAlert
from direct_connect.core.batching import Heading, Lane, form_batches
from direct_connect.errors import SpoolFullError
from direct_connect.spool import Consumed
from tests.support.direct_connect import a_job, an_alert, bytes_from
from tests.support.spool_shelf import AT, REPORT, SENDER, Shelf, append, fill_with_jobs, formed, waiting
from wire_format.codec import decode_batch
from wire_format.records import Reason


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
