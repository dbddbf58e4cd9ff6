"""IPP requests read from octets.

1. Reading is strict: every length is checked, groups and names stand where RFC 8010 wants them, and whatever the
   octets, the only exception is IppDecodeError.
2. Members of a collection stay a flat list of tags and values, as they came.
3. A request may be longer than what is there yet: `request_size` says so before anybody reads it.
Source: RFC 8010, 3; RFC 8011, 4.1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from device_sim.core.errors import DeviceSimError
from device_sim.core.ipp import (
    BEGIN_COLLECTION,
    BOOLEAN,
    END_COLLECTION,
    END_OF_ATTRIBUTES,
    ENUM,
    GROUP_LAST,
    INTEGER,
    JOB_GROUP,
    MEMBER_NAME,
    OPERATION_GROUP,
)

ATTRIBUTES_MAX: Final = 500
HEAD_BYTES: Final = 8

Tagged = tuple[tuple[int, bytes], ...]
"""Values with the tag of each, in their order."""


class IppDecodeError(DeviceSimError):
    """Octets from a peer that are not an IPP request. request_id: of the request, 1 where it is unknown."""

    def __init__(self, reason: str, request_id: int = 1) -> None:
        super().__init__(reason)
        self.request_id = request_id


class _CutShortError(IppDecodeError):
    """The octets end before the request does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IppRequest:
    """One operation request. attributes: of the operation group; job: of the job group. size: octets before data."""

    version: tuple[int, int]
    operation: int
    request_id: int
    attributes: Mapping[str, Tagged]
    job: Mapping[str, Tagged]
    size: int

    def words(self, name: str) -> tuple[str, ...]:
        """The values of an operation attribute that holds text; empty where it is absent."""
        return tuple(value.decode("utf-8", "replace") for _, value in self.attributes.get(name, ()))

    def word(self, name: str) -> str | None:
        """The first value of an operation attribute that holds text."""
        return next(iter(self.words(name)), None)

    def number(self, name: str) -> int | None:
        """The first value of an operation attribute that holds an integer or enum."""
        return number_of(self.attributes.get(name, ()))

    def truth(self, name: str) -> bool | None:
        """The first value of an operation attribute that holds a boolean."""
        for tag, value in self.attributes.get(name, ())[:1]:
            if tag == BOOLEAN and len(value) == 1:
                return value != b"\x00"
        return None


def number_of(values: Tagged) -> int | None:
    """The first value where it is an integer or enum."""
    for tag, value in values[:1]:
        if tag in (INTEGER, ENUM) and len(value) == 4:
            return int.from_bytes(value, "big", signed=True)
    return None


def members_of(values: Tagged) -> dict[str, Tagged]:
    """The members of the first collection among these values; of members that are collections, theirs as `a.b`."""
    found: dict[str, list[tuple[int, bytes]]] = {}
    path: list[str] = []
    name = ""
    for tag, value in values:
        if tag == BEGIN_COLLECTION:
            path.append(name)
            name = ""
        elif tag == END_COLLECTION:
            if not path:
                break
            name = path.pop()
            if not path:
                break
        elif tag == MEMBER_NAME:
            name = value.decode("utf-8", "replace")
        else:
            found.setdefault(".".join([*path[1:], name]), []).append((tag, value))
    return {name: tuple(values) for name, values in found.items()}


def request_size(content: bytes) -> int | None:
    """How many octets the request has before document data, or None when more are needed. Raises IppDecodeError."""
    try:
        return read_ipp_request(content).size
    except _CutShortError:
        return None


def read_ipp_request(content: bytes) -> IppRequest:
    """The request in the octets of an HTTP body; document data behind it is left alone. Raises IppDecodeError."""
    if len(content) < HEAD_BYTES:
        raise _CutShortError("an IPP request has at least eight octets")
    request_id = int.from_bytes(content[4:8], "big", signed=True)
    groups: dict[int, dict[str, Tagged]] = {OPERATION_GROUP: {}, JOB_GROUP: {}}
    at = HEAD_BYTES
    try:
        for group, name, values, after in attributes_of(content):
            at = after
            if not name or group not in groups:
                continue
            if name in groups[group]:
                raise IppDecodeError(f"the attribute {name!r} stands twice")
            groups[group][name] = values
    except _CutShortError as error:
        raise _CutShortError(str(error), request_id) from error
    except IppDecodeError as error:
        raise IppDecodeError(str(error), request_id) from error
    return IppRequest(
        version=(content[0], content[1]),
        operation=int.from_bytes(content[2:4], "big"),
        request_id=request_id,
        attributes=groups[OPERATION_GROUP],
        job=groups[JOB_GROUP],
        size=at,
    )


def attributes_of(content: bytes) -> Iterator[tuple[int, str, Tagged, int]]:
    """Each attribute of each group and where the next thing begins; the last one has no name. Raises IppDecodeError.

    content: a request, or a response, which is built alike.
    """
    at, group, name, count = HEAD_BYTES, 0, "", 0
    values: list[tuple[int, bytes]] = []
    while True:
        if at >= len(content):
            raise _CutShortError("the attributes do not end")
        tag = content[at]
        if tag <= GROUP_LAST:
            if name:
                yield group, name, tuple(values), at
            if tag == END_OF_ATTRIBUTES:
                yield group, "", (), at + 1
                return
            if tag == 0 or (group == 0 and tag != OPERATION_GROUP):
                raise IppDecodeError("the first group is not the operation attributes")
            at, group, name = at + 1, tag, ""
            continue
        label, at = _field(content, at + 1)
        value, at = _field(content, at)
        if label:
            if name:
                yield group, name, tuple(values), at
            count += 1
            if count > ATTRIBUTES_MAX:
                raise IppDecodeError("there are too many attributes")
            name, values = label.decode("latin-1"), []
        if not name or not group:
            raise IppDecodeError("a value stands without an attribute or group")
        values.append((tag, value))


def _field(content: bytes, at: int) -> tuple[bytes, int]:
    stop = at + 2 + int.from_bytes(content[at : at + 2], "big")
    if at + 2 > len(content) or stop > len(content):
        raise _CutShortError("a name or value is cut short")
    return content[at + 2 : stop], stop
