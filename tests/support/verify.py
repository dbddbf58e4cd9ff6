"""A small fleet and what a portal without fault shows of it, for the tests of `inkwire verify`.

Two printers push, two are scanned. `shown` computes the export by itself, from what a sender and a collector do,
so that a rule of the comparison is never tested against its own arithmetic.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from inkwire.verify.facts import (
    Export,
    MadeAlert,
    MadeBy,
    MadeJob,
    MadeMeter,
    Printer,
    Route,
    ShownAlert,
    ShownDevice,
    ShownJob,
    ShownMeter,
    ShownReading,
    Truth,
)
from wire_format.codec import encode_record, format_instant
from wire_format.records import InkUse, Job, Media, Outcome, Service, Unit

START = datetime(2026, 11, 16, 7, 30, tzinfo=UTC)
WRITTEN = datetime(2026, 11, 16, 18, 0, tzinfo=UTC)
SPEED = 600.0
PLOTTER, OFFICE, SCANNED_OFFICE, SCANNED_PLOTTER = "CN0PLOTTER", "CN1OFFICE", "CN2OFFICE", "CN3PLOTTER"
READ_AT = tuple(START + timedelta(hours=hours) for hours in (1, 4, 7, 10))


def after(hours: float) -> datetime:
    """So many hours after the fleet began its day."""
    return START + timedelta(hours=hours)


def made_job(job_id: str, completed_at: datetime, *, impressions: int = 4, service: Service = Service.PRINT) -> MadeJob:
    """A finished job with every field that a printer tells."""
    job = Job(
        job_id=job_id,
        service=service,
        submitted_at=completed_at - timedelta(minutes=5),
        started_at=completed_at - timedelta(minutes=4),
        completed_at=completed_at,
        outcome=Outcome.COMPLETED,
        quality="normal",
        color_mode="color",
        copies=1,
        impressions=impressions,
        sheets=impressions,
        media=Media(type="bond", width_mm=914, length_mm=594 * impressions, source="Roll 1"),
        inks=(InkUse(colorant="cyan", volume_ul=40), InkUse(colorant="black", volume_ul=210)),
        category="low-density",
        submitted_by="network",
    )
    return MadeJob(job=job, completed_at=completed_at)


def made_meter(name: str, value: int, changed_at: datetime | None, unit: Unit = Unit.IMPRESSIONS) -> MadeMeter:
    """A lifetime count."""
    return MadeMeter(name=name, unit=unit, value=value, changed_at=changed_at)


def made_alert(
    alert_id: str, onset_at: datetime, cleared_at: datetime | None, *, code: int = 8, severity: str = "critical"
) -> MadeAlert:
    """A jam, unless told otherwise."""
    return MadeAlert(alert_id=alert_id, code=code, severity=severity, onset_at=onset_at, cleared_at=cleared_at)


def printer(number: int, serial: str, route: Route, *, job_log: int = 0) -> Printer:
    """A printer of the fleet."""
    sender = f"sender-of-{serial}" if route is Route.DIRECT else None
    return Printer(
        number=number,
        serial=serial,
        model=f"Model {number}",
        address=f"127.1.0.{number + 1}",
        route=route,
        job_log=job_log,
        sender=sender,
    )


def fleet() -> Truth:
    """Four printers after a working day. Each scanned one made more jobs than its log keeps."""
    return Truth(
        seed=7,
        written_at=WRITTEN,
        speed=SPEED,
        printers=(
            MadeBy(
                printer=printer(0, PLOTTER, Route.DIRECT, job_log=10),
                jobs=tuple(made_job(str(100 + hour), after(hour)) for hour in range(1, 9)),
                meters=(
                    made_meter("total.impressions", 1032, after(8)),
                    made_meter("media.length", 512_345, after(8), Unit.MM),
                ),
                alerts=(
                    made_alert("1-1", after(2), after(2.2)),
                    made_alert("1-2", after(3), None, code=1105, severity="warning"),
                ),
            ),
            MadeBy(
                printer=printer(1, OFFICE, Route.DIRECT, job_log=20),
                jobs=(
                    made_job("200", after(1.5), impressions=12),
                    made_job("201", after(2.5), impressions=2, service=Service.COPY),
                ),
                meters=(made_meter("total.impressions", 90_014, after(2.5)),),
                alerts=(made_alert("1-1", after(6), after(6.5), code=808),),
            ),
            MadeBy(
                printer=printer(2, SCANNED_OFFICE, Route.NONE, job_log=3),
                jobs=tuple(made_job(str(300 + n), after(1.1 + n * 0.5 + (n > 5) * 0.4)) for n in range(10)),
                meters=(
                    made_meter("total.impressions", 44_040, after(6)),
                    made_meter("copy.impressions", 900, after(0)),
                ),
                alerts=(
                    made_alert("1-1", after(3.5), after(5), code=808),
                    made_alert("1-2", after(5.2), after(5.4)),
                    made_alert("1-3", after(8), None, code=1104, severity="warning"),
                ),
            ),
            MadeBy(
                printer=printer(3, SCANNED_PLOTTER, Route.NONE, job_log=2),
                jobs=(made_job("400", after(2)), made_job("401", after(9.8))),
                meters=(
                    made_meter("total.impressions", 5_008, after(9.8)),
                    made_meter("media.length", 777_777, after(9.8), Unit.MM),
                ),
            ),
        ),
    )


def shown(truth: Truth, read_at: Sequence[datetime] = READ_AT, skews: Mapping[str, timedelta] | None = None) -> Export:
    """What a portal without fault shows of the fleet.

    read_at: when the collector reads, and the printers push. skews: by serial, how much later than
    its observed_at a reading really looked at the printer.
    """
    parts = [
        _pushed(made, read_at) if made.printer.route is Route.DIRECT else _scanned(made, read_at, skews or {})
        for made in truth.printers
    ]
    return Export(
        devices=tuple(_device(made) for made in truth.printers),
        readings=tuple(
            ShownReading(device_id=_id(made), serial=made.printer.serial, observed_at=at, received_at=_arrives(at))
            for made in truth.printers
            for at in read_at
        ),
        meters=tuple(row for part in parts for row in part.meters),
        jobs=tuple(row for part in parts for row in part.jobs),
        alerts=tuple(row for part in parts for row in part.alerts),
    )


def _id(made: MadeBy) -> str:
    return str(10 + made.printer.number)


def _arrives(at: datetime) -> datetime:
    return at + timedelta(minutes=3)


def _device(made: MadeBy) -> ShownDevice:
    return ShownDevice(
        device_id=_id(made), serial=made.printer.serial, senders=(made.printer.sender or "the-collector",)
    )


def _pushed(made: MadeBy, read_at: Sequence[datetime]) -> Export:
    pushes = [*read_at, WRITTEN]
    return Export(
        meters=tuple(_meter(made, meter, meter.value, "firmware", pushes[-1]) for meter in made.meters),
        jobs=tuple(
            _job(made, job.job, _arrives(next(at for at in pushes if at >= job.completed_at))) for job in made.jobs
        ),
        alerts=tuple(_alert(made, alert, alert.onset_at, _arrives(alert.onset_at)) for alert in made.alerts),
    )


def _scanned(made: MadeBy, read_at: Sequence[datetime], skews: Mapping[str, timedelta]) -> Export:
    skew = skews.get(made.printer.serial, timedelta(0))
    jobs: dict[str, ShownJob] = {}
    alerts: dict[str, ShownAlert] = {}
    for at in read_at:
        looked_at = at + skew
        finished = sorted((job for job in made.jobs if job.completed_at <= looked_at), key=lambda job: job.completed_at)
        for job in finished[len(finished) - min(len(finished), made.printer.job_log) :]:
            jobs.setdefault(job.job.job_id, _job(made, _as_collected(job.job), _arrives(at)))
        for alert in made.alerts:
            if alert.onset_at <= looked_at < (alert.cleared_at or WRITTEN):
                alerts.setdefault(alert.alert_id, _alert(made, alert, alert.onset_at - skew, _arrives(at)))
            elif alert.alert_id in alerts and alerts[alert.alert_id].cleared_at is None:
                alerts[alert.alert_id] = replace(alerts[alert.alert_id], cleared_at=at)
    last = max(read_at)
    return Export(
        meters=tuple(
            _meter(made, meter, _as_read(made, meter, last + skew), "1.3.6.1.2.1.43.10.2.1.4.1.1", last)
            for meter in made.meters
            if not meter.name.startswith("copy.")
        ),
        jobs=tuple(jobs.values()),
        alerts=tuple(replace(row, alert_id=f"seen-{row.alert_id}") for row in alerts.values()),
    )


def _as_collected(job: Job) -> Job:
    """What HP's job table tells of a job, under the id that the collector gives it."""
    return Job(job_id=f"{job.job_id}-5f0c3a", service=Service.UNKNOWN, outcome=job.outcome, impressions=job.impressions)


def _as_read(made: MadeBy, meter: MadeMeter, at: datetime) -> int:
    """The meter as the printer's agents told it at that moment: a length in whole metres."""
    if meter.name == "total.impressions":
        return meter.value - sum(job.job.impressions or 0 for job in made.jobs if job.completed_at > at)
    return meter.value // 1000 * 1000 if meter.unit is Unit.MM else meter.value


def _meter(made: MadeBy, meter: MadeMeter, value: int, source: str, at: datetime) -> ShownMeter:
    return ShownMeter(
        device_id=_id(made),
        serial=made.printer.serial,
        name=meter.name,
        unit=meter.unit,
        value=value,
        source=source,
        observed_at=at,
        received_at=_arrives(at),
    )


def _job(made: MadeBy, job: Job, received_at: datetime) -> ShownJob:
    return ShownJob(device_id=_id(made), serial=made.printer.serial, job=job, received_at=received_at)


def _alert(made: MadeBy, alert: MadeAlert, onset_at: datetime, received_at: datetime) -> ShownAlert:
    return ShownAlert(
        device_id=_id(made),
        serial=made.printer.serial,
        alert_id=alert.alert_id,
        code=alert.code,
        severity=alert.severity,
        onset_at=onset_at,
        cleared_at=alert.cleared_at if made.printer.route is Route.DIRECT else None,
        received_at=received_at,
        count=1,
    )


def truth_file(truth: Truth) -> bytes:
    """The truth as the simulator writes it."""
    lines: list[dict[str, object]] = [
        {
            "kind": "fleet",
            "version": 1,
            "seed": truth.seed,
            "written_at": format_instant(truth.written_at),
            "speed": truth.speed,
        }
    ]
    for made in truth.printers:
        told, number = made.printer, made.printer.number
        lines.append(
            {
                "kind": "printer",
                "printer": number,
                "serial": told.serial,
                "model": told.model,
                "address": told.address,
                "path": told.route.value,
                "job_log": told.job_log,
                "sender": told.sender,
            }
        )
        lines += [{"kind": "job", "printer": number, **encode_record(job.job)} for job in made.jobs]
        lines += [
            {
                "kind": "meter",
                "printer": number,
                "name": meter.name,
                "unit": meter.unit.value,
                "value": meter.value,
                "at": _instant(meter.changed_at),
            }
            for meter in made.meters
        ]
        lines += [
            {
                "kind": "alert",
                "printer": number,
                "alert_id": alert.alert_id,
                "code": alert.code,
                "severity": alert.severity,
                "onset_at": format_instant(alert.onset_at),
                "cleared_at": _instant(alert.cleared_at),
            }
            for alert in made.alerts
        ]
    lines.append({"kind": "end"})
    return _json_lines(lines)


def export_files(export: Export) -> dict[str, bytes]:
    """The export as a portal serves it: stream name to JSON lines."""
    return {
        "devices": _json_lines(
            [{"device_id": row.device_id, "serial": row.serial, "senders": list(row.senders)} for row in export.devices]
        ),
        "readings": _json_lines(
            [
                {
                    "device_id": row.device_id,
                    "serial": row.serial,
                    "sender": "x",
                    "observed_at": format_instant(row.observed_at),
                    "received_at": format_instant(row.received_at),
                }
                for row in export.readings
            ]
        ),
        "meters": _json_lines(
            [
                {
                    "device_id": row.device_id,
                    "serial": row.serial,
                    "name": row.name,
                    "unit": row.unit.value,
                    "value": row.value,
                    "source": row.source,
                    "observed_at": format_instant(row.observed_at),
                    "received_at": format_instant(row.received_at),
                }
                for row in export.meters
            ]
        ),
        "jobs": _json_lines(
            [
                {
                    "device_id": row.device_id,
                    "serial": row.serial,
                    **encode_record(row.job),
                    "received_at": format_instant(row.received_at),
                    "sender": "x",
                }
                for row in export.jobs
            ]
        ),
        "alerts": _json_lines(
            [
                {
                    "device_id": row.device_id,
                    "serial": row.serial,
                    "alert_id": row.alert_id,
                    "code": row.code,
                    "severity": row.severity,
                    "onset_at": _instant(row.onset_at),
                    "cleared_at": _instant(row.cleared_at),
                    "received_at": format_instant(row.received_at),
                }
                for row in export.alerts
            ]
        ),
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)


def _json_lines(rows: Sequence[Mapping[str, object]]) -> bytes:
    return b"".join(json.dumps(row).encode("utf-8") + b"\n" for row in rows)
