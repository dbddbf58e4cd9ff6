"""An SNMP agent on loopback whose every answer a test decides: honest, broken or hostile.

Written apart from device_sim on purpose: the collector is tried against bytes that no sane simulator would send.
Values: int (INTEGER), bytes (OCTET STRING), str (OBJECT IDENTIFIER), None (noSuchInstance in v2c), Typed (any tag).
"""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, cast

INTEGER: Final = 0x02
OCTETS: Final = 0x04
NULL: Final = 0x05
OBJECT_ID: Final = 0x06
SEQUENCE: Final = 0x30
COUNTER32: Final = 0x41
TIMETICKS: Final = 0x43
COUNTER64: Final = 0x46
NO_SUCH_INSTANCE: Final = 0x81
END_OF_MIB: Final = 0x82
GET: Final = 0xA0
GET_NEXT: Final = 0xA1
RESPONSE: Final = 0xA2
GET_BULK: Final = 0xA5
TOO_BIG: Final = 1
NO_SUCH_NAME: Final = 2


@dataclass(frozen=True, slots=True)
class Typed:
    """A value with the tag spelled out."""

    tag: int
    value: int | bytes = b""


Value = int | bytes | str | None | Typed
Rows = Mapping[str, Value]
Varbind = tuple[str, Value]


def key(oid: str) -> tuple[int, ...]:
    """The OID as numbers, for ordering."""
    return tuple(int(arc) for arc in oid.split("."))


def _length(count: int) -> bytes:
    if count < 128:
        return bytes([count])
    octets = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def tlv(tag: int, content: bytes) -> bytes:
    """One BER element."""
    return bytes([tag]) + _length(len(content)) + content


def _integer(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def _oid(oid: str) -> bytes:
    first, second, *rest = key(oid)
    out = bytearray([first * 40 + second])
    for arc in rest:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        out += bytes(reversed(groups))
    return bytes(out)


def encode_value(value: Value) -> bytes:
    """One value as BER."""
    match value:
        case None:
            return tlv(NO_SUCH_INSTANCE, b"")
        case Typed(tag=tag, value=int() as number):
            return tlv(tag, _integer(number))
        case Typed(tag=tag, value=bytes() as octets):
            return tlv(tag, octets)
        case int():
            return tlv(INTEGER, _integer(value))
        case bytes():
            return tlv(OCTETS, value)
        case str():
            return tlv(OBJECT_ID, _oid(value))
    raise AssertionError(value)


def _read(octets: bytes, at: int = 0) -> tuple[int, bytes, int]:
    tag, size, at = octets[at], octets[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, at = int.from_bytes(octets[at : at + count], "big"), at + count
    return tag, octets[at : at + size], at + size


def _elements(octets: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(octets):
        tag, content, at = _read(octets, at)
        found.append((tag, content))
    return found


def _decode_oid(content: bytes) -> str:
    arcs, number = [content[0] // 40, content[0] % 40], 0
    for octet in content[1:]:
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(number)
            number = 0
    return ".".join(map(str, arcs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it arrived. singles: non-repeaters of a GETBULK."""

    version: int
    community: bytes
    kind: int
    request_id: int
    repetitions: int
    oids: tuple[str, ...]
    source: tuple[str, int]
    singles: int = 0

    def reply(self, varbinds: Sequence[Varbind], *, error: int = 0, index: int = 0) -> bytes:
        """The bytes of a response to this request."""
        rows = b"".join(
            tlv(SEQUENCE, tlv(OBJECT_ID, _oid(oid)) + (tlv(NULL, b"") if error else encode_value(value)))
            for oid, value in varbinds
        )
        head = b"".join(tlv(INTEGER, _integer(number)) for number in (self.request_id, error, index))
        pdu = tlv(RESPONSE, head + tlv(SEQUENCE, rows))
        return tlv(SEQUENCE, tlv(INTEGER, _integer(self.version)) + tlv(OCTETS, self.community) + pdu)


def read_request(datagram: bytes, source: tuple[str, int]) -> Asked:
    """A request, decoded."""
    version, community, pdu = _elements(_read(datagram)[1])
    request_id, singles, repetitions, rows = _elements(pdu[1])
    oids = tuple(_decode_oid(_elements(row)[0][1]) for _tag, row in _elements(rows[1]))
    return Asked(
        version=version[1][0],
        community=community[1],
        kind=pdu[0],
        request_id=int.from_bytes(request_id[1], "big", signed=True),
        repetitions=int.from_bytes(repetitions[1], "big"),
        oids=oids,
        source=source,
        singles=int.from_bytes(singles[1], "big"),
    )


Answer = Callable[[Asked], bytes | None]


def honest(
    rows: Rows, *, versions: Sequence[int] = (0, 1), community: bytes = b"public", varbinds_max: int = 60
) -> Answer:
    """What a correct agent with these rows answers; silence for another community or version."""
    ordered = sorted(rows, key=key)
    keys = [key(oid) for oid in ordered]

    def after(oid: str) -> str | None:
        at = bisect_right(keys, key(oid))
        return ordered[at] if at < len(ordered) else None

    def following(oid: str) -> Varbind:
        name = after(oid)
        return (oid, Typed(END_OF_MIB)) if name is None else (name, rows[name])

    def answer(asked: Asked) -> bytes | None:
        if asked.community != community or asked.version not in versions:
            return None
        echoed: list[Varbind] = [(oid, None) for oid in asked.oids]
        if len(asked.oids) > varbinds_max:
            return asked.reply([] if asked.version else echoed, error=TOO_BIG)
        found: list[Varbind] = []
        if asked.kind == GET_BULK:
            found = [following(oid) for oid in asked.oids[: asked.singles]]
            row = asked.oids[asked.singles :]
            for _ in range(asked.repetitions):
                ended = all(after(oid) is None for oid in row)
                found += [following(oid) for oid in row]
                row = tuple(oid for oid, _value in found[len(found) - len(row) :])
                if ended:
                    break  # RFC 3416, 4.2.3: what would follow is endOfMibView for all of them
            return asked.reply(found[:varbinds_max])
        for number, wanted in enumerate(asked.oids, 1):
            name = after(wanted) if asked.kind == GET_NEXT else wanted
            if name is None or name not in rows:
                if asked.version == 0:
                    return asked.reply(echoed, error=NO_SUCH_NAME, index=number)
                found.append((wanted, Typed(END_OF_MIB) if asked.kind == GET_NEXT else None))
            else:
                found.append((name, rows[name]))
        return asked.reply(found)

    return answer


@dataclass
class Agent(asyncio.DatagramProtocol):
    """The socket around an Answer; remembers what it was asked."""

    answer: Answer
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asked = read_request(data, addr)
        self.asked.append(asked)
        reply = self.answer(asked)
        if reply is not None:
            self.transport.sendto(reply, addr)


@asynccontextmanager
async def snmp_agent(answer: Answer, address: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Agent]:
    """An agent on a port of its own until the block ends."""
    loop = asyncio.get_running_loop()
    transport, agent = await loop.create_datagram_endpoint(lambda: Agent(answer), local_addr=(address, port))
    try:
        yield agent
    finally:
        transport.close()
