"""Finished jobs by IPP Get-Jobs: counted once, at the right moment, and nobody's name."""

import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data_collector.core.explain import explain
from data_collector.core.gathered import JobSource
from data_collector.core.ipp import jobs_request
from data_collector.core.ipp_jobs import JOBS_MAX, JOBS_WANTED
from data_collector.core.known_jobs import KnownJobs, news
from data_collector.core.normalise import report
from data_collector.core.normalise.ipp_jobs import LISTED_MAX
from tests.support.data_collector_core import (
    BEGIN_COLLECTION,
    DEFINITIONS,
    END_COLLECTION,
    ENUM,
    INTEGER,
    KEYWORD,
    MEMBER_NAME,
    NAME,
    NOON,
    evidence,
    ipp_value,
)
from wire_format.records import Job, Media, Outcome, Service

URI, DATE, NO_VALUE = 0x45, 0x31, 0x13
JOB_GROUP = b"\x02"
COMPLETED, CANCELED, PROCESSING = 9, 7, 5
UP_S = 50_000


def group(number: int, *more: bytes, state: int = COMPLETED, uuid: str = "urn:uuid:5a", up_s: int = UP_S) -> bytes:
    """A job of a reply."""
    told = (
        ipp_value(INTEGER, "job-id", number),
        ipp_value(ENUM, "job-state", state),
        ipp_value(URI, "job-uuid", f"{uuid}{number}"),
        ipp_value(INTEGER, "job-printer-up-time", up_s),
    )
    return b"".join((JOB_GROUP, *told, *more))


def ended(seconds: int, at: datetime | None = None) -> bytes:
    """When a job ended: on the count of the printer's seconds, and by its clock."""
    said = ipp_value(NO_VALUE, "date-time-at-completed", b"") if at is None else ipp_value(
        DATE, "date-time-at-completed", struct.pack(">H5B", *at.timetuple()[:6]) + b"\0+\0\0")  # fmt: skip
    return ipp_value(INTEGER, "time-at-completed", seconds) + said


def collection(name: str, *members: bytes) -> bytes:
    """A collection, of members by `member`."""
    return ipp_value(BEGIN_COLLECTION, name, b"") + b"".join(members) + ipp_value(END_COLLECTION, "", b"")


def member(name: str, tag: int, value: int | str) -> bytes:
    return ipp_value(MEMBER_NAME, "", name) + ipp_value(tag, "", value)


def reply(*groups: bytes, status: int = 0, end: bytes = b"\x03") -> bytes:
    charset = ipp_value(0x47, "attributes-charset", "utf-8")
    return b"\x02\x00" + status.to_bytes(2) + b"\0\0\0\1\x01" + charset + b"".join(groups) + end


def jobs_of(*groups: bytes) -> tuple[Job, ...]:
    """The jobs a report tells of a printer that is known by IPP alone."""
    return report(replace(evidence(), ipp_jobs=reply(*groups)), DEFINITIONS).jobs


SIZE = ipp_value(MEMBER_NAME, "", "media-size") + collection(
    "", member("x-dimension", INTEGER, 21_000), member("y-dimension", INTEGER, 29_700)
)


def test_a_job_is_told_with_what_was_printed_not_with_what_was_asked_for() -> None:
    (job,) = jobs_of(
        group(
            7,
            ended(UP_S - 60),
            ipp_value(INTEGER, "job-impressions-completed", 12),
            ipp_value(INTEGER, "job-media-sheets-completed", 6),
            ipp_value(INTEGER, "copies", 3) + ipp_value(INTEGER, "copies-actual", 2),
            ipp_value(ENUM, "print-quality", 5) + ipp_value(ENUM, "print-quality-actual", 4),
            ipp_value(KEYWORD, "print-color-mode-actual", "color"),
            collection("media-col-actual", SIZE, member("media-type", KEYWORD, "stationery"),
                       member("media-source", KEYWORD, "tray-2")),
            ipp_value(INTEGER, "time-at-creation", UP_S - 90) + ipp_value(INTEGER, "time-at-processing", UP_S - 80),
        )
    )  # fmt: skip

    assert job == Job(
        job_id=job.job_id,
        service=Service.PRINT,
        submitted_at=NOON - timedelta(seconds=90),
        started_at=NOON - timedelta(seconds=80),
        completed_at=NOON - timedelta(seconds=60),
        outcome=Outcome.COMPLETED,
        quality="normal",
        color_mode="color",
        copies=2,
        impressions=12,
        sheets=6,
        media=Media(type="stationery", width_mm=210, length_mm=297, source="tray-2"),
    )


@pytest.mark.parametrize(
    ("said", "mode"),
    [
        (ipp_value(KEYWORD, "print-color-mode", "color"), None),
        (ipp_value(KEYWORD, "print-color-mode", "monochrome"), "monochrome"),
        (ipp_value(KEYWORD, "print-color-mode-actual", "auto"), None),
        (collection("job-impressions-completed-col", member("monochrome", INTEGER, 3)), "monochrome"),
        (
            collection(
                "job-impressions-completed-col", member("monochrome", INTEGER, 3), member("full-color", INTEGER, 1)
            ),
            "color",
        ),
    ],
)
def test_a_job_sent_as_colour_is_not_thereby_a_colour_job(said: bytes, mode: str | None) -> None:
    assert jobs_of(group(1, said))[0].color_mode == mode


@pytest.mark.parametrize(
    ("name", "size"), [("iso_a4_210x297mm", (210, 297)), ("na_letter_8.5x11in", (216, 279)), ("letter", None)]
)
def test_the_size_of_paper_is_read_out_of_its_name(name: str, size: tuple[int, int] | None) -> None:
    media = jobs_of(group(1, ipp_value(KEYWORD, "media", name)))[0].media

    assert (None if media is None else (media.width_mm, media.length_mm)) == size


def test_only_ended_jobs_are_told_oldest_first_and_what_nobody_counted_is_unknown() -> None:
    nothing = ipp_value(INTEGER, "job-impressions-completed", 0)
    jobs = jobs_of(
        group(4, state=PROCESSING),
        group(3, ended(UP_S - 5), nothing),
        group(2, ended(UP_S - 50), nothing, state=CANCELED),
        group(2, ended(UP_S - 50), nothing, state=CANCELED),
        JOB_GROUP + ipp_value(ENUM, "job-state", COMPLETED),
    )

    assert [(job.job_id[0], job.outcome, job.impressions) for job in jobs] == [
        ("2", Outcome.CANCELED, 0),
        ("3", Outcome.COMPLETED, None),
    ]


CLOCK = NOON - timedelta(hours=5)


@pytest.mark.parametrize(
    ("when", "at"),
    [
        (ended(UP_S - 60, CLOCK), NOON - timedelta(seconds=60)),
        (ended(-400, CLOCK), CLOCK),
        (ended(0, CLOCK), CLOCK),
        (ended(UP_S + 1, CLOCK), CLOCK),
        (ended(-400, datetime(2000, 1, 1, tzinfo=UTC)), None),
        (ended(-400), None),
        (ipp_value(DATE, "date-time-at-completed", b"\xff" * 11), None),
        (b"", None),
    ],
    ids=["counted back", "before the restart", "unknown", "later than now", "clock not set", "no clock", "no date", ""],
)
def test_a_job_ended_so_many_seconds_ago_whatever_the_printers_clock_shows(when: bytes, at: datetime | None) -> None:
    assert jobs_of(group(1, when))[0].completed_at == at


def told_over(*readings: tuple[datetime, bytes]) -> list[list[str]]:
    """The numbers of the jobs that each reading tells as news."""
    known, told = KnownJobs(), []
    for at, raw in readings:
        fresh, known = news(report(replace(evidence(), observed_at=at, ipp_jobs=raw), DEFINITIONS), known)
        told.append([job.job_id.partition("-")[0] for job in fresh.jobs])
    return told


def test_a_job_is_told_once_over_readings_a_restart_and_a_clock_that_is_set_meanwhile() -> None:
    later, much_later = NOON + timedelta(seconds=303), NOON + timedelta(hours=2)
    before = reply(group(7, ended(UP_S - 60)))
    again = reply(group(7, ended(UP_S - 60), up_s=UP_S + 300))
    restarted = reply(group(7, ended(-500, NOON - timedelta(seconds=58)), up_s=900))
    without_any = reply(group(7, ended(-500), up_s=900))

    assert told_over((NOON, before), (later, again), (much_later, restarted), (much_later, without_any)) == [
        ["7"], [], [], []
    ]  # fmt: skip


def test_numbers_and_uuids_that_begin_again_after_a_restart_are_other_jobs() -> None:
    first = reply(group(2, ended(UP_S - 60)), group(1, ended(UP_S - 90)))
    restarted = reply(group(1, ended(700, None), up_s=900))

    assert told_over((NOON, first), (NOON + timedelta(hours=2), restarted)) == [["1", "2"], ["1"]]


def test_counts_that_are_corrected_afterwards_make_no_second_job() -> None:
    first, corrected = (
        reply(group(7, ended(UP_S - 60), ipp_value(INTEGER, "job-impressions-completed", count))) for count in (3, 4)
    )

    assert told_over((NOON, first), (NOON, corrected)) == [["7"], []]


def test_no_name_of_a_job_a_user_a_document_or_a_host_is_asked_for() -> None:
    request = jobs_request("ipp://192.0.2.7:631/ipp/print", 5, JOBS_WANTED, JOBS_MAX)

    for word in (b"user", b"name", b"document", b"host", b"account", b"uri\0", b"all", b"job-description"):
        assert not any(word in name.encode() for name in JOBS_WANTED), word
    assert request.count(b"name") == 0
    assert b"which-jobs\0\x09completed" in request and b"limit\0\4\0\0\0\x64" in request


CANARIES = ("Salaries of Mr Smith.pdf", "mallory", "mallorys-laptop")


def test_names_that_come_unasked_go_nowhere() -> None:
    rude = b"".join(
        ipp_value(NAME, name, value)
        for name, value in zip(
            ("job-name", "job-originating-user-name", "job-originating-host-name"), CANARIES, strict=True
        )
    )
    seen = replace(evidence(), ipp_jobs=reply(group(7, rude, ended(UP_S - 60))))
    made = report(seen, DEFINITIONS)

    assert len(made.jobs) == 1
    everything = repr(made) + repr(explain(made, seen))
    assert not [name for name in CANARIES if name in everything]


def test_what_is_no_reply_is_told_without_a_word_of_it() -> None:
    made = report(replace(evidence(), ipp_jobs=b"<html>" + CANARIES[0].encode()), DEFINITIONS)

    assert [finding.field for finding in made.findings if finding.field == "jobs"] == ["jobs"]
    assert CANARIES[0] not in repr(made)


def test_a_refusal_is_told_and_no_list() -> None:
    made = report(replace(evidence(), ipp_jobs=reply(status=0x0403)), DEFINITIONS)

    assert ("jobs", "0x0403") in [(finding.field, finding.raw) for finding in made.findings]
    assert JobSource.IPP not in {one.source for one in made.job_lists}


def test_a_list_that_is_cut_off_is_read_up_to_the_cut_and_says_so() -> None:
    whole = reply(group(3, ended(UP_S - 5)), group(2, ended(UP_S - 50)), end=b"")
    made = report(replace(evidence(), ipp_jobs=whole[:-3]), DEFINITIONS)

    assert [job.job_id[0] for job in made.jobs] == ["2", "3"]
    assert any(finding.field == "jobs" and "cut off" in finding.reason for finding in made.findings)


def test_a_list_of_endless_jobs_costs_no_more_than_its_limits() -> None:
    numbers = range(1, 30_000)
    body = b"".join(
        JOB_GROUP + ipp_value(INTEGER, "job-id", one) + ipp_value(ENUM, "job-state", COMPLETED) for one in numbers
    )
    made = report(replace(evidence(), ipp_jobs=reply(body)), DEFINITIONS)

    assert len(made.jobs) == LISTED_MAX
    assert any(finding.field == "jobs" and "values" in finding.reason for finding in made.findings)
