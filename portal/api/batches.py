"""POST /v1/senders/{kid}/batches: the door through which counts come in, over TLS and, where it is opened, without."""

from typing import Final

from aiohttp import web

from portal.api.surroundings import INTAKE, accept, read_body, refuse, serve_jose
from portal.app_keys import CONFIG
from portal.ingest.intake import Verdict
from wire_format.answers import PushAnswer, Refusal, encode_answer
from wire_format.envelope import SEALED_BYTES_MAX

BATCHES: Final = "/v1/senders/{kid:[A-Za-z0-9_-]{43}}/batches"


async def post_batch(request: web.Request) -> web.Response:
    """200 after the commit, so that an acked batch is never lost. A repeat is answered like the first time."""
    taken = await _take(request)
    return taken if isinstance(taken, web.Response) else _told(request, taken[1])


async def post_batch_in_plain(request: web.Request) -> web.Response:
    """The same without TLS: 200 with a signed receipt of whatever was judged, which says the status."""
    taken = await _take(request)
    if isinstance(taken, web.Response):
        return taken
    envelope, verdict = taken
    receipt = request.app[INTAKE].receipt(request.match_info["kid"], envelope, verdict)
    return _told(request, verdict) if receipt is None else serve_jose(receipt.decode("ascii"))


async def _take(request: web.Request) -> web.Response | tuple[bytes, Verdict]:
    intake = request.app[INTAKE]
    sender = await intake.admit(request.match_info["kid"])
    if isinstance(sender, Refusal):
        return refuse(403, sender.error, reason=sender.reason)
    envelope = await read_body(request, SEALED_BYTES_MAX)
    if isinstance(envelope, web.Response):
        return envelope
    return envelope, await intake.take(sender, envelope)


def _told(request: web.Request, verdict: Verdict) -> web.Response:
    match verdict.said:
        case PushAnswer() as answer:
            return accept(encode_answer(answer))
        case Refusal() as said:
            return refuse(verdict.status, said.error, path=said.path, reason=said.reason, keys=said.keys)
        case None:
            error = "busy" if verdict.status == 503 else "internal"
            return refuse(verdict.status, error, retry_after_s=request.app[CONFIG].retry_after_s)
