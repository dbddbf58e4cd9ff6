"""The agent as a process: opens everything, serves until it is told to end, closes everything.

SIGTERM, SIGINT: end; what was answered is durable, and is sent after the next start. SIGUSR1: push everything now.
"""

import importlib.metadata
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Final

from direct_connect.agent.config import AgentConfig
from direct_connect.agent.figures import figures_turn
from direct_connect.agent.listening import Listener, PipeStream, Stopping, serve
from direct_connect.agent.printers import Printers, time_floor
from direct_connect.agent.session import Counts, Session
from direct_connect.clock import CorrectedClock, SystemClock
from direct_connect.core.address import PortalAddress
from direct_connect.core.proxy import Proxy
from direct_connect.core.settings import ConnectionSettings
from direct_connect.errors import DirectConnectError
from direct_connect.runtime import SPOOL_FILE
from direct_connect.spool.sqlite_file import SqliteSpoolFile
from direct_connect.telling import as_document
from direct_connect.uplink.lines import Ways
from direct_connect.uplink.pool import SharedUplink
from direct_connect.worker import Worker
from wire_format.strict_json import JsonValue, compact_json

LOOK_EVERY_S: Final = 0.2
_LOG: Final = logging.getLogger(__name__)


def agent_version() -> str:
    """What `hello` and the portal are told."""
    return f"inkwire-agent/{importlib.metadata.version('inkwire')}"


def run_agent(config: AgentConfig) -> int:
    """Serve until the end. Gives the exit code: 0. Raises ConfigError, SpoolInUseError, SpoolStorageError."""
    with ExitStack() as closing:
        stopping = Stopping()
        closing.callback(stopping.close)
        listener = None if config.socket is None else Listener(config.socket, config.admission)
        if listener is not None:
            closing.callback(listener.close)
        clock = CorrectedClock(SystemClock(), time_floor(config.directory))
        spool = closing.enter_context(
            SqliteSpoolFile.open(config.directory / SPOOL_FILE, bytes_max=config.spool_bytes_max)
        )
        worker = closing.enter_context(Worker(clock=clock, threads=config.threads))
        ways = Ways(proxy=_proxy(config), monotonic_s=clock.monotonic_s, dates=clock.dates)
        uplink = closing.enter_context(SharedUplink(worker, ways, clock=clock, connections_max=config.threads))
        printers = Printers(
            config.directory,
            config.portals,
            spool=spool,
            worker=worker,
            clock=clock,
            settings=ConnectionSettings(job_names=config.job_names, agent=agent_version()),
            uplink=uplink,
        )
        closing.callback(printers.close_all)
        counts = Counts()
        _hear_signals(stopping, printers)
        resumed = printers.resume()
        _LOG.info("agent is ready", extra={"version": agent_version(), "printers": resumed, "pid": os.getpid()})
        _notify_service_manager("READY=1")

        if config.metrics is not None:
            figures = figures_turn(config.metrics, printers, counts, agent_version(), clock)
            figures()  # a file that can not be written is told at the start
            writing = worker.add(figures)
            closing.callback(writing.remove)

        def new_session() -> Session:
            return Session(
                printers, agent_version(), counts=counts, tell_status=lambda name: told_status(printers, name)
            )

        if listener is None:
            _serve_stdin(new_session, stopping)
            _drain(printers, stopping, config.drain_s)
        else:
            listener.run(new_session, counts, stopping)
        _notify_service_manager("STOPPING=1")
        _LOG.info("agent ends")
    return 0


def _proxy(config: AgentConfig) -> Proxy | None:
    """Of the environment: a service's unit file sets it."""
    return Proxy.from_environment(os.environ, PortalAddress.parse(config.portals[0]).host)


def told_status(printers: Printers, name: str | None) -> str:
    """The answer to `status`: of one printer, or of all. Raises NoPrinterError."""
    if name is not None:
        return compact_json(as_document(printers.of(name).connection.status()))
    document: dict[str, JsonValue] = {
        each.name: as_document(each.connection.status()) for each in printers.all().values()
    }
    return compact_json({"printers": document})


def _serve_stdin(new_session: Callable[[], Session], stopping: Stopping) -> None:
    # Bytes go past Python's buffers, so nothing else may have been printed: all that is said goes to stderr.
    serve(new_session(), PipeStream(0, 1, stopping), stopping)


def _drain(printers: Printers, stopping: Stopping, seconds: float) -> None:
    """After the end of stdin: push, and give the portal that long to take everything."""
    if seconds <= 0:
        return
    for printer in printers.all().values():
        printer.connection.push()
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s and not stopping.said.wait(LOOK_EVERY_S):
        standing = [printer.connection.status() for printer in printers.all().values()]
        if all(each.enrolled and not (each.unsent or each.jobs_waiting) for each in standing):
            return
    _LOG.warning("not everything was sent before the end; it is stored", extra={"waited_s": seconds})


def _hear_signals(stopping: Stopping, printers: Printers) -> None:
    def push_all() -> None:
        for printer in printers.all().values():
            with suppress(DirectConnectError):
                printer.connection.push()

    def hear(number: int, _: object) -> None:
        if number == signal.SIGUSR1:
            # A handler may interrupt its own thread anywhere, locks held: so the work is another thread's.
            threading.Thread(target=push_all, daemon=True).start()
        else:
            stopping.say()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, hear)


def _notify_service_manager(state: str) -> None:
    """Tell systemd, if it asked (Type=notify). Source: sd_notify(3)."""
    if address := os.environ.get("NOTIFY_SOCKET"):
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
            manager.connect("\0" + address[1:] if address.startswith("@") else address)
            manager.sendall(state.encode())
