"""The print scheduler of this machine, asked once by IPP for its queues: never for jobs or users."""

import asyncio
import secrets
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import aiohttp

from data_collector.core.ipp import STATUS_ERROR, Attributes, IppDecodeError, decode_reply, queues_request
from data_collector.core.local_queues import Scheduler, local_queues
from data_collector.http_probe import TooLargeError, read_limited
from data_collector.ipp_probe import MEDIA_TYPE
from wire_format.records import Report

TIMEOUT_S: Final = 10.0
"""Real seconds for the whole exchange: a scheduler answers from memory."""
NO_QUEUES: Final = 0x0406
"""client-error-not-found: what CUPS says when it has no queue at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPrinters:
    """What the scheduler told. queues: of which each report was made, in the same order.

    failed: it could not be asked, and a note says why.
    """

    reports: list[Report] = field(default_factory=list)
    queues: list[Attributes] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed: bool = False


async def local_printers(scheduler: Scheduler, at: datetime) -> LocalPrinters:
    """The printers on ports of this machine, at this moment. Never raises for what the scheduler does."""
    number = secrets.randbelow(2**31 - 1) + 1
    try:
        body = await _ask(scheduler, queues_request(number))
        reply = decode_reply(body)
        if body[4:8] != number.to_bytes(4, "big"):
            return _failed(scheduler, "an answer to another request")
    except TimeoutError:
        return _failed(scheduler, "no complete answer in time")
    except (TooLargeError, IppDecodeError) as error:
        return _failed(scheduler, str(error))
    except (aiohttp.ClientError, OSError, ValueError, zlib.error) as error:
        return _failed(scheduler, type(error).__name__)
    if reply.status == NO_QUEUES:
        return LocalPrinters()
    if reply.status >= STATUS_ERROR or reply.doubt is not None:
        return _failed(scheduler, reply.doubt or f"IPP status {reply.status:#06x}")
    made, notes = local_queues(reply, at)
    return LocalPrinters(reports=[one for one, _queue in made], queues=[queue for _one, queue in made], notes=notes)


async def _ask(scheduler: Scheduler, request: bytes) -> bytes:
    """Raises OSError, ValueError, TimeoutError, zlib.error, aiohttp.ClientError, TooLargeError."""
    connector = aiohttp.UnixConnector(scheduler.path) if scheduler.path else aiohttp.TCPConnector(force_close=True)
    async with (
        asyncio.timeout(TIMEOUT_S),
        aiohttp.ClientSession(
            connector=connector, auto_decompress=False, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
        ) as session,
        session.post(
            f"http://{scheduler.host}:{scheduler.port}/",  # CUPS answers whoever calls it localhost
            data=request,
            headers={"Content-Type": MEDIA_TYPE, "Accept-Encoding": "identity"},
            allow_redirects=False,
        ) as response,
    ):
        if response.status != 200 or response.content_type != MEDIA_TYPE:
            raise IppDecodeError(f"HTTP status {response.status}, and no IPP")
        return await read_limited(response)


def _failed(scheduler: Scheduler, reason: str) -> LocalPrinters:
    note = f"CUPS at {scheduler} told no local printers ({reason}): check that it runs and may be asked there"
    return LocalPrinters(notes=[note], failed=True)
