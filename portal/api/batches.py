"""POST /v1/senders/{kid}/batches: the one door through which counts come in."""

import asyncio
import time
from typing import Final

from aiohttp import web

from portal.api.surroundings import AUTHORITY, COMMITS, KEY_RING, SENDERS, accept, read_body, refuse
from portal.app_keys import CONFIG, RECORD_CLOCK
from portal.domain.arrival import Arrival, KnownSender, Posting
from portal.errors import StorageError
from portal.ingest.commits import QueueFullError
from portal.ingest.opening import STALE_PORTAL_KEY, Refused, open_arrival
from wire_format.answers import Ack, PushAnswer, encode_answer
from wire_format.enrolment import sign_key_set
from wire_format.envelope import SEALED_BYTES_MAX

INLINE_BYTES_MAX: Final = 32 * 1024
"""A larger envelope is opened in a thread, one at a time, so that small ones are not held up."""
LARGE_ONES: Final = web.AppKey("large_ones", asyncio.Semaphore)


async def post_batch(request: web.Request) -> web.Response:
    """200 after the commit, so that an acked batch is never lost. A repeat is answered like the first time."""
    sender = await request.app[SENDERS].find(request.match_info["kid"], time.monotonic())
    if sender is None:
        return refuse(403, "unknown", reason="this sender is not enrolled here; enrol it with a new claim code")
    if sender.revoked:
        return _revoked()
    envelope = await read_body(request, SEALED_BYTES_MAX)
    if isinstance(envelope, web.Response):
        return envelope
    opened = await _open(request, envelope, sender)
    if isinstance(opened, Refused):
        return _refusal(request, opened)
    try:
        posting = await request.app[COMMITS].post(opened)
    except (QueueFullError, StorageError):
        return refuse(503, "busy", retry_after_s=request.app[CONFIG].retry_after_s)
    return _answer(opened, posting, request)


async def _open(request: web.Request, envelope: bytes, sender: KnownSender) -> Arrival | Refused:
    ring, received_at = request.app[KEY_RING], request.app[RECORD_CLOCK]()
    if len(envelope) <= INLINE_BYTES_MAX:
        return open_arrival(envelope, sender, ring, received_at)
    async with request.app[LARGE_ONES]:
        return await asyncio.to_thread(open_arrival, envelope, sender, ring, received_at)


def _revoked() -> web.Response:
    return refuse(403, "revoked", reason="this sender was revoked in the portal")


def _refusal(request: web.Request, refused: Refused) -> web.Response:
    keys = None
    if refused is STALE_PORTAL_KEY:
        keys = sign_key_set(request.app[KEY_RING].public, request.app[RECORD_CLOCK](), request.app[AUTHORITY].signer)
    return refuse(refused.status, refused.error, path=refused.path, reason=refused.reason, keys=keys)


def _answer(arrival: Arrival, posting: Posting, request: web.Request) -> web.Response:
    match posting:
        case Posting.STORED | Posting.REPEATED:
            batch, desired = arrival.batch, arrival.sender.desired
            ack = Ack(stream=batch.stream, sequence=batch.sequence, sha256=arrival.sha256.hex())
            answer = PushAnswer(ack=ack, next_push_s=desired.settings.interval_s, desired=desired)
            return accept(encode_answer(answer))
        case Posting.SEQUENCE_CONFLICT:
            return refuse(409, "sequence_conflict", reason="this number was used for other bytes; start a new stream")
        case Posting.REVOKED:
            request.app[SENDERS].forget(arrival.sender.kid)
            return _revoked()
        case Posting.FAILED:
            return refuse(500, "internal", retry_after_s=request.app[CONFIG].retry_after_s)
