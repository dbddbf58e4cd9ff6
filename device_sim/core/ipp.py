"""The IPP encoding: attributes become the octets of a response, and the numbers of the standard have names.

An attribute is its encoded octets from the moment its values are known. Source: RFC 8010, 3; RFC 8011, 4.1 and 5.4.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

OPERATION_GROUP: Final = 0x01
JOB_GROUP: Final = 0x02
END_OF_ATTRIBUTES: Final = 0x03
PRINTER_GROUP: Final = 0x04
UNSUPPORTED_GROUP: Final = 0x05
GROUP_LAST: Final = 0x0F

UNSUPPORTED: Final = 0x10
UNKNOWN: Final = 0x12
NO_VALUE: Final = 0x13
INTEGER: Final = 0x21
BOOLEAN: Final = 0x22
ENUM: Final = 0x23
OCTET_STRING: Final = 0x30
DATE_TIME: Final = 0x31
RESOLUTION: Final = 0x32
RANGE: Final = 0x33
BEGIN_COLLECTION: Final = 0x34
END_COLLECTION: Final = 0x37
TEXT: Final = 0x41
NAME: Final = 0x42
KEYWORD: Final = 0x44
URI: Final = 0x45
URI_SCHEME: Final = 0x46
CHARSET: Final = 0x47
LANGUAGE: Final = 0x48
MIME: Final = 0x49
MEMBER_NAME: Final = 0x4A

PRINT_JOB: Final = 0x0002
VALIDATE_JOB: Final = 0x0004
CREATE_JOB: Final = 0x0005
SEND_DOCUMENT: Final = 0x0006
CANCEL_JOB: Final = 0x0008
GET_JOB_ATTRIBUTES: Final = 0x0009
GET_JOBS: Final = 0x000A
GET_PRINTER_ATTRIBUTES: Final = 0x000B
HOLD_JOB: Final = 0x000C
RELEASE_JOB: Final = 0x000D
CANCEL_MY_JOBS: Final = 0x0039
CLOSE_JOB: Final = 0x003B
IDENTIFY_PRINTER: Final = 0x003C

OK: Final = 0x0000
OK_SUBSTITUTED: Final = 0x0001
BAD_REQUEST: Final = 0x0400
NOT_POSSIBLE: Final = 0x0404
NOT_FOUND: Final = 0x0406
ENTITY_TOO_LARGE: Final = 0x0408
FORMAT_NOT_SUPPORTED: Final = 0x040A
NOT_SUPPORTED_VALUES: Final = 0x040B
CHARSET_NOT_SUPPORTED: Final = 0x040D
COMPRESSION_NOT_SUPPORTED: Final = 0x040F
COMPRESSION_ERROR: Final = 0x0410
OPERATION_NOT_SUPPORTED: Final = 0x0501
VERSION_NOT_SUPPORTED: Final = 0x0503
TEMPORARY_ERROR: Final = 0x0505
NOT_ACCEPTING_JOBS: Final = 0x0506
BUSY: Final = 0x0507
JOB_CANCELED: Final = 0x0508
MULTIPLE_DOCUMENTS_NOT_SUPPORTED: Final = 0x0509

TEXT_BYTES_MAX: Final = 1023
NAME_BYTES_MAX: Final = 255

Values = tuple[int, tuple[bytes, ...]]
"""A value tag and the encoded values under it."""


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


def encode_tagged(name: str, values: tuple[tuple[int, bytes], ...]) -> bytes:
    """One attribute as it was sent, each value with the tag it had."""
    encoded = (_tlv(tag, name.encode("latin-1") if at == 0 else b"", value) for at, (tag, value) in enumerate(values))
    return b"".join(encoded)


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


def ranges(*values: tuple[int, int]) -> Values:
    """rangeOfInteger, or 1setOf rangeOfInteger."""
    return RANGE, tuple(b"".join(end.to_bytes(4, "big", signed=True) for end in value) for value in values)


def resolutions(*dpi: int) -> Values:
    """resolution, alike in both directions, in dots per inch; or a set of them."""
    return RESOLUTION, tuple(value.to_bytes(4, "big") * 2 + b"\x03" for value in dpi)


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


def collection(*collections: Mapping[str, Values]) -> Values:
    """A collection, or 1setOf collection; nest by giving a collection as a member."""
    return BEGIN_COLLECTION, tuple(
        b"".join(
            _tlv(MEMBER_NAME, b"", name.encode()) + encode_attribute("", values) for name, values in members.items()
        )
        for members in collections
    )


def _tlv(tag: int, name: bytes, value: bytes) -> bytes:
    return bytes((tag,)) + len(name).to_bytes(2, "big") + name + len(value).to_bytes(2, "big") + value


def _cut(value: str, size_max: int) -> bytes:
    return value.encode()[:size_max].decode(errors="ignore").encode()
