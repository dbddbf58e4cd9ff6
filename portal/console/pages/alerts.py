"""/alerts: what is open, worst first; what was, newest first; the export."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from aiohttp import web

from portal.app_keys import RECORD_CLOCK, USER
from portal.clocks import to_ms
from portal.console import exports
from portal.console.alert_views import COLUMNS, alert_view, export_row
from portal.console.exports import Cell
from portal.console.frame import moment_of, page, tenant_of
from portal.console.listing import ROWS_MAX, Asked, asked, cursor, cursor_parts
from portal.console.moments import Moment
from portal.console.pages.jobs import device_words
from portal.domain.access import Action, authorize
from portal.storage.reads.alerts import AlertFilter, AlertKey, alert_key_of, alerts, count_open_alerts

PATH: Final = "/alerts"
KEYS: Final = ("state", "severity", "device", "period", "q")


async def alert_list(request: web.Request) -> web.StreamResponse:
    """GET /alerts"""
    tenant, moment = tenant_of(request), moment_of(request)
    wish = asked(request, PATH, KEYS)
    wanted = _filter_of(wish, moment)
    words = await device_words(tenant, wanted.device_id)
    rows = await alerts(tenant, wanted, after=_after(wish), rows_max=ROWS_MAX + 1)
    last = alert_key_of(rows[ROWS_MAX - 1]) if len(rows) > ROWS_MAX else None
    return await page(
        request,
        "alerts.html",
        section="Alerts",
        moment=moment,
        wish=wish,
        words=words,
        state=wanted.state,
        rows=[alert_view(row) for row in rows[:ROWS_MAX]],
        open_alerts=await count_open_alerts(tenant),
        next_after=None if last is None else cursor(last.weight, last.onset_ms, last.device_id, last.alert_id),
        at_start=wish.get("after") is None,
    )


async def alert_export(request: web.Request) -> web.StreamResponse:
    """GET /alerts.csv and /alerts.json: exactly the alerts of the filter."""
    authorize(request[USER], Action.EXPORT)
    tenant = tenant_of(request)
    wanted = _filter_of(asked(request, PATH, KEYS), moment_of(request))
    await device_words(tenant, wanted.device_id)

    async def pieces() -> AsyncIterator[Sequence[Sequence[Cell]]]:
        after: AlertKey | None = None
        while True:
            rows = await alerts(tenant, wanted, after=after, rows_max=exports.PIECE_ROWS)
            yield [export_row(row) for row in rows]
            if len(rows) < exports.PIECE_ROWS:
                return
            after = alert_key_of(rows[-1])

    return await exports.send(
        request, "alerts", request.match_info["form"], COLUMNS, pieces(), request.app[RECORD_CLOCK]()
    )


def _filter_of(wish: Asked, moment: Moment) -> AlertFilter:
    text = wish.get("period")
    span = moment.span(text) if text else None
    if text and span is None:
        raise web.HTTPBadRequest(text=f"period={text} is neither a month (2026-11) nor a day (2026-11-17).")
    return AlertFilter(
        state=wish.choice("state", ("open", "closed", "all")) or "open",
        severity=wish.choice("severity", ("critical", "warning")),
        device_id=wish.number("device"),
        words=wish.get("q"),
        from_ms=to_ms(span.start) if span else None,
        until_ms=to_ms(span.end) if span else None,
    )


def _after(wish: Asked) -> AlertKey | None:
    parts = cursor_parts(wish.get("after"), (int, int, int, str))
    if parts is None:
        return None
    weight, onset_ms, device_id, alert_id = parts
    assert isinstance(weight, int) and isinstance(onset_ms, int)
    assert isinstance(device_id, int) and isinstance(alert_id, str)
    return AlertKey(weight=weight, onset_ms=onset_ms, device_id=device_id, alert_id=alert_id)
