"""A place where printers take print jobs, and the clients that bring them."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator

import pytest

from device_sim.core.print_desk import PrintDesk
from device_sim.ipp_server import PrintRoom
from device_sim.population import Population
from device_sim.receiving import Receiver, ReceivingLimits


@contextlib.asynccontextmanager
async def print_room(population: Population, limits: ReceivingLimits | None = None) -> AsyncIterator[PrintRoom]:
    """What the ways to print share, for these printers, which tell the truth."""
    receiver, desk = Receiver(limits), PrintDesk()
    population.listen(desk.note)
    yield PrintRoom(population, desk, receiver, lambda state: state)
    await receiver.close()


def tool(name: str, package: str) -> str:
    """Where a program is. Skips where it is not installed."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"SKIPPED LOUDLY: {name} is not installed (Debian package {package})")
    return path


async def ipptool(*arguments: str, folder: str | None = None) -> tuple[int | None, str]:
    """Exit code and report of CUPS' ipptool."""
    process = await asyncio.create_subprocess_exec(
        tool("ipptool", "cups-ipp-utils"), *arguments, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode, out.decode(errors="replace")
