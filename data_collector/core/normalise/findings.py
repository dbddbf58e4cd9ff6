"""What did not make sense, kept raw and bounded: one bad value never stops a report."""

from collections.abc import Iterable
from typing import Final

from data_collector.core.evidence import SnmpValue
from data_collector.core.text import clean, raw_text, shorten
from wire_format.records import Finding

FINDINGS_MAX: Final = 256


class Findings:
    """Findings of one report, each said once; past the limit they are counted in the last one."""

    def __init__(self, noticed: Iterable[Finding] = ()) -> None:
        self._kept: dict[Finding, None] = {}
        self._lost = 0
        for finding in noticed:
            self._keep(finding)

    def add(self, field: str, source: str, raw: SnmpValue | str | None, reason: str) -> None:
        """Record that the value of field, read from source, was not used, and why."""
        shown = shorten(clean(raw), 200) if isinstance(raw, str) else raw_text(raw)
        self._keep(Finding(field=field[:128], source=source[:255], raw=shown, reason=reason[:255]))

    def all(self) -> tuple[Finding, ...]:
        """Everything recorded, in order."""
        if not self._lost:
            return tuple(self._kept)
        more = Finding(
            field="findings", source="collector", raw=None, reason=f"{self._lost} more findings were left out"
        )
        return (*self._kept, more)

    def _keep(self, finding: Finding) -> None:
        if finding in self._kept:
            return
        if len(self._kept) >= FINDINGS_MAX - 1:
            self._lost += 1
        else:
            self._kept[finding] = None
