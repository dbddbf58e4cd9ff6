"""/batches: the evidence. A list by ledger entry, one batch with what it holds, and its signed bytes."""

import hashlib
from typing import Final

from aiohttp import web

from portal.app_keys import USER
from portal.console.batch_views import batch_view
from portal.console.device_views import device_name, device_number
from portal.console.frame import moment_of, page, tenant_of
from portal.console.listing import ROWS_MAX, asked
from portal.console.pages.jobs import device_words
from portal.domain.access import Action, authorize
from portal.errors import NotFoundError
from portal.storage.reads.batches import batch, batch_evidence, batches, last_entry, readings_in

PATH: Final = "/batches"
KEYS: Final = ("device", "sender")


async def batch_list(request: web.Request) -> web.StreamResponse:
    """GET /batches"""
    tenant, moment = tenant_of(request), moment_of(request)
    wish = asked(request, PATH, KEYS)
    device_id, sender_id = wish.number("device"), wish.number("sender")
    words = await device_words(tenant, device_id)
    rows = await batches(
        tenant, device_id=device_id, sender_id=sender_id, before_entry=wish.number("after"), rows_max=ROWS_MAX + 1
    )
    views = [batch_view(row) for row in rows[:ROWS_MAX]]
    if sender_id is not None and views:
        words["sender"] = views[0].kid
    return await page(
        request,
        "batches.html",
        moment=moment,
        wish=wish,
        words=words,
        rows=views,
        entries=await last_entry(tenant),
        next_after=str(views[-1].entry) if len(rows) > ROWS_MAX else None,
        at_start=wish.get("after") is None,
    )


async def batch_page(request: web.Request) -> web.StreamResponse:
    """GET /batches/{entry}"""
    tenant = tenant_of(request)
    row = await batch(tenant, int(request.match_info["entry"]))
    if row is None:
        raise NotFoundError
    evidence = await batch_evidence(tenant, row.entry)
    readings = [
        (one.device_id, device_name(one.model, None), device_number(one.serial, None, None, None), one.at_ms, one.state)
        for one in await readings_in(tenant, row.entry)
    ]
    return await page(
        request,
        "batch.html",
        moment=moment_of(request),
        batch=batch_view(row),
        clock=row.clock,
        boot=row.boot,
        jobs=row.jobs,
        reports=row.reports,
        readings=readings,
        jws_sha256=hashlib.sha256(evidence or b"").hexdigest(),
        jws_bytes=len(evidence or b""),
    )


async def batch_file(request: web.Request) -> web.StreamResponse:
    """GET /batches/{entry}.jws: the batch as its sender signed it, byte for byte."""
    authorize(request[USER], Action.EXPORT)
    entry = int(request.match_info["entry"])
    evidence = await batch_evidence(tenant_of(request), entry)
    if evidence is None:
        raise NotFoundError
    return web.Response(
        body=evidence,
        content_type="application/jose",
        headers={
            "Content-Disposition": f'attachment; filename="inkwire-batch-{entry}.jws"',
            "Cache-Control": "no-store",
        },
    )
