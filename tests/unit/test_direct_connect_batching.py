"""Batches: numbered, split over the limits, and fit for the wire."""

import hashlib
import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from direct_connect.core.batching import Heading, Lane, Numbering, form_batches, sealed_bytes
from tests.support.direct_connect import a_job, an_alert, bytes_from
from wire_format.codec import decode_batch
from wire_format.envelope import SEALED_BYTES_MAX, seal
from wire_format.keys import DecryptionKey, SigningKey
from wire_format.records import Device, Finding, Gap, Meter, Reason, Report, SenderState, Unit

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HEADING = Heading(sender="A" * 43, created_at=AT, reason=Reason.JOBS, boot=3, uptime_ms=1234)
START = Numbering(stream="ab" * 16, next_sequence=41)
METER = Meter(name="total.impressions", unit=Unit.IMPRESSIONS, value=7, source="firmware")
REPORT = Report(observed_at=AT, device=Device(serial="S1"), meters=(METER,))


def test_one_report_is_one_batch_with_the_next_number() -> None:
    (formed,) = form_batches(HEADING, [REPORT], START, bytes_from("one"))

    batch = decode_batch(formed.body)
    assert (batch.stream, batch.sequence, batch.boot, batch.uptime_ms) == (START.stream, 41, 3, 1234)
    assert batch.reports == (REPORT,)
    assert formed.sha256 == hashlib.sha256(formed.body).hexdigest()


def test_more_jobs_than_a_batch_may_hold_are_split_in_order_and_meters_go_once() -> None:
    jobs = tuple(a_job(number) for number in range(10_500))

    formed = form_batches(HEADING, [replace(REPORT, jobs=jobs)], START, bytes_from("split"))

    batches = [decode_batch(each.body) for each in formed]
    assert [batch.sequence for batch in batches] == list(range(41, 41 + len(batches)))
    assert [job for batch in batches for report in batch.reports for job in report.jobs] == list(jobs)
    assert [batch.reports[0].meters for batch in batches] == [(METER,)] + [()] * (len(batches) - 1)
    assert {batch.reports[0].device.serial for batch in batches} == {"S1"}


def test_a_batch_that_would_not_fit_when_sealed_is_split_until_it_does() -> None:
    dice = random.Random(1)
    jobs = tuple(replace(a_job(number), name=dice.randbytes(125).hex()) for number in range(4800))
    key, portal = SigningKey.generate(), DecryptionKey.generate()

    formed = form_batches(HEADING, [replace(REPORT, jobs=jobs)], START, bytes_from("size"))

    assert len(formed) > 1
    for each in formed:
        assert len(seal(each.body, key, portal.public)) <= min(SEALED_BYTES_MAX, sealed_bytes(each.body))


def test_many_reports_are_split_between_reports() -> None:
    reports = [replace(REPORT, device=Device(serial=f"S{number}")) for number in range(5_200)]

    formed = form_batches(HEADING, reports, START, bytes_from("reports"))

    serials = [report.device.serial for each in formed for report in decode_batch(each.body).reports]
    assert serials == [f"S{number}" for number in range(5_200)]


def test_a_gap_is_told_once() -> None:
    state = SenderState(jobs_refused=2, gap=Gap(reason="lost"))
    reports = [replace(REPORT, meters=())] * 5_001

    formed = form_batches(replace(HEADING, state=state), reports, START, bytes_from("gap"))

    states = [decode_batch(each.body).state for each in formed]
    assert [each.gap is not None for each in states if each] == [True] + [False] * (len(formed) - 1)
    assert {each.jobs_refused for each in states if each} == {2}


def test_a_report_that_is_too_large_by_itself_is_an_error_of_the_caller() -> None:
    noise = random.Random(2)
    findings = (Finding(field="x", source="y", raw=noise.randbytes(1_100_000).hex(), reason="z"),)

    with pytest.raises(ValueError, match="larger than a batch"):
        form_batches(HEADING, [replace(REPORT, findings=findings)], START, bytes_from("huge"))


def test_only_alert_batches_take_the_priority_lane() -> None:
    (jobs,) = form_batches(HEADING, [REPORT], START, bytes_from("lane"))
    (alert,) = form_batches(replace(HEADING, reason=Reason.ALERT), [REPORT], START, bytes_from("lane"))

    assert (jobs.lane, alert.lane) == (Lane.NORMAL, Lane.PRIORITY)


def test_a_batch_with_a_job_an_alert_or_a_gap_is_more_than_a_snapshot() -> None:
    def snapshot_only(heading: Heading, report: Report) -> bool:
        return form_batches(heading, [report], START, bytes_from("snap"))[0].snapshot_only

    assert snapshot_only(HEADING, REPORT)
    assert not snapshot_only(HEADING, replace(REPORT, jobs=(a_job(1),)))
    assert not snapshot_only(HEADING, replace(REPORT, alerts=(an_alert("a"),)))
    assert not snapshot_only(replace(HEADING, state=SenderState(gap=Gap(reason="lost"))), REPORT)
    assert not snapshot_only(replace(HEADING, reason=Reason.ALERT), REPORT)
