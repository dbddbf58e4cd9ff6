"""SET in two phases: every variable binding is checked, then all are written, or none.

1. The checks of one binding come in the standard's order: view, whether it can be written at all, type, length and
   value, existence. The first binding that fails decides error-status and error-index.
2. A version 1 manager is told the error of version 1 that stands for it.
3. An answer that would not fit is tooBig, and nothing is written.
Source: RFC 3416, 4.2.5; RFC 3584, 4.4.
"""

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

from device_sim.core.snmp.access import Access
from device_sim.core.snmp.layout import Layout, Writer
from device_sim.core.snmp.message import NO_BINDINGS, Request, frame_of
from snmp_format.ber import OBJECT_IDENTIFIER, SEQUENCE, read_header, read_oid
from snmp_format.pdu import (
    BAD_VALUE,
    INCONSISTENT_VALUE,
    NO_ACCESS,
    NO_CREATION,
    NO_SUCH_NAME,
    NOT_WRITABLE,
    TOO_BIG,
    VERSION_1,
    WRONG_LENGTH,
    WRONG_TYPE,
    WRONG_VALUE,
)

S = TypeVar("S")

_IN_VERSION_1: Final = {
    WRONG_VALUE: BAD_VALUE,
    WRONG_TYPE: BAD_VALUE,
    WRONG_LENGTH: BAD_VALUE,
    INCONSISTENT_VALUE: BAD_VALUE,
    NO_ACCESS: NO_SUCH_NAME,
    NOT_WRITABLE: NO_SUCH_NAME,
    NO_CREATION: NO_SUCH_NAME,
}


class SetPlan(Generic[S]):
    """One SET request. layout: all that the manager may see. access: what he may do with it."""

    __slots__ = ("_access", "_layout", "_request", "community")

    def __init__(self, layout: Layout[S], request: Request, access: Access) -> None:
        self.community = request.community
        self._access = access
        self._layout = layout
        self._request = request

    def render(self, subject: S, request_id: bytes, size_max: int) -> bytes:
        request = self._request
        frame = frame_of(request)
        done = frame.error(request_id, 0, 0, request.bindings)
        if len(done) > size_max:
            bindings = request.bindings if request.version == VERSION_1 else NO_BINDINGS
            return frame.error(request_id, TOO_BIG, 0, bindings)
        found: list[tuple[Writer[S], bytes]] = []
        values: dict[bytes, bytes] = {}
        for index, (name, value) in enumerate(_bindings(request.bindings), 1):
            writer = self._layout.writer(name) if self._access.writes else None
            status = self._refusal(subject, name, value, writer)
            if values.setdefault(name, value) != value:
                status = status or INCONSISTENT_VALUE
            if status:
                told = _IN_VERSION_1[status] if request.version == VERSION_1 else status
                return frame.error(request_id, told, index, request.bindings)
            assert writer is not None
            found.append((writer, _content(value)))
        for writer, content in found:
            writer.write(subject, content)
        return done

    def _refusal(self, subject: S, name: bytes, value: bytes, writer: Writer[S] | None) -> int:
        """The error-status of one binding, 0 where it may be written."""
        tree = self._access.tree
        if not self._access.writes or (tree is not None and not tree.holds(read_oid(name))):
            return NO_ACCESS
        if writer is not None:
            return WRONG_TYPE if value[0] != writer.tag else writer.refusal(subject, _content(value))
        tag = self._layout.writable_tag(name)
        if tag is None:
            return NOT_WRITABLE
        return NO_CREATION if value[0] == tag else WRONG_TYPE


def _bindings(bindings: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name content and value TLV of each VarBind; they were read once before."""
    at, end = read_header(bindings, 0, SEQUENCE, len(bindings))
    while at < end:
        start, stop = read_header(bindings, at, SEQUENCE, end)
        start, value_at = read_header(bindings, start, OBJECT_IDENTIFIER, stop)
        yield bindings[start:value_at], bindings[value_at:stop]
        at = stop


def _content(value: bytes) -> bytes:
    start, stop = read_header(value, 0, value[0], len(value))
    return value[start:stop]
