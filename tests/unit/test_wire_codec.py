"""The codec says exactly what is wrong with a batch, and where."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.support.wire import full_batch
from wire_format.answers import Refusal, encode_refusal
from wire_format.codec import (
    decode_batch,
    decode_record,
    decode_report,
    encode_batch,
    encode_report,
    format_instant,
    parse_instant,
)
from wire_format.errors import DecodeError
from wire_format.records import Job, Outcome, Service
from wire_format.strict_json import parse_json


def as_document(change: Callable[[Any], None]) -> bytes:
    tree = json.loads(encode_batch(full_batch()))
    change(tree)
    return json.dumps(tree).encode()


def test_a_full_batch_comes_back_as_it_went() -> None:
    batch = full_batch()

    assert decode_batch(encode_batch(batch)) == batch


def test_encoding_is_compact_and_in_field_order() -> None:
    document = encode_batch(full_batch())

    assert document.startswith(b'{"v":1,"batch_id":"019a9c3e-5b00-7a31-8c42-0d5e6f708192","sender":"')
    assert b": " not in document.replace(b"Paper jam, roll 2", b"")


def test_unknown_quantities_are_left_out_and_never_zero() -> None:
    job = Job(job_id="1", service=Service.PRINT, outcome=Outcome.UNKNOWN)

    assert decode_record(Job, {"job_id": "1", "service": "print", "outcome": "unknown", "impressions": None}) == job
    assert job.impressions is None


REFUSED: list[tuple[str, Callable[[Any], None], str, str]] = [
    ("a missing name", lambda t: t.pop("stream"), "/stream", "is missing"),
    ("a null where a value must be", lambda t: t.update(stream=None), "/stream", "must not be null"),
    ("an unknown name", lambda t: t.update(colour=1), "/colour", "unknown name; extensions start with x-"),
    ("another version", lambda t: t.update(v=2), "/v", "must be from 1 to 1"),
    ("a truth value as a number", lambda t: t.update(sequence=True), "/sequence", "a whole number is wanted here"),
    ("a decimal count", lambda t: t["reports"][0]["meters"][0].update(value=1.5), "/reports/0/meters/0/value",
     "a whole number is wanted here"),
    ("a negative meter", lambda t: t["reports"][0]["meters"][0].update(value=-1), "/reports/0/meters/0/value",
     "must be from 0 to 9007199254740991"),
    ("a meter in pages", lambda t: t["reports"][0]["meters"][0].update(unit="pages"), "/reports/0/meters/0/unit",
     "must be one of impressions, sheets, images, mm, mm2, ul"),
    ("a meter's name in capitals", lambda t: t["reports"][0]["meters"][0].update(name="Total"),
     "/reports/0/meters/0/name", "wanted: service.work[.colour] in lower case"),
    ("a local time", lambda t: t.update(created_at="2026-11-16T12:00:00+01:00"), "/created_at",
     "a time looks like 2026-11-22T00:00:00.000Z"),
    ("a day that does not exist", lambda t: t.update(created_at="2026-02-30T12:00:00Z"), "/created_at",
     "no such time: day is out of range for month"),
    ("a percentage over 100", lambda t: t["reports"][0]["supplies"][0].update(percent=150),
     "/reports/0/supplies/0/percent", "must be from 0 to 100"),
    ("reports that are an object", lambda t: t.update(reports={}), "/reports", "a list is wanted here"),
    ("a report that is text", lambda t: t.update(reports=["x"]), "/reports/0", "an object is wanted here"),
    ("a key with a slash in it", lambda t: t["reports"][0].update({"a/b~c": 1}), "/reports/0/a~1b~0c",
     "unknown name; extensions start with x-"),
    ("a text too long", lambda t: t["reports"][0]["device"].update(mac="a" * 18), "/reports/0/device/mac",
     "longer than 17 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "pointer", "reason"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_is_wrong_is_refused_with_its_place(change: Callable[[Any], None], pointer: str, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_batch(as_document(change))

    assert (caught.value.pointer, caught.value.reason) == (pointer, reason)


@pytest.mark.parametrize("name", ["user", "user_name", "owner", "host", "account", "account_id", "content", "document"])
def test_a_job_that_names_a_person_or_brings_content_is_refused_by_name(name: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_batch(as_document(lambda tree: tree["reports"][0]["jobs"][0].update({name: "x"})))

    assert caught.value.pointer == f"/reports/0/jobs/0/{name}"
    assert "never travels" in caught.value.reason


def test_extensions_are_skipped_wherever_they_stand() -> None:
    def extend(tree: Any) -> None:
        tree["x-vendor"] = {"deep": [1, 2.5, None]}
        tree["reports"][0]["device"]["x-rack"] = "7"

    assert decode_batch(as_document(extend)) == full_batch()


@pytest.mark.parametrize(
    ("document", "pointer", "reason"),
    [
        (b'{"v":1,"v":1}', "/v", "the key stands twice in its object"),
        (b'{"reports":[{"device":{"ip":"a","ip":"b"}}]}', "/reports/0/device/ip", "the key stands twice in its object"),
        (b'{"x-a":NaN}', "/x-a", "NaN is not JSON"),
        (b'{"x-a":[0,1e999]}', "/x-a/1", "the number is too large"),
        (b'{"sequence":' + b"9" * 5000 + b"}", "/sequence", "the number is too large; the largest integer is"),
        (b'{"x-a":"\\ud800"}', "/x-a", "the string holds half of a surrogate pair"),
        (b"[" * 20 + b"]" * 20, "/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0", "nested deeper than 16 levels"),
        (b"[" * 200_000, "", "nested deeper than 16 levels"),
        (b'{"a":', "", "not JSON at character 5"),
        (b"", "", "not JSON at character 0"),
        (b'{"a":"\xff"}', "", "not UTF-8 at byte 6"),
        (b"[]", "", "an object is wanted here"),
    ],
)
def test_json_that_peers_read_differently_is_refused(document: bytes, pointer: str, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_batch(document)

    assert caught.value.pointer == pointer
    assert caught.value.reason.startswith(reason)


def test_ten_thousand_and_one_jobs_in_one_batch_are_refused() -> None:
    def crowd(tree: Any) -> None:
        jobs = [{"job_id": str(n), "service": "print", "outcome": "completed"} for n in range(5_001)]
        tree["reports"] = [{**tree["reports"][0], "jobs": jobs}] * 2

    with pytest.raises(DecodeError) as caught:
        decode_batch(as_document(crowd))

    assert caught.value.pointer == "/reports/1/jobs"


def test_times_are_utc_with_milliseconds() -> None:
    local = datetime(2026, 11, 16, 13, 0, 0, 123_987, tzinfo=timezone(timedelta(hours=1)))

    assert format_instant(local) == "2026-11-16T12:00:00.123Z"
    assert parse_instant("2026-11-16T12:00:00.123Z") == datetime(2026, 11, 16, 12, 0, 0, 123_000, tzinfo=UTC)
    assert parse_instant("2026-11-16T12:00:00Z") == datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="zone"):
        format_instant(datetime(2026, 11, 16))  # noqa: DTZ001 - a naive time is the point


def test_a_report_is_one_line_whatever_its_texts_hold() -> None:
    report = full_batch().reports[0]

    line = encode_report(report)

    assert "\n" not in line
    assert decode_report(line) == report


@pytest.mark.parametrize(
    ("document", "pointer", "reason"),
    [
        (b'{"x-a":{"\\ud800":1}}', "/x-a", "a key holds half of a surrogate pair"),
        (b'{"\\udc00":1}', "", "a key holds half of a surrogate pair"),
        (b'{"x-a":12345678901234567}', "/x-a", "the number is too large"),
        (b'{"x-a":-12345678901234567}', "/x-a", "the number is too large"),
    ],
)
def test_faults_in_keys_and_extensions_are_named_and_can_be_told_on(document: bytes, pointer: str, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_batch(document)

    assert caught.value.pointer == pointer
    assert caught.value.reason.startswith(reason)
    assert encode_refusal(Refusal(error="invalid", path=caught.value.pointer, reason=caught.value.reason))


def test_sixteen_digits_with_a_sign_and_escapes_of_whole_characters_are_fine() -> None:
    assert parse_json('{"x-a":-1234567890123456,"x-b":"\\u00e9\\ud83d\\ude00","s":"12345678901234567"}') == {
        "x-a": -1234567890123456,
        "x-b": "é😀",
        "s": "12345678901234567",
    }


def test_a_time_in_digits_of_another_script_is_no_time() -> None:
    with pytest.raises(DecodeError, match="a time looks like"):
        parse_instant("２０２６-11-22T00:00:00Z")


def test_half_a_surrogate_pair_in_a_text_is_refused_like_one_that_is_escaped() -> None:
    with pytest.raises(DecodeError, match="half of a surrogate pair") as caught:
        parse_json('{"x-a":"\ud800"}')

    assert caught.value.pointer == "/x-a"
