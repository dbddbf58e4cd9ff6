"""A manager for tests: requests as octets, responses read by pysnmp's codec, and net-snmp's tools as processes."""

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyasn1.codec.ber import decoder
from pysnmp.proto import api

from snmp_format import ber
from snmp_format.pdu import GET, VERSION_2C

REPOSITORY = Path(__file__).parents[2]
RECORDINGS = REPOSITORY / "fixtures" / "recordings"
MIB_2 = (1, 3, 6, 1, 2, 1)


def request(
    *oids: ber.Oid,
    kind: int = GET,
    version: int = VERSION_2C,
    community: bytes = b"public",
    request_id: int = 4711,
    first: int = 0,
    second: int = 0,
    value: bytes = ber.NULL,
) -> bytes:
    """A datagram a manager may send. first, second: of a GETBULK."""
    bindings = b"".join(ber.varbind(ber.object_identifier(oid), value) for oid in oids)
    pdu = ber.integer(request_id) + ber.integer(first) + ber.integer(second) + ber.wrap(ber.SEQUENCE, bindings)
    return ber.wrap(ber.SEQUENCE, ber.integer(version) + ber.octets(community) + ber.wrap(kind, pdu))


@dataclass(frozen=True)
class Answer:
    """A response as pysnmp reads it. varbinds: OID, name of the value's type, and its octets or number."""

    request_id: int
    community: bytes
    status: int
    index: int
    varbinds: list[tuple[ber.Oid, str, object]]

    @property
    def oids(self) -> list[ber.Oid]:
        return [oid for oid, _, _ in self.varbinds]

    @property
    def values(self) -> list[object]:
        return [value for _, _, value in self.varbinds]

    @property
    def kinds(self) -> list[str]:
        return [kind for _, kind, _ in self.varbinds]


def read_answer(datagram: bytes | None) -> Answer:
    """What pysnmp, which is not ours, understands of a response; it must understand all of it."""
    assert datagram is not None, "the agent was silent"
    version_of: Any = api.decodeMessageVersion
    module: Any = api.PROTOCOL_MODULES[version_of(datagram)]
    decode: Any = decoder.decode
    message, rest = decode(datagram, asn1Spec=module.Message())
    assert not rest
    pdu = module.apiMessage.get_pdu(message)
    return Answer(
        request_id=int(module.apiPDU.get_request_id(pdu)),
        community=bytes(module.apiMessage.get_community(message)),
        status=int(module.apiPDU.get_error_status(pdu)),
        index=int(module.apiPDU.get_error_index(pdu)),
        varbinds=[(tuple(oid), type(value).__name__, _plain(value)) for oid, value in module.apiPDU.get_varbinds(pdu)],
    )


def _plain(value: object) -> object:
    match type(value).__name__:
        case "Integer" | "Integer32" | "Counter32" | "Gauge32" | "Unsigned32" | "TimeTicks" | "Counter64":
            return int(value)  # type: ignore[call-overload]  # pysnmp's values have no types
        case "ObjectIdentifier":
            return tuple(value)  # type: ignore[arg-type]  # as above
        case "OctetString" | "IpAddress" | "Opaque":
            return bytes(value)  # type: ignore[call-overload]  # as above
        case _:
            return None


def shared_recordings() -> list[Path]:
    """Recordings of real printers, which are others' and stay outside; the test is skipped where they are absent."""
    place = Path(os.environ.get("INKWIRE_PRINTERS", REPOSITORY.parent / "shared" / "printers"))
    found = sorted(place.rglob("*.snmprec"))
    if not found:
        pytest.skip(
            f"SKIPPED LOUDLY: no recordings of real printers under {place}; INKWIRE_PRINTERS names their folder"
        )
    return found


async def net_snmp(tool: str, *arguments: str) -> list[str]:
    """The lines a net-snmp tool prints: numeric OIDs, no MIB files read. Skips where the tool is not installed."""
    code, out, err = await _net_snmp(tool, *arguments)
    assert code == 0, err
    return out.splitlines()


async def net_snmp_fails(tool: str, *arguments: str) -> str:
    """What a net-snmp tool complains of; it must not succeed. Skips where the tool is not installed."""
    code, _, err = await _net_snmp(tool, *arguments)
    assert code != 0
    return err


async def _net_snmp(tool: str, *arguments: str) -> tuple[int | None, str, str]:
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"SKIPPED LOUDLY: {tool} of net-snmp is not installed (Debian package snmp)")
    process = await asyncio.create_subprocess_exec(
        path, "-m", "", "-On", "-Oe", "-t", "3", "-r", "1", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env={"MIBS": "", "HOME": "/nonexistent"},
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")
