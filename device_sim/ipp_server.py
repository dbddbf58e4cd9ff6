"""One IPP listener for all printers: which one is asked is the address that was dialled."""

import errno
from collections.abc import Callable
from typing import Final

from aiohttp import web

from device_sim.core.errors import ConfigError
from device_sim.core.ipp_operations import answer_ipp
from device_sim.core.state import LivePrinter

FindPrinter = Callable[[str], LivePrinter | None]
"""The printer at an address, as of now, or None where none stands."""

REQUEST_BYTES_MAX: Final = 64 * 1024
BACKLOG: Final = 1024
MEDIA_TYPE: Final = "application/ipp"
PATHS: Final = ("/", "/ipp", "/ipp/print", "/ipp/printer")


class IppServer:
    """An open IPP port. Answers until `close`."""

    def __init__(self, runner: web.AppRunner) -> None:
        self._runner = runner

    @property
    def port(self) -> int:
        """The TCP port listened on."""
        number: int = self._runner.addresses[0][1]
        return number

    async def close(self) -> None:
        """Stop listening and let running answers end. Idempotent."""
        await self._runner.cleanup()


async def start_ipp_server(port: int, find: FindPrinter, *, address: str = "0.0.0.0") -> IppServer:
    """Listen on a TCP port, 0 for any free one. find: asked once for each request.

    Raises ConfigError when the port cannot be had.
    """

    async def answer(request: web.Request) -> web.Response:
        transport = request.transport
        dialled = transport.get_extra_info("sockname") if transport is not None else None
        printer = find(dialled[0]) if dialled else None
        if dialled is None or printer is None:
            return web.Response(status=421, text="No printer stands at this address.\n")
        if request.path.rstrip("/") not in ("", *PATHS):
            return web.Response(status=404, text=f"Printers are found at {PATHS[2]}.\n")
        if request.content_type != MEDIA_TYPE:
            return web.Response(status=415, text=f"The body must be {MEDIA_TYPE}.\n")
        uri = f"ipp://{dialled[0]}:{dialled[1]}/ipp/print"
        return web.Response(body=answer_ipp(await request.read(), printer, uri), content_type=MEDIA_TYPE)

    app = web.Application(client_max_size=REQUEST_BYTES_MAX)
    app.router.add_post("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, address, port, backlog=BACKLOG).start()
    except (OSError, OverflowError) as error:
        await runner.cleanup()
        raise ConfigError("--ipp-port", "", f"port {port} {_bind_remedy(error)}") from error
    return IppServer(runner)


def _bind_remedy(error: OSError | OverflowError) -> str:
    match error.errno if isinstance(error, OSError) else None:
        case errno.EADDRINUSE:
            return "is in use by another program; stop that one or choose another port"
        case errno.EACCES:
            return "may not be opened by this user; choose a port above 1023"
        case _:
            return f"cannot be opened ({error}); choose another port"
