"""IPP as octets: the two requests a collector makes, and replies from devices that bend the rules.

1. A reply is a header, groups of attributes, and an end tag (RFC 8010, section 3).
2. Every length is checked against what is left, every count and every depth has a limit.
3. What stands before the damage is kept: a torn or wrong reply is decoded as far as it makes sense, and says so.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from data_collector.core.text import decode_text

REPLY_BYTES_MAX: Final = 1024 * 1024
VALUES_MAX: Final = 20_000
DEPTH_MAX: Final = 8

GET_JOBS: Final = 0x000A
GET_PRINTER_ATTRIBUTES: Final = 0x000B
CUPS_GET_PRINTERS: Final = 0x4002
STATUS_ERROR: Final = 0x0400
"""Statuses from here on say that the operation failed (RFC 8011, appendix B)."""

OPERATION_GROUP: Final = 0x01
PRINTER_GROUP: Final = 0x04
END: Final = 0x03
DELIMITER_MAX: Final = 0x0F
OUT_OF_BAND_MAX: Final = 0x1F
INTEGER, BOOLEAN, ENUM = 0x21, 0x22, 0x23
OCTETS: Final = 0x30
BEGIN_COLLECTION, TEXT_WITH_LANGUAGE, NAME_WITH_LANGUAGE, END_COLLECTION = 0x34, 0x35, 0x36, 0x37
TEXTS_MIN: Final = 0x40
URI, CHARSET, LANGUAGE, KEYWORD, MEMBER_NAME = 0x45, 0x47, 0x48, 0x44, 0x4A

IPP_PATHS: Final = ("/ipp/print", "/ipp/printer", "/ipp", "/")
"""Where printers keep their IPP service, the usual place first."""

WANTED: Final = (
    "color-supported", "marker-colors", "marker-high-levels", "marker-levels", "marker-low-levels",
    "marker-names", "marker-types", "printer-alert", "printer-alert-description",
    "printer-asset-tag", "printer-config-changes", "printer-device-id", "printer-dns-sd-name",
    "printer-firmware-name", "printer-firmware-string-version", "printer-impressions-completed",
    "printer-impressions-completed-col", "printer-info", "printer-location", "printer-make-and-model",
    "printer-media-sheets-completed", "printer-serial-number", "printer-state", "printer-state-message",
    "printer-state-reasons", "printer-supply", "printer-supply-description", "printer-up-time",
    "printer-uuid", "sides-supported",
)  # fmt: skip
"""The attributes a report is made of: never a user, a job or a queue."""
QUEUES_WANTED: Final = (
    "device-uri", "marker-colors", "marker-high-levels", "marker-levels", "marker-low-levels", "marker-names",
    "marker-types", "printer-device-id", "printer-info", "printer-location", "printer-make-and-model", "printer-name",
    "printer-state", "printer-state-reasons",
)  # fmt: skip
"""What is asked of a queue of this machine: never a user, a job, or a message, which may name one."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection value: its members by name."""

    members: dict[str, tuple["IppValue", ...]] = field(default_factory=dict)


IppValue = int | bool | str | bytes | Collection


Attributes = Mapping[str, tuple[IppValue, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class IppReply:
    """A decoded reply. attributes: of all groups but the first. doubt: what was wrong with it, if anything.

    cut: it ended before its end. groups: the attributes of each group for itself.
    """

    status: int
    attributes: Attributes
    doubt: str | None = None
    cut: bool = False
    groups: tuple[Attributes, ...] = ()


class IppDecodeError(Exception):
    """Octets that are no IPP reply at all."""


def ipp_request(uri: str, request_id: int) -> bytes:
    """A Get-Printer-Attributes request for uri (ipp://host:port/path). Source: RFC 8011, 4.2.5."""
    return _request(GET_PRINTER_ATTRIBUTES, request_id, _attribute(URI, "printer-uri", uri), WANTED)


def jobs_request(uri: str, request_id: int, wanted: Sequence[str], limit: int) -> bytes:
    """A Get-Jobs request for the newest `limit` ended jobs of uri (ipp://host:port/path). Source: RFC 8011, 4.2.6."""
    whose = (
        _attribute(URI, "printer-uri", uri)
        + struct.pack(">BH5sHi", INTEGER, 5, b"limit", 4, limit)
        + _attribute(KEYWORD, "which-jobs", "completed")
    )
    return _request(GET_JOBS, request_id, whose, wanted)


def queues_request(request_id: int) -> bytes:
    """A CUPS-Get-Printers request for every queue of a print scheduler. Source: CUPS Implementation of IPP."""
    return _request(CUPS_GET_PRINTERS, request_id, b"", QUEUES_WANTED)


def _request(operation: int, request_id: int, whose: bytes, wanted: Sequence[str]) -> bytes:
    return b"".join(
        (
            struct.pack(">BBHI", 1, 1, operation, request_id & 0x7FFFFFFF),
            bytes([OPERATION_GROUP]),
            _attribute(CHARSET, "attributes-charset", "utf-8"),
            _attribute(LANGUAGE, "attributes-natural-language", "en"),
            whose,
            _attribute(KEYWORD, "requested-attributes", wanted[0]),
            *(_attribute(KEYWORD, "", name) for name in wanted[1:]),
            bytes([END]),
        )
    )


def decode_reply(raw: bytes) -> IppReply:
    """The attributes of a reply, as far as it can be read. Raises IppDecodeError when it has no header."""
    if len(raw) < 8 or raw[0] not in (1, 2):
        raise IppDecodeError("this is no IPP reply")
    if len(raw) > REPLY_BYTES_MAX:
        raise IppDecodeError(f"the reply is longer than {REPLY_BYTES_MAX} bytes")
    status = int.from_bytes(raw[2:4])
    decoder = _Decoder(raw, at=8)
    decoder.run()
    return IppReply(
        status=status, attributes=decoder.attributes(), doubt=decoder.doubt, cut=decoder.cut, groups=decoder.groups()
    )


@dataclass(slots=True)
class _Open:
    """A collection that is being read: its members so far, and the member the next value belongs to."""

    members: dict[str, list[IppValue]]
    member: str | None = None


class _Decoder:
    def __init__(self, raw: bytes, at: int) -> None:
        self._raw, self._at = raw, at
        self._groups: list[dict[str, list[IppValue]]] = []
        self._fresh = True
        self._name: str | None = None
        self._group = 0
        self._open: list[_Open] = []
        self._count = 0
        self.doubt: str | None = None
        self.cut = False

    def attributes(self) -> dict[str, tuple[IppValue, ...]]:
        """Everything read so far; collections that were never closed count as closed."""
        while self._open:
            self._close()
        found: dict[str, list[IppValue]] = {}
        for group in self._groups:
            for name, values in group.items():
                found.setdefault(name, []).extend(values)
        return {name: tuple(values) for name, values in found.items()}

    def groups(self) -> tuple[Attributes, ...]:
        """The same, group by group; call it after `attributes`."""
        return tuple({name: tuple(values) for name, values in group.items()} for group in self._groups)

    def run(self) -> None:
        """Read tags until the end tag, the end of the octets, or a damage that cannot be passed."""
        while self._at < len(self._raw):
            tag = self._raw[self._at]
            self._at += 1
            if tag == END:
                self._end_collections("a collection was never closed")
                return
            if tag <= DELIMITER_MAX:
                self._end_collections("a collection was never closed")
                self._group, self._name, self._fresh = tag, None, True
                continue
            if not self._value(tag):
                return
            self._count += 1
            if self._count > VALUES_MAX:
                self._doubt(f"more than {VALUES_MAX} values")
                return
        self.cut = True
        self._doubt("the reply ends without an end tag")

    def _value(self, tag: int) -> bool:
        name, value = self._field(), self._field()
        if name is None or value is None:
            self.cut = True
            self._doubt("the reply is cut off within a value")
            return False
        if name:
            self._end_collections("a collection was never closed")
            self._name = name.decode("ascii", "replace")
        if tag == BEGIN_COLLECTION:
            if len(self._open) >= DEPTH_MAX:
                self._doubt(f"collections are nested deeper than {DEPTH_MAX}")
                return False
            self._open.append(_Open({}))
        elif tag == END_COLLECTION:
            if self._open:
                self._close()
            else:
                self._doubt("a collection ends that never began")
        elif tag == MEMBER_NAME:
            if self._open:
                self._open[-1].member = value.decode("ascii", "replace")
            else:
                self._doubt("a member outside of any collection")
        elif tag > OUT_OF_BAND_MAX:
            self._store(self._typed(tag, value))
        return True

    def _field(self) -> bytes | None:
        if self._at + 2 > len(self._raw):
            return None
        length = int.from_bytes(self._raw[self._at : self._at + 2])
        start = self._at + 2
        if start + length > len(self._raw):
            return None
        self._at = start + length
        return self._raw[start : self._at]

    def _typed(self, tag: int, value: bytes) -> IppValue | None:
        if tag in (INTEGER, ENUM):
            if len(value) != 4:
                self._doubt(f"an integer of {len(value)} octets")
                return None
            return int.from_bytes(value, signed=True)
        if tag == BOOLEAN:
            return value != b"\x00" if len(value) == 1 else None
        if tag in (TEXT_WITH_LANGUAGE, NAME_WITH_LANGUAGE):
            skip = 2 + int.from_bytes(value[:2])
            return decode_text(value[skip + 2 :])
        return decode_text(value) if tag >= TEXTS_MIN else value

    def _store(self, value: IppValue | None) -> None:
        if value is None:
            return
        if self._open:
            inner = self._open[-1]
            if inner.member is None:
                self._doubt("a value in a collection without a member name")
            else:
                inner.members.setdefault(inner.member, []).append(value)
        elif self._name is not None and self._group != OPERATION_GROUP:
            if self._fresh:  # only now: delimiters alone must not fill the memory
                self._groups.append({})
                self._fresh = False
            self._groups[-1].setdefault(self._name, []).append(value)

    def _close(self) -> None:
        closed = self._open.pop()
        self._store(Collection({name: tuple(values) for name, values in closed.members.items()}))

    def _end_collections(self, doubt: str) -> None:
        if self._open:
            self._doubt(doubt)
        while self._open:
            self._close()

    def _doubt(self, reason: str) -> None:
        self.doubt = self.doubt or reason


def _attribute(tag: int, name: str, value: str) -> bytes:
    octets = value.encode()
    return struct.pack(">BH", tag, len(name)) + name.encode() + struct.pack(">H", len(octets)) + octets
