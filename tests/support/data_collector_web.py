"""A web server on loopback whose every byte a test decides: for the collector's HTTP and IPP probes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Responder = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def response(body: bytes, *, status: str = "200 OK", kind: str = "text/xml", **headers: str) -> bytes:
    """A whole HTTP response. headers: names with _ for -."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def serving(documents: Mapping[str, bytes]) -> Responder:
    """Answers these paths with these bytes (whole responses), everything else with 404."""

    async def respond(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(documents.get(request.path, response(b"", status="404 Not Found")))

    return respond


@dataclass
class WebServer:
    """A running server; remembers what it was asked."""

    port: int = 0
    asked: list[Request] = field(default_factory=list)


@asynccontextmanager
async def web_server(
    respond: Responder, address: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[WebServer]:
    """A server on a port of its own until the block ends; with tls, it speaks nothing else."""
    web = WebServer()
    open_writers: set[asyncio.StreamWriter] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _version = head[0].split(" ")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            request = Request(method, path, headers, body)
            web.asked.append(request)
            await respond(request, writer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(converse, address, port, ssl=tls)
    web.port = server.sockets[0].getsockname()[1]
    try:
        yield web
    finally:
        server.close()
        for writer in open_writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        await server.wait_closed()
