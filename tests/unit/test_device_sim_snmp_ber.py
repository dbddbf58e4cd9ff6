"""The BER codec against values worked out by hand from X.690."""

import pytest

from snmp_format import ber


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "020100"),
        (127, "02017f"),
        (128, "02020080"),
        (256, "02020100"),
        (-1, "0201ff"),
        (-3, "0201fd"),
        (-128, "020180"),
        (-129, "0202ff7f"),
        (2**31 - 1, "02047fffffff"),
        (-(2**31), "020480000000"),
    ],
)
def test_an_integer_takes_the_fewest_octets(value: int, encoded: str) -> None:
    assert ber.integer(value).hex() == encoded


def test_a_counter_wraps_where_a_gauge_stays_at_its_top() -> None:
    assert ber.counter32(2**32 + 5).hex() == "410105"
    assert ber.gauge32(2**32 + 5).hex() == "420500ffffffff"
    assert ber.time_ticks(2**32 + 5).hex() == "430105"
    assert ber.counter64(2**64 - 1).hex() == "460900ffffffffffffffff"


def test_an_object_identifier_is_written_in_base_128() -> None:
    oid = (1, 3, 6, 1, 4, 1, 2435, 128, 16384, 2**32 - 1)

    name = ber.oid_name(oid)

    assert name.hex() == "2b06010401" + "9303" + "8100" + "818000" + "8fffffff7f"
    assert ber.read_oid(name) == oid


@pytest.mark.parametrize(
    "name", ["", "2b86", "2b8001", "2b9080808000", "2bffffffff7f", "01" * 129], ids=lambda name: name[:12] or "empty"
)
def test_a_malformed_object_identifier_is_refused(name: str) -> None:
    with pytest.raises(ber.DecodeError):
        ber.read_oid(bytes.fromhex(name))


def test_text_is_cut_to_255_octets_and_never_inside_a_character() -> None:
    encoded = ber.text("é" * 200)

    assert encoded[:3].hex() == "0481fe"
    assert encoded[3:].decode() == "é" * 127


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 2047, 2048, 65_535, 65_536])
def test_a_header_is_read_back_at_every_form_of_length(size: int) -> None:
    encoded = ber.wrap(ber.OCTET_STRING, bytes(size))

    start, stop = ber.read_header(encoded, 0, ber.OCTET_STRING, len(encoded))

    assert (stop - start, stop) == (size, len(encoded))
    assert ber.sequence(size) == ber.header(ber.SEQUENCE, size)


@pytest.mark.parametrize("encoded", ["0480", "0485000000000000", "0405aa", "04", "0482ff"])
def test_an_indefinite_oversized_or_cut_length_is_refused(encoded: str) -> None:
    octets = bytes.fromhex(encoded)

    with pytest.raises(ber.DecodeError):
        ber.read_header(octets, 0, ber.OCTET_STRING, len(octets))


@pytest.mark.parametrize(
    "written", ["", "1", "1.3.", "1..3", "1.3.x", "1.3.-1", "3.1.1", "1.40", "1.3.4294967296", "1.3.٣"]
)
def test_what_is_no_object_identifier_is_not_parsed(written: str) -> None:
    with pytest.raises(ValueError, match=r"object identifier|sub-identifier"):
        ber.parse_dotted(written)


def test_a_leading_dot_is_allowed_in_an_object_identifier() -> None:
    assert ber.dotted(ber.parse_dotted(".1.3.6.1")) == "1.3.6.1"
