"""One raw port (JetDirect, 9100) for all printers: which one prints is the address that was dialled.

1. A connection may bring several jobs; its end ends the last one. A connection that breaks aborts the job it brought.
2. A printer that takes no jobs closes the connection at the first octet of one; there is no other way to say so.
3. After IDLE_S_MAX real seconds of silence the connection is over.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final, TypeVar

from device_sim.core.documents.sense import AUTO
from device_sim.core.errors import DeviceSimError
from device_sim.core.ipp_template import JobTemplate
from device_sim.core.print_desk import Counted, Ticket
from device_sim.core.printer import Printer
from device_sim.core.raw_session import Act, Begin, End, Feed, Question, RawSession, pjl_answer
from device_sim.http_endpoint import port_error
from device_sim.ipp_server import PrintRoom
from device_sim.receiving import Reception
from wire_format.records import Outcome

T = TypeVar("T")

CHUNK_BYTES: Final = 64 * 1024
IDLE_S_MAX: Final = 270.0
CONNECTIONS_MAX: Final = 512
BACKLOG: Final = 1024


class _TurnedAwayError(DeviceSimError):
    """The printer takes no job now."""


class RawPort:
    """An open raw port. Takes jobs until `close`."""

    def __init__(self, room: PrintRoom, idle_s_max: float) -> None:
        self._room, self._idle_s_max = room, idle_s_max
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(
        cls, port: int, room: PrintRoom, *, address: str = "0.0.0.0", idle_s_max: float = IDLE_S_MAX
    ) -> "RawPort":
        """Listen on a TCP port, 0 for any free one. Raises ConfigError when it cannot be had."""
        self = cls(room, idle_s_max)
        try:
            self._server = await asyncio.start_server(self._accept, address, port, backlog=BACKLOG)
        except OSError as error:
            raise port_error("--raw-port", port, error) from error
        return self

    @property
    def port(self) -> int:
        """The TCP port listened on."""
        assert self._server is not None
        number: int = self._server.sockets[0].getsockname()[1]
        return number

    async def close(self) -> None:
        """Stop listening, and break off what comes in. Idempotent."""
        if self._server is not None:
            self._server.close()
            for task in list(self._connections):
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            dialled: str = writer.get_extra_info("sockname")[0]
            state = self._room.printers.at_address(dialled)
            if state is not None and state.reachable and len(self._connections) <= CONNECTIONS_MAX:
                await _Connection(self._room, state.identity.index, reader, writer).serve(self._idle_s_max)
        finally:
            self._connections.discard(task)
            writer.close()


class _Connection:
    def __init__(self, room: PrintRoom, index: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._room, self._index, self._reader, self._writer = room, index, reader, writer
        self._session = RawSession()
        self._ticket: Ticket | None = None
        self._reception: Reception | None = None

    async def serve(self, idle_s_max: float) -> None:
        """Take jobs until the client, or silence, ends it."""
        try:
            while chunk := await self._chunk(idle_s_max):
                if not self._on_printer(lambda printer: printer.state.reachable):
                    return  # the plug, or the cable, was pulled meanwhile
                for act in self._session.feed(chunk):
                    await self._do(act)
            for act in self._session.finish():
                await self._do(act)
        except (ConnectionError, DeviceSimError, OSError):
            return  # the job, if any, is aborted below; a raw port has no words for why
        finally:
            self._abort()

    async def _chunk(self, idle_s_max: float) -> bytes:
        try:
            async with asyncio.timeout(idle_s_max):
                return await self._reader.read(CHUNK_BYTES)
        except TimeoutError:
            return b""

    async def _do(self, act: Act) -> None:
        match act:
            case Begin(name):
                self._ticket = self._on_printer(lambda printer: self._opened(printer, name))
                self._reception = self._room.receiver.begin(AUTO)
            case Feed(octets) if self._reception is not None:
                await self._reception.feed(octets)
            case End() if self._reception is not None and self._ticket is not None:
                reception, ticket = self._reception, self._ticket
                document = await reception.finish()
                counted = Counted(document=document, size_bytes=reception.size_bytes, gray=reception.gray)
                self._reception = self._ticket = None
                self._on_printer(lambda printer: self._closed(printer, ticket, counted))
            case Question(text):
                answer = self._on_printer(lambda printer: pjl_answer(self._room.tell(printer.state), text))
                self._writer.write(answer)
                await self._writer.drain()

    def _opened(self, printer: Printer, name: str) -> Ticket:
        desk, real_s = self._room.desk, time.monotonic()
        desk.sweep(printer, real_s)
        ticket = desk.open(printer, name, JobTemplate(), real_s) if printer.accepting else None
        if ticket is None:
            raise _TurnedAwayError("the printer takes no job now")
        ticket.receiving = True
        return ticket

    def _closed(self, printer: Printer, ticket: Ticket, counted: Counted) -> None:
        ticket.receiving = False
        if not ticket.over:
            self._room.desk.receive(printer, ticket, counted)
            self._room.desk.close(printer, ticket)

    def _abort(self) -> None:
        """Leave nothing half received behind."""
        if self._reception is not None:
            self._reception.close()
        if (ticket := self._ticket) is not None:
            self._ticket = None
            ticket.receiving = False
            self._on_printer(lambda printer: self._room.desk.end(printer, ticket, Outcome.ABORTED))

    def _on_printer(self, act: Callable[[Printer], T]) -> T:
        return self._room.printers.act_on(self._index, act)
