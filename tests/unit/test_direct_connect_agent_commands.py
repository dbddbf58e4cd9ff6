"""Lines of the agent's protocol: cut, understood, or refused with the place."""

import pytest

from direct_connect.agent.commands import VERBS, Command, Hello, Open, Refusal, read_command
from direct_connect.agent.lines import LineCutter, TooLong
from direct_connect.agent.listening import Admission
from wire_format.records import Alert, Job, Outcome, Service


def test_lines_are_cut_wherever_the_packets_are() -> None:
    stream = b"one\r\ntwo\n\nthree\nfou"
    cutter = LineCutter()

    cut = [line for place in range(len(stream)) for line in cutter.feed(stream[place : place + 1])]

    assert cut == [b"one", b"two", b"", b"three"] == LineCutter().feed(stream)
    assert cutter.unfinished
    assert cutter.feed(b"r\n") == [b"four"]
    assert not cutter.unfinished


def test_a_line_of_the_limit_is_read_and_a_longer_one_is_skipped_to_its_end() -> None:
    cutter = LineCutter(bytes_max=8)

    assert cutter.feed(b"12345678\r\n12345678\n123456789\nnext\n") == [
        b"12345678", b"12345678", TooLong.TOO_LONG, b"next",
    ]  # fmt: skip
    assert cutter.feed(b"x" * 100_000) == []
    assert len(cutter._begun) == 0
    assert cutter.feed(b"x\nafter\n") == [TooLong.TOO_LONG, b"after"]


def test_every_kind_of_line_is_understood() -> None:
    job = read_command(b'job-finished p-1.a {"job_id":"1","service":"print","outcome":"completed","x-mine":1}')

    assert job == Command(
        verb="job-finished", printer="p-1.a", names=frozenset({"job_id", "service", "outcome", "x-mine"}),
        record=Job(job_id="1", service=Service.PRINT, outcome=Outcome.COMPLETED),
    )  # fmt: skip
    assert read_command(b'hello {"v":1}') == Command(verb="hello", record=Hello(v=1), names=frozenset({"v"}))
    assert read_command(b"open p") == Command(verb="open", printer="p", record=Open())
    assert read_command(b"push") == Command(verb="push")
    assert read_command(b"push p") == Command(verb="push", printer="p")
    alert = read_command(b'alert-raised p {"alert_id":"a","code":8,"severity":"critical"}')
    assert isinstance(alert, Command) and alert.record == Alert(alert_id="a", code=8, severity="critical")


@pytest.mark.parametrize(
    ("line", "code", "place"),
    [
        (b"", "verb", "hello, open"),
        (b" open p", "verb", ""),
        (b"OPEN p", "verb", ""),
        (b"\xff", "line", "byte 1"),
        (b"push \xc3(", "line", "byte 6"),
        (b"open", "line", "name the printer: open PRINTER"),
        (b'open {"claim":"x"}', "line", "name the printer"),
        (b"open  p", "line", "1 to 64 of"),
        (b"open ../p", "line", "1 to 64 of"),
        (b"open .", "line", "1 to 64 of"),
        (b"open " + b"p" * 65, "line", "1 to 64 of"),
        (b"open p\t", "line", "1 to 64 of"),
        (b"push p {}", "line", "after push"),
        (b"quit now", "line", "after quit"),
        (b"job-finished p", "line", "one JSON object"),
        (b"job-finished p ", "line", "one JSON object"),
        (b"job-finished p [1]", "line", "at character 16"),
        (b"job-finished p  {}", "line", "at character 16"),
        (b"job-finished p {", "record", "character"),
        (b'job-finished p {"job_id":"1"} x', "record", "character"),
        (b'job-finished p {"job_id":"1","service":"print"}', "record", "at /outcome"),
        (b'job-finished p {"job_id":"1","service":"print","outcome":"completed","pages":1}', "record", "/pages"),
        (b'job-finished p {"job_id":"1","job_id":"2"}', "record", "/job_id"),
        (b'impressions p {"count":-1}', "record", "at /count"),
        (b'impressions p {"count":1e3}', "record", "at /count"),
        (b'impressions p {"count":NaN}', "record", "at /count"),
        (b'impressions p {"count":' + b"[" * 5000 + b"]" * 5000 + b"}", "record", "nested deeper"),
        (b'hello {"v":1,"client":"a b"}', "record", "at /client"),
    ],
)  # fmt: skip
def test_what_is_no_command_is_refused_with_code_and_place(line: bytes, code: str, place: str) -> None:
    refusal = read_command(line)

    assert isinstance(refusal, Refusal)
    assert (refusal.code, place in refusal.sentence) == (code, True), refusal
    assert refusal.answer.count("\n") == 0 and len(refusal.answer) < 1024


def test_an_answer_can_neither_end_its_line_nor_steer_a_terminal() -> None:
    refusal = read_command(b'job-finished p {"a\\nok\\u001b[31m\\u202e":1}')

    assert isinstance(refusal, Refusal)
    assert refusal.answer.isprintable()


def test_no_verb_is_without_its_place_in_the_protocol_page() -> None:
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "howto" / "agent.md").read_text()

    assert [verb for verb in VERBS if f"| `{verb}" not in page] == []


def test_peers_are_admitted_by_user_and_by_any_of_their_groups() -> None:
    nobody, named = Admission(), Admission(users=frozenset({7}), groups=frozenset({50, 60}))

    assert nobody.admits(1000, frozenset({1000}), own=1000)
    assert not nobody.admits(0, frozenset({0}), own=1000)  # root is a user like any other
    assert named.admits(7, frozenset(), own=1000)
    assert named.admits(8, frozenset({1, 60}), own=1000)
    assert not named.admits(8, frozenset({1}), own=1000)
