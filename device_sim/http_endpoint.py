"""One HTTP listener, and one HTTPS listener, for all printers: which one is asked is the address that was dialled.

1. `getsockname()` of the accepted connection is that address, so a fleet needs one socket, not thousands. A
   connection to an address where no printer stands is answered 421 and shows nothing.
2. Every document has an ETag; a GET or HEAD whose If-None-Match names it is answered 304 (RFC 9110, 13.1.2).
3. The event table may be asked to wait (`?timeout=`, in tenths of a second, with If-None-Match, as HP has it): the
   answer comes when the table changes, or 304 when the time is over.
"""

import asyncio
import errno
from collections.abc import Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from device_sim.core.errors import ConfigError
from device_sim.core.ledm.events import EVENT_TABLE
from device_sim.core.resources import CSS, Resource, resource
from device_sim.core.state import LivePrinter
from device_sim.event_waits import EventWaits
from device_sim.silence import silence
from device_sim.tls_listener import ContextOf, TlsListener

_BACKLOG = 1024
_BODY_BYTES_MAX = 64 * 1024
POLL_S_MAX: Final = 300.0
_LOOK_AGAIN_S: Final = 2.0  # a job that only begins to wait is no event, so a poll looks by itself now and then
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

FindPrinter = Callable[[str], LivePrinter | None]


class HttpEndpoint:
    """Serves every printer's pages and XML. find: the printer at an address, as of now, or None.

    before: middleware that sees every request first, such as `http_faults.misbehaving`. has: the document of a
    printer at a path, or None.
    """

    def __init__(
        self,
        find: FindPrinter,
        waits: EventWaits | None = None,
        *,
        before: tuple[Middleware, ...] = (),
        has: Callable[[LivePrinter, str], Resource | None] = resource,
    ) -> None:
        self._find, self._has = find, has
        self._waits = EventWaits() if waits is None else waits
        self._before = before
        self._runner: web.AppRunner | None = None
        self._tls: TlsListener | None = None
        self.requests_count = 0

    async def open(self, host: str, port: int) -> None:
        """Listen for HTTP. Raises ConfigError when the port cannot be had."""
        runner = await self._started()
        try:
            await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
        except OSError as error:
            await self.close()
            raise port_error("--http-port", port, error) from error

    async def open_tls(self, host: str, port: int, context_of: ContextOf) -> None:
        """Listen for HTTPS; context_of: the certificate of the printer at an address. Raises ConfigError."""
        runner = await self._started()
        assert runner.server is not None
        try:
            self._tls = TlsListener.open(host, port, runner.server, context_of)
        except OSError as error:
            await self.close()
            raise port_error("--https-port", port, error) from error

    async def close(self) -> None:
        """Stop listening and let running answers end. Idempotent."""
        self._waits.end()
        if self._tls is not None:
            await self._tls.close()
            self._tls = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _started(self) -> web.AppRunner:
        if self._runner is None:
            silent = silence(self._find)
            app = web.Application(client_max_size=_BODY_BYTES_MAX, middlewares=[silent, *self._before])
            app.router.add_get("/{path:.*}", self._answer)
            # A poll that hangs ends with its client.
            self._runner = web.AppRunner(
                app, access_log=None, handle_signals=False, shutdown_timeout=1.0, handler_cancellation=True
            )
            await self._runner.setup()
        return self._runner

    async def _answer(self, request: web.Request) -> web.Response:
        self.requests_count += 1
        transport = request.transport
        dialled = transport.get_extra_info("sockname") if transport is not None else None
        state = self._find(dialled[0]) if dialled else None
        if dialled is None or state is None:
            return web.Response(status=421, text="No printer stands at this address.\n", headers=_SAFE)
        found = self._has(state, request.path)
        if found is not None and request.path == EVENT_TABLE:
            found = await self._when_changed(request, dialled[0], found)
        if found is None:
            return web.Response(status=404, text="Not found.\n", headers={**_SAFE, "Server": server_name(state)})
        return _response(state, found, request)

    async def _when_changed(self, request: web.Request, address: str, found: Resource) -> Resource | None:
        """The event table when it differs from the one the client has, at the latest after its timeout."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + _timeout_s(request.query.get("timeout", ""))
        latest: Resource | None = found
        while latest is not None and _known(request, latest) and (left_s := ends_s - loop.time()) > 0:
            state = self._find(address)
            if state is None or not await self._waits.something(state.identity.index, min(left_s, _LOOK_AGAIN_S)):
                break
            state = self._find(address)
            latest = None if state is None else self._has(state, EVENT_TABLE)
        return latest


def _timeout_s(text: str) -> float:
    tenths = int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 0
    return min(tenths / 10, POLL_S_MAX)


def _known(request: web.Request, found: Resource) -> bool:
    """Whether If-None-Match names this document, by weak comparison."""
    return any(tag.value in ("*", found.etag) for tag in request.if_none_match or ())


def _response(state: LivePrinter, found: Resource, request: web.Request) -> web.Response:
    headers = {**_SAFE, "Server": server_name(state), "ETag": f'"{found.etag}"'}
    headers["Cache-Control"] = "max-age=600" if found.kind == CSS else "no-cache"
    if _known(request, found):
        return web.Response(status=304, headers=headers)
    return web.Response(body=found.body, content_type=found.kind, charset=found.charset or None, headers=headers)


def server_name(state: LivePrinter) -> str:
    """What the device calls its web server; HP's names model and serial."""
    profile = state.profile
    if profile.dialect != "hp":
        return f"{profile.manufacturer} embedded web server"
    product = f"{profile.model} - {profile.product_number}" if profile.product_number else profile.model
    return f"HP HTTP Server; {product}; Serial Number: {state.identity.serial}"


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
