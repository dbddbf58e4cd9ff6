"""SNMPv3 with USM, message by message: what is answered, reported, and met with silence."""

import pytest

from device_sim.core.mib import printer_book, printer_view
from device_sim.core.snmp import v3_agent
from device_sim.core.snmp.engine import BOOTS_MAX, engine_id, enterprise_number
from device_sim.core.snmp.responder import SnmpResponder
from device_sim.core.snmp.usm import KeyCache, User
from device_sim.core.snmp.view import SubjectView
from device_sim.core.state import LivePrinter
from snmp_format import ber
from snmp_format.pdu import GET_BULK, GET_NEXT, INFORM, REPORT, RESPONSE
from snmp_format.usm import AUTH_PROTOCOLS, localised_key, password_key
from snmp_format.v3_message import AUTH, PRIV, REPORTABLE
from tests.support.device_sim import printer
from tests.support.device_sim_snmp import MIB_2
from tests.support.device_sim_v3 import Asking, get_pdu, read_v3, user_spec, users

SYS_NAME = (*MIB_2, 1, 5, 0)
ALICE, BOB, EVE = users(user_spec(), user_spec("bob", "SHA-1", private=False), user_spec("eve", None))
MODEL = printer("color-laserjet-m479")
BOOK = printer_book(MODEL.state.profile)


class Room:
    """One printer, and whoever asks it."""

    def __init__(self) -> None:
        self.state: LivePrinter = printer("color-laserjet-m479").state
        self.view: SubjectView[LivePrinter] = printer_view(self.state, BOOK)
        self.agent = SnmpResponder(users=(ALICE, BOB, EVE), salt=2**64 - 2)

    def asking(self, user: User, *oids: ber.Oid, kind: int = 0xA0, second: int = 0) -> Asking:
        engine = self.view.engine()
        assert engine is not None
        return Asking(
            user=user,
            engine_id=engine.engine_id,
            boots=engine.boots,
            time_s=engine.time_s,
            pdu=get_pdu(*(oids or (SYS_NAME,)), kind=kind, second=second),
        )

    def ask(self, asking: Asking) -> bytes | None:
        return self.agent.receive(asking.datagram(), self.view)


@pytest.fixture
def room() -> Room:
    return Room()


def test_passwords_become_the_keys_of_the_standards_examples() -> None:
    engine = bytes(11) + b"\2"
    md5, sha = AUTH_PROTOCOLS["MD5"], AUTH_PROTOCOLS["SHA-1"]

    assert password_key(md5, b"maplesyrup").hex() == "9faf3283884e92834ebc9847d8edd963"
    assert localised_key(md5, password_key(md5, b"maplesyrup"), engine).hex() == "526f5eed9fcce26f8964c2930787d82b"
    assert password_key(sha, b"maplesyrup").hex() == "9fb5cc0381497b3793528939ff788d5d79145211"
    key = localised_key(sha, password_key(sha, b"maplesyrup"), engine)
    assert key.hex() == "6695febc9288e36282235fc7151f128497b38f3f"


def test_an_engine_is_named_after_maker_and_network_card() -> None:
    assert engine_id(11, "f8:0d:ac:00:9e:37").hex() == "8000000b03f80dac009e37"
    assert enterprise_number("1.3.6.1.4.1.1347.41") == 1347


@pytest.mark.parametrize("user", [ALICE, BOB, EVE], ids=["authPriv", "authNoPriv", "noAuthNoPriv"])
def test_a_user_is_answered_at_his_level(room: Room, user: User) -> None:
    answer = read_v3(room.ask(room.asking(user)), user)

    assert (answer.kind, answer.status, answer.flags) == (RESPONSE, 0, user.level)
    assert answer.varbinds == ((SYS_NAME, ber.text(room.state.identity.hostname)),)
    assert (answer.request_id, answer.message_id) == (4711, 77)


@pytest.mark.parametrize("word", AUTH_PROTOCOLS)
def test_each_hash_signs_what_it_answers(room: Room, word: str) -> None:
    (zoe,) = users(user_spec("zoe", word))  # type: ignore[arg-type]  # the words of the table
    agent = SnmpResponder(users=(zoe,))

    answer = read_v3(agent.receive(room.asking(zoe).datagram(), room.view), zoe)

    assert (answer.kind, answer.flags) == (RESPONSE, AUTH | PRIV)


def test_discovery_names_the_engine_and_tells_its_time_to_who_signs(room: Room) -> None:
    named = read_v3(room.ask(room.asking(EVE).but(engine_id=b"")), EVE)
    timed = read_v3(room.ask(room.asking(BOB).but(boots=0, time_s=0)), BOB)

    engine = room.view.engine()
    assert engine is not None
    assert (named.kind, named.flags, named.oids) == (REPORT, 0, [v3_agent.UNKNOWN_ENGINE_IDS])
    assert named.engine_id == engine.engine_id
    assert (timed.kind, timed.flags, timed.oids) == (REPORT, AUTH, [v3_agent.NOT_IN_TIME_WINDOWS])
    assert (timed.boots, timed.time_s) == (engine.boots, engine.time_s)


def test_each_reason_to_refuse_is_reported_by_its_own_counter(room: Room) -> None:
    alice, bob, eve = room.asking(ALICE), room.asking(BOB), room.asking(EVE)
    (liar,) = users(user_spec("alice", "SHA-1"))
    (wrong_priv,) = (
        User(name=b"alice", access=ALICE.access, auth=ALICE.auth, auth_key=ALICE.auth_key, priv_key=b"x" * 32),
    )
    (stranger,) = users(user_spec("mallory"))

    def reported(asking: Asking, *, secured: int = 0) -> ber.Oid:
        answer = read_v3(room.ask(asking), asking.user)
        assert (answer.kind, answer.flags) == (REPORT, secured)
        assert answer.varbinds[0][1] == ber.counter32(1)
        return answer.oids[0]

    assert reported(eve.but(engine_id=b"\x80\0\0\0\1none")) == v3_agent.UNKNOWN_ENGINE_IDS
    assert reported(room.asking(stranger)) == v3_agent.UNKNOWN_USER_NAMES
    assert (
        reported(
            bob.but(
                user=ALICE.__class__(
                    name=b"bob", access=BOB.access, auth=BOB.auth, auth_key=BOB.auth_key, priv_key=b"x" * 20
                )
            )
        )
        == v3_agent.UNSUPPORTED_SECURITY_LEVELS
    )
    assert reported(room.asking(liar)) == v3_agent.WRONG_DIGESTS
    assert reported(bob.but(time_s=bob.time_s + 151), secured=AUTH) == v3_agent.NOT_IN_TIME_WINDOWS
    assert reported(room.asking(wrong_priv)) == v3_agent.DECRYPTION_ERRORS
    assert reported(alice.but(context_name=b"other"), secured=AUTH | PRIV) == v3_agent.UNKNOWN_CONTEXTS
    assert reported(alice.but(context_engine_id=b"elsewhere"), secured=AUTH | PRIV) == v3_agent.UNKNOWN_PDU_HANDLERS


def test_reports_count_up_engine_by_engine(room: Room) -> None:
    other = printer_view(printer("color-laserjet-m479", index=1).state, BOOK)
    discovery = room.asking(EVE).but(engine_id=b"").datagram()

    values = [
        read_v3(room.agent.receive(discovery, view), EVE).varbinds[0][1] for view in (room.view, room.view, other)
    ]

    assert values == [ber.counter32(1), ber.counter32(2), ber.counter32(1)]
    shown = read_v3(room.ask(room.asking(EVE, v3_agent.UNKNOWN_ENGINE_IDS)), EVE)
    assert shown.varbinds[0][1] == ber.counter32(2)


def test_the_time_window_is_150_seconds_either_way_and_ends_with_the_boot(room: Room) -> None:
    bob = room.asking(BOB)

    assert read_v3(room.ask(bob.but(time_s=bob.time_s + 150)), BOB).kind == RESPONSE
    assert read_v3(room.ask(bob.but(time_s=bob.time_s - 150)), BOB).kind == RESPONSE
    assert read_v3(room.ask(bob.but(boots=bob.boots - 1)), BOB).kind == REPORT
    room.state.boots = BOOTS_MAX
    assert read_v3(room.ask(bob.but(boots=BOOTS_MAX)), BOB).oids == [v3_agent.NOT_IN_TIME_WINDOWS]


def test_below_his_level_a_user_is_told_that_he_has_no_access(room: Room) -> None:
    answer = read_v3(room.ask(room.asking(ALICE).but(flags=AUTH | REPORTABLE)), ALICE)

    assert (answer.kind, answer.status, answer.index, answer.oids) == (RESPONSE, 16, 0, [SYS_NAME])


def test_silence_for_what_expects_no_answer_or_is_no_message(room: Room) -> None:
    engine_counters = room.view.engine()
    assert engine_counters is not None
    counters = engine_counters.counters
    alice, eve = room.asking(ALICE), room.asking(EVE)
    good = eve.datagram()

    assert room.ask(eve.but(pdu=get_pdu(SYS_NAME, kind=RESPONSE))) is None
    assert room.ask(eve.but(pdu=get_pdu(SYS_NAME, kind=REPORT), engine_id=b"")) is None
    assert room.ask(alice.but(flags=AUTH | PRIV, engine_id=b"\x80\0\0\0\1none")) is None
    assert room.ask(eve.but(size_max=483)) is None
    assert room.agent.receive(good[:-1], room.view) is None
    assert room.agent.receive(good + b"\0", room.view) is None
    assert room.agent.receive(good.replace(b"\4\1\4\2\1\3", b"\4\1\6\2\1\3"), room.view) is None
    assert room.agent.receive(good.replace(b"\4\1\4\2\1\3", b"\4\1\4\2\1\4"), room.view) is None

    assert (counters.unknown_pdu_handlers, counters.unknown_engine_ids) == (1, 2)
    assert (counters.in_asn_parse_errs, counters.invalid_messages, counters.unknown_security_models) == (3, 1, 1)


def test_privacy_without_a_signature_is_an_invalid_message(room: Room) -> None:
    good = room.asking(ALICE).datagram()
    flagged = good.replace(b"\4\1\7\2\1\3", b"\4\1\6\2\1\3")

    assert room.agent.receive(flagged, room.view) is None
    engine = room.view.engine()
    assert engine is not None
    assert engine.counters.invalid_messages == 1


def test_an_inform_to_a_printer_is_reported_as_nobodys(room: Room) -> None:
    answer = read_v3(room.ask(room.asking(ALICE).but(pdu=get_pdu(SYS_NAME, kind=INFORM))), ALICE)

    assert (answer.kind, answer.oids) == (REPORT, [v3_agent.UNKNOWN_PDU_HANDLERS])


@pytest.mark.parametrize("user", [ALICE, BOB, EVE])
@pytest.mark.parametrize("size_max", [484, 700, 1472, 65507])
def test_an_answer_is_never_longer_than_the_manager_takes(room: Room, user: User, size_max: int) -> None:
    bulk = room.asking(user, (1, 3), kind=GET_BULK, second=200).but(size_max=size_max)

    datagram = room.ask(bulk)

    assert datagram is not None
    assert min(size_max, 1472) - 110 <= len(datagram) <= min(size_max, 1472)
    assert read_v3(datagram, user).status == 0


def test_a_get_that_does_not_fit_is_too_big(room: Room) -> None:
    descriptions = [(*MIB_2, 1, 1, 0)] * 12

    answer = read_v3(room.ask(room.asking(ALICE, *descriptions).but(size_max=484)), ALICE)

    assert (answer.status, answer.index, answer.varbinds) == (1, 0, ())


def test_missing_things_are_told_as_in_v2c(room: Room) -> None:
    asked = room.asking(ALICE, (*MIB_2, 1, 5, 1), (*MIB_2, 99, 0))
    end = room.asking(ALICE, (2, 99), kind=GET_NEXT)

    found = [value for _, value in read_v3(room.ask(asked), ALICE).varbinds]
    ended = [value for _, value in read_v3(room.ask(end), ALICE).varbinds]

    assert (found, ended) == ([ber.NO_SUCH_INSTANCE, ber.NO_SUCH_OBJECT], [ber.END_OF_MIB_VIEW])


def test_no_salt_comes_twice(room: Room) -> None:
    same = room.asking(ALICE)

    answers = {room.ask(same) for _ in range(50)}

    assert len(answers) == 50


def test_the_keys_kept_have_a_limit() -> None:
    cache = KeyCache(keys_max=10)

    for number in range(100):
        cache.keys(ALICE, number.to_bytes(11, "big"))

    assert len(cache) == 10


def test_without_users_v3_is_not_spoken(room: Room) -> None:
    assert SnmpResponder().receive(room.asking(EVE).datagram(), room.view) is None


def test_no_key_is_shown_by_accident(room: Room) -> None:
    keys = KeyCache().keys(ALICE, b"x" * 11)

    assert ALICE.auth_key.hex() not in repr(ALICE) and repr(ALICE.auth_key) not in repr((ALICE, keys))
    assert "maplesyrup" not in repr(user_spec())
