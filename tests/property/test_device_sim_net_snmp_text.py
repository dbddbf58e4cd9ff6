"""Whatever stands in a file, reading it as a walk ends well; and what was printed is read back."""

from hypothesis import given
from hypothesis import strategies as st

from device_sim.core.net_snmp_text import read_snmpwalk
from snmp_format.ber import octets

TEXTS = st.binary(max_size=60).filter(lambda text: b"\r" not in text)


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_octets_are_read_back_as_hexadecimal_and_as_quoted_text(texts: list[bytes]) -> None:
    printed = []
    for place, text in enumerate(texts, 1):
        escaped = text.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b" = ", b"===").replace(b"\n", b"|")
        texts[place - 1] = text.replace(b" = ", b"===").replace(b"\n", b"|")
        printed += [b".1.3.6.1.4.1.1.%d = Hex-STRING: %s " % (place, text.hex(" ").encode())]
        printed += [b'.1.3.6.1.4.1.2.%d = STRING: "%s"' % (place, escaped)]

    recording = read_snmpwalk(b"\n".join(printed))

    assert recording.flaws == ()
    read = {leaf.oid: leaf.value for leaf in recording.leaves}
    assert [read[1, 3, 6, 1, 4, 1, 2, place] for place in range(1, len(texts) + 1)] == [octets(t) for t in texts]


@given(
    st.binary(max_size=300),
    st.sampled_from((b"", b".1.3.6.1.2.1.1.1.0 = ", b".1.3 = Hex-STRING: ", b'.1.3 = STRING: "')),
)
def test_no_file_makes_it_fail(content: bytes, before: bytes) -> None:
    recording = read_snmpwalk(before + content)

    lines = content.count(b"\n") + 1
    assert all(1 <= flaw.line <= lines for flaw in recording.flaws)
