"""Where every value of a report comes from: the objects, documents and attributes that say it, raw.

1. A meter names its source itself. For the rest, the evidence is searched for the value: first what says exactly it,
   then what contains it. So the explanation is looked up apart from the rules that made the report, and can disagree.
2. A value that nothing says as it stands was derived, such as a state from three objects: those are listed instead.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Final

from data_collector.core import mib
from data_collector.core.evidence import Evidence, Oid, Picture, dotted, oid
from data_collector.core.ipp import Attributes, decode_reply
from data_collector.core.text import raw_text, text_of
from wire_format.records import Report

SAYS_MAX: Final = 3
_CONTAINED_MIN: Final = 4
_NAMES: Final = {
    mib.SYS_DESCR[:-1]: "sysDescr",
    mib.SYS_OBJECT_ID[:-1]: "sysObjectID",
    mib.SYS_UP_TIME[:-1]: "sysUpTime",
    mib.SYS_NAME[:-1]: "sysName",
    mib.SYS_LOCATION[:-1]: "sysLocation",
    mib.IF_PHYS_ADDRESS: "ifPhysAddress",
    mib.HR_DEVICE_DESCR: "hrDeviceDescr",
    mib.HR_DEVICE_STATUS: "hrDeviceStatus",
    mib.HR_PRINTER_STATUS: "hrPrinterStatus",
    mib.HR_PRINTER_ERRORS: "hrPrinterDetectedErrorState",
    mib.HR_MEMORY_SIZE[:-1]: "hrMemorySize",
    mib.PRT_CONFIG_CHANGES: "prtGeneralConfigChanges",
    mib.PRT_ALL_EVENTS: "prtAlertAllEvents",
    mib.PRT_NAME: "prtGeneralPrinterName",
    mib.PRT_SERIAL: "prtGeneralSerialNumber",
    mib.PRT_MARKER_COUNTER_UNIT: "prtMarkerCounterUnit",
    mib.PRT_MARKER_LIFE_COUNT: "prtMarkerLifeCount",
    mib.PRT_SUPPLY_COLORANT: "prtMarkerSuppliesColorantIndex",
    mib.PRT_SUPPLY_CLASS: "prtMarkerSuppliesClass",
    mib.PRT_SUPPLY_TYPE: "prtMarkerSuppliesType",
    mib.PRT_SUPPLY_DESCRIPTION: "prtMarkerSuppliesDescription",
    mib.PRT_SUPPLY_UNIT: "prtMarkerSuppliesSupplyUnit",
    mib.PRT_SUPPLY_CAPACITY: "prtMarkerSuppliesMaxCapacity",
    mib.PRT_SUPPLY_LEVEL: "prtMarkerSuppliesLevel",
    mib.PRT_COLORANT_VALUE: "prtMarkerColorantValue",
    mib.PRT_CONSOLE_TEXT: "prtConsoleDisplayBufferText",
    mib.PRT_ALERT_SEVERITY: "prtAlertSeverityLevel",
    mib.PRT_ALERT_GROUP: "prtAlertGroup",
    mib.PRT_ALERT_CODE: "prtAlertCode",
    mib.PRT_ALERT_DESCRIPTION: "prtAlertDescription",
    mib.PPM_DEVICE_ID: "ppmPrinterIEEE1284DeviceId",
}
_STATE: Final = (mib.HR_PRINTER_STATUS, mib.HR_DEVICE_STATUS, mib.HR_PRINTER_ERRORS)
_SUPPLY: Final = (mib.PRT_SUPPLY_LEVEL, mib.PRT_SUPPLY_CAPACITY, mib.PRT_SUPPLY_UNIT, mib.PRT_SUPPLY_TYPE)
_OID: Final = re.compile(r"1(?:\.\d+){5,}")
_LEAF: Final = re.compile(r">\s*([^<>]{1,400}?)\s*<")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer of the device. source: an OID with its name, ledm:..., ipp:...; raw: what it said."""

    source: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One value of a report, and what says it; nothing for one that was derived."""

    field: str
    value: str
    said: tuple[Said, ...] = ()


def explain(report: Report, evidence: Evidence) -> tuple[Explained, ...]:
    """Every value of the report, in its order."""
    return tuple(_Explainer(evidence.picture, _everything(evidence)).explain(report))


def explain_queue(report: Report, attributes: Attributes) -> tuple[Explained, ...]:
    """As `explain`, for a local printer: what its queue in the print scheduler says. attributes: of that queue."""
    said = (Said(source=f"cups:{name}", raw=str(each)[:400]) for name, values in attributes.items() for each in values)
    return tuple(_Explainer(Picture(), said).explain(report))


class _Explainer:
    def __init__(self, picture: Picture, said: Iterable[Said]) -> None:
        self._picture = picture
        self._all = list(said)
        self._exact: dict[str, list[Said]] = {}
        for one in self._all:
            self._exact.setdefault(_bare(one.raw), []).append(one)

    def explain(self, report: Report) -> Iterator[Explained]:
        for name, record in (("device", report.device), ("config", report.config), ("status", report.status)):
            for field in fields(record) if record is not None else ():
                value = getattr(record, field.name)
                if value is None or value == ():
                    continue
                shown = ", ".join(value) if isinstance(value, tuple) else str(value)
                derived = name == "status" and field.name != "console_text"
                said = self._cells(_STATE) if derived else self._says(shown)
                yield Explained(field=f"{name}.{field.name}", value=shown, said=said)
        for meter in report.meters:
            objects = tuple(self._at(oid(one)) for one in _OID.findall(meter.source))
            said = tuple(one for one in objects if one is not None) or (
                Said(source=meter.source, raw=str(meter.value)),
            )
            yield Explained(field=f"meters.{meter.name}", value=f"{meter.value:,} {meter.unit}", said=said)
        for supply in report.supplies:
            shown = f"{supply.percent} %" if supply.percent is not None else str(supply.state)
            said = self._cells(_SUPPLY, supply.index)
            name = supply.description or supply.kind
            yield Explained(field=f"supplies.{supply.index}", value=f"{name}: {shown}", said=said or self._says(name))
        for alert in report.alerts:
            name = alert.description or f"code {alert.code}"
            said = self._says(name) or self._says(str(alert.code))
            yield Explained(field=f"alerts.{alert.alert_id}", value=f"{alert.severity}: {name}", said=said)
        for finding in report.findings:
            raw = () if finding.raw is None else (Said(source=finding.source, raw=finding.raw),)
            yield Explained(field=f"finding.{finding.field}", value=finding.reason, said=raw)

    def _says(self, value: str) -> tuple[Said, ...]:
        bare = _bare(value)
        exact = self._exact.get(bare, [])
        if not exact and len(bare) >= _CONTAINED_MIN:
            exact = [one for one in self._all if bare in _bare(one.raw)]
        return tuple(exact[:SAYS_MAX])

    def _cells(self, columns: Sequence[Oid], row: int | None = None) -> tuple[Said, ...]:
        """What stands in these columns: of one row, or of the first."""
        found = []
        for column in columns:
            for rest, _value in self._picture.column(column):
                if row is None or rest[-1] == row:
                    found.append(self._at((*column, *rest)))
                    break
        return tuple(one for one in found if one is not None)

    def _at(self, identifier: Oid) -> Said | None:
        value = self._picture.value(identifier)
        return None if value is None else Said(source=named(identifier), raw=raw_text(value) or "")


def named(identifier: Oid) -> str:
    """An object identifier, with the name of a standard column before its instance."""
    for length in range(len(identifier), 6, -1):
        name = _NAMES.get(identifier[:length])
        if name is not None:
            return f"{name}.{dotted(identifier[length:])} ({dotted(identifier)})"
    return dotted(identifier)


def _everything(evidence: Evidence) -> Iterator[Said]:
    for identifier, value in evidence.picture:
        text = text_of(value) if isinstance(value, bytes) else ""
        mac = value.hex(":") if isinstance(value, bytes) and len(value) == 6 else ""
        yield Said(
            source=named(identifier), raw=mac if mac and not text.isprintable() else text or raw_text(value) or ""
        )
    for path, document in evidence.ledm.items():
        for leaf in _LEAF.findall(document.decode("utf-8", "replace")):
            yield Said(source=f"ledm:{path}", raw=leaf)
    if evidence.ipp is not None:
        for name, values in decode_reply(evidence.ipp).attributes.items():
            for each in values:
                yield Said(source=f"ipp:{name}", raw=str(each)[:400])
    yield Said(source="the address that was asked", raw=evidence.address)
    if evidence.hostname:
        yield Said(source="the name that was asked", raw=evidence.hostname)


def _bare(text: str) -> str:
    return " ".join(text.split()).casefold()
