"""A printer without power or network is silent: its connections end without an answer."""

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from device_sim.core.state import LivePrinter


def silence(find: Callable[[str], LivePrinter | None]) -> Middleware:
    """What an aiohttp application asks before and after each answer. find: the printer at an address, as of now."""

    @web.middleware
    async def hang_up(request: web.Request, handler: Handler) -> web.StreamResponse:
        if _unreachable(request, find):
            return _cut(request)
        answer = await handler(request)
        # A poll may have hung for longer than the printer was there.
        return _cut(request) if _unreachable(request, find) else answer

    return hang_up


def _unreachable(request: web.Request, find: Callable[[str], LivePrinter | None]) -> bool:
    dialled = request.transport.get_extra_info("sockname") if request.transport is not None else None
    state = find(dialled[0]) if dialled else None
    return state is not None and not state.reachable


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
