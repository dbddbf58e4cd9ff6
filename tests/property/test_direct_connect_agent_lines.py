"""Whatever a client sends: no exception, exactly one answer a line, and the same however the bytes are cut."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from direct_connect.agent.commands import VERBS, Command, Refusal, read_command
from direct_connect.agent.lines import LineCutter, TooLong
from direct_connect.agent.printers import Printers
from direct_connect.spool.memory import MemorySpoolFile
from tests.support.direct_connect_agent import HELLO, printers_of, session_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "job_id": st.text(max_size=9) | JSON,
        "service": st.sampled_from(["print", "copy", "x"]),
        "outcome": st.just("completed"),
        "impressions": st.integers(),
        "count": st.integers(-1, 9),
        "alert_id": st.text(max_size=3),
        "code": st.integers(0, 40),
        "severity": st.sampled_from(["critical", "warning", "no"]),
        "device": st.dictionaries(st.sampled_from(["serial", "ip", "x"]), st.text(max_size=9), max_size=2),
        "meters": JSON,
        "claim": st.text(max_size=9),
        "v": st.integers(0, 2),
        "x-own": JSON,
    },
)
WORDS = st.sampled_from([*VERBS, "", "no-verb"])
ALMOST = st.builds(
    lambda verb, printer, fields: " ".join(part for part in (verb, printer, fields) if part).encode(),
    WORDS, st.sampled_from(["", "p1", "p2", "..", " "]),
    st.one_of(st.just(""), FIELDS.map(json.dumps), JSON.map(json.dumps)),
)  # fmt: skip
LINES = st.lists(st.one_of(ALMOST, st.binary(max_size=60).map(lambda line: line.replace(b"\n", b""))), max_size=12)


@pytest.fixture(scope="module")
def printers() -> Iterator[Printers]:
    with tempfile.TemporaryDirectory() as folder, MemorySpoolFile() as spool, printers_of(Path(folder), spool) as made:
        yield made


@given(line=st.one_of(ALMOST, st.binary(max_size=200)))
def test_any_line_is_a_command_or_a_refusal_with_one_printable_answer(line: bytes) -> None:
    found = read_command(line)

    assert isinstance(found, Command | Refusal)
    if isinstance(found, Refusal):
        assert found.answer.isprintable() and len(found.answer) <= 1024


@settings(max_examples=60)
@given(lines=LINES, cuts=st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_every_line_gets_exactly_one_answer_and_nothing_ends_the_session_but_quit(
    printers: Printers, lines: list[bytes], cuts: list[int]
) -> None:
    session = session_of(printers)
    stream = HELLO + b"".join(line + b"\n" for line in lines)
    said = b""
    place = 0
    while place < len(stream) and not session.ended:
        size = cuts[place % len(cuts)] if place else 4096 if cuts[0] > 20 else cuts[0]
        said += b"".join(session.receive(stream[place : place + size]))
        place += size

    quits = next((number for number, line in enumerate(lines, 1) if line.removesuffix(b"\r") == b"quit"), len(lines))
    answered = said.decode().split("\n")
    assert answered.pop() == ""
    assert len(answered) == 1 + quits
    assert all(each == "ok" or each.startswith(("ok ", "error ")) for each in answered)
    assert not any(each.startswith("error agent") for each in answered)
    assert session.ended == (b"quit" in [line.removesuffix(b"\r") for line in lines])


@given(stream=st.binary(max_size=300), cuts=st.lists(st.integers(1, 50), min_size=1), limit=st.integers(1, 40))
def test_cutting_does_not_depend_on_the_packets_and_keeps_little(stream: bytes, cuts: list[int], limit: int) -> None:
    stream = stream.replace(b"\x01", b"\n").replace(b"\x02", b"\r\n")
    whole, pieces = LineCutter(limit), LineCutter(limit)
    lines, place, turn = [], 0, 0
    while place < len(stream):
        size = cuts[turn % len(cuts)]
        lines += pieces.feed(stream[place : place + size])
        assert len(pieces._begun) <= limit + 1
        place, turn = place + size, turn + 1

    assert lines == whole.feed(stream)
    expected = [part.removesuffix(b"\r") for part in stream.split(b"\n")[:-1]]
    assert lines == [TooLong.TOO_LONG if len(part) > limit else part for part in expected]
