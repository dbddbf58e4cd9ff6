"""The API's paths."""

from aiohttp import web

from portal.api.batches import post_batch
from portal.api.enrolment import post_enrolment, post_rekey, serve_ca, serve_keys, serve_time
from portal.api.exports import export_lines


def add_api(app: web.Application) -> None:
    """Everything under /v1/."""
    app.router.add_post("/v1/senders/{kid:[A-Za-z0-9_-]{43}}/batches", post_batch)
    app.router.add_post("/v1/senders/{kid:[A-Za-z0-9_-]{43}}/rekey", post_rekey)
    app.router.add_post("/v1/enrol", post_enrolment)
    app.router.add_get("/v1/ca", serve_ca)
    app.router.add_get("/v1/keys", serve_keys)
    app.router.add_get("/v1/time", serve_time)
    app.router.add_get("/v1/export/{kind:[a-z]+}.jsonl", export_lines)
