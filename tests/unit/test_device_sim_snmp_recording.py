"""Recorded walks become objects, and lines that cannot be served are named."""

import pytest

from device_sim.core.snmprec import read_recording
from snmp_format import ber
from tests.support.device_sim_snmp import RECORDINGS


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"2|-3", ber.integer(-3)),
        (b"4|a|b|c", ber.octets(b"a|b|c")),
        (b"4|", ber.octets(b"")),
        (b"4| padded ", ber.octets(b" padded ")),
        (b"4|caf\xc3\xa9 \xff", ber.octets(b"caf\xc3\xa9 \xff")),
        (b"4x|fde800", ber.octets(b"\xfd\xe8\x00")),
        (rb"4e|a\x00\n\\b", ber.octets(b"a\x00\n\\b")),
        (b"5|", ber.NULL),
        (b"6|.1.3.6", ber.object_identifier((1, 3, 6))),
        (b"64|10.0.0.1", ber.wrap(ber.IP_ADDRESS, b"\x0a\0\0\x01")),
        (b"64x|0a000001", ber.wrap(ber.IP_ADDRESS, b"\x0a\0\0\x01")),
        (b"65|4294967295", ber.counter32(2**32 - 1)),
        (b"66|5", ber.gauge32(5)),
        (b"67|5", ber.time_ticks(5)),
        (b"68x|9f780400000000", ber.wrap(ber.OPAQUE, bytes.fromhex("9f780400000000"))),
        (b"70|18446744073709551615", ber.counter64(2**64 - 1)),
    ],
)
def test_each_tag_becomes_its_value(line: bytes, value: bytes) -> None:
    recording = read_recording(b"1.3.6.1.2.1.1.1.0|" + line + b"\r\n")

    assert [leaf.value for leaf in recording.leaves] == [value]
    assert recording.flaws == ()


def test_lines_that_cannot_be_served_are_named_and_the_others_served() -> None:
    recording = read_recording((RECORDINGS / "flawed.snmprec").read_bytes())

    assert [leaf.value for leaf in recording.leaves] == [ber.text("better")]
    assert {flaw.line: flaw.reason for flaw in recording.flaws} == {
        1: "the same object is recorded again at line 11",
        3: "the line is not oid|tag|value",
        4: "the first field is not an object identifier",
        5: "the tag '9' is none of 2, 4, 5, 6, 64, 65, 66, 67, 68, 70",
        6: "the value does not fit the tag 67",
        7: "the value is not an even number of hexadecimal digits",
        8: "the variation module 'numeric' of snmpsim is not supported; record plain values",
        9: "an IpAddress has four octets",
        10: "the value does not fit the tag 6",
    }


def test_the_order_of_lines_does_not_matter() -> None:
    lines = (RECORDINGS / "mono-laser.snmprec").read_bytes().splitlines()

    forward, backward = read_recording(b"\n".join(lines)), read_recording(b"\n".join(reversed(lines)))

    assert forward == backward
    assert [leaf.oid for leaf in forward.leaves] == sorted(leaf.oid for leaf in forward.leaves)
    assert len(forward.leaves) == len(lines)


def test_an_empty_file_holds_nothing() -> None:
    assert read_recording(b"\n\n# a remark\n").leaves == ()
