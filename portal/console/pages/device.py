"""/devices/{id}: who it is, what it counted, what is in it, what it printed, and the batches that say so."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import web

from portal.clocks import to_ms
from portal.console.alert_views import alert_view
from portal.console.batch_views import batch_view
from portal.console.charts import DayRow, day_rows
from portal.console.device_views import STATES, device_name, device_number, path_words
from portal.console.figures import meter_value
from portal.console.frame import moment_of, page, patience_of, tenant_of
from portal.console.job_views import INK_LETTERS, job_view, known_columns, sums_of
from portal.console.moments import MONTHS_FULL, Moment
from portal.console.supply_views import supply_view
from portal.console.usage import IMPRESSION_METERS, by_device, fleet_usage, leading, series_steps
from portal.console.words import capital, detected_words, meter_rank, meter_words
from portal.errors import NotFoundError
from portal.storage.reads.alerts import AlertFilter, alerts
from portal.storage.reads.batches import batches
from portal.storage.reads.device import DeviceFacts, PathRow, device_facts, findings_of, paths_of
from portal.storage.reads.devices import Patience
from portal.storage.reads.jobs import JobFilter, count_jobs, jobs
from portal.storage.reads.meters import MeterRow, latest_meters, meter_series
from portal.storage.reads.query import TenantRows
from portal.storage.reads.supplies import supplies_of

CHART_DAYS: Final = 30
JOB_ROWS: Final = 7
BATCH_ROWS: Final = 6
HISTORY_ROWS: Final = 6
FINDING_ROWS: Final = 5
_STATE_WORDS: Final = {"idle": "Idle", "printing": "Printing", "warming-up": "Warming up", "stopped": "Stopped"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterView:
    """One meter from one source. counts: the source that is counted, where there are several."""

    words: str
    name: str
    figure: str
    sign: str
    month: str
    source: str
    at_ms: int
    entry: int
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StateView:
    """The one worst state, and how it is heard."""

    css: str
    word: str
    path: str
    path_note: str


async def device(request: web.Request) -> web.StreamResponse:
    """GET /devices/{id}"""
    tenant, moment = tenant_of(request), moment_of(request)
    device_id = int(request.match_info["device_id"])
    facts = await device_facts(tenant, device_id)
    if facts is None:
        raise NotFoundError
    open_alerts = [
        alert_view(row) for row in await alerts(tenant, AlertFilter(device_id=device_id), rows_max=HISTORY_ROWS)
    ]
    paths = await paths_of(tenant, device_id)
    patience = await patience_of(tenant, moment)
    month = moment.span(f"{moment.today():%Y-%m}")
    assert month is not None  # the month of today is a month
    shown_jobs = [job_view(row) for row in await jobs(tenant, JobFilter(device_id=device_id), rows_max=JOB_ROWS)]
    in_month = JobFilter(device_id=device_id, from_ms=to_ms(month.start), until_ms=to_ms(month.end))
    newest = [batch_view(row) for row in await batches(tenant, device_id=device_id, rows_max=BATCH_ROWS)]
    return await page(
        request,
        "device.html",
        section="Devices",
        moment=moment,
        facts=facts,
        name=device_name(facts.model, facts.manufacturer),
        number=device_number(facts.serial, facts.mac, facts.hostname, facts.ip),
        doing=_STATE_WORDS.get(facts.state or "", capital(facts.state or "")),
        errors=detected_words(json.loads(facts.detected_errors)),
        state=_state(facts, open_alerts[0].css if open_alerts else None, paths, patience),
        worst=open_alerts[0] if open_alerts else None,
        paths=paths,
        meters=await _meters(tenant, facts, moment),
        month_words=MONTHS_FULL[moment.today().month - 1],
        supplies=[supply_view(row) for row in await supplies_of(tenant, [device_id])],
        days=await _days(tenant, device_id, moment),
        jobs=shown_jobs,
        job_sums=sums_of(shown_jobs),
        has=known_columns(shown_jobs),
        jobs_in_month=await count_jobs(tenant, in_month),
        month=f"{moment.today():%Y-%m}",
        letters=INK_LETTERS,
        history=[
            alert_view(row)
            for row in await alerts(tenant, AlertFilter(state="all", device_id=device_id), rows_max=HISTORY_ROWS)
        ],
        findings=await findings_of(tenant, device_id, FINDING_ROWS),
        batches=newest,
    )


def _state(facts: DeviceFacts, alert_css: str | None, paths: list[PathRow], patience: Patience) -> StateView:
    if alert_css == "critical":
        css, word = STATES[0]
    elif alert_css is not None:
        css, word = STATES[1]
    elif facts.last_seen_ms < patience.silent_before_ms:
        css, word = STATES[2]
    else:
        css, word = STATES[3] if facts.last_seen_ms < patience.late_before_ms else STATES[4]
    heard = [path.kind for path in paths if not path.revoked]
    path, note = path_words(by_direct="direct" in heard, by_collector="collector" in heard)
    return StateView(css=css, word=word, path=path.lower(), path_note=note)


async def _meters(tenant: TenantRows, facts: DeviceFacts, moment: Moment) -> list[MeterView]:
    rows = await latest_meters(tenant, facts.device_id)
    names = sorted({row.name for row in rows}, key=meter_rank)
    marks = [to_ms(moment.day_start(moment.today().replace(day=1))), to_ms(moment.now) + 1]
    series = await meter_series(tenant, names, marks, [facts.device_id])
    leads = {name: leading(one for one in series if one.name == name) for name in names}

    def view(row: MeterRow) -> MeterView:
        lead = leads[row.name]
        counts = lead is not None and lead.source == row.source
        figure, sign = meter_value(row.value, row.unit)
        own = next((one for one in series if one.name == row.name and one.source == row.source), None)
        used = series_steps(own, marks)[0] if own else None
        return MeterView(
            words=meter_words(row.name),
            name=row.name,
            figure=figure,
            sign=sign,
            month=meter_value(used, row.unit)[0],
            source=row.source,
            at_ms=row.at_ms,
            entry=row.entry,
            counts=counts,
        )

    return [view(row) for name in names for row in rows if row.name == name]


async def _days(tenant: TenantRows, device_id: int, moment: Moment) -> list[DayRow]:
    first = moment.today() - timedelta(days=CHART_DAYS - 1)
    marks = [to_ms(moment.day_start(first + timedelta(days=index))) for index in range(CHART_DAYS)]
    marks.append(to_ms(moment.now) + 1)
    series = await meter_series(tenant, IMPRESSION_METERS, marks, [device_id])
    return day_rows(moment, first, fleet_usage(by_device(series, marks).values(), CHART_DAYS))
