"""The question to printers that announce themselves, and who answers it."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_collector.core.announced import SERVICES, is_answer, question

IPP = b"\x04_ipp\x04_tcp\x05local\0"
PTR = struct.pack(">HHLH", 12, 1, 10, 7) + b"\x02HP" + b"\xc0\x0c" + b"\0\0"


def reply(number: int = 7, flags: int = 0x8400, questions: bytes = b"", name: bytes = IPP, answers: int = 1) -> bytes:
    return struct.pack(">6H", number, flags, bool(questions), answers, 0, 0) + questions + name + PTR


def test_one_packet_asks_for_three_services() -> None:
    asked = question(7)

    assert asked[:12] == struct.pack(">6H", 7, 0, 3, 0, 0, 0)
    assert [asked.count(b"_tcp\x05local\0"), len(asked) < 120] == [3, True]
    assert all(service.split(".")[0].encode() in asked for service in SERVICES)


def test_a_responder_that_repeats_the_question_and_one_that_does_not_are_heard() -> None:
    assert is_answer(reply(), 7)
    assert is_answer(reply(questions=IPP + b"\0\x0c\0\1", name=b"\xc0\x0c"), 7)


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        question(7),
        reply(number=8),
        reply(flags=0),
        reply(answers=0),
        reply(name=b"\x05_http\x04_tcp\x05local\0"),
        reply(name=b"\xc0\x0c"),
        reply(name=b"\xc0\xff"),
        reply()[:20],
    ],
)
def test_anything_else_is_not(datagram: bytes) -> None:
    assert not is_answer(datagram, 7)


@given(st.binary(max_size=400))
def test_any_octets_are_judged_and_none_raises(rest: bytes) -> None:
    is_answer(struct.pack(">6H", 7, 0x8400, 3, 1, 0, 0) + rest, 7)
