"""The IPP codec against whatever a stranger may send."""

from hypothesis import given
from hypothesis import strategies as st

from device_sim.core import ipp
from device_sim.core.birth import born
from device_sim.core.ipp_request import IppDecodeError, members_of, read_ipp_request, request_size
from device_sim.profiles_shelf import load_profile
from tests.support.device_sim_ipp import answer_ipp, ipp_request, read_ipp_answer

PRINTER = born(load_profile("color-laserjet-m479"), seed=1, index=0, address="127.1.0.1", at_s=1_795_312_800.0)
WORDS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
VALUES = st.one_of(
    st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=3).map(lambda numbers: ipp.integers(*numbers)),
    st.lists(WORDS, min_size=1, max_size=3).map(lambda words: ipp.keywords(*words)),
    st.text(max_size=300).map(ipp.texts),
    st.booleans().map(ipp.boolean),
)
ATTRIBUTES = st.dictionaries(WORDS, VALUES, max_size=6)


@given(st.binary(max_size=200))
def test_any_octets_are_answered_with_a_whole_response(content: bytes) -> None:
    answer = read_ipp_answer(answer_ipp(content, PRINTER, "ipp://127.1.0.1/"))

    assert answer.status != ipp.OK


@given(ATTRIBUTES)
def test_what_is_encoded_is_read_back(attributes: dict[str, ipp.Values]) -> None:
    request = read_ipp_request(ipp_request(ipp.GET_JOBS, attributes, attributes))

    for name, (tag, values) in attributes.items():
        assert request.attributes[name] == request.job[name] == tuple((tag, value) for value in values)


@given(ATTRIBUTES, st.binary(max_size=40))
def test_a_request_is_as_long_as_it_is_whatever_document_follows(
    attributes: dict[str, ipp.Values], data: bytes
) -> None:
    content = ipp_request(ipp.PRINT_JOB, attributes, attributes)

    assert request_size(content + data) == len(content)
    assert all(request_size(content[:size]) is None for size in range(0, len(content), 3))


@given(st.lists(st.tuples(st.sampled_from([0x34, 0x37, 0x4A, 0x21, 0x44]), st.binary(max_size=8)), max_size=20))
def test_any_collection_is_read_or_skipped(values: list[tuple[int, bytes]]) -> None:
    members_of(tuple(values))


@given(st.binary(max_size=100))
def test_the_size_of_any_octets_is_known_or_refused(content: bytes) -> None:
    try:
        size = request_size(content)
    except IppDecodeError:
        return
    assert size is None or size <= len(content)


@given(ATTRIBUTES)
def test_a_request_cut_short_is_refused(attributes: dict[str, ipp.Values]) -> None:
    content = ipp_request(ipp.GET_JOBS, attributes)

    for size in range(0, len(content), 3):
        assert read_ipp_answer(answer_ipp(content[:size], PRINTER, "ipp://127.1.0.1/")).status == ipp.BAD_REQUEST


@given(ATTRIBUTES, st.integers(0, 5000), st.integers(0, 255))
def test_an_altered_octet_still_gets_a_whole_response(
    attributes: dict[str, ipp.Values], place: int, octet: int
) -> None:
    content = bytearray(ipp_request(ipp.GET_PRINTER_ATTRIBUTES, attributes))
    content[place % len(content)] = octet

    read_ipp_answer(answer_ipp(bytes(content), PRINTER, "ipp://127.1.0.1/"))
