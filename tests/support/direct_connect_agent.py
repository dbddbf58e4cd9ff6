"""The agent for tests: as a session in this process, and as a process with a socket."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from direct_connect.agent.printers import Printers
from direct_connect.agent.program import told_status
from direct_connect.agent.session import Counts, Session
from direct_connect.clock import SystemClock
from direct_connect.core.settings import ConnectionSettings
from direct_connect.spool.port import SpoolFile
from direct_connect.worker import Worker
from tests.support.bad_input import START_S_MAX, environment

NOWHERE = "https://127.0.0.1:1"
HELLO = b'hello {"v":1}\n'


@contextmanager
def printers_of(directory: Path, spool: SpoolFile) -> Iterator[Printers]:
    """Printers that never find a portal."""
    clock = SystemClock()
    with Worker(clock=clock, threads=1) as worker:
        made = Printers(directory, (NOWHERE,), spool=spool, worker=worker, clock=clock, settings=ConnectionSettings())
        try:
            yield made
        finally:
            made.close_all()


def session_of(printers: Printers, counts: Counts | None = None) -> Session:
    """One client."""
    return Session(printers, "inkwire-agent/test", counts=counts, tell_status=lambda name: told_status(printers, name))


def answers(session: Session, *lines: str) -> list[str]:
    """What is said to these lines, sent at once."""
    said = b"".join(session.receive("".join(f"{line}\n" for line in lines).encode()))
    return said.decode().splitlines()


def line(verb: str, printer: str = "", **fields: Any) -> str:
    """A line of the protocol."""
    return " ".join(part for part in (verb, printer, json.dumps(fields) if fields else "") if part)


def a_job_line(printer: str, job_id: str, **more: Any) -> str:
    """A finished job."""
    job: dict[str, Any] = {"job_id": job_id, "service": "print", "outcome": "completed", "impressions": 2, **more}
    return line("job-finished", printer, **job)


@contextmanager
def agent(*words: str, socket_path: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`connect agent` as a process; its socket is there."""
    command = [sys.executable, "-m", "inkwire", "connect", "agent", "--socket", str(socket_path), *words]
    with log.open("ab") as said:
        child = subprocess.Popen(command, env=environment(), stdout=said, stderr=said)
    try:
        end_s = time.monotonic() + START_S_MAX
        while not socket_path.exists():
            assert child.poll() is None, log.read_text()
            assert time.monotonic() < end_s, log.read_text()
            time.sleep(0.02)
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


class Client:
    """A client of the socket."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(30)
        end_s = time.monotonic() + START_S_MAX
        while True:
            try:
                self.socket.connect(str(path))
                break
            except (ConnectionRefusedError, FileNotFoundError):
                assert time.monotonic() < end_s
                time.sleep(0.05)
        self._reader = self.socket.makefile("rb")

    def say(self, *lines: str) -> list[str]:
        """Send lines at once and read their answers."""
        self.socket.sendall("".join(f"{line}\n" for line in lines).encode())
        return [self.read() for _ in lines]

    def read(self) -> str:
        """The next answer; nothing: the agent hung up."""
        return self._reader.readline().decode().rstrip("\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._reader.close()
        self.socket.close()
