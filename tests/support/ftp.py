"""The portal's FTP server in a thread, and curl as a client that has never heard of us."""

import asyncio
import ftplib
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from portal.drop.config import DropConfig
from portal.drop.ftp import serve_ftp

USER, PASSWORD = "inkwire", "a password for a fence"


@contextmanager
def ftp_server(directory: Path, **changes: Any) -> Iterator[int]:
    """`inkwire portal ftp` before a drop directory; its port on loopback."""
    stop, ready = threading.Event(), threading.Event()
    address: list[tuple[str, int]] = []
    config = DropConfig(directory=directory, ftp_listen=("127.0.0.1", 0), ftp_ports=(40_000, 49_999), **changes)

    def told(where: tuple[str, int]) -> None:
        address.append(where)
        ready.set()

    thread = threading.Thread(target=serve_ftp, args=(config, PASSWORD, stop, told))
    thread.start()
    try:
        assert ready.wait(10)
        yield address[0][1]
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


@contextmanager
def logged_in(port: int) -> Iterator[ftplib.FTP]:
    """A client's session."""
    with ftplib.FTP(timeout=10) as ftp:
        ftp.connect("127.0.0.1", port)
        ftp.login(USER, PASSWORD)
        yield ftp


async def curl(port: int, path: str, *arguments: str, user: str = f"{USER}:{PASSWORD}") -> tuple[int, str]:
    """Exit code and what it said."""
    program = shutil.which("curl")
    assert program is not None
    process = await asyncio.create_subprocess_exec(
        *(program, "-sS", "-v", "--max-time", "20", "--user", user, *arguments, f"ftp://127.0.0.1:{port}{path}"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode("utf-8", "replace")
