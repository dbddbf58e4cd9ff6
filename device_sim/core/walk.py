"""Everything a printer's SNMP agent would show, as lines of the snmprec format: oid|tag|value.

What this prints, `inkwire sim run --recording` can serve again.
"""

from collections.abc import Iterator
from typing import TypeVar

from device_sim.core.mib import printer_book
from device_sim.core.snmp.layout import Layout
from device_sim.core.state import LivePrinter
from snmp_format.ber import (
    COUNTER32,
    COUNTER64,
    END_OF_MIB_VIEW,
    GAUGE32,
    INTEGER,
    IP_ADDRESS,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    TIME_TICKS,
    Oid,
    dotted,
    oid_name,
    read_header,
    read_oid,
)

S = TypeVar("S")
_NUMBERS = (INTEGER, COUNTER32, GAUGE32, TIME_TICKS, COUNTER64)


def walk_lines(state: LivePrinter) -> Iterator[str]:
    """One line an object that the printer's profile has, in the order of a walk."""
    return layout_lines(printer_book(state.profile).layout, state)


def layout_lines(layout: Layout[S], subject: S) -> Iterator[str]:
    """One line an object of a MIB, in the order of a walk."""
    name = oid_name((1, 3))
    while True:
        name_tlv, value = layout.walk(subject, name)
        if value == END_OF_MIB_VIEW:
            return
        start, end = read_header(name_tlv, 0, OBJECT_IDENTIFIER, len(name_tlv))
        name = name_tlv[start:end]
        yield snmprec_line(read_oid(name), value)


def snmprec_line(oid: Oid, value: bytes) -> str:
    """One object as a line. value: its TLV. Source of the format: snmpsim, "Data file format"."""
    return f"{dotted(oid)}|{_value(value)}"


def _value(value: bytes) -> str:
    tag = value[0]
    start, end = read_header(value, 0, tag, len(value))
    content = value[start:end]
    # Application tags 0x40 to 0x46 are 64 to 70 in the format; universal ones stand as they are.
    if tag in _NUMBERS:
        return f"{tag}|{int.from_bytes(content, 'big', signed=tag == INTEGER)}"
    if tag == OBJECT_IDENTIFIER:
        return f"{tag}|{dotted(read_oid(content))}"
    if tag == IP_ADDRESS:
        return f"{tag}|{'.'.join(map(str, content))}"
    if tag == OCTET_STRING and content.isascii() and content.decode("ascii").isprintable():
        return f"{tag}|{content.decode('ascii')}"
    return f"{tag}x|{content.hex()}"
