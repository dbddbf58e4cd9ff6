"""Enrolment and what a sender must know of the portal: its CA, its keys, its time."""

import re
import time
from typing import Final

from aiohttp import web

from portal.api.surroundings import AUTHORITY, ENROL_THROTTLE, KEY_RING, SENDERS, accept, read_body, refuse, serve_jose
from portal.app_keys import CONFIG, DATABASE, REAL_CLOCK, RECORD_CLOCK
from portal.auth.login import address_of
from portal.storage.enrolments import NotEnrolled, add_next_key, enrol
from wire_format.enrolment import (
    EnrolReply,
    encode_enrol_reply,
    open_enrol_request,
    open_rekey,
    sign_key_set,
    sign_time,
)
from wire_format.errors import DecodeError, EnvelopeError
from wire_format.strict_json import compact_json

ENROL_BYTES_MAX: Final = 64 * 1024
_NONCE: Final = re.compile(r"[0-9a-f]{16,64}")


async def serve_ca(request: web.Request) -> web.Response:
    """GET /v1/ca: the certificate that a claim code carries the hash of."""
    return web.Response(body=request.app[AUTHORITY].pem, content_type="application/x-pem-file")


def _key_set(request: web.Request) -> str:
    return sign_key_set(request.app[KEY_RING].public, request.app[RECORD_CLOCK](), request.app[AUTHORITY].signer)


async def serve_keys(request: web.Request) -> web.Response:
    """GET /v1/keys: what to seal to, preferred key first, signed by the CA's key."""
    return serve_jose(_key_set(request))


async def serve_time(request: web.Request) -> web.Response:
    """GET /v1/time?nonce=: record time, signed for the asker's nonce."""
    nonce = request.query.get("nonce", "")
    if _NONCE.fullmatch(nonce) is None:
        return refuse(422, "invalid", path="/nonce", reason="16 to 64 hex digits in lower case are wanted")
    signed = sign_time(nonce, request.app[RECORD_CLOCK](), request.app[AUTHORITY].signer)
    return serve_jose(signed)


async def post_enrolment(request: web.Request) -> web.Response:
    """POST /v1/enrol: a claim code and a key for a place among the senders. 403 says why not."""
    throttle, address = request.app[ENROL_THROTTLE], address_of(request)
    if wait_s := throttle.wait_s("", address, time.monotonic()):
        return refuse(429, "slow_down", reason="too many wrong claim codes from here", retry_after_s=wait_s)
    body = await read_body(request, ENROL_BYTES_MAX)
    if isinstance(body, web.Response):
        return body
    try:
        told, key = open_enrol_request(body)
    except EnvelopeError:
        return refuse(400, "unreadable")
    except DecodeError as error:
        return refuse(422, "invalid", path=error.pointer[:1024], reason=error.reason[:1024])
    now, app = request.app[RECORD_CLOCK](), request.app
    outcome = await enrol(
        app[DATABASE],
        told,
        key,
        now=now,
        real_now=app[REAL_CLOCK](),
        tries_max=app[CONFIG].claim_tries_max,
        address=address,
    )
    if isinstance(outcome, NotEnrolled):
        throttle.failed("", address, time.monotonic())
        return refuse(403, outcome.error, reason=outcome.reason)
    app[SENDERS].forget(outcome.kid)
    signed_time = sign_time(told.nonce, now, app[AUTHORITY].signer)
    reply = EnrolReply(sender=outcome.kid, keys=_key_set(request), time=signed_time, desired=outcome.desired)
    return accept(encode_enrol_reply(reply))


async def post_rekey(request: web.Request) -> web.Response:
    """POST /v1/senders/{kid}/rekey: the old key vouches for a new one."""
    app, kid = request.app, request.match_info["kid"]
    sender = await app[SENDERS].find(kid, time.monotonic())
    if sender is None:
        return refuse(403, "unknown", reason="this sender is not enrolled here; enrol it with a new claim code")
    if sender.revoked:
        return refuse(403, "revoked", reason="this sender was revoked in the portal")
    body = await read_body(request, ENROL_BYTES_MAX)
    if isinstance(body, web.Response):
        return body
    try:
        key = open_rekey(body, sender.key)
    except EnvelopeError:
        return refuse(400, "unreadable")
    refused = await add_next_key(app[DATABASE], kid, key, now=app[RECORD_CLOCK](), real_now=app[REAL_CLOCK]())
    if refused is not None:
        return refuse(403, refused.error, reason=refused.reason)
    app[SENDERS].forget(key.kid)
    return accept(compact_json({"sender": key.kid}).encode("utf-8"))
