"""The SNMP codec against pyasn1 and pysnmp, and against whatever a stranger may send."""

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pyasn1.type import univ
from pysnmp.proto import rfc1902 as pysnmp_types

from device_sim.core.snmp.layout import Layout, Leaf
from device_sim.core.snmp.message import read_request, split
from device_sim.core.snmp.responder import MESSAGE_BYTES_MAX, SnmpResponder
from device_sim.core.snmp.view import PlanBook, SubjectView
from snmp_format import ber
from snmp_format.pdu import GET, GET_BULK, GET_NEXT, SET, VERSION_1, VERSION_2C
from tests.support.device_sim_snmp import read_answer, request

ROOT = (1, 3, 6, 1, 4, 1, 55555)
ARCS = st.one_of(st.integers(0, 300), st.integers(0, ber.ARC_MAX))
OIDS = st.tuples(st.integers(0, 2), st.integers(0, 39)).flatmap(
    lambda start: st.lists(ARCS, max_size=126).map(lambda arcs: (*start, *arcs))
)
TAILS = st.lists(st.sampled_from([0, 1, 2, 3, 127, 128, 200, 16384]), max_size=4).map(tuple)
REQUESTS = st.builds(
    lambda tails, **fields: request(*((*ROOT, *tail) for tail in tails), **fields),
    st.lists(TAILS, max_size=6),
    kind=st.sampled_from([GET, GET_NEXT, GET_BULK, SET]),
    version=st.sampled_from([VERSION_1, VERSION_2C]),
    community=st.sampled_from([b"public", b"other", b"", b"p" * 200]),
    request_id=st.integers(-(2**31), 2**31 - 1),
    first=st.integers(-5, 10),
    second=st.integers(-5, 500),
)


def _layout() -> Layout[list[int]]:
    leaves: list[Leaf[list[int]]] = [Leaf((*ROOT, 1, row), ber.integer(row - 2)) for row in range(20)]
    leaves += [Leaf((*ROOT, 2, row, 128), lambda counts: ber.counter32(counts[0])) for row in range(5)]
    leaves += [Leaf((*ROOT, 3, 0), ber.counter64(2**50)), Leaf((*ROOT, 127), ber.octets(bytes(700)))]
    return Layout(leaves)


LAYOUT = _layout()


def book() -> PlanBook[list[int]]:
    """Some objects of each kind, and no plan yet; the live one is element 0 of the subject."""
    return PlanBook(LAYOUT)


asn1: Any = univ
decode: Any = decoder.decode
rfc1902: Any = pysnmp_types
COMMUNITIES = (b"public", b"p" * 200)


@given(OIDS)
def test_object_identifiers_are_written_as_pyasn1_writes_them(oid: ber.Oid) -> None:
    encoded = ber.object_identifier(oid)

    assert encoded == encoder.encode(asn1.ObjectIdentifier(oid))
    assert ber.read_oid(ber.oid_name(oid)) == oid
    assert ber.parse_dotted(ber.dotted(oid)) == oid


@given(st.integers(-(2**63), 2**63 - 1), st.binary(max_size=300))
def test_values_are_written_as_pyasn1_writes_them(number: int, content: bytes) -> None:
    as_pyasn1 = encoder.encode(asn1.Integer(number))
    assert int(decode(ber.integer(number))[0]) == number
    assert len(ber.integer(number)) <= len(as_pyasn1)  # pyasn1 writes -128 in two octets where one is enough
    assert ber.octets(content) == encoder.encode(asn1.OctetString(content))
    unsigned = number & 0xFFFFFFFF
    assert ber.counter32(number) == encoder.encode(rfc1902.Counter32(unsigned))
    assert ber.gauge32(unsigned) == encoder.encode(rfc1902.Gauge32(unsigned))
    assert ber.time_ticks(number) == encoder.encode(rfc1902.TimeTicks(unsigned))
    assert ber.counter64(number) == encoder.encode(rfc1902.Counter64(number & 0xFFFFFFFFFFFFFFFF))


@given(st.binary(max_size=12))
def test_what_is_read_as_an_object_identifier_is_the_only_way_to_write_it(content: bytes) -> None:
    try:
        oid = ber.read_oid(content)
    except ber.DecodeError:
        return
    assert ber.oid_name(oid) == content
    assert tuple(decode(ber.wrap(ber.OBJECT_IDENTIFIER, content))[0]) == oid


@given(st.binary(max_size=400))
@example(b"0\x80")
@example(b"\x30\x84\xff\xff\xff\xff")
@example(b"\x30" * 300)
def test_no_octets_raise_anything_but_a_decode_error(datagram: bytes) -> None:
    split(datagram)
    try:
        read_request(datagram)
    except ber.DecodeError:
        assert SnmpResponder().receive(datagram, SubjectView(book(), [5])) is None


@settings(max_examples=25)
@given(REQUESTS)
def test_a_request_cut_short_at_any_octet_is_met_with_silence(datagram: bytes) -> None:
    agent, view = SnmpResponder(COMMUNITIES), SubjectView(book(), [5])
    agent.receive(datagram, view)

    for size in range(len(datagram)):
        assert agent.receive(datagram[:size], view) is None
    assert agent.receive(datagram + b"\0", view) is None


@given(REQUESTS)
def test_an_answer_fits_is_understood_by_pysnmp_and_belongs_to_its_request(datagram: bytes) -> None:
    answer = SnmpResponder(COMMUNITIES).receive(datagram, SubjectView(book(), [5]))
    try:
        asked = read_request(datagram)
    except ber.DecodeError:
        assert answer is None
        return

    if asked.community not in COMMUNITIES:
        assert answer is None
        return
    assert answer is not None
    assert len(answer) <= MESSAGE_BYTES_MAX
    read = read_answer(answer)
    assert ber.integer(read.request_id) == asked.request_id
    assert read.community == asked.community
    if asked.kind == GET and read.status == 0:
        assert [ber.oid_name(oid) for oid in read.oids] == list(asked.names)


@given(st.lists(st.tuples(REQUESTS, st.integers(0, 2**32 - 1)), max_size=12))
def test_a_remembered_plan_answers_as_a_fresh_one_would(traffic: list[tuple[bytes, int]]) -> None:
    shared, agent = book(), SnmpResponder(COMMUNITIES)

    for datagram, count in traffic + traffic:
        fresh = agent.receive(datagram, SubjectView(book(), [count]))
        assert agent.receive(datagram, SubjectView(shared, [count])) == fresh


@given(REQUESTS, st.integers(0, 10_000), st.integers(0, 255), st.booleans())
def test_one_altered_octet_never_gets_another_question_s_answer(
    datagram: bytes, place: int, octet: int, known: bool
) -> None:
    at = place % len(datagram)
    altered = datagram[:at] + bytes((octet,)) + datagram[at + 1 :]
    shared, agent = book(), SnmpResponder(COMMUNITIES)
    if known:
        agent.receive(datagram, SubjectView(shared, [5]))

    answer = agent.receive(altered, SubjectView(shared, [5]))

    assert answer == agent.receive(altered, SubjectView(book(), [5]))
    if answer is not None:
        read_answer(answer)


@settings(max_examples=40)
@given(st.sets(TAILS.filter(bool), min_size=1, max_size=40), st.integers(1, 60), st.sampled_from([484, 1472]))
def test_a_bulk_walk_meets_every_object_once_in_order(tails: set[ber.Oid], repetitions: int, size_max: int) -> None:
    oids = sorted((*ROOT, *tail) for tail in tails)
    leaves: list[Leaf[None]] = [Leaf(oid, ber.octets(bytes(30))) for oid in oids]
    view, agent = SubjectView(PlanBook(Layout(leaves)), None), SnmpResponder(size_max=size_max)
    met: list[ber.Oid] = []
    last: ber.Oid = ROOT

    for _ in range(len(oids) + 1):
        answer = read_answer(agent.receive(request(last, kind=GET_BULK, second=repetitions), view))
        met += [oid for oid, kind, _ in answer.varbinds if kind != "EndOfMibView"]
        if "EndOfMibView" in answer.kinds:
            break
        last = met[-1]

    assert met == oids
