"""One printer's SNMP answers, with what is needed to read them: definition, device index, charset."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from data_collector.core import mib
from data_collector.core.evidence import Evidence, Oid, Picture, SnmpValue, dotted
from data_collector.core.normalise.findings import Findings
from data_collector.core.text import CHARSETS, decode_text
from data_collector.core.vendors import Definition, TextSource

TICKS_PER_SECOND: Final = 100
TICKS_MAX: Final = 2**32


class SnmpView:
    """Reads values of one printer. A value of the wrong type counts as not answered, and becomes a finding."""

    def __init__(self, evidence: Evidence, definition: Definition, findings: Findings) -> None:
        self.picture: Picture = evidence.picture
        self.observed_at: datetime = evidence.observed_at
        self.definition = definition
        self.findings = findings
        self.unanswered = evidence.unanswered
        self._walks = frozenset(finding.source for finding in evidence.findings if finding.field == "walk")
        self.index = _printer_index(self.picture)
        self.prt_index = _prt_index(self.picture, self.index)
        self.charset = _charset(self.picture, self.prt_index)
        uptime = self.picture.value(mib.SYS_UP_TIME)
        self.uptime_ticks = uptime if isinstance(uptime, int) and 0 <= uptime < TICKS_MAX else None

    def text(self, identifier: Oid, field: str) -> str:
        """The text of one instance; "" when there is none."""
        value = self.picture.value(identifier)
        if value is not None and not isinstance(value, bytes):
            self.findings.add(field, dotted(identifier), value, "this should be a text")
        return decode_text(value, self.charset) if isinstance(value, bytes) else ""

    def number(self, identifier: Oid, field: str) -> int | None:
        """The number of one instance; None when there is none."""
        value = self.picture.value(identifier)
        if value is not None and not isinstance(value, int):
            self.findings.add(field, dotted(identifier), value, "this should be a number")
        return value if isinstance(value, int) else None

    def broken(self, root: Oid) -> bool:
        """Whether the walk of that subtree was ended by a device that broke its rules."""
        return dotted(root) in self._walks

    def of_printer(self, column: Oid) -> Oid:
        """The instance of a column indexed by hrDeviceIndex that belongs to the printer."""
        return (*column, self.prt_index if column[: len(mib.PRT)] == mib.PRT else self.index)

    def cell(self, column: Oid, row: int) -> Oid:
        """One cell of a Printer MIB table that belongs to the printer."""
        return (*column, self.prt_index, row)

    def rows(self, column: Oid) -> Iterator[tuple[int, SnmpValue]]:
        """Rows of a Printer MIB table that belong to the printer, as (row, value)."""
        for suffix, value in self.picture.column((*column, self.prt_index)):
            if len(suffix) == 1:
                yield suffix[0], value

    def indices(self, table: Oid, columns: range) -> list[int]:
        """The rows of the printer that have a cell in any of these columns of a Printer MIB table, in order."""
        return sorted(
            {
                suffix[2]
                for suffix, _ in self.picture.column(table)
                if len(suffix) == 3 and suffix[1] == self.prt_index and suffix[0] in columns
            }
        )

    def read(self, sources: Iterable[TextSource]) -> Iterator[tuple[str, str]]:
        """Every answer of the sources, in order, as (text, where it was read)."""
        for source in sources:
            for identifier, value in self._values(source):
                if not isinstance(value, bytes):
                    continue
                text = decode_text(value, self.charset)
                if source.pattern is not None:
                    found = source.pattern.search(text)
                    text = "" if found is None else found[1] if source.pattern.groups else found[0]
                if text.strip():
                    yield text.strip(), dotted(identifier)

    def first(self, sources: Iterable[TextSource]) -> str | None:
        """The first answer of the sources."""
        return next((text for text, _ in self.read(sources)), None)

    def _values(self, source: TextSource) -> Iterator[tuple[Oid, SnmpValue]]:
        exact = self.picture.value(source.object)
        if exact is not None:
            yield source.object, exact
            return
        for suffix, value in self.picture.column(source.object):
            yield (*source.object, *suffix), value


def _printer_index(picture: Picture) -> int:
    """hrDeviceIndex of the printer: the first device of that type, else the first with Printer MIB rows."""
    for suffix, value in picture.column(mib.HR_DEVICE_TYPE):
        if value == mib.HR_TYPE_PRINTER and len(suffix) == 1:
            return suffix[0]
    for column in (
        mib.HR_PRINTER_STATUS, mib.HR_PRINTER_ERRORS, mib.PRT_MARKER_LIFE_COUNT, mib.PRT_SUPPLY_LEVEL,
        mib.PRT_SERIAL,
    ):  # fmt: skip
        for suffix, _ in picture.column(column):
            return suffix[0]
    return 1


def _prt_index(picture: Picture, index: int) -> int:
    """The index of the Printer MIB's rows: hrDeviceIndex by the standard, another where firmware forgot it."""
    columns = (mib.PRT_MARKER_LIFE_COUNT, mib.PRT_SUPPLY_LEVEL, mib.PRT_SERIAL, mib.PRT_CONFIG_CHANGES)
    rows = [suffix[0] for column in columns for suffix, _ in picture.column(column)]
    return index if index in rows or not rows else rows[0]


def _charset(picture: Picture, index: int) -> str | None:
    """The codec of prtGeneralCurrentLocalization, or of the only localization there is."""
    current = picture.value((*mib.PRT_CURRENT_LOCALIZATION, index))
    rows = picture.column((*mib.PRT_LOCALIZATION_CHARSET, index))
    for suffix, value in rows:
        if isinstance(value, int) and (suffix == (current,) or len(rows) == 1):
            return CHARSETS.get(value)
    return None
