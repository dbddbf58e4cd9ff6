"""The SNMPv3 manager of the load generator, against the simulator's agent without a socket between them."""

from collections.abc import Callable

import pytest

from device_sim.core.fleet_snmp import parse_user, snmp_access
from device_sim.core.mib import printer_book, printer_view
from device_sim.core.snmp.responder import SnmpResponder
from inkwire.bench.errors import WrongReplyError
from inkwire.bench.questions import secured_questions
from inkwire.bench.v3 import USER_WORD, Secured, localised, message_id
from tests.support.device_sim import printer

ID = 0x10203040
HERE = "127.1.0.1"
ASKED = {question.name: question for question in secured_questions()}
Ask = Callable[[bytes], bytes]


def agent(profile: str = "ecosys-p3155", user: str = USER_WORD) -> Ask:
    """A printer that answers the bench's user."""
    one = printer(profile)
    view = printer_view(one.state, printer_book(one.state.profile))
    users = snmp_access(("public",), (parse_user(user, "the test"),), (), "the test").users
    responder = SnmpResponder(users=users)

    def ask(datagram: bytes) -> bytes:
        reply = responder.receive(datagram, view)
        assert reply is not None
        return reply

    return ask


def discovered(ask: Ask) -> Secured:
    """The manager after it found out that printer's engine."""
    manager = Secured()
    manager.named(HERE, ask(manager.discovery(ID)), ID)
    manager.timed(HERE, ask(manager.hello(HERE, ID)), ID)
    return manager


def test_keys_are_those_of_the_standard() -> None:
    """Source: RFC 3414, A.3.2."""
    key = localised("maplesyrup", bytes.fromhex("000000000000000000000002"))

    assert key.hex() == "6695febc9288e36282235fc7151f128497b38f3f"


@pytest.mark.parametrize("name", ASKED)
def test_a_discovered_printer_answers_under_privacy(name: str) -> None:
    ask = agent()
    manager = discovered(ask)

    asked = manager.put(ASKED[name], HERE, ID)
    reply = ask(asked)

    assert message_id(reply) == ID and ASKED[name].names[0] not in asked + reply
    assert manager.read(ASKED[name], HERE, reply, ID) == (printer("ecosys-p3155").state.marker_life_count() * (
        name == "v3 GET 1"
    ))  # fmt: skip


def test_a_reply_that_anybody_touched_is_wrong_wherever_it_was() -> None:
    ask = agent()
    manager, question = discovered(ask), ASKED["v3 GET 1"]
    reply = ask(manager.put(question, HERE, ID))

    for place in range(len(reply)):
        touched = reply[:place] + bytes((reply[place] ^ 0x40,)) + reply[place + 1 :]
        with pytest.raises(WrongReplyError):
            manager.read(question, HERE, touched, ID)


def test_a_reply_that_is_cut_anywhere_is_wrong() -> None:
    ask = agent()
    manager, question = discovered(ask), ASKED["v3 GET 1"]
    reply = ask(manager.put(question, HERE, ID))

    for size in range(len(reply)):
        with pytest.raises(WrongReplyError):
            manager.read(question, HERE, reply[:size], ID)


def test_the_reply_of_another_printer_to_another_message_or_question_is_wrong() -> None:
    ask, other = agent(), agent("laserjet-m507")
    manager, elsewhere, question = discovered(ask), discovered(other), ASKED["v3 GET 1"]
    reply = ask(manager.put(question, HERE, ID))

    with pytest.raises(WrongReplyError, match="instead of"):
        manager.read(question, HERE, reply, ID + 1)
    with pytest.raises(WrongReplyError, match="values instead of 40"):
        manager.read(ASKED["v3 GET 40"], HERE, reply, ID)
    with pytest.raises(WrongReplyError, match="answered"):
        manager.read(question, HERE, other(elsewhere.put(question, HERE, ID)), ID)


def test_a_report_is_no_answer() -> None:
    ask = agent()
    manager, question = discovered(ask), ASKED["v3 GET 1"]

    with pytest.raises(WrongReplyError):
        manager.read(question, HERE, ask(manager.hello(HERE, ID)[:-2] + b"\0\0"), ID)


def test_an_engine_that_does_not_know_the_user_is_not_discovered() -> None:
    ask = agent(user=USER_WORD.replace("bench:", "somebody:"))
    manager = Secured()
    manager.named(HERE, ask(manager.discovery(ID)), ID)

    with pytest.raises(WrongReplyError):
        manager.timed(HERE, ask(manager.hello(HERE, ID)), ID)
