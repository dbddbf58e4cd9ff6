"""The asking side's codec: what it wrote can be read, and nothing that a stranger sends breaks it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snmp_format import ber
from snmp_format.manager import NUMBER_END, NUMBER_MIN, ManagerCodec, answer_number, community_message, request_pdu
from snmp_format.pdu import GET, RESPONSE, VERSION_2C

OIDS = st.lists(st.integers(0, 2**32 - 1), max_size=20).map(lambda rest: (1, 3, *rest))
NUMBERS = st.integers(NUMBER_MIN, NUMBER_END - 1)
NOTHING = [ber.NULL, ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE, ber.END_OF_MIB_VIEW]
VALUES = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(lambda number: (ber.integer(number), number)),
    st.integers(0, 2**32 - 1).map(lambda number: (ber.counter32(number), number)),
    st.integers(0, 2**32 - 1).map(lambda number: (ber.time_ticks(number), number)),
    st.integers(0, 2**64 - 1).map(lambda number: (ber.counter64(number), number)),
    st.binary(max_size=300).map(lambda text: (ber.octets(text), text)),
    OIDS.map(lambda oid: (ber.object_identifier(oid), oid)),
    st.sampled_from([ber.NULL, ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE, ber.END_OF_MIB_VIEW]).map(
        lambda tlv: (tlv, None)
    ),
)


def response(number: int, rows: list[tuple[ber.Oid, tuple[bytes, object]]], status: int = 0, index: int = 0) -> bytes:
    body = b"".join(ber.varbind(ber.object_identifier(oid), value[0]) for oid, value in rows)
    pdu = ber.integer(number) + ber.integer(status) + ber.integer(index) + ber.wrap(ber.SEQUENCE, body)
    return community_message(VERSION_2C, b"public", ber.wrap(RESPONSE, pdu))


@given(NUMBERS, st.lists(st.tuples(OIDS, VALUES), max_size=12), st.integers(0, 18), st.integers(0, 12))
def test_every_answer_is_read_as_it_was_meant(
    number: int, rows: list[tuple[ber.Oid, tuple[bytes, object]]], status: int, index: int
) -> None:
    datagram = response(number, rows, status, index)

    said = ManagerCodec().read_message(datagram, VERSION_2C)

    assert answer_number(datagram) == number == said.request_id
    assert (said.status, said.error_index) == (status, index)
    assert said.bindings == [(oid, value[1]) for oid, value in rows]


@given(st.lists(st.lists(st.tuples(OIDS, VALUES), max_size=12), max_size=4))
def test_what_a_codec_keeps_of_earlier_answers_changes_no_later_one(
    answers: list[list[tuple[ber.Oid, tuple[bytes, object]]]],
) -> None:
    codec = ManagerCodec()

    for rows in (*answers, *answers):
        said = codec.read_message(response(NUMBER_MIN, rows), VERSION_2C)
        assert said.bindings == [(oid, value[1]) for oid, value in rows]


def test_a_kept_binding_is_not_read_past_the_end_of_its_list() -> None:
    codec = ManagerCodec()
    whole = response(NUMBER_MIN, [((1, 3, 6), (ber.integer(5), 5))])
    codec.read_message(whole, VERSION_2C)
    size = len(ber.varbind(ber.object_identifier((1, 3, 6)), ber.integer(5)))
    torn = bytearray(whole)
    torn[len(whole) - size - 1] -= 1

    with pytest.raises(ber.DecodeError):
        codec.read_message(bytes(torn), VERSION_2C)


@given(NUMBERS, st.lists(st.tuples(OIDS, VALUES), min_size=1, max_size=6), st.data())
def test_a_mangled_answer_is_a_decode_error_or_an_answer(
    number: int, rows: list[tuple[ber.Oid, tuple[bytes, object]]], data: st.DataObject
) -> None:
    whole = bytearray(response(number, rows))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])

    answer_number(cut)
    with contextlib.suppress(ber.DecodeError):
        ManagerCodec().read_message(cut, VERSION_2C)


@given(st.binary(max_size=200))
def test_noise_is_a_decode_error(noise: bytes) -> None:
    answer_number(noise)
    with contextlib.suppress(ber.DecodeError):
        ManagerCodec().read_message(noise, VERSION_2C)


def test_a_question_has_the_same_size_whatever_its_number() -> None:
    codec = ManagerCodec()
    sizes = {
        len(request_pdu(GET, number, 0, 0, codec.bindings([(1, 3, 6)])))
        for number in (NUMBER_MIN, NUMBER_MIN + 1, 2**30, NUMBER_END - 1)
    }

    assert len(sizes) == 1
