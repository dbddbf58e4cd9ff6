"""A yardstick: pysnmp's own command responder with the values of a recording; no MIB files are looked up in.

`python -m inkwire.bench.pysnmp_agent RECORDING PORT USER AUTH PRIV` answers SNMP v2c at 127.0.0.1 until it is ended,
and SNMPv3 under the passwords AUTH (SHA-1) and PRIV (AES-128). Values are read from memory, ready made: what is
measured is what pysnmp itself needs for a message.
"""

import sys
from bisect import bisect_right
from pathlib import Path
from typing import Any, Final

from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import cmdrsp, context
from pysnmp.proto import rfc1902, rfc1905
from pysnmp.smi import instrum

_TYPES: Final[dict[str, Any]] = {
    "2": rfc1902.Integer32, "4": rfc1902.OctetString, "4x": rfc1902.OctetString, "6": rfc1902.ObjectIdentifier,
    "64": rfc1902.IpAddress, "65": rfc1902.Counter32, "66": rfc1902.Gauge32, "67": rfc1902.TimeTicks,
    "70": rfc1902.Counter64,
}  # fmt: skip


class RecordedObjects(instrum.AbstractMibInstrumController):
    """The objects of a recording, in order."""

    def __init__(self, lines: list[str]) -> None:
        self._values = dict(_object(line) for line in lines)
        self._order = sorted(self._values)
        made: Any = rfc1902.ObjectName
        self._names = {oid: made(oid) for oid in self._order}

    def read_variables(self, *varbinds: Any, **_: Any) -> list[Any]:
        """GET: pysnmp asks with names and empty values."""
        return [(name, self._values.get(tuple(name), rfc1905.noSuchInstance)) for name, _value in varbinds]

    def read_next_variables(self, *varbinds: Any, **_: Any) -> list[Any]:
        """GETNEXT, and each step of GETBULK."""
        return [self._behind(name) for name, _value in varbinds]

    def _behind(self, name: Any) -> tuple[Any, Any]:
        place = bisect_right(self._order, tuple(name))
        if place == len(self._order):
            return name, rfc1905.endOfMibView
        found = self._order[place]
        return self._names[found], self._values[found]


def _object(line: str) -> tuple[tuple[int, ...], Any]:
    oid, tag, value = line.split("|", 2)
    octets = bytes.fromhex(value) if tag == "4x" else value.encode() if tag == "4" else value
    return tuple(map(int, oid.split("."))), _TYPES[tag](octets)


def main(recording: str, port: str, user: str, auth: str, priv: str) -> None:
    """Answer until the process is ended."""
    engine: Any = SnmpEngine()
    transport: Any = udp.UdpTransport()
    config.add_transport(engine, udp.DOMAIN_NAME, transport.open_server_mode(("127.0.0.1", int(port))))
    config.add_v1_system(engine, "bench", "public")
    config.add_vacm_user(engine, 2, "bench", "noAuthNoPriv", (1, 3, 6))
    config.add_v3_user(
        engine, user, config.USM_AUTH_HMAC96_SHA, auth, config.USM_PRIV_CFB128_AES, priv
    )  # fmt: skip
    config.add_vacm_user(engine, 3, user, "authPriv", (1, 3, 6))
    objects: Any = context.SnmpContext(engine)
    objects.unregister_context_name(b"")
    objects.register_context_name(b"", RecordedObjects(Path(recording).read_text().splitlines()))
    for responder in (cmdrsp.GetCommandResponder, cmdrsp.NextCommandResponder, cmdrsp.BulkCommandResponder):
        responder(engine, objects)
    engine.transport_dispatcher.job_started(1)
    engine.transport_dispatcher.run_dispatcher()


if __name__ == "__main__":
    main(*sys.argv[1:])
