"""What a simulated printer answers over IPP. Source: RFC 8011, 4.1 and 4.2."""

from datetime import UTC, datetime

import pytest

from device_sim.core import ipp
from device_sim.core.birth import born
from device_sim.core.state import FinishedJob, LivePrinter, RunningJob
from device_sim.profiles_shelf import load_profile
from tests.support.device_sim_ipp import answer_ipp, ipp_request, read_ipp_answer
from wire_format.printer_mib import PrinterState
from wire_format.records import Job, Outcome, Service

NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
URI = "ipp://127.1.0.1:631/ipp/print"


def printer(profile: str = "color-laserjet-m479") -> LivePrinter:
    state = born(load_profile(profile), seed=7, index=0, address="127.1.0.1", at_s=NOON.timestamp())
    state.booted_s = NOON.timestamp() - 3600
    for number, impressions in ((41, 3), (42, 5)):
        record = Job(
            job_id=str(number), name="salaries.pdf", service=Service.PRINT, outcome=Outcome.COMPLETED,
            impressions=impressions, completed_at=NOON,
        )  # fmt: skip
        state.finished.append(FinishedJob(number=number, record=record))
    return state


def test_all_attributes_are_told_when_none_is_named() -> None:
    state = printer()
    state.meters[0] = 41_000

    answer = read_ipp_answer(answer_ipp(ipp_request(ipp.GET_PRINTER_ATTRIBUTES), state, URI))

    told = answer.only(ipp.PRINTER_GROUP)
    assert (answer.status, answer.request_id, answer.version) == (ipp.OK, 77, (2, 0))
    assert told["printer-state"] == [3]
    assert told["printer-state-reasons"] == ["none"]
    assert told["printer-impressions-completed"] == [41_000]
    assert told["printer-up-time"] == [3600]
    assert told["printer-uri-supported"] == [URI]
    assert len(told["marker-levels"]) == len(told["marker-names"]) == 5


def test_only_what_is_named_is_told() -> None:
    named = ("printer-state", "queued-job-count", "no-such-attribute")
    asked = ipp_request(ipp.GET_PRINTER_ATTRIBUTES, {"requested-attributes": ipp.keywords(*named)})

    answer = read_ipp_answer(answer_ipp(asked, printer(), URI))

    assert list(answer.only(ipp.PRINTER_GROUP)) == ["printer-state", "queued-job-count"]


def test_a_stopped_printer_says_why() -> None:
    state = printer()
    state.status = PrinterState.STOPPED
    state.job = RunningJob(
        number=43, name="", service=Service.PRINT, submitted_s=0.0, started_s=0.0, wanted=9, done=4, color=True,
        stopped=True,
    )  # fmt: skip

    told = read_ipp_answer(answer_ipp(ipp_request(ipp.GET_PRINTER_ATTRIBUTES), state, URI)).only(ipp.PRINTER_GROUP)

    assert (told["printer-state"], told["queued-job-count"]) == ([5], [1])


@pytest.mark.parametrize(
    ("which", "numbers"), [(None, [43]), ("not-completed", [43]), ("completed", [42, 41]), ("all", [43, 42, 41])]
)
def test_jobs_are_listed_by_how_far_they_are(which: str | None, numbers: list[int]) -> None:
    state = printer()
    state.job = RunningJob(
        number=43, name="secret", service=Service.PRINT, submitted_s=0.0, started_s=0.0, wanted=9, done=4, color=True,
        stopped=False,
    )  # fmt: skip
    more = {} if which is None else {"which-jobs": ipp.keywords(which)}

    answer = read_ipp_answer(answer_ipp(ipp_request(ipp.GET_JOBS, more), state, URI))

    assert [group["job-id"] for tag, group in answer.groups if tag == ipp.JOB_GROUP] == [[n] for n in numbers]
    assert all(set(group) == {"job-id", "job-uri"} for tag, group in answer.groups if tag == ipp.JOB_GROUP)


def test_jobs_are_told_without_users_and_hosts() -> None:
    more = {
        "which-jobs": ipp.keywords("completed"),
        "requested-attributes": ipp.keywords("all"),
        "requesting-user-name": ipp.names("somebody"),
        "limit": ipp.integers(1),
    }

    content = answer_ipp(ipp_request(ipp.GET_JOBS, more), printer(), URI)

    (told,) = [group for tag, group in read_ipp_answer(content).groups if tag == ipp.JOB_GROUP]
    assert (told["job-id"], told["job-state"], told["job-impressions-completed"]) == ([42], [9], [5])
    assert told["time-at-completed"] == [3600]
    assert told["job-originating-user-name"] == ["anonymous"]
    assert "job-originating-host-name" not in told
    assert b"somebody" not in content


def test_no_job_is_anybody_s_own() -> None:
    more = {"which-jobs": ipp.keywords("all"), "my-jobs": ipp.boolean(True)}

    answer = read_ipp_answer(answer_ipp(ipp_request(ipp.GET_JOBS, more), printer(), URI))

    assert (answer.status, [tag for tag, _ in answer.groups]) == (ipp.OK, [ipp.OPERATION_GROUP])


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", ipp.BAD_REQUEST),
        (b"\x02\x00\x00\x0b\x00\x00\x00\x01", ipp.BAD_REQUEST),
        (ipp_request(ipp.GET_PRINTER_ATTRIBUTES)[:-1], ipp.BAD_REQUEST),
        (ipp_request(ipp.GET_PRINTER_ATTRIBUTES, uri=None), ipp.BAD_REQUEST),
        (ipp_request(ipp.GET_PRINTER_ATTRIBUTES, request_id=0), ipp.BAD_REQUEST),
        (ipp_request(ipp.GET_JOBS, {"limit": ipp.integers(0)}), ipp.BAD_REQUEST),
        (ipp_request(ipp.GET_JOBS, {"which-jobs": ipp.keywords("mine")}), ipp.NOT_SUPPORTED_VALUES),
        (ipp_request(ipp.GET_PRINTER_ATTRIBUTES, charset="utf-16"), ipp.CHARSET_NOT_SUPPORTED),
        (ipp_request(0x0003), ipp.OPERATION_NOT_SUPPORTED),
        (ipp_request(ipp.GET_PRINTER_ATTRIBUTES, version=(9, 0)), ipp.VERSION_NOT_SUPPORTED),
    ],
)
def test_what_cannot_be_answered_is_refused_by_the_standard_s_word(content: bytes, status: int) -> None:
    assert read_ipp_answer(answer_ipp(content, printer(), URI)).status == status


def test_the_response_speaks_the_version_of_the_request() -> None:
    asked = ipp_request(ipp.GET_PRINTER_ATTRIBUTES, version=(1, 1))

    assert read_ipp_answer(answer_ipp(asked, printer(), URI)).version == (1, 1)
