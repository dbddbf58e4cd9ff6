"""/batches: the evidence. A list by ledger entry, one batch with what it holds, and its signed bytes."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from portal.app_keys import USER
from portal.console.batch_views import batch_view
from portal.console.device_views import device_name, device_number
from portal.console.evidence import recheck
from portal.console.figures import meter_value, whole
from portal.console.frame import moment_of, page, tenant_of
from portal.console.listing import ROWS_MAX, asked
from portal.console.pages.jobs import device_words
from portal.console.words import capital, meter_rank, meter_words
from portal.domain.access import Action, authorize
from portal.errors import NotFoundError
from portal.storage.reads.batches import batch, batch_evidence, batches, last_entry, readings_in
from wire_format.records import Report

PATH: Final = "/batches"
KEYS: Final = ("device", "sender")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingView:
    """One report of a batch. told: words, figure, unit and source of what it says."""

    device_id: int
    name: str
    number: str
    at_ms: int
    state: str
    told: tuple[tuple[str, str, str, str], ...]


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
    """GET /batches/{entry}: what the stored bytes say, and whether they still hold."""
    tenant = tenant_of(request)
    entry = int(request.match_info["entry"])
    row, evidence = await batch(tenant, entry), await batch_evidence(tenant, entry)
    if row is None or evidence is None:
        raise NotFoundError
    checked = recheck(evidence)
    reports = checked.content.reports if checked.content else ()
    readings = [
        ReadingView(
            device_id=one.device_id,
            name=device_name(one.model, None),
            number=device_number(one.serial, None, None, None),
            at_ms=one.at_ms,
            state=capital(one.state or "unknown"),
            told=_told(reports[one.report]) if one.report < len(reports) else (),
        )
        for one in await readings_in(tenant, entry)
    ]
    return await page(
        request,
        "batch.html",
        moment=moment_of(request),
        batch=batch_view(row),
        clock=row.clock,
        boot=row.boot,
        checked=checked,
        readings=readings,
        jws_bytes=len(evidence.jws),
    )


def _told(report: Report) -> tuple[tuple[str, str, str, str], ...]:
    figures = sorted(report.meters, key=lambda meter: meter_rank(meter.name))
    meters = tuple((meter_words(one.name), *meter_value(one.value, one.unit), one.source) for one in figures)
    counted = (("Jobs", len(report.jobs)), ("Alerts", len(report.alerts)), ("Supplies", len(report.supplies)))
    return meters + tuple((words, whole(count), "", "") for words, count in counted if count)


async def batch_file(request: web.Request) -> web.StreamResponse:
    """GET /batches/{entry}.jws: the batch as its sender signed it, byte for byte."""
    authorize(request[USER], Action.EXPORT)
    entry = int(request.match_info["entry"])
    evidence = await batch_evidence(tenant_of(request), entry)
    if evidence is None:
        raise NotFoundError
    return web.Response(
        body=evidence.jws,
        content_type="application/jose",
        headers={
            "Content-Disposition": f'attachment; filename="inkwire-batch-{entry}.jws"',
            "Cache-Control": "no-store",
        },
    )
