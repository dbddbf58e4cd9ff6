"""/jobs: what was printed, newest first, filtered by its URL; its sums; its export."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from aiohttp import web

from portal.app_keys import RECORD_CLOCK, USER
from portal.clocks import to_ms
from portal.console import exports
from portal.console.device_views import device_name, device_number
from portal.console.exports import Cell
from portal.console.frame import fragment, moment_of, page, tenant_of
from portal.console.job_views import COLUMNS, export_row, job_view, known_columns, sums_of
from portal.console.listing import ROWS_MAX, Asked, asked, cursor, cursor_parts
from portal.console.moments import Moment
from portal.domain.access import Action, authorize
from portal.errors import NotFoundError
from portal.storage.reads.device import device_facts
from portal.storage.reads.jobs import JobFilter, JobKey, job_key_of, jobs, sum_jobs
from portal.storage.reads.query import TenantRows
from wire_format.records import Outcome, Service

PATH: Final = "/jobs"
KEYS: Final = ("device", "period", "outcome", "service")


async def job_list(request: web.Request) -> web.StreamResponse:
    """GET /jobs"""
    tenant, moment = tenant_of(request), moment_of(request)
    wish = asked(request, PATH, KEYS)
    wanted = _filter_of(wish, moment)
    words = await device_words(tenant, wanted.device_id)
    rows = await jobs(tenant, wanted, after=_after(wish), rows_max=ROWS_MAX + 1)
    views = [job_view(row) for row in rows[:ROWS_MAX]]
    last = job_key_of(rows[ROWS_MAX - 1]) if len(rows) > ROWS_MAX else None
    return await page(
        request,
        "jobs.html",
        section="Jobs",
        moment=moment,
        wish=wish,
        words=words,
        rows=views,
        sums=sums_of(views),
        has=known_columns(views),
        outcomes=[(str(one), one.value) for one in Outcome],
        services=[(str(one), one.value) for one in Service],
        next_after=None if last is None else cursor(last.at_ms, last.device_id, last.job_id),
        at_start=wish.get("after") is None,
        sums_url=wish.url(sort=None).replace(PATH, f"{PATH}/sums", 1),
    )


async def job_sums(request: web.Request) -> web.StreamResponse:
    """GET /jobs/sums: the whole filter added up; apart, because a wide filter takes its time."""
    wish = asked(request, PATH, KEYS)
    wanted = _filter_of(wish, moment_of(request))
    return fragment(request, "_job_sums.html", sums=await sum_jobs(tenant_of(request), wanted))


async def job_export(request: web.Request) -> web.StreamResponse:
    """GET /jobs.csv and /jobs.json: exactly the jobs of the filter."""
    authorize(request[USER], Action.EXPORT)
    tenant = tenant_of(request)
    wanted = _filter_of(asked(request, PATH, KEYS), moment_of(request))
    await device_words(tenant, wanted.device_id)

    async def pieces() -> AsyncIterator[Sequence[Sequence[Cell]]]:
        after: JobKey | None = None
        while True:
            rows = await jobs(tenant, wanted, after=after, rows_max=exports.PIECE_ROWS)
            yield [export_row(row) for row in rows]
            if len(rows) < exports.PIECE_ROWS:
                return
            after = job_key_of(rows[-1])

    return await exports.send(
        request, "jobs", request.match_info["form"], COLUMNS, pieces(), request.app[RECORD_CLOCK]()
    )


async def device_words(tenant: TenantRows, device_id: int | None) -> dict[str, str]:
    """What the chip of a device says. Raises NotFoundError for a device that is not the tenant's."""
    if device_id is None:
        return {}
    facts = await device_facts(tenant, device_id)
    if facts is None:
        raise NotFoundError
    number = device_number(facts.serial, facts.mac, facts.hostname, facts.ip)
    return {"device": f"{device_name(facts.model, facts.manufacturer)}, {number}"}


def _filter_of(wish: Asked, moment: Moment) -> JobFilter:
    text = wish.get("period")
    span = moment.span(text) if text else None
    if text and span is None:
        raise web.HTTPBadRequest(text=f"period={text} is neither a month (2026-11) nor a day (2026-11-17).")
    return JobFilter(
        device_id=wish.number("device"),
        from_ms=to_ms(span.start) if span else None,
        until_ms=to_ms(span.end) if span else None,
        outcome=wish.choice("outcome", [str(one) for one in Outcome]),
        service=wish.choice("service", [str(one) for one in Service]),
    )


def _after(wish: Asked) -> JobKey | None:
    parts = cursor_parts(wish.get("after"), (int, int, str))
    if parts is None:
        return None
    at_ms, device_id, job_id = parts
    assert isinstance(at_ms, int) and isinstance(device_id, int) and isinstance(job_id, str)
    return JobKey(at_ms=at_ms, device_id=device_id, job_id=job_id)
