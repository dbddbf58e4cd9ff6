"""Alerts as they are shown, and as a file holds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from portal.clocks import from_ms
from portal.console.device_views import device_name, device_number
from portal.console.exports import Cell, instant
from portal.console.words import alert_code_words, alert_title, capital, group_words
from portal.storage.reads.alerts import AlertRow

COLUMNS: Final = (
    "device_id", "serial", "model", "customer", "alert_id", "severity", "code", "code_words", "group", "description",
    "onset_at", "cleared_at", "count", "received_at", "ledger_entry", "cleared_ledger_entry",
)  # fmt: skip
"""The names of an exported alert's columns; they do not change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """One alert, in words. told_s: from its onset to its arrival here; None where the onset was told late."""

    device_id: int
    device: str
    number: str
    customer: str | None
    css: str
    word: str
    title: str
    kind: str
    onset_ms: int
    cleared_ms: int | None
    lasted_s: float | None
    told_s: float
    count: int | None
    entry: int


def alert_view(row: AlertRow) -> AlertView:
    """One alert, in words. Everything that does not stop printing is a warning."""
    critical = row.severity == "critical"
    kind = alert_code_words(row.code)
    title = alert_title(row.description, row.code)
    return AlertView(
        device_id=row.device_id,
        device=device_name(row.model, None),
        number=device_number(row.serial, None, None, None),
        customer=row.customer,
        css="critical" if critical else "warning",
        word="Critical" if critical else "Warning",
        title=capital(title),
        kind=" · ".join(part for part in (group_words(row.alert_group), kind) if part),
        onset_ms=row.onset_ms,
        cleared_ms=row.cleared_ms,
        lasted_s=None if row.cleared_ms is None else (row.cleared_ms - row.onset_ms) / 1000,
        told_s=(from_ms(row.received_ms) - from_ms(row.onset_ms)).total_seconds(),
        count=row.count,
        entry=row.entry,
    )


def export_row(row: AlertRow) -> Sequence[Cell]:
    """One alert under COLUMNS."""
    return (
        row.device_id, row.serial, row.model, row.customer, row.alert_id, row.severity, row.code,
        alert_code_words(row.code), row.alert_group, row.description, instant(row.onset_ms), instant(row.cleared_ms),
        row.count, instant(row.received_ms), row.entry, row.cleared_entry,
    )  # fmt: skip
