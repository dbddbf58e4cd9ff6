"""One IPP listener for all printers: which one is asked is the address that was dialled.

A request is read up to its document data; the data is counted as it comes and never kept here.
"""

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from aiohttp import web
from aiohttp.typedefs import Middleware

from device_sim.core.documents.inflate import CompressionError
from device_sim.core.errors import ConfigError
from device_sim.core.ipp import BUSY, COMPRESSION_ERROR, ENTITY_TOO_LARGE, TEMPORARY_ERROR
from device_sim.core.ipp_operations import IppPrinter, Wanted
from device_sim.core.ipp_request import IppDecodeError, request_size
from device_sim.core.print_desk import Counted, PrintDesk
from device_sim.core.printer import Printer
from device_sim.core.recorded.ipp_answers import RecordedIpp
from device_sim.core.state import LivePrinter
from device_sim.receiving import DocumentTooLargeError, Receiver, ReceiverBusyError
from device_sim.silence import silence
from device_sim.tls_listener import ContextOf, TlsListener

T = TypeVar("T")

REQUEST_BYTES_MAX: Final = 64 * 1024
DRAIN_BYTES_MAX: Final = 16 * 1024 * 1024
IDLE_S_MAX: Final = 60.0
BACKLOG: Final = 1024
MEDIA_TYPE: Final = "application/ipp"
PATHS: Final = ("/", "/ipp", "/ipp/print", "/ipp/printer")


class Printers(Protocol):
    """The printers of a fleet, each as of now."""

    def at_address(self, address: str) -> LivePrinter | None:
        """The printer at an address, or None where none stands."""

    def act_on(self, index: int, act: Callable[[Printer], T]) -> T:
        """Do something to the printer of that index, and tell what came of it."""


@dataclass(frozen=True, slots=True)
class PrintRoom:
    """What all ways to print share: the printers, what they tell over IPP, their desk, and where documents come in.

    replay: what the printers answer over IPP where they replay a recording; then nothing can be printed.
    """

    printers: Printers
    desk: PrintDesk
    receiver: Receiver
    tell: Callable[[LivePrinter], LivePrinter]
    replay: RecordedIpp | None = None


class IppServer:
    """An open IPP port, and perhaps one for IPPS beside it. Answers until `close`."""

    def __init__(self, runner: web.AppRunner, answers: "_Answers") -> None:
        self._runner, self._answers = runner, answers
        self._tls: TlsListener | None = None

    @property
    def requests_count(self) -> int:
        """How many requests came so far."""
        return self._answers.requests_count

    @property
    def port(self) -> int:
        """The TCP port listened on."""
        number: int = self._runner.addresses[0][1]
        return number

    def open_tls(self, port: int, context_of: ContextOf, *, address: str = "0.0.0.0") -> int:
        """Listen for IPPS (RFC 7472) too, 0: on any free port; the port. context_of: each address's certificate.

        Raises ConfigError when the port cannot be had.
        """
        assert self._runner.server is not None
        try:
            self._tls = TlsListener.open(address, port, self._runner.server, context_of)
        except (OSError, OverflowError) as error:
            raise ConfigError("--ipps-port", "", f"port {port} {_bind_remedy(error)}") from error
        return self._tls.port

    async def close(self) -> None:
        """Stop listening and let running answers end. Idempotent."""
        if self._tls is not None:
            await self._tls.close()
            self._tls = None
        await self._runner.cleanup()


async def start_ipp_server(
    port: int, room: PrintRoom, *, address: str = "0.0.0.0", before: tuple[Middleware, ...] = ()
) -> IppServer:
    """Listen on a TCP port, 0 for any free one. before: see `HttpEndpoint`.

    Raises ConfigError when the port cannot be had.
    """
    app = web.Application(middlewares=[silence(room.printers.at_address), *before])
    answers = _Answers(room)
    app.router.add_post("/{path:.*}", answers.answer)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, address, port, backlog=BACKLOG).start()
    except (OSError, OverflowError) as error:
        await runner.cleanup()
        raise ConfigError("--ipp-port", "", f"port {port} {_bind_remedy(error)}") from error
    return IppServer(runner, answers)


class _Answers:
    def __init__(self, room: PrintRoom) -> None:
        self._room = room
        self.requests_count = 0

    async def answer(self, request: web.Request) -> web.Response:
        """The HTTP response to one IPP request."""
        self.requests_count += 1
        transport = request.transport
        dialled = transport.get_extra_info("sockname") if transport is not None else None
        printer = self._room.printers.at_address(dialled[0]) if dialled else None
        if dialled is None or printer is None:
            return web.Response(status=421, text="No printer stands at this address.\n")
        replay = self._room.replay
        if request.path.rstrip("/") not in ("", *PATHS) and not (replay and request.path in replay.paths):
            return web.Response(status=404, text=f"Printers are found at {PATHS[2]}.\n")
        if request.content_type != MEDIA_TYPE:
            return web.Response(status=415, text=f"The body must be {MEDIA_TYPE}.\n")
        body = _chunks(request)
        try:
            head, data = await _head(body)
        except TimeoutError:
            return web.Response(status=408, text="The request did not come.\n")
        if len(head) > REQUEST_BYTES_MAX:
            return web.Response(status=413, text="The attributes of the request are too many.\n")
        scheme = "ipps" if request.secure else "ipp"
        uri = f"{scheme}://{dialled[0]}:{dialled[1]}/ipp/print"
        index = printer.identity.index
        said: bytes | Wanted
        if replay is not None:
            said = replay.answer(self._room.tell(printer), uri, head)
        else:
            said = self._ask(index, uri, lambda one: one.answer(head))
        if isinstance(said, Wanted):
            said = await self._take(index, uri, said, data, body)
        await _drain(body)
        return web.Response(body=said, content_type=MEDIA_TYPE)

    def _ask(self, index: int, uri: str, ask: Callable[[IppPrinter], T]) -> T:
        room = self._room

        def asked(printer: Printer) -> T:
            has_room, real_s = room.receiver.room, time.monotonic()
            return ask(IppPrinter(printer, room.desk, uri, real_s, room=has_room, tell=room.tell))

        return room.printers.act_on(index, asked)

    async def _take(self, index: int, uri: str, wanted: Wanted, data: bytes, body: AsyncIterator[bytes]) -> bytes:
        """Count the document, and answer; whatever goes wrong, the job does not stay half received."""
        try:
            counted = await self._counted(wanted, data, body)
        except BaseException as error:
            status = _status_of(error)
            failed = self._ask(index, uri, lambda one: one.fail(wanted, status or TEMPORARY_ERROR))
            if status is None:
                raise
            return failed
        return self._ask(index, uri, lambda one: one.complete(wanted, counted))

    async def _counted(self, wanted: Wanted, data: bytes, body: AsyncIterator[bytes]) -> Counted | None:
        reception = self._room.receiver.begin(wanted.media_type, wanted.compression)
        try:
            some = bool(data)
            if data:
                await reception.feed(data)
            async for chunk in body:
                some = True
                await reception.feed(chunk)
            if not some:
                return None
            document = await reception.finish()
            return Counted(document=document, size_bytes=reception.size_bytes, gray=reception.gray)
        finally:
            reception.close()


def _status_of(error: BaseException) -> int | None:
    """What the client is told, or None where it is gone or this is no fault of a document."""
    match error:
        case DocumentTooLargeError():
            return ENTITY_TOO_LARGE
        case ReceiverBusyError():
            return BUSY
        case CompressionError():
            return COMPRESSION_ERROR
        case OSError() if not isinstance(error, (ConnectionError, TimeoutError)):
            return TEMPORARY_ERROR
    return None


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    """The body as it comes. Raises TimeoutError when nothing comes for IDLE_S_MAX."""
    while True:
        async with asyncio.timeout(IDLE_S_MAX):
            chunk = await request.content.readany()
        if not chunk:
            return
        yield chunk


async def _head(body: AsyncIterator[bytes]) -> tuple[bytes, bytes]:
    """The octets of the request, and those of document data that came with them."""
    content = bytearray()
    looked_at = 0
    async for chunk in body:
        content += chunk
        if len(content) < 2 * looked_at:
            continue  # looking again at every octet would cost the square of them
        looked_at = len(content)
        try:
            size = request_size(bytes(content))
        except IppDecodeError:
            return bytes(content), b""
        if size is not None:
            return bytes(content[:size]), bytes(content[size:])
        if len(content) > REQUEST_BYTES_MAX:
            break
    else:
        try:
            size = request_size(bytes(content))
        except IppDecodeError:
            size = None
        if size is not None:
            return bytes(content[:size]), bytes(content[size:])
    return bytes(content), b""


async def _drain(body: AsyncIterator[bytes]) -> None:
    """Take what the client still sends of a refused document, within reason, so that it gets to read the answer."""
    left = DRAIN_BYTES_MAX
    async for chunk in body:
        left -= len(chunk)
        if left < 0:
            return


def _bind_remedy(error: OSError | OverflowError) -> str:
    match error.errno if isinstance(error, OSError) else None:
        case errno.EADDRINUSE:
            return "is in use by another program; stop that one or choose another port"
        case errno.EACCES:
            return "may not be opened by this user; choose a port above 1023"
        case _:
            return f"cannot be opened ({error}); choose another port"
