"""What net-snmp prints, line by line. Synthetic, after sprint_realloc_by_type of net-snmp 5.9."""

import pytest

from device_sim.core.net_snmp_text import looks_like_snmpwalk, read_snmpwalk
from device_sim.core.walk import snmprec_line


def lines(text: str) -> list[str]:
    recording = read_snmpwalk(text.encode("latin-1"))
    assert recording.flaws == ()
    return [snmprec_line(leaf.oid, leaf.value) for leaf in recording.leaves if isinstance(leaf.value, bytes)]


@pytest.mark.parametrize(
    ("printed", "recorded"),
    [
        ("STRING: HP LaserJet 4050", "4|HP LaserJet 4050"),
        ('STRING: "HP LaserJet 4050"', "4|HP LaserJet 4050"),
        (r'STRING: "a \"quoted\" \\ word"', '4|a "quoted" \\ word'),
        ('STRING: "Ready\nTray 2 low"', "4x|52656164790a547261792032206c6f77"),
        ('STRING: ""', "4|"),
        ('""', "4|"),
        ("STRING: ", "4|"),
        ("Hex-STRING: 00 1B 78 FF 00 01 ", "4x|001b78ff0001"),
        ("Hex-STRING: 00 1B \n78 FF ", "4x|001b78ff"),
        ("BITS: 80 04 0(0) 13(13)", "4x|8004"),
        ("INTEGER: 7", "2|7"),
        ("INTEGER: -3", "2|-3"),
        ("INTEGER: up(1)", "2|1"),
        ("INTEGER: tenThousandthsOfInches(3)", "2|3"),
        ("INTEGER: 5 percent", "2|5"),
        ("Counter32: 4294967295", "65|4294967295"),
        ("Counter64: 18446744073709551615", "70|18446744073709551615"),
        ("Gauge32: 1000000000", "66|1000000000"),
        ("Timeticks: (361530) 1:00:15.30", "67|361530"),
        ("361530", "67|361530"),
        ("Timeticks: 1:0:00:15.30", "67|8641530"),
        ("OID: .1.3.6.1.4.1.11.2.3.9.1", "6|1.3.6.1.4.1.11.2.3.9.1"),
        ("IpAddress: 192.0.2.7", "64|192.0.2.7"),
        ("Network Address: C0:00:02:07", "64|192.0.2.7"),
        ("NULL", "5x|"),
        ("Wrong Type (should be INTEGER): Gauge32: 9", "66|9"),
    ],
)
def test_a_value_is_read_as_it_was(printed: str, recorded: str) -> None:
    text = f".1.3.6.1.2.1.1.1.0 = {printed}\n.1.3.6.1.2.1.1.9.0 = INTEGER: 1\n"

    assert lines(text) == [f"1.3.6.1.2.1.1.1.0|{recorded}", "1.3.6.1.2.1.1.9.0|2|1"]


def test_the_end_of_a_walk_is_no_value() -> None:
    text = (
        '.1.3.6.1.2.1.1.1.0 = STRING: "x"\n'
        ".1.3.6.1.2.1.1.2.0 = No more variables left in this MIB View (It is past the end of the MIB tree)\n"
        "No more variables left in this MIB View\n"
    )
    assert lines(text) == ["1.3.6.1.2.1.1.1.0|4|x"]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("SNMPv2-MIB::sysDescr.0 = STRING: x", 1, "is a name, not numbers; walk with snmpwalk -On"),
        (".1.3.6.1.2.1.1.1.0 = INTEGER: 1\n.1.3.6.1.2.1.1.2.0 = Florin: 3", 2, "begins with none of the types"),
        (".1.3.6.1.2.1.1.1.0 = 361530", 1, "begins with none of the types"),  # snmpwalk -OQ tells no types
        (".1.3.6.1.2.1.1.1.0 = INTEGER: many", 1, "the value does not fit INTEGER"),
        (".1.3.6.1.2.1.1.1.0 = Counter32: 4294967296", 1, "does not fit Counter32"),
        (".1.3.6.1.2.1.1.1.0 = Hex-STRING: 0", 1, "does not fit Hex-STRING"),
        (".1.3.6.1.2.1.1.1.0 = INTEGER: 1\n.1.3.6.1.2.1.1.1.0 = INTEGER: 2", 1, "recorded again at line 2"),
        ('.1.3.6.1.2.1.1.1.0 = STRING: "no end', 1, "does not fit STRING"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(text: str, line: int, reason: str) -> None:
    (flaw,) = read_snmpwalk(text.encode()).flaws

    assert flaw.line == line and reason in flaw.reason


def test_a_walk_is_told_from_a_snmprec() -> None:
    assert looks_like_snmpwalk(b'# mine\n\n.1.3.6.1.2.1.1.1.0 = STRING: "x"\n')
    assert not looks_like_snmpwalk(b"1.3.6.1.2.1.1.1.0|4|a = b: c\n") and not looks_like_snmpwalk(b"")
