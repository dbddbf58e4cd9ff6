"""What the agent answers, and when it keeps silent. Source: RFC 3416, 4.2; RFC 1157, 4.1; RFC 3584."""

from dataclasses import dataclass, field

import pytest

from device_sim.core.snmp.layout import Layout, Leaf, RowTable
from device_sim.core.snmp.responder import SnmpResponder
from device_sim.core.snmp.view import PLANS_MAX, PlanBook, SubjectView
from snmp_format import ber
from snmp_format.pdu import GET_BULK, GET_NEXT, SET, VERSION_1
from tests.support.device_sim_snmp import read_answer, request

ROOT = (1, 3, 6, 1, 4, 1, 55555)
NAME, COUNT, BIG, LAST = (*ROOT, 1, 0), (*ROOT, 2, 0), (*ROOT, 3, 0), (*ROOT, 9, 0)
ENTRY = (*ROOT, 5, 1)


@dataclass
class Meter:
    """A subject with one live number and a table of remarks."""

    count: int = 7
    remarks: dict[int, str] = field(default_factory=dict)


def book() -> PlanBook[Meter]:
    remarks: RowTable[Meter, tuple[int, str]] = RowTable(
        entry=ENTRY,
        columns=((1, lambda row: ber.integer(row[0])), (2, lambda row: ber.text(row[1]))),
        rows=lambda meter: [((key,), (key, meter.remarks[key])) for key in sorted(meter.remarks)],
    )
    leaves: list[Leaf[Meter]] = [
        Leaf(NAME, ber.text("a meter")),
        Leaf(COUNT, lambda meter: ber.counter32(meter.count)),
        Leaf(BIG, ber.counter64(2**40)),
        Leaf(LAST, ber.integer(-3)),
    ]
    return PlanBook(Layout(leaves, [remarks]))


def test_get_gives_constants_and_live_values_as_they_are_now() -> None:
    agent, meter = SnmpResponder(), Meter(count=7)
    view = SubjectView(book(), meter)

    before = read_answer(agent.receive(request(NAME, COUNT, request_id=1), view))
    meter.count = 70_000
    after = read_answer(agent.receive(request(NAME, COUNT, request_id=-2), view))

    assert before.varbinds == [(NAME, "OctetString", b"a meter"), (COUNT, "Counter32", 7)]
    assert after.values == [b"a meter", 70_000]
    assert (before.request_id, after.request_id, after.status) == (1, -2, 0)


def test_printers_of_one_kind_share_plans_but_never_values() -> None:
    agent, shared = SnmpResponder(), book()
    views = [SubjectView(shared, Meter(count=number)) for number in range(3)]

    answers = [read_answer(agent.receive(request(COUNT), view)) for view in views]

    assert [answer.values for answer in answers] == [[0], [1], [2]]
    assert len(shared.plans) == 1


def test_missing_objects_and_missing_instances_are_told_apart() -> None:
    view = SubjectView(book(), Meter(remarks={4: "late"}))
    asked = ((*ROOT, 1, 1), (*ROOT, 77, 0), ROOT, (*ENTRY, 2, 5), (*ENTRY, 2, 4), (*ENTRY, 3, 4))

    answer = read_answer(SnmpResponder().receive(request(*asked), view))

    assert answer.kinds == [
        "NoSuchInstance",
        "NoSuchObject",
        "NoSuchObject",
        "NoSuchInstance",
        "OctetString",
        "NoSuchObject",
    ]
    assert answer.oids == list(asked)


def test_getnext_walks_in_order_through_rows_that_come_and_go() -> None:
    agent, meter = SnmpResponder(), Meter(remarks={3: "a", 200: "b"})
    view = SubjectView(book(), meter)

    def walk() -> list[ber.Oid]:
        oid: ber.Oid = (1, 3)
        seen: list[ber.Oid] = []
        while True:
            answer = read_answer(agent.receive(request(oid, kind=GET_NEXT), view))
            if answer.kinds == ["EndOfMibView"]:
                return seen
            oid = answer.oids[0]
            seen.append(oid)

    full = walk()
    meter.remarks.clear()

    rows = [(*ENTRY, column, key) for column in (1, 2) for key in (3, 200)]
    assert full == [NAME, COUNT, BIG, *rows, LAST]
    assert walk() == [NAME, COUNT, BIG, LAST]


def test_the_end_of_the_view_repeats_the_name_that_was_asked() -> None:
    answer = read_answer(SnmpResponder().receive(request(LAST, kind=GET_NEXT), SubjectView(book(), Meter())))

    assert (answer.oids, answer.kinds) == ([LAST], ["EndOfMibView"])


@pytest.mark.parametrize("remarks", [{}, {1: "x"}])
def test_getbulk_reads_non_repeaters_once_and_the_others_in_turn(remarks: dict[int, str]) -> None:
    view = SubjectView(book(), Meter(remarks=remarks))
    asked = request(ROOT, NAME, COUNT, kind=GET_BULK, first=1, second=2)

    answer = read_answer(SnmpResponder().receive(asked, view))

    third = (*ENTRY, 1, 1) if remarks else LAST
    assert answer.oids == [NAME, COUNT, BIG, BIG, third]


def test_getbulk_stops_when_every_column_has_ended() -> None:
    answer = read_answer(
        SnmpResponder().receive(request(BIG, LAST, kind=GET_BULK, second=2_000_000), SubjectView(book(), Meter()))
    )

    assert answer.varbinds == [
        (LAST, "Integer", -3),
        (LAST, "EndOfMibView", None),
        (LAST, "EndOfMibView", None),
        (LAST, "EndOfMibView", None),
    ]


def test_a_getbulk_over_the_size_limit_is_cut_after_a_whole_varbind() -> None:
    leaves: list[Leaf[Meter]] = [Leaf((*ROOT, 1, row), ber.octets(bytes(100))) for row in range(50)]
    leaves += [Leaf((*ROOT, 2, row), lambda meter: ber.text("x" * 100)) for row in range(50)]
    view = SubjectView(PlanBook(Layout(leaves)), Meter())

    for start in (1, 2):
        datagram = SnmpResponder(size_max=1000).receive(request((*ROOT, start), kind=GET_BULK, second=100), view)

        assert datagram is not None
        assert 850 < len(datagram) <= 1000
        assert read_answer(datagram).oids == [(*ROOT, start, row) for row in range(len(read_answer(datagram).oids))]


def test_a_get_over_the_size_limit_is_too_big() -> None:
    view = SubjectView(PlanBook(Layout([Leaf(NAME, ber.octets(bytes(400)))])), Meter())
    agent = SnmpResponder(size_max=484)

    in_v2c = read_answer(agent.receive(request(NAME, NAME), view))
    in_v1 = read_answer(agent.receive(request(NAME, NAME, version=VERSION_1), view))

    assert (in_v2c.status, in_v2c.index, in_v2c.varbinds) == (1, 0, [])
    assert (in_v1.status, in_v1.index, in_v1.oids) == (1, 0, [NAME, NAME])


def test_v1_says_no_such_name_and_repeats_what_was_asked() -> None:
    agent, view = SnmpResponder(), SubjectView(book(), Meter())

    missing = read_answer(agent.receive(request(NAME, (*ROOT, 77, 0), version=VERSION_1), view))
    behind_the_end = read_answer(agent.receive(request(LAST, kind=GET_NEXT, version=VERSION_1), view))

    assert (missing.status, missing.index, missing.oids) == (2, 2, [NAME, (*ROOT, 77, 0)])
    assert (behind_the_end.status, behind_the_end.index) == (2, 1)


def test_v1_never_sees_a_counter_of_64_bits() -> None:
    agent, view = SnmpResponder(), SubjectView(book(), Meter())

    asked = read_answer(agent.receive(request(BIG, version=VERSION_1), view))
    walked = read_answer(agent.receive(request(COUNT, kind=GET_NEXT, version=VERSION_1), view))

    assert asked.status == 2
    assert walked.oids == [LAST]


def test_nothing_can_be_set_by_who_may_only_read() -> None:
    agent, view = SnmpResponder(), SubjectView(book(), Meter())
    wanted = ber.text("another name")

    in_v2c = read_answer(agent.receive(request(NAME, kind=SET, value=wanted), view))
    in_v1 = read_answer(agent.receive(request(NAME, kind=SET, value=wanted, version=VERSION_1), view))
    read = read_answer(agent.receive(request(NAME), view))

    assert (in_v2c.status, in_v2c.index, in_v2c.oids) == (6, 1, [NAME])
    assert (in_v1.status, in_v1.index) == (2, 1)
    assert read.values == [b"a meter"]


def test_an_unknown_community_is_met_with_silence_even_when_the_question_is_known() -> None:
    shared = SubjectView(book(), Meter())
    open_agent, closed_agent = SnmpResponder([b"public", b"secret"]), SnmpResponder([b"secret"])

    known = open_agent.receive(request(NAME), shared)

    assert known is not None
    assert closed_agent.receive(request(NAME), shared) is None
    assert closed_agent.receive(request(NAME, community=b"secret"), shared) is not None


@pytest.mark.parametrize("version", [2, 3, 7])
def test_another_version_is_met_with_silence(version: int) -> None:
    assert SnmpResponder().receive(request(NAME, version=version), SubjectView(book(), Meter())) is None


def test_getbulk_does_not_exist_in_v1() -> None:
    asked = request(NAME, kind=GET_BULK, version=VERSION_1, second=3)

    assert SnmpResponder().receive(asked, SubjectView(book(), Meter())) is None


def test_a_community_of_more_than_127_octets_is_answered_and_confuses_no_later_request() -> None:
    community = b"c" * 150
    agent, view = SnmpResponder([community, b"public"]), SubjectView(book(), Meter())

    for oid, value in ((NAME, b"a meter"), (COUNT, 7), (NAME, b"a meter")):
        answer = read_answer(agent.receive(request(oid, community=community), view))
        assert (answer.community, answer.values) == (community, [value])


def test_lengths_in_more_octets_than_needed_are_read_as_net_snmp_writes_them() -> None:
    plain = request(NAME)
    padded = b"\x30\x82" + (len(plain) - 2).to_bytes(2, "big") + plain[2:]

    answer = read_answer(SnmpResponder().receive(padded, SubjectView(book(), Meter())))

    assert answer.values == [b"a meter"]


def test_an_empty_question_gets_an_empty_answer() -> None:
    answer = read_answer(SnmpResponder().receive(request(), SubjectView(book(), Meter())))

    assert (answer.status, answer.varbinds) == (0, [])


def test_the_memory_of_questions_has_a_limit() -> None:
    shared, agent = book(), SnmpResponder()
    view = SubjectView(shared, Meter())

    for row in range(PLANS_MAX + 10):
        agent.receive(request((*ROOT, 88, row)), view)

    assert len(shared.plans) == PLANS_MAX
    assert read_answer(agent.receive(request((*ROOT, 88, 0)), view)).kinds == ["NoSuchObject"]
