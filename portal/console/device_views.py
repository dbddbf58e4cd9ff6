"""Devices as they are shown: one state, the worst; a name; where it stands; by which path it is heard."""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from portal.clocks import from_ms
from portal.console.moments import Moment
from portal.console.supply_views import SupplyView
from portal.console.usage import Usage
from portal.storage.reads.devices import DeviceRow

STATES: Final = (
    ("critical", "Critical"),
    ("warning", "Warning"),
    ("silent", "Silent"),
    ("late", "Late"),
    ("ok", "Reporting"),
)
"""By rank, worst first: class of the sign, word."""
_SILENT_RANK: Final = 2
_LATE_RANK: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """One line of the list. state_note: how long it is silent or late, or that it is not billed."""

    device_id: int
    name: str
    number: str
    state_css: str
    state_word: str
    state_note: Markup | str
    place: str
    place_note: str
    last_seen_ms: int
    mono: int | None
    colour: int | None
    total: int | None
    area_mm2: int | None
    sealed: bool
    supply: SupplyView | None
    path: str
    path_note: str
    weak: bool
    managed: bool
    two_sources: bool
    critical: int
    warning: int


def device_view(
    row: DeviceRow, moment: Moment, used: Usage | None, supply: SupplyView | None, *, silent: bool, late: bool
) -> DeviceView:
    """One device, in words. used: over one step, the period of the list."""
    css, word = STATES[row.rank]
    path, path_note = path_words(by_direct=bool(row.by_direct), by_collector=bool(row.by_collector))
    heard = moment.age(from_ms(row.last_seen_ms))
    note: Markup | str = ""
    if silent or late:
        note = heard if row.rank in (_SILENT_RANK, _LATE_RANK) else Markup("silent {}").format(heard)
    elif row.weak or row.standing == "discovered":
        note = "not billed" if row.weak else "not managed"
    place = [part for part in (row.customer, row.site, row.location, row.hostname, row.ip) if part]
    return DeviceView(
        device_id=row.device_id,
        name=device_name(row.model, row.manufacturer),
        number=device_number(row.serial, row.mac, row.hostname, row.ip),
        state_css=css,
        state_word=word,
        state_note=note,
        place=place[0] if place else "–",
        place_note=place[1] if len(place) > 1 else "",
        last_seen_ms=row.last_seen_ms,
        mono=used.mono[0] if used else None,
        colour=used.colour[0] if used else None,
        total=used.total[0] if used else None,
        area_mm2=used.area_mm2[0] if used else None,
        sealed=not row.weak and used is not None and used.total[0] is not None,
        supply=supply,
        path=path,
        path_note=path_note,
        weak=bool(row.weak),
        managed=row.standing == "managed",
        two_sources=bool(row.by_direct and row.by_collector),
        critical=row.critical,
        warning=row.warning,
    )


def device_name(model: str | None, manufacturer: str | None) -> str:
    """The model, or what there is of a name."""
    return model or manufacturer or "Unknown model"


def device_number(serial: str | None, mac: str | None, hostname: str | None, ip: str | None) -> str:
    """The serial, or that there is none and by what the device is told instead."""
    if serial:
        return serial
    if mac:
        return f"no serial, MAC {mac}"
    if hostname:
        return f"no serial, host {hostname}"
    return f"no serial, address {ip}" if ip else "no serial"


def path_words(*, by_direct: bool, by_collector: bool) -> tuple[str, str]:
    """How the device is heard, and which way comes first where there are two."""
    if by_direct and by_collector:
        return "Both", "counted once, direct first"
    if by_direct:
        return "Direct", ""
    return ("Collector", "") if by_collector else ("–", "sender revoked")
