"""net-snmp's agent with v3 users, for tests of what we ask: somebody else's idea of the standard."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from data_collector.snmp.native import Native
from data_collector.snmp.port import Agent, SnmpError, Version
from data_collector.snmp.users import UsmUser

SYS_NAME = (1, 3, 6, 1, 2, 1, 1, 5, 0)


def _word(protocol: str) -> str:
    return {"SHA-1": "SHA", "AES-128": "AES"}.get(protocol, protocol)


def _lines(user: UsmUser) -> tuple[str, str]:
    words = ["createUser", user.name]
    level = "noauth"
    if user.auth_password:
        words += [_word(user.auth_protocol.value), f'"{user.auth_password}"']
        level = "auth"
    if user.priv_password:
        words += [_word(user.priv_protocol.value), f'"{user.priv_password}"']
        level = "priv"
    return " ".join(words), f"rouser {user.name} {level}"


@asynccontextmanager
async def snmpd(
    folder: Path, users: Sequence[UsmUser], *, port: int | None = None, engine: str = "01"
) -> AsyncIterator[int]:
    """An agent on loopback that knows these users; its port. folder: keeps its boots. engine: hex digits."""
    program = shutil.which("snmpd", path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin")
    if program is None:
        pytest.skip("net-snmp's snmpd is not installed")
    if port is None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    kept = str(folder / "kept")
    Path(kept).mkdir(parents=True, exist_ok=True)
    lines = ["rocommunity public", "sysName net-snmp-under-test"]
    lines += [f"exactEngineID 0x80001f88800102030405{engine}"]
    for user in users:
        lines += _lines(user)
    conf = folder / "agent.conf"
    conf.write_text("\n".join(lines) + "\n")
    process = await asyncio.create_subprocess_exec(
        program,
        "-f",
        "-c",
        str(conf),
        "-Lf",
        str(folder / "log"),
        "-p",
        str(folder / "pid"),
        f"udp:127.0.0.1:{port}",
        env={"SNMP_PERSISTENT_DIR": kept, "SNMPCONFPATH": kept, "MIBS": ""},
    )
    try:
        await _until_up(port)
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _until_up(port: int) -> None:
    agent = Agent(address="127.0.0.1", port=port, community="public", version=Version.V2C, timeout_s=0.5, attempts=1)
    for _ in range(60):
        session = Native().open(agent)
        try:
            if await session.get([SYS_NAME]):
                return
        except SnmpError:
            await asyncio.sleep(0.1)
        finally:
            session.close()
    raise AssertionError("snmpd did not start")
