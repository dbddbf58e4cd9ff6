"""The API's paths."""

from aiohttp import web

from portal.api.batches import BATCHES, post_batch, post_batch_in_plain
from portal.api.enrolment import post_enrolment, post_rekey, serve_ca, serve_keys, serve_time
from portal.api.exports import export_lines
from portal.app_keys import DATABASE
from portal.errors import StorageError


async def tell_health(request: web.Request) -> web.Response:
    """GET /healthz: 200 while the database answers, for whatever watches the portal."""
    try:
        await request.app[DATABASE].row("SELECT 1 AS one")
    except StorageError:
        return web.Response(status=503, text="the database does not answer\n")
    return web.Response(text="ok\n")


def add_api(app: web.Application) -> None:
    """Everything under /v1/, and /healthz."""
    app.router.add_get("/healthz", tell_health)
    app.router.add_post(BATCHES, post_batch)
    app.router.add_post("/v1/senders/{kid:[A-Za-z0-9_-]{43}}/rekey", post_rekey)
    app.router.add_post("/v1/enrol", post_enrolment)
    app.router.add_get("/v1/ca", serve_ca)
    app.router.add_get("/v1/keys", serve_keys)
    app.router.add_get("/v1/time", serve_time)
    app.router.add_get("/v1/export/{kind:[a-z]+}.jsonl", export_lines)


def add_plain_api(app: web.Application) -> None:
    """What may be said without TLS: what is sealed or signed. No enrolment, since its claim is a secret; no console."""
    app.router.add_post(BATCHES, post_batch_in_plain)
    app.router.add_get("/v1/ca", serve_ca)
    app.router.add_get("/v1/keys", serve_keys)
    app.router.add_get("/v1/time", serve_time)
