"""A recording, asked by object identifier."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from device_sim.core.snmp.layout import Leaf
from snmp_format.ber import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    TIME_TICKS,
    Oid,
    dotted,
    read_header,
    read_oid,
)

COUNTING: Final = (COUNTER32, COUNTER64)
NUMBERS: Final = (INTEGER, COUNTER32, GAUGE32, TIME_TICKS, COUNTER64)


def content_of(tlv: bytes) -> bytes:
    """What stands in a value."""
    start, end = read_header(tlv, 0, tlv[0], len(tlv))
    return tlv[start:end]


def number_of(tlv: bytes) -> int | None:
    """The number in a value, or None where it holds none."""
    if tlv[0] not in NUMBERS:
        return None
    return int.from_bytes(content_of(tlv), "big", signed=tlv[0] == INTEGER)


class Rows:
    """The objects of one recording. Absent and unfit values are None, or an empty text."""

    def __init__(self, leaves: Iterable[Leaf[None]]) -> None:
        self.values: Final[Mapping[Oid, bytes]] = {
            leaf.oid: leaf.value for leaf in leaves if isinstance(leaf.value, bytes)
        }

    def number(self, oid: Oid) -> int | None:
        """An INTEGER, counter, gauge or TimeTicks."""
        tlv = self.values.get(oid)
        return None if tlv is None else number_of(tlv)

    def octets(self, oid: Oid) -> bytes:
        """An OCTET STRING as it is."""
        tlv = self.values.get(oid)
        return content_of(tlv) if tlv is not None and tlv[0] == OCTET_STRING else b""

    def text(self, oid: Oid) -> str:
        """An OCTET STRING as text, without the NULs and blanks that pad it."""
        return text_of(self.octets(oid))

    def object_id(self, oid: Oid) -> str:
        """An OBJECT IDENTIFIER, dotted."""
        tlv = self.values.get(oid)
        return dotted(read_oid(content_of(tlv))) if tlv is not None and tlv[0] == OBJECT_IDENTIFIER else ""

    def under(self, root: Oid) -> Iterator[tuple[Oid, bytes]]:
        """What stands at or below an object: (the arcs behind the root, value), in order."""
        size = len(root)
        return ((oid[size:], tlv) for oid, tlv in self.values.items() if oid[:size] == root)

    def indices(self, entry: Oid) -> list[Oid]:
        """The rows of a table, in order."""
        return sorted({rest[1:] for rest, _ in self.under(entry) if len(rest) > 1})


def text_of(octets: bytes) -> str:
    """Octets as text: UTF-8 where they are, Latin-1 else; HP's private strings start with FD E8."""
    octets = octets.removeprefix(b"\xfd\xe8").rstrip(b"\0 ").lstrip(b" ")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    return text if text.isprintable() else "".join(mark if mark.isprintable() else " " for mark in text).strip()
