"""One HTTP listener for all printers: which one is asked is the address that was dialled.

`getsockname()` of the accepted connection is that address, so a fleet needs one socket, not thousands. A
connection to an address where no printer stands is answered 421 and shows nothing.
"""

import errno
from collections.abc import Callable

from aiohttp import web

from device_sim.core.errors import ConfigError
from device_sim.core.resources import CSS, Resource, resource
from device_sim.core.state import LivePrinter

_BACKLOG = 1024
_BODY_BYTES_MAX = 64 * 1024
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

FindPrinter = Callable[[str], LivePrinter | None]


class HttpEndpoint:
    """Serves every printer's pages and XML. find: the printer at an address, as of now, or None."""

    def __init__(self, find: FindPrinter) -> None:
        self._find = find
        self._runner: web.AppRunner | None = None
        self.requests_count = 0

    async def open(self, host: str, port: int) -> None:
        """Listen. Raises ConfigError when the port cannot be had."""
        app = web.Application(client_max_size=_BODY_BYTES_MAX)
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port, backlog=_BACKLOG).start()
        except OSError as error:
            await self.close()
            raise port_error("--http-port", port, error) from error

    async def close(self) -> None:
        """Stop listening and let running answers end."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.Request) -> web.Response:
        self.requests_count += 1
        transport = request.transport
        dialled = transport.get_extra_info("sockname") if transport is not None else None
        state = self._find(dialled[0]) if dialled else None
        if state is None:
            return web.Response(status=421, text="No printer stands at this address.\n", headers=_SAFE)
        found = resource(state, request.path)
        if found is None:
            return web.Response(status=404, text="Not found.\n", headers={**_SAFE, "Server": server_name(state)})
        return _response(state, found)


def _response(state: LivePrinter, found: Resource) -> web.Response:
    headers = {**_SAFE, "Server": server_name(state)}
    headers["Cache-Control"] = "max-age=600" if found.kind == CSS else "no-store"
    if found.etag is not None:
        headers["ETag"] = f'"{found.etag}"'
    return web.Response(text=found.body, content_type=found.kind, charset="utf-8", headers=headers)


def server_name(state: LivePrinter) -> str:
    """What the device calls its web server; HP's names model and serial."""
    profile = state.profile
    if profile.dialect != "hp":
        return f"{profile.manufacturer} embedded web server"
    return f"HP HTTP Server; {profile.model} - {profile.product_number}; Serial Number: {state.identity.serial}"


def port_error(option: str, port: int, error: OSError) -> ConfigError:
    """One sentence for a port that cannot be listened on."""
    if error.errno == errno.EADDRINUSE:
        return ConfigError(
            option, "", f"port {port} is in use by another program; stop that one or choose another port"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return ConfigError(option, "", f"port {port} needs more rights; choose a port above 1023")
    reason = error.strerror or str(error)
    return ConfigError(option, "", f"port {port} cannot be listened on ({reason}); choose another port")
