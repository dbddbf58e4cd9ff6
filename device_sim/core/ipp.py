"""The IPP encoding: a request as octets becomes a typed request; attributes become the octets of a response.

1. An attribute is its encoded octets from the moment its values are known.
2. Reading is strict: every length is checked, groups and names stand where RFC 8010 wants them, and whatever the
   octets, the only exception is IppDecodeError.
3. Collections in a request are skipped over, not nested: no operation answered here asks for one.
Source: RFC 8010, 3; RFC 8011, 4.1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from device_sim.core.errors import DeviceSimError

OPERATION_GROUP: Final = 0x01
JOB_GROUP: Final = 0x02
END_OF_ATTRIBUTES: Final = 0x03
PRINTER_GROUP: Final = 0x04
GROUP_LAST: Final = 0x0F

NO_VALUE: Final = 0x13
INTEGER: Final = 0x21
BOOLEAN: Final = 0x22
ENUM: Final = 0x23
OCTET_STRING: Final = 0x30
DATE_TIME: Final = 0x31
BEGIN_COLLECTION: Final = 0x34
END_COLLECTION: Final = 0x37
TEXT: Final = 0x41
NAME: Final = 0x42
KEYWORD: Final = 0x44
URI: Final = 0x45
CHARSET: Final = 0x47
LANGUAGE: Final = 0x48
MIME: Final = 0x49
MEMBER_NAME: Final = 0x4A

GET_JOBS: Final = 0x000A
GET_PRINTER_ATTRIBUTES: Final = 0x000B

OK: Final = 0x0000
BAD_REQUEST: Final = 0x0400
NOT_SUPPORTED_VALUES: Final = 0x040B
CHARSET_NOT_SUPPORTED: Final = 0x040D
OPERATION_NOT_SUPPORTED: Final = 0x0501
VERSION_NOT_SUPPORTED: Final = 0x0503

ATTRIBUTES_MAX: Final = 500
TEXT_BYTES_MAX: Final = 1023
NAME_BYTES_MAX: Final = 255

Values = tuple[int, tuple[bytes, ...]]
"""A value tag and the encoded values under it."""


class IppDecodeError(DeviceSimError):
    """Octets from a peer that are not an IPP request. request_id: of the request, 1 where it is unknown."""

    def __init__(self, reason: str, request_id: int = 1) -> None:
        super().__init__(reason)
        self.request_id = request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class IppRequest:
    """One operation request. attributes: of the operation group, each with the octets of its values, in their order."""

    version: tuple[int, int]
    operation: int
    request_id: int
    attributes: Mapping[str, tuple[bytes, ...]]

    def words(self, name: str) -> tuple[str, ...]:
        """The values of an attribute that holds text; empty where it is absent."""
        return tuple(value.decode("utf-8", "replace") for value in self.attributes.get(name, ()))


def read_ipp_request(content: bytes) -> IppRequest:
    """The request in the octets of an HTTP body; document data behind it is ignored. Raises IppDecodeError."""
    if len(content) < 8:
        raise IppDecodeError("an IPP request has at least eight octets")
    request_id = int.from_bytes(content[4:8], "big", signed=True)
    attributes: dict[str, tuple[bytes, ...]] = {}
    try:
        for group, name, values in _attributes(content):
            if group == OPERATION_GROUP and name in attributes:
                raise IppDecodeError(f"the attribute {name!r} stands twice")
            if group == OPERATION_GROUP:
                attributes[name] = values
    except IppDecodeError as error:
        raise IppDecodeError(str(error), request_id) from error
    return IppRequest(
        version=(content[0], content[1]),
        operation=int.from_bytes(content[2:4], "big"),
        request_id=request_id,
        attributes=attributes,
    )


def _attributes(content: bytes) -> Iterator[tuple[int, str, tuple[bytes, ...]]]:
    """Each attribute of each group. Those of a collection count as values of the attribute that holds it."""
    at, group, name, count = 8, 0, "", 0
    values: list[bytes] = []
    while True:
        if at >= len(content):
            raise IppDecodeError("the attributes do not end")
        tag = content[at]
        if tag <= GROUP_LAST:
            if name:
                yield group, name, tuple(values)
            if tag == END_OF_ATTRIBUTES:
                return
            if tag == 0 or (group == 0 and tag != OPERATION_GROUP):
                raise IppDecodeError("the first group is not the operation attributes")
            at, group, name = at + 1, tag, ""
            continue
        label, at = _field(content, at + 1)
        value, at = _field(content, at)
        if label:
            if name:
                yield group, name, tuple(values)
            count += 1
            if count > ATTRIBUTES_MAX:
                raise IppDecodeError("there are too many attributes")
            name, values = label.decode("latin-1"), []
        if not name or not group:
            raise IppDecodeError("a value stands without an attribute or group")
        values.append(value)


def _field(content: bytes, at: int) -> tuple[bytes, int]:
    stop = at + 2 + int.from_bytes(content[at : at + 2], "big")
    if at + 2 > len(content) or stop > len(content):
        raise IppDecodeError("a name or value is cut short")
    return content[at + 2 : stop], stop


def encode_attribute(name: str, values: Values) -> bytes:
    """One attribute with its values; a set repeats the tag without the name."""
    tag, encoded = values
    parts = []
    label = name.encode()
    for value in encoded:
        if tag == BEGIN_COLLECTION:
            parts.append(_tlv(tag, label, b"") + value + _tlv(END_COLLECTION, b"", b""))
        else:
            parts.append(_tlv(tag, label, value))
        label = b""
    return b"".join(parts)


def encode_response(
    request_id: int, status: int, groups: Iterator[bytes] | tuple[bytes, ...], version: tuple[int, int]
) -> bytes:
    """A whole response. groups: each from its group tag on, behind the operation group that every response has."""
    head = bytes(version) + status.to_bytes(2, "big") + (request_id & 0xFFFFFFFF).to_bytes(4, "big")
    return b"".join(
        (
            head,
            bytes((OPERATION_GROUP,)),
            encode_attribute("attributes-charset", (CHARSET, (b"utf-8",))),
            encode_attribute("attributes-natural-language", (LANGUAGE, (b"en",))),
            *groups,
            bytes((END_OF_ATTRIBUTES,)),
        )
    )


def integers(*values: int) -> Values:
    """integer, or 1setOf integer."""
    return INTEGER, tuple(value.to_bytes(4, "big", signed=True) for value in values)


def enums(*values: int) -> Values:
    """enum, or 1setOf enum."""
    return ENUM, tuple(value.to_bytes(4, "big", signed=True) for value in values)


def boolean(value: bool) -> Values:
    """boolean."""
    return BOOLEAN, (bytes((value,)),)


def texts(*values: str) -> Values:
    """textWithoutLanguage."""
    return TEXT, tuple(_cut(value, TEXT_BYTES_MAX) for value in values)


def names(*values: str) -> Values:
    """nameWithoutLanguage."""
    return NAME, tuple(_cut(value, NAME_BYTES_MAX) for value in values)


def keywords(*values: str) -> Values:
    """keyword."""
    return KEYWORD, tuple(value.encode() for value in values)


def words(tag: int, *values: str) -> Values:
    """Any other syntax written in ASCII: uri, charset, naturalLanguage, mimeMediaType, octetString."""
    return tag, tuple(value.encode() for value in values)


def no_value() -> Values:
    """The out-of-band value for what exists but has no value now."""
    return NO_VALUE, (b"",)


def date_time(at: datetime) -> Values:
    """dateTime of an aware UTC instant. Source: RFC 2579 DateAndTime."""
    clock = bytes((at.month, at.day, at.hour, at.minute, at.second, at.microsecond // 100_000))
    return DATE_TIME, (at.year.to_bytes(2, "big") + clock + b"+\x00\x00",)


def collection(members: Mapping[str, Values]) -> Values:
    """One collection; nest by giving a collection as a member."""
    parts = []
    for name, (tag, values) in members.items():
        parts.append(_tlv(MEMBER_NAME, b"", name.encode()))
        parts.append(encode_attribute("", (tag, values)))
    return BEGIN_COLLECTION, (b"".join(parts),)


def _tlv(tag: int, name: bytes, value: bytes) -> bytes:
    return bytes((tag,)) + len(name).to_bytes(2, "big") + name + len(value).to_bytes(2, "big") + value


def _cut(value: str, size_max: int) -> bytes:
    return value.encode()[:size_max].decode(errors="ignore").encode()
