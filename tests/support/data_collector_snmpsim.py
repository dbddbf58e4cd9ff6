"""snmpsim, an SNMP simulator that is not ours: recordings in its format, each at an address of its own."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

RESPONDER = Path(sys.executable).with_name("snmpsim-command-responder")
GET_SYS_OBJECT_ID = bytes.fromhex("302602010104067075626c6963a019020101020100020100300e300c06082b060102010102000500")
"""A GET of version 2c, for the community "public"."""


def free_udp_port(address: str) -> int:
    """A UDP port that nobody has at this address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind((address, 0))
        port: int = free.getsockname()[1]
        return port


@asynccontextmanager
async def snmpsim(recordings: Mapping[str, str], folder: Path) -> AsyncIterator[int]:
    """snmpsim with one recording an address; gives its port when every address answers. folder: to work in."""
    if not RESPONDER.exists():
        pytest.skip("snmpsim is not installed: pip install 'inkwire[dev]'")
    (folder / "variation").mkdir()
    port = free_udp_port(next(iter(recordings)))
    arguments = ["--log-level", "error", "--cache-dir", str(folder / "cache")]
    arguments += ["--variation-modules-dir", str(folder / "variation")]
    if os.geteuid() == 0:
        arguments += ["--process-user", "root", "--process-group", "root"]
    for address, recording in recordings.items():
        data = folder / address
        data.mkdir()
        (data / "public.snmprec").write_text(recording, encoding="utf-8", errors="surrogateescape", newline="")
        arguments += ["--v3-engine-id", "auto", "--data-dir", str(data)]
        arguments += ["--agent-udpv4-endpoint", f"{address}:{port}"]
    with (folder / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(str(RESPONDER), *arguments, stdout=log, stderr=log)
    try:
        await asyncio.wait_for(_every_one_answers(process, list(recordings), port), 30)
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _every_one_answers(process: asyncio.subprocess.Process, addresses: list[str], port: int) -> None:
    """It compiles the recordings first; its ports refuse until then."""
    while addresses:
        assert process.returncode is None, "snmpsim ended by itself; its log says why"
        addresses = [address for address in addresses if not await asyncio.to_thread(_answers, address, port)]


def _answers(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(0.2)
        try:
            asker.connect((address, port))
            asker.send(GET_SYS_OBJECT_ID)
            return bool(asker.recv(65536))
        except OSError:
            return False
