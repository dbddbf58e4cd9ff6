"""prtAlertTable as alerts.

1. The table holds active alerts (RFC 3805). A row needs a code of the standard and a severity; a row with
   neither is what some firmware writes for "Sleep", and no alert.
2. Rows about the end of something (coverClosed, powerUp, readyToPrint ...) are no alerts, they end older ones.
3. A row dated after now outlived a restart of the printer, and is stale.
4. Rows that say the same thing of the same part are one alert with a count: firmware that never
   removes a row would else report twenty.
5. alert_id is "<prtAlertIndex>-<code>-0" where a row has no time, else "<group><group index>-<code>-<time>": the index
   begins again at 1 after a restart, and some firmware numbers the rows anew in every answer. No two alerts of one
   part share code and the tick of their onset.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from data_collector.core import mib
from data_collector.core.evidence import dotted
from data_collector.core.normalise.snmp_view import TICKS_PER_SECOND, SnmpView
from data_collector.core.text import shorten
from wire_format.printer_mib import ALERT_CODES, ALERT_GROUPS, ALERT_SEVERITIES
from wire_format.records import Alert

ALERTS_MAX: Final = 256
CODE_OTHER: Final = 1
CODE_UNKNOWN: Final = 2
GROUP_INDEX_MAX: Final = 2**31 - 1
PLACES: Final = 10_000
CLOSES: Final = {4: (3,), 6: (5,), 19: (18,), 502: (501,), 20: (21,)}
"""Code that ends another: the codes it ends, on the same part."""
PAST: Final = frozenset([4, 6, 19, 25, 27, 502, 503, 504, 505, 506, 507, 1501, 1502, 1503, 1505, 1801])
"""Codes about something that happened: history, not a condition."""
RESTING: Final = frozenset([23])
"""subunitPowerSaver: how most printers spend the night. It stands in the status, not among the alerts."""
RESTING_TEXT: Final = re.compile(
    r"^(deep |auto ?)?(sleep|stand ?-?by|power ?sav|energy sav|ready|idle|online|schlaf|bereit|veille|prêt|en espera"
    r"|reposo|wstrzym|uśpien|uyku|待机|睡眠|休眠|就绪|スリープ|节能)",
    re.IGNORECASE,
)
"""Texts of a display that is content. They never make an alert of a row without a real code."""
CLOCK_SLACK_TICKS: Final = 60 * TICKS_PER_SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of prtAlertTable. place: what its id begins with. ticks: prtAlertTime."""

    index: int
    place: str
    code: int
    severity: str
    group: str | None
    part: int | None
    description: str
    ticks: int | None

    @property
    def subject(self) -> tuple[str | None, int | None]:
        """The part of the printer it is about."""
        return self.group, self.part


def read_alerts(view: SnmpView) -> tuple[Alert, ...]:
    """The active alerts of an SNMP voice, oldest first. location: prtAlertGroupIndex, the row of the part."""
    rows = [row for index in view.indices(mib.PRT_ALERT, range(2, 10)) if (row := _row(view, index)) is not None]
    ended = {(closed, row.subject): row.index for row in rows for closed in CLOSES.get(row.code, ())}
    merged: dict[tuple[int, str | None, int | None, str], list[Row]] = {}
    for row in rows:
        if row.code in PAST or row.code in RESTING or ended.get((row.code, row.subject), -1) > row.index:
            continue
        merged.setdefault((row.code, row.group, row.part, row.description), []).append(row)
    return tuple(_alert(view, same) for same in merged.values())[:ALERTS_MAX]


def _row(view: SnmpView, index: int) -> Row | None:
    def number(column: tuple[int, ...]) -> int | None:
        return view.number(view.cell(column, index), f"alerts/{index}")

    code, severity, ticks = (
        number(mib.PRT_ALERT_CODE),
        number(mib.PRT_ALERT_SEVERITY),
        number(mib.PRT_ALERT_TIME),
    )
    description = view.text(view.cell(mib.PRT_ALERT_DESCRIPTION, index), f"alerts/{index}")
    known = code is not None and (code in ALERT_CODES or code >= 30_000)
    if not known and (severity not in ALERT_SEVERITIES or RESTING_TEXT.search(description)):
        if not RESTING_TEXT.search(description):
            view.findings.add(
                f"alerts/{index}", dotted(view.cell(mib.PRT_ALERT, index)), description, "neither code nor severity"
            )
        return None
    if code in (CODE_OTHER, CODE_UNKNOWN) and RESTING_TEXT.search(description):
        return None
    if ticks is not None and view.uptime_ticks is not None and ticks > view.uptime_ticks + CLOCK_SLACK_TICKS:
        view.findings.add(
            f"alerts/{index}",
            dotted(view.cell(mib.PRT_ALERT_TIME, index)),
            ticks,
            "raised after now: the row is older than the printer's last start",
        )
        return None
    group = number(mib.PRT_ALERT_GROUP)
    named = ticks is not None and ticks > 0 and group is not None and 0 <= group < GROUP_INDEX_MAX
    part = number(mib.PRT_ALERT_GROUP_INDEX)
    place = f"{group}{max(part or 0, 0) % PLACES:04d}" if named else str(index)
    return Row(
        index=index,
        place=place,
        code=code if code is not None and known else CODE_UNKNOWN,
        severity=ALERT_SEVERITIES.get(severity, "other") if severity is not None else "other",
        group=ALERT_GROUPS.get(group) if group is not None else None,
        part=part if part is not None and 0 < part <= GROUP_INDEX_MAX else None,
        description=shorten(description, 255),
        ticks=ticks if ticks is not None and ticks > 0 else None,
    )


def _alert(view: SnmpView, same: list[Row]) -> Alert:
    row = max(same, key=lambda each: (each.ticks or 0, each.index))
    onset = None
    if row.ticks is not None and view.uptime_ticks is not None:
        age_s = round(max(0, view.uptime_ticks - row.ticks) / TICKS_PER_SECOND)
        onset = view.observed_at - timedelta(seconds=age_s)
    return Alert(
        alert_id=f"{row.place}-{row.code}-{row.ticks or 0}",
        code=row.code,
        severity=row.severity,
        group=row.group,
        location=row.part,
        description=row.description or None,
        onset_at=onset,
        count=len(same) if len(same) > 1 else None,
    )
