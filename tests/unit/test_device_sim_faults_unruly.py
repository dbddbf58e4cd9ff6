"""Each way of breaking SNMP, met in the octets that would be sent; pysnmp reads what can be read."""

from typing import Any

import pytest

from device_sim.core.faulty.unruly import Delivery, UnrulyView
from device_sim.core.snmp.access import READ_ALL
from device_sim.core.snmp.engine import Engine
from device_sim.core.snmp.responder import SnmpResponder
from device_sim.core.state import LivePrinter
from snmp_format import ber
from snmp_format.pdu import GET, GET_BULK, GET_NEXT, VERSION_1
from tests.support.device_sim_faults import DATE, LIFE_COUNT, PLOTTER, SERIAL, SUPPLY_LEVEL, SYS_NAME, Manager, faulty
from tests.support.device_sim_snmp import read_answer, request
from tests.support.device_sim_v3 import Asking, user_spec, users

COLUMN = "1.3.6.1.2.1.43.11.1.1.9"


def talk(manager: Manager, state: LivePrinter, datagram: bytes) -> tuple[Delivery, ...]:
    """What the printer sends for a datagram."""
    view = manager.agents.view(state)
    assert isinstance(view, UnrulyView)
    return view.talk(datagram, SnmpResponder().receive)


def sent(*words: str, kind: int = GET, oids: tuple[str, ...] = (SERIAL,), of: str = PLOTTER, **more: Any) -> bytes:
    """The one datagram that a printer with these faults sends."""
    question = request(*map(ber.parse_dotted, oids), kind=kind, **more)
    (delivery,) = talk(Manager(), faulty(*words, of=of).state, question)
    return delivery.datagram


def heard(*words: str, count: int = 100) -> int:
    """How many of so many requests are answered."""
    manager, state = Manager(), faulty(*words).state
    question = request(ber.parse_dotted(SERIAL))
    return sum(bool(talk(manager, state, question)) for _ in range(count))


def test_snmp_silent() -> None:
    assert heard("snmp_silent") == 0


def test_snmp_v1_only() -> None:
    manager, state = Manager(), faulty("snmp_v1_only").state
    first = ber.parse_dotted(SERIAL)

    assert talk(manager, state, request(first)) == ()
    (answer,) = talk(manager, state, request(first, version=VERSION_1))
    assert read_answer(answer.datagram).values == [state.identity.serial.encode()]


def test_snmp_delay_ms() -> None:
    (delivery,) = talk(Manager(), faulty("snmp_delay_ms=250").state, request(ber.parse_dotted(SERIAL)))

    assert delivery.delay_s == 0.25


def test_snmp_loss_percent() -> None:
    assert 50 < heard("snmp_loss_percent=30") < 90
    assert heard("snmp_loss_percent=30") == heard("snmp_loss_percent=30")
    assert heard("snmp_loss_percent=100") == 0


def test_snmp_answers_every() -> None:
    assert heard("snmp_answers_every=2") == 50


def test_snmp_duplicates() -> None:
    deliveries = talk(Manager(), faulty("snmp_duplicates=2").state, request(ber.parse_dotted(SERIAL)))

    assert len(deliveries) == 3
    assert len({delivery.datagram for delivery in deliveries}) == 1


def test_snmp_other_address() -> None:
    (delivery,) = talk(Manager(), faulty("snmp_other_address").state, request(ber.parse_dotted(SERIAL)))

    assert delivery.from_neighbour


def test_snmp_wrong_request_id() -> None:
    for request_id in (0, 1, 4711, -5, 2**31 - 1):
        assert read_answer(sent("snmp_wrong_request_id", request_id=request_id)).request_id != request_id


def test_snmp_cut_octets() -> None:
    assert sent("snmp_cut_octets=7") == sent("snmp_delay_ms=1")[:-7]


def test_snmp_broken_ber() -> None:
    broken = sent("snmp_broken_ber")

    with pytest.raises(ber.DecodeError):
        ber.read_header(broken, 0, ber.SEQUENCE, len(broken))


def test_snmp_endless_walk() -> None:
    manager, state = Manager(), faulty("snmp_endless_walk").state
    at = COLUMN
    for _ in range(300):
        (delivery,) = talk(manager, state, request(ber.parse_dotted(at), kind=GET_NEXT))
        (oid,) = read_answer(delivery.datagram).oids
        assert oid > ber.parse_dotted(at)
        assert ber.dotted(oid).startswith(f"{COLUMN}.")
        at = ber.dotted(oid)
    bulk = read_answer(sent("snmp_endless_walk", kind=GET_BULK, oids=(COLUMN,), first=0, second=40))
    assert len(bulk.varbinds) == 40
    assert {oid[:-2] for oid in bulk.oids} == {ber.parse_dotted(COLUMN)}


def test_snmp_repeats() -> None:
    same = read_answer(sent("snmp_repeats=same", kind=GET_NEXT, oids=(SUPPLY_LEVEL,)))
    back = read_answer(sent("snmp_repeats=back", kind=GET_NEXT, oids=(SUPPLY_LEVEL,)))

    assert same.oids == [ber.parse_dotted(SUPPLY_LEVEL)]
    assert back.oids[0] < ber.parse_dotted(SUPPLY_LEVEL)
    bulk = read_answer(sent("snmp_repeats=same", kind=GET_BULK, oids=(SUPPLY_LEVEL,), second=5))
    assert bulk.oids == [ber.parse_dotted(SUPPLY_LEVEL)] * 5


def test_snmp_more_varbinds() -> None:
    answer = read_answer(sent("snmp_more_varbinds=2500"))

    assert len(answer.varbinds) == 2501
    assert answer.oids[0] == ber.parse_dotted(SERIAL)


def test_snmp_reply_octets() -> None:
    assert 60_000 <= len(sent("snmp_reply_octets=60000")) < 60_100


def test_snmp_wrong_types() -> None:
    manager, state = Manager(), faulty("snmp_wrong_types").state
    (delivery,) = talk(manager, state, request(ber.parse_dotted(LIFE_COUNT)))

    answer = read_answer(delivery.datagram)

    assert answer.kinds == ["OctetString"]
    assert answer.values == [str(state.meter("total.impressions")).encode()]


def test_snmp_gen_err_percent() -> None:
    manager, state = Manager(), faulty("snmp_gen_err_percent=50").state
    oids = [f"1.3.6.1.2.1.1.{number}.0" for number in range(1, 8)] + [SERIAL, LIFE_COUNT, SUPPLY_LEVEL, DATE]

    def statuses() -> list[int]:
        questions = [request(ber.parse_dotted(oid)) for oid in oids]
        return [read_answer(talk(manager, state, question)[0].datagram).status for question in questions]

    assert statuses() == statuses()
    assert set(statuses()) == {0, 5}
    assert read_answer(sent("snmp_gen_err_percent=100", oids=(SERIAL, DATE))).index == 1


def test_snmp_too_big_above() -> None:
    assert read_answer(sent("snmp_too_big_above=0")).status == 1
    assert read_answer(sent("snmp_too_big_above=1", oids=(SERIAL, DATE))).status == 1
    assert read_answer(sent("snmp_too_big_above=1")).status == 0


def test_snmp_no_such_name_percent() -> None:
    assert read_answer(sent("snmp_no_such_name_percent=100")).status == 2


def test_snmp_no_bulk() -> None:
    assert read_answer(sent("snmp_no_bulk", kind=GET_BULK, second=5)).status == 5
    assert read_answer(sent("snmp_no_bulk", kind=GET_NEXT)).status == 0


def test_community() -> None:
    manager, state = Manager(), faulty("community=a-much-longer-community-than-public").state
    serial = ber.parse_dotted(SERIAL)

    assert talk(manager, state, request(serial)) == ()
    (answer,) = talk(manager, state, request(serial, community=b"a-much-longer-community-than-public"))
    assert read_answer(answer.datagram).community == b"a-much-longer-community-than-public"
    assert read_answer(answer.datagram).values == [state.identity.serial.encode()]


@pytest.mark.parametrize(
    ("word", "octets"),
    [
        ("nul", b"\0\0\0"),
        ("not-utf8", b"\xff\xfe\xc0"),
        ("bidi", "\u202e".encode()),
        ("formula", b"=HYPERLINK("),
        ("html", b"<script>"),
    ],
)
def test_hostile_text(word: str, octets: bytes) -> None:
    answer = read_answer(sent(f"hostile_text={word}", oids=(SYS_NAME, "1.3.6.1.2.1.1.6.0", "1.3.6.1.2.1.1.1.0")))

    assert all(isinstance(value, bytes) and octets in value for value in answer.values)


def test_hostile_text_is_as_long_as_the_protocol_allows() -> None:
    assert [len(str(value)) > 200 for value in read_answer(sent("hostile_text=long", oids=(SYS_NAME,))).values] == [
        True
    ]


def test_clock_absent() -> None:
    manager, state = Manager(), faulty("clock_absent").state

    assert manager.ask(state, DATE).kinds == ["NoSuchObject"]


def test_an_unruly_printer_leaves_no_plan_for_its_honest_neighbours() -> None:
    manager, honest = Manager(), faulty(of=PLOTTER, index=1).state
    question = request(ber.parse_dotted(LIFE_COUNT))
    before = manager.datagram(honest, LIFE_COUNT)

    for word in ("snmp_wrong_types", "snmp_more_varbinds=3", "snmp_too_big_above=0"):
        talk(manager, faulty(word, of=PLOTTER).state, question)

    assert manager.datagram(honest, LIFE_COUNT) == before


def test_what_cannot_be_read_is_met_with_silence() -> None:
    manager, state = Manager(), faulty("snmp_wrong_request_id", "community=x", "snmp_broken_ber").state

    for garbage in (b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x02\x01\x00", bytes(100)):
        assert talk(manager, state, garbage) == ()


def engine(*words: str, index: int = 0) -> Engine:
    """The SNMP engine of a printer with these faults."""
    found = Manager().agents.view(faulty(*words, index=index).state).engine()
    assert found is not None
    return found


def test_snmp_engine_shared() -> None:
    assert engine("snmp_engine_shared", index=1).engine_id == engine("snmp_engine_shared", index=2).engine_id
    assert engine(index=1).engine_id != engine(index=2).engine_id


def test_snmp_engine_boots() -> None:
    assert engine("snmp_engine_boots=0").boots == 0
    assert engine().boots > 0


def test_snmp_engine_time_off_s() -> None:
    assert engine("snmp_engine_time_off_s=100000").time_s - engine().time_s == 100_000
    assert engine("snmp_engine_time_off_s=-2000000000").time_s == 0


def test_discovery_over_v3_tells_the_wrong_engine() -> None:
    state = faulty("snmp_engine_shared", "snmp_engine_boots=0").state
    view = Manager().agents.view(state)
    assert isinstance(view, UnrulyView)
    (reader,) = users(user_spec())
    asking = Asking(
        user=reader, engine_id=b"", boots=0, time_s=0, pdu=b"\xa0\x0b\x02\x01\x01\x02\x01\0\x02\x01\0\x30\0", flags=4
    )

    (delivery,) = view.talk(asking.datagram(), SnmpResponder(users=(reader,)).receive)

    assert engine("snmp_engine_shared").engine_id in delivery.datagram
    assert state.identity.mac.replace(":", "") not in delivery.datagram.hex()


def test_text_is_hostile_over_v3_too() -> None:
    state = faulty("hostile_text=nul").state
    view = Manager().agents.view(state)
    (name,) = (ber.varbind(ber.object_identifier(ber.parse_dotted(SYS_NAME)), ber.NULL),)
    numbers = ber.integer(7) + ber.integer(0) + ber.integer(0)

    answer = view.answer_pdu(ber.wrap(GET, numbers + ber.wrap(ber.SEQUENCE, name)), READ_ALL, 1400)

    assert b"\0\0\0" in answer
