"""The status page's server: loopback only, GET only, for who dials it by its own name.

A page of another site could dial this port from a browser on the same machine, under a name it points here (DNS
rebinding): so only requests for this address or "localhost" are answered, and nothing may frame or read the page.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiohttp import web

from data_collector.core.status_page import Picture, page
from data_collector.toml_table import ConfigError

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_CSS: Final = Path(__file__).with_name("status.css")


class StatusServer:
    """Serves the page until closed. picture: what it shows; document: the state file's text."""

    def __init__(self, listen: tuple[str, int], picture: Callable[[], Picture], document: Callable[[], str]) -> None:
        self._listen, self._picture, self._document = listen, picture, document
        self._runner: web.AppRunner | None = None
        self._css = _CSS.read_text(encoding="utf-8")
        self.port = listen[1]

    async def start(self) -> None:
        """Listen. Raises ConfigError when the port cannot be had."""
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/", self._page)
        app.router.add_get("/status.css", self._style)
        app.router.add_get("/status.json", self._data)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        host, port = self._listen
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self.close()
            raise ConfigError(
                f"status.listen {host}:{port} cannot be had ({error.strerror}): name another port"
            ) from error
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening. Idempotent."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _guard(self, request: web.Request, handler: Callable[[web.Request], object]) -> web.StreamResponse:
        known = {f"{name}:{self.port}" for name in (self._listen[0], "localhost")}
        if request.headers.getall("Host", []) not in [[one] for one in known]:
            response: web.StreamResponse = web.Response(
                status=421, text="This page is dialled by its own address only.\n"
            )
        else:
            try:
                response = await handler(request)  # type: ignore[misc]
            except web.HTTPException as error:
                response = web.Response(status=error.status, text=f"{error.reason}\n")
        response.headers.update(HEADERS)
        return response

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(text=page(self._picture()), content_type="text/html")

    async def _style(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._css, content_type="text/css")

    async def _data(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._document(), content_type="application/json")
