"""The pure parts of `inkwire bench sim`: what is asked, which replies are believed, what becomes of the figures."""

import pytest

from device_sim.core.mib import printer_book, printer_view
from device_sim.core.snmp.message import read_request
from device_sim.core.snmp.responder import SnmpResponder
from inkwire.bench.errors import WrongReplyError
from inkwire.bench.figures import Circumstances, Size, as_json, figures, table
from inkwire.bench.load import LifeCounts, asked_with, id_of
from inkwire.bench.questions import Question, questions, read_reply
from inkwire.bench.rounds import Turn
from inkwire.bench.serving import ECHO_C, OURS, SNMPSIM, Skipped
from tests.support.device_sim import ALL_PROFILES, printer

ID = 0x10203040
ASKED = {question.name: question for question in questions()}
SIZE = Size(first_answer_s=0.71, rss_bytes=300 * 2**20)
UNDER = Circumstances(
    measured_at="2026-11-22T04:30:00Z",
    printers=50,
    rounds=2,
    requests=100,
    processors=2,
    load_average=1.5,
    python="3.11.7",
    life_counts_grown=12,
)


def answered(question: Question, profile: str = "ecosys-p3155") -> bytes:
    one = printer(profile)
    view = printer_view(one.state, printer_book(one.state.profile))
    reply = SnmpResponder().receive(asked_with(question, ID), view)
    assert reply is not None
    return reply


@pytest.mark.parametrize("profile", ALL_PROFILES)
@pytest.mark.parametrize("name", ASKED)
def test_every_profile_answers_every_question_in_full(name: str, profile: str) -> None:
    read_reply(ASKED[name], answered(ASKED[name], profile), ID)


def test_the_questions_ask_what_their_names_say() -> None:
    read = {name: read_request(question.datagram) for name, question in ASKED.items()}

    assert [len(set(request.names)) for request in read.values()] == [1, 40, 1]
    assert read["GETBULK 25"].second == 25
    assert id_of(asked_with(ASKED["GET 40"], ID)) == ID


@pytest.mark.parametrize("profile", ALL_PROFILES)
def test_the_questions_ask_for_live_values_not_for_constants_alone(profile: str) -> None:
    layout = printer_book(printer(profile).state.profile).layout
    start = layout.place_behind(ASKED["GETBULK 25"].names[0])
    bulk = [layout.binding(place) for place in range(start, start + 25)]

    read = [sum(callable(layout.lookup(name)) for name in ASKED[name_].names) for name_ in ("GET 1", "GET 40")]
    assert read[0] == 1 and read[1] == 29  # what a manager may write is live too
    assert 6 <= sum(binding is not None and binding.value is not None for binding in bulk) <= 10


@pytest.mark.parametrize("profile", ALL_PROFILES)
def test_the_first_number_of_a_reply_is_the_life_count(profile: str) -> None:
    count = printer(profile).state.marker_life_count()

    assert count > 0
    assert read_reply(ASKED["GET 1"], answered(ASKED["GET 1"], profile), ID) == count


@pytest.mark.parametrize("name", ASKED)
def test_a_reply_with_another_request_id_is_wrong(name: str) -> None:
    with pytest.raises(WrongReplyError, match="instead of"):
        read_reply(ASKED[name], answered(ASKED[name]), ID + 1)


def test_a_reply_about_another_object_is_wrong() -> None:
    reply = answered(ASKED["GET 1"])

    with pytest.raises(WrongReplyError, match="other objects"):
        read_reply(ASKED["GET 1"], reply.replace(b"\x0a\x02\x01\x04\x01\x01", b"\x0a\x02\x01\x05\x01\x01"), ID)


def test_a_reply_without_a_value_is_wrong() -> None:
    question = ASKED["GET 1"]
    one = printer("ecosys-p3155")
    elsewhere = asked_with(question, ID).replace(b"\x0a\x02\x01\x04\x01\x01", b"\x0a\x02\x01\x04\x01\x09")

    view = printer_view(one.state, printer_book(one.state.profile))
    reply = SnmpResponder().receive(elsewhere, view)

    assert reply is not None
    with pytest.raises(WrongReplyError, match="is no value"):
        read_reply(question, reply, ID)


def test_a_reply_with_an_error_status_is_wrong() -> None:
    one = printer("ecosys-p3155")
    view = printer_view(one.state, printer_book(one.state.profile))
    too_big = SnmpResponder(size_max=484).receive(asked_with(ASKED["GET 40"], ID), view)

    assert too_big is not None
    with pytest.raises(WrongReplyError):
        read_reply(ASKED["GET 40"], too_big, ID)


@pytest.mark.parametrize("name", ASKED)
def test_a_reply_that_is_cut_anywhere_is_wrong(name: str) -> None:
    reply = answered(ASKED[name])

    for size in range(len(reply)):
        with pytest.raises(WrongReplyError):
            read_reply(ASKED[name], reply[:size], ID)


def test_a_life_count_that_falls_is_wrong() -> None:
    lives = LifeCounts()
    lives.note("127.1.0.1", 100)
    lives.note("127.1.0.2", 7)
    lives.note("127.1.0.1", 103)

    assert lives.grown == 3
    with pytest.raises(WrongReplyError, match="counted back"):
        lives.note("127.1.0.1", 102)


def turn(number: int, server: str, cpu_us: float, question: str = "GET 1") -> Turn:
    return Turn(round=number, question=question, server=server, requests=100, cpu_s=cpu_us * 100 / 1e6)


TURNS = [turn(0, OURS, 10), turn(0, SNMPSIM, 1000), turn(0, ECHO_C, 4), turn(1, ECHO_C, 2.5), turn(1, SNMPSIM, 700),
         turn(1, OURS, 10)]  # fmt: skip


def test_a_ratio_is_of_one_round_and_the_worst_round_counts() -> None:
    ours, snmpsim, echo = figures(TURNS)

    assert [ours.server, snmpsim.server, echo.server] == [OURS, SNMPSIM, ECHO_C]
    assert snmpsim.ratios == pytest.approx((100, 70)) and snmpsim.median == pytest.approx(85)
    assert snmpsim.worst == pytest.approx(70) and echo.worst == pytest.approx(0.25)


def test_the_table_says_which_goals_the_worst_round_met_and_what_was_skipped() -> None:
    lines = table(figures(TURNS), [Skipped(name="snmpd", reason="it is not installed")], UNDER, SIZE).splitlines()

    assert any("snmpsim" in line and line.endswith("MISSED, 75 x") for line in lines)
    assert "skipped: snmpd: it is not installed" in lines
    assert "first answer 0.71 s after the start: within the goal for 65,536, 2 s" in lines
    assert "300 MiB when every printer was asked everything: MISSED, 256 MiB" in lines
    assert "600 replies checked, none lost, none wrong; the fleet's life counts grew by 12 meanwhile" in lines


def test_the_json_holds_every_round() -> None:
    written = as_json(figures(TURNS), [], UNDER, SIZE)

    rows = written["figures"]
    assert written["first_answer_s"] == 0.71 and written["rss_bytes"] == 300 * 2**20
    assert isinstance(rows, list) and len(rows) == 3
    assert rows[1]["cpu_us"] == [1000, 700] and rows[1]["ratio_worst"] == 70 and rows[1]["goal"] == 75
