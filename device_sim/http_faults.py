"""Sends what misbehaving printers answer over HTTP and IPP: as middleware before any handler, for those alone.

Honest printers cost one look-up and one comparison. Nothing blocks the event loop, and everything ends: a drip, a
silence or an endless document after minutes, and no more than STALLED_MAX of them at once.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from device_sim.core.faults import NO_FAULTS
from device_sim.core.faulty.documents import (
    ENDLESS_BYTES_MAX,
    SEND_S_MAX,
    SILENT_S,
    Answer,
    Sending,
    misbehaves,
    spoilt_http,
    spoilt_ipp,
)
from device_sim.core.faulty.told import Over
from device_sim.core.state import LivePrinter

FindPrinter = Callable[[str], LivePrinter | None]

STALLED_MAX: Final = 1024
"""Answers that are held back or dripped at once; one more ends its connection at once."""
_CHUNK: Final = b" " * 65_536
_COUNTED: Final = ("content-length", "transfer-encoding", "date")


def misbehaving(find: FindPrinter, over: Over) -> Middleware:
    """Middleware that spoils the answers of printers with such faults. find: the printer at an address."""
    room = asyncio.Semaphore(STALLED_MAX)

    @web.middleware
    async def spoil(request: web.Request, handler: Handler) -> web.StreamResponse:
        transport = request.transport
        dialled = transport.get_extra_info("sockname") if transport is not None else None
        state = find(dialled[0]) if dialled else None
        if state is None or state.faults is NO_FAULTS or not misbehaves(state.faults, over):
            return await handler(request)
        faults = state.faults
        response = await handler(request)
        if not isinstance(response, web.Response):
            return response
        answer = _answer_of(response)
        answer, sending = (
            spoilt_http(answer, faults, str(request.url)) if over == "http" else spoilt_ipp(answer, faults)
        )
        if not (sending.raw or sending.silent or sending.delay_s):
            return _response(answer)
        if room.locked():
            return _broken_off(request)
        async with room:
            return await _stalled(request, answer, sending)

    return spoil


async def _stalled(request: web.Request, answer: Answer, sending: Sending) -> web.StreamResponse:
    if sending.silent:
        await asyncio.sleep(SILENT_S)
        return _broken_off(request)
    await asyncio.sleep(sending.delay_s)
    if not sending.raw:
        return _response(answer)
    try:
        async with asyncio.timeout(SEND_S_MAX):
            await _send(request, answer, sending)
    except (TimeoutError, ConnectionError):
        pass  # five minutes are over, or the client has gone
    return _broken_off(request)


async def _send(request: web.Request, answer: Answer, sending: Sending) -> None:
    """The answer in its own octets: what is sent here, no server library would let pass."""
    transport = request.transport
    if transport is None:
        return
    lines = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if sending.length is not None:
        lines.append(f"Content-Length: {sending.length}")
    transport.write("\r\n".join((*lines, "", "")).encode("utf-8", "replace"))
    if request.method == "HEAD":
        return
    body = answer.body if sending.cut is None else answer.body[: sending.cut]
    if sending.pause_s:
        for octet in body:
            transport.write(bytes((octet,)))
            await asyncio.sleep(sending.pause_s)
            if transport.is_closing():
                return
    else:
        transport.write(body)
    sent = 0
    while sending.endless and sent < ENDLESS_BYTES_MAX and not transport.is_closing():
        await request.writer.write(_CHUNK)
        await request.writer.drain()
        sent += len(_CHUNK)


def _broken_off(request: web.Request) -> web.Response:
    """Nothing more is sent on this connection."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def _answer_of(response: web.Response) -> Answer:
    body = response.body
    headers = tuple((name, value) for name, value in response.headers.items() if name.lower() not in _COUNTED)
    return Answer(status=response.status, headers=headers, body=body if isinstance(body, bytes) else b"")


def _response(answer: Answer) -> web.Response:
    response = web.Response(status=answer.status, body=answer.body)
    response.headers.popall("Content-Type", None)
    for name, value in answer.headers:
        response.headers.add(name, value)
    return response


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
