"""Rules 13 to 16 of `compare`: the alerts of one printer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from inkwire.verify.alert_pairing import pair_by_onset
from inkwire.verify.effects import away_between
from inkwire.verify.facts import MadeAlert, MadeBy, Route, ShownAlert, ShownReading
from inkwire.verify.limits import Frame, span
from inkwire.verify.verdict import NOTHING, Fault, Pass, Tally, Thing
from wire_format.codec import format_instant

CRITICAL: Final = "critical"


def judge_alerts(
    made: MadeBy, shown: Sequence[ShownAlert], readings: Sequence[ShownReading], frame: Frame, tally: Tally
) -> None:
    """Enter every alert of one printer, and every alert the portal shows for it, in the tally."""
    if made.printer.route is Route.DIRECT:
        _judge_direct(made, shown, frame, tally)
    else:
        _judge_scanned(made, shown, sorted(reading.observed_at for reading in readings), frame, tally)


def _judge_direct(made: MadeBy, shown: Sequence[ShownAlert], frame: Frame, tally: Tally) -> None:
    copies: dict[str, list[ShownAlert]] = {}
    for row in shown:
        copies.setdefault(row.alert_id, []).append(row)
    missing = [alert for alert in made.alerts if alert.alert_id not in copies]
    for alert in made.alerts:
        rows = copies.pop(alert.alert_id, None)
        if rows is None:
            continue
        tally.note(Thing.ALERT, Pass.FOUND)
        _judge_copies(made, alert, rows, tally)
        folded = _folded(alert, rows[0], missing)
        for other in folded:
            missing.remove(other)
            tally.note(Thing.ALERT, Pass.FOUND)
        _judge_fields(made, alert, rows[0], folded, frame, tally)
        limit = frame.critical_late_after if alert.severity == CRITICAL else frame.late_after
        arrived_at = min(row.received_at for row in rows)
        took = arrived_at - alert.onset_at - away_between(made, alert.onset_at, arrived_at)
        _judge_way(made, alert, took, limit, tally)
    for alert in missing:
        _judge_missing(made, alert, frame, tally)
    for rows in copies.values():
        _judge_unknown(made, rows[0], frame, tally)


def _folded(alert: MadeAlert, row: ShownAlert, missing: Sequence[MadeAlert]) -> list[MadeAlert]:
    """The missing alerts that this record stands for: same code, begun and ended before it, from its onset on."""
    since = row.onset_at or alert.onset_at
    alike = [other for other in missing if other.code == alert.code and other.cleared_at is not None]
    earlier = [other for other in alike if since <= other.onset_at <= alert.onset_at]
    return sorted(earlier, key=lambda other: other.onset_at)[: row.count - 1]


def _judge_copies(made: MadeBy, alert: MadeAlert, rows: Sequence[ShownAlert], tally: Tally) -> None:
    if len(rows) > 1:
        tally.differ(
            Fault.TWICE, Thing.ALERT, made.printer, alert.alert_id, wanted="it once", found=f"it {len(rows)} times"
        )


def _judge_fields(
    made: MadeBy, alert: MadeAlert, row: ShownAlert, folded: Sequence[MadeAlert], frame: Frame, tally: Tally
) -> None:
    onset_at = min(other.onset_at for other in (alert, *folded))
    unlike = [
        (name, str(wanted), str(found))
        for name, wanted, found in (
            ("code", alert.code, row.code),
            ("severity", alert.severity, row.severity),
            ("onset_at", _told(onset_at), _told(row.onset_at)),
            ("count", 1 + len(folded), row.count),
        )
        if wanted != found
    ]
    if alert.cleared_at != row.cleared_at and not _clearing_under_way(made, alert, row, frame):
        unlike.append(("cleared_at", _told(alert.cleared_at), _told(row.cleared_at)))
    if unlike:
        tally.differ(
            Fault.ALTERED,
            Thing.ALERT,
            made.printer,
            alert.alert_id,
            wanted=", ".join(f"{name} {wanted}" for name, wanted, _ in unlike),
            found=", ".join(f"{name} {found}" for name, _, found in unlike),
        )


def _clearing_under_way(made: MadeBy, alert: MadeAlert, row: ShownAlert, frame: Frame) -> bool:
    if alert.cleared_at is None:
        return frame.is_newer(row.cleared_at)
    return row.cleared_at is None and frame.may_be_held(made, alert.cleared_at)


def _judge_way(made: MadeBy, alert: MadeAlert, took: timedelta, limit: timedelta, tally: Tally) -> None:
    if took > limit:
        tally.differ(
            Fault.LATE,
            Thing.ALERT,
            made.printer,
            alert.alert_id,
            wanted=f"{_told_alert(alert)} within {span(limit)}",
            found=f"it after {span(took)}",
        )


def _judge_missing(made: MadeBy, alert: MadeAlert, frame: Frame, tally: Tally) -> None:
    age = frame.written_at - alert.onset_at - away_between(made, alert.onset_at, frame.written_at)
    if not frame.may_be_held(made, alert.onset_at):
        _lose(made, alert, NOTHING, tally)
    elif alert.severity == CRITICAL and age > frame.critical_late_after:
        _judge_way(made, alert, age, frame.critical_late_after, tally)
    else:
        tally.note(Thing.ALERT, Pass.PENDING)


def _judge_unknown(made: MadeBy, row: ShownAlert, frame: Frame, tally: Tally) -> None:
    if frame.is_newer(row.onset_at):
        tally.note(Thing.ALERT, Pass.NEWER)
    else:
        tally.differ(Fault.INVENTED, Thing.ALERT, made.printer, row.alert_id, wanted=NOTHING, found=tell_alert(row))


def _judge_scanned(
    made: MadeBy, shown: Sequence[ShownAlert], observed: Sequence[datetime], frame: Frame, tally: Tally
) -> None:
    seen_at = {alert.alert_id: at for alert in made.alerts if (at := _seen_open(alert, observed, frame)) is not None}
    pairing = pair_by_onset(
        made.alerts, shown, seen_at, frame.margin, lambda alert, row: not _unlike_seen(alert, row, observed, frame)
    )
    for alert in made.alerts:
        rows = pairing.rows_of.get(alert.alert_id)
        if rows:
            tally.note(Thing.ALERT, Pass.FOUND)
            _judge_copies(made, alert, rows, tally)
            _judge_seen(made, alert, rows[0], observed, frame, tally)
        elif alert.alert_id in seen_at:
            reading = format_instant(seen_at[alert.alert_id])
            _lose(made, alert, f"{NOTHING}, though it stood at the reading of {reading}", tally)
        else:
            tally.note(Thing.ALERT, Pass.UNSEEN)
    for row in pairing.unknown:
        _judge_unknown(made, row, frame, tally)


def _unlike_seen(
    alert: MadeAlert, row: ShownAlert, observed: Sequence[datetime], frame: Frame
) -> list[tuple[str, str, str]]:
    unlike: list[tuple[str, str, str]] = []
    if row.severity != alert.severity:
        unlike.append(("severity", alert.severity, row.severity))
    if row.cleared_at is not None and _too_early(alert, row.cleared_at, frame):
        unlike.append(("cleared_at", _told(alert.cleared_at), _told(row.cleared_at)))
    if row.cleared_at is None and _read_after_clearing(alert, observed, frame):
        unlike.append(("cleared_at", _told(alert.cleared_at), NOTHING))
    return unlike


def _judge_seen(
    made: MadeBy, alert: MadeAlert, row: ShownAlert, observed: Sequence[datetime], frame: Frame, tally: Tally
) -> None:
    unlike = _unlike_seen(alert, row, observed, frame)
    if unlike:
        tally.differ(
            Fault.ALTERED,
            Thing.ALERT,
            made.printer,
            alert.alert_id,
            wanted=", ".join(f"{name} {wanted}" for name, wanted, _ in unlike),
            found=", ".join(f"{name} {found}" for name, _, found in unlike),
        )
    since = max(alert.onset_at, observed[0]) if observed else alert.onset_at
    took = row.received_at - since - away_between(made, since, row.received_at)
    _judge_way(made, alert, took, frame.late_after, tally)


def _too_early(alert: MadeAlert, cleared_at: datetime, frame: Frame) -> bool:
    if alert.cleared_at is None:
        return not frame.is_newer(cleared_at)
    return cleared_at < alert.cleared_at - frame.margin


def _read_after_clearing(alert: MadeAlert, observed: Sequence[datetime], frame: Frame) -> bool:
    return alert.cleared_at is not None and bool(observed) and observed[-1] > alert.cleared_at + frame.margin


def _seen_open(alert: MadeAlert, observed: Sequence[datetime], frame: Frame) -> datetime | None:
    """The first reading at which the alert certainly stood."""
    until = frame.written_at if alert.cleared_at is None else min(alert.cleared_at, frame.written_at)
    return next((at for at in observed if alert.onset_at + frame.margin <= at <= until - frame.margin), None)


def _lose(made: MadeBy, alert: MadeAlert, found: str, tally: Tally) -> None:
    tally.differ(Fault.LOST, Thing.ALERT, made.printer, alert.alert_id, wanted=_told_alert(alert), found=found)


def _told_alert(alert: MadeAlert) -> str:
    return f"{alert.severity} alert of code {alert.code}, raised {format_instant(alert.onset_at)}"


def tell_alert(row: ShownAlert) -> str:
    """An alert of the portal in a few words."""
    return f"{row.severity} alert of code {row.code}, raised {_told(row.onset_at)}"


def _told(at: datetime | None) -> str:
    return NOTHING if at is None else format_instant(at)
