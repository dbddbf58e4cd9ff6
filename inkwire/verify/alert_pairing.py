"""Which alert of a scanned printer is which row of the portal: rule 15 of `compare`.

1. A collector names alerts in its own way and reckons their onset from the printer's uptime, so alert and row
   belong together by code and onset, to the margin of a reading.
2. One code may come and go more often than that, or stand for two supplies at once. Then order decides: both
   sides are sorted by onset and end, and of all ways to pair them in order the one is taken that leaves out the
   fewest rows and the fewest alerts that a reading certainly saw, then the one with the fewest pairs that do not
   fit, then the one with the least distance.
3. A row whose onset nobody could tell is taken for the first alert of its code that no other row was taken for.
4. Rows with one id are one alert told more than once; so is a row that pairs with nothing but stands beside
   an alert that is paired.
"""

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from inkwire.verify.facts import MadeAlert, ShownAlert

_LEFT_OUT_S: Final = 10.0**12
_UNFIT_S: Final = 10.0**8
_LAST: Final = datetime.max.replace(tzinfo=UTC)

Fits = Callable[[MadeAlert, ShownAlert], bool]


@dataclass(slots=True)
class Pairing:
    """rows_of: the rows of each alert that has one, by its id. unknown: rows that are no alert of the printer."""

    rows_of: dict[str, list[ShownAlert]] = field(default_factory=dict)
    unknown: list[ShownAlert] = field(default_factory=list)


def pair_by_onset(
    made: Sequence[MadeAlert],
    shown: Sequence[ShownAlert],
    surely_seen: Collection[str],
    apart_max: timedelta,
    fits: Fits,
) -> Pairing:
    """Pair the alerts of one printer with its rows.

    surely_seen: ids of alerts that stood at some reading. fits: whether a row tells nothing wrong of an alert.
    """
    pairing = Pairing()
    for code in sorted({row.code for row in shown}):
        alerts = [alert for alert in made if alert.code == code]
        alerts.sort(key=lambda alert: (alert.onset_at, alert.cleared_at or _LAST))
        rows = [row for row in shown if row.code == code]
        _pair_code(alerts, rows, surely_seen, apart_max, fits, pairing)
    return pairing


def _pair_code(
    alerts: Sequence[MadeAlert],
    shown: Sequence[ShownAlert],
    surely_seen: Collection[str],
    apart_max: timedelta,
    fits: Fits,
    pairing: Pairing,
) -> None:
    copies: dict[str, list[ShownAlert]] = {}
    for row in shown:
        copies.setdefault(row.alert_id, []).append(row)
    firsts = [rows[0] for rows in copies.values()]
    dated = [row for row in firsts if row.onset_at is not None]
    dated.sort(key=lambda row: (row.onset_at or _LAST, row.cleared_at or _LAST))
    taken: dict[str, str] = {}
    for near_alerts, near_rows in _clusters(alerts, dated, apart_max):
        taken |= _in_order(near_alerts, near_rows, surely_seen, apart_max, fits)
    left = [row for row in firsts if row.alert_id not in taken]
    for row in sorted(left, key=lambda row: (row.onset_at is None, row.received_at)):
        free = [alert for alert in alerts if alert.alert_id not in taken.values()]
        near = next((alert for alert in alerts if _apart_s(alert, row) <= apart_max.total_seconds()), None)
        if row.onset_at is None and free:
            taken[row.alert_id] = min(free, key=lambda alert: alert.alert_id not in surely_seen).alert_id
        elif row.onset_at is not None and near is not None:
            taken[row.alert_id] = near.alert_id
        else:
            pairing.unknown.append(row)
    for row_id, alert_id in taken.items():
        pairing.rows_of.setdefault(alert_id, []).extend(copies[row_id])


def _clusters(
    alerts: Sequence[MadeAlert], rows: Sequence[ShownAlert], apart_max: timedelta
) -> Iterator[tuple[list[MadeAlert], list[ShownAlert]]]:
    """Cut both sorted lists where nothing across the cut could pair, so that the work stays in proportion."""
    marks = [(alert.onset_at, 0, place) for place, alert in enumerate(alerts)]
    marks += [(row.onset_at or row.received_at, 1, place) for place, row in enumerate(rows)]
    cluster: tuple[list[MadeAlert], list[ShownAlert]] = ([], [])
    last: datetime | None = None
    for at, side, place in sorted(marks):
        if last is not None and at - last > apart_max:
            yield cluster
            cluster = ([], [])
        if side:
            cluster[1].append(rows[place])
        else:
            cluster[0].append(alerts[place])
        last = at
    yield cluster


def _apart_s(alert: MadeAlert, row: ShownAlert) -> float:
    return abs(((row.onset_at or alert.onset_at) - alert.onset_at).total_seconds())


def _in_order(
    alerts: Sequence[MadeAlert],
    rows: Sequence[ShownAlert],
    surely_seen: Collection[str],
    apart_max: timedelta,
    fits: Fits,
) -> dict[str, str]:
    """Rule 2, by dynamic programming over both sorted lists: row id to alert id."""
    missed_s = [_LEFT_OUT_S if alert.alert_id in surely_seen else 0.0 for alert in alerts]
    paired_s = [[_paired_s(alert, row, apart_max, fits) for alert in alerts] for row in rows]
    # costs[r][a]: the least cost of pairing the rows from r on with the alerts from a on.
    costs = [[0.0] * (len(alerts) + 1) for _ in range(len(rows) + 1)]

    def steps(r: int, a: int) -> Iterator[tuple[float, int, int]]:
        """What can be done with row r and alert a: cost, rows passed, alerts passed."""
        if r < len(rows):
            yield _LEFT_OUT_S + costs[r + 1][a], 1, 0
        if a < len(alerts):
            yield missed_s[a] + costs[r][a + 1], 0, 1
        if r < len(rows) and a < len(alerts):
            yield paired_s[r][a] + costs[r + 1][a + 1], 1, 1

    for r in range(len(rows), -1, -1):
        for a in range(len(alerts), -1, -1):
            costs[r][a] = min((cost for cost, _, _ in steps(r, a)), default=0.0)
    taken: dict[str, str] = {}
    r = a = 0
    while r < len(rows) and a < len(alerts):
        _, rows_on, alerts_on = min(steps(r, a))
        if rows_on and alerts_on:
            taken[rows[r].alert_id] = alerts[a].alert_id
        r, a = r + rows_on, a + alerts_on
    return taken


def _paired_s(alert: MadeAlert, row: ShownAlert, apart_max: timedelta, fits: Fits) -> float:
    apart_s = _apart_s(alert, row)
    if apart_s > apart_max.total_seconds():
        return math.inf
    return apart_s if fits(alert, row) else apart_s + _UNFIT_S
