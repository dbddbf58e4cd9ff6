"""What the API's handlers share: typed keys, refusals, and reading a body with limits."""

import asyncio
import logging
from typing import Final

from aiohttp import web

from portal.app_keys import CONFIG
from portal.auth.middleware import API_PREFIX, Handler
from portal.domain.throttle import Throttle
from portal.errors import StorageError
from portal.ingest.intake import Intake
from portal.storage.keys import KeyRing
from portal.storage.senders import SenderDirectory
from portal.tls import Authority
from wire_format.answers import Refusal, encode_refusal

AUTHORITY: Final = web.AppKey("authority", Authority)
KEY_RING: Final = web.AppKey("key_ring", KeyRing)
SENDERS: Final = web.AppKey("senders", SenderDirectory)
INTAKE: Final = web.AppKey("intake", Intake)
ENROL_THROTTLE: Final = web.AppKey("enrol_throttle", Throttle)

BODY_READ_S: Final = 60.0
JOSE: Final = "application/jose"
UNSUPPORTED: Final = "unsupported_media_type"
_log = logging.getLogger(__name__)


def refuse(
    status: int,
    error: str,
    *,
    path: str | None = None,
    reason: str | None = None,
    keys: str | None = None,
    retry_after_s: int | None = None,
) -> web.Response:
    """A refusal as JSON. error: one fixed word; reason: a sentence for a person."""
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    body = encode_refusal(Refusal(error=error, path=path, reason=reason, keys=keys))
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def serve_jose(token: str) -> web.Response:
    """A 200 with a compact JWS. Its bytes are ASCII and its type knows no charset (RFC 7515, 9.2.1)."""
    return web.Response(body=token.encode("ascii"), content_type=JOSE)


def accept(body: bytes) -> web.Response:
    """A 200 with JSON."""
    return web.Response(body=body, content_type="application/json")


@web.middleware
async def answer_in_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever fails under /v1/ is a Refusal: programs read these answers."""
    if not request.path.startswith(API_PREFIX):
        return await handler(request)
    try:
        return await handler(request)
    except StorageError as error:
        _log.error("an API call failed for storage", extra={"path": request.path, "why": str(error)})
        return refuse(503, "busy", retry_after_s=request.app[CONFIG].retry_after_s)
    except web.HTTPException as answer:
        return refuse(answer.status, (answer.reason or "failed").lower().replace(" ", "_"))


async def read_body(request: web.Request, bytes_max: int) -> bytes | web.Response:
    """The body of application/jose, or the refusal to answer with.

    415 before a byte is read when it is something else or coded, 413 as soon as it is too long, 408 when it drips.
    """
    if request.content_type != JOSE:
        return refuse(415, UNSUPPORTED, reason=f"send Content-Type: {JOSE}")
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        return refuse(415, UNSUPPORTED, reason="send the body without Content-Encoding")
    if (request.content_length or 0) > bytes_max:
        return refuse(413, "too_large", reason=f"at most {bytes_max} bytes")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_READ_S):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > bytes_max:
                    return refuse(413, "too_large", reason=f"at most {bytes_max} bytes")
    except TimeoutError:
        return refuse(408, "too_slow")
    return bytes(body)
