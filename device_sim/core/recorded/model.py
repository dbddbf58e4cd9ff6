"""From the recording of a printer to a profile of its model.

1. Never fails: what the recording does not say is filled with what an office printer usually has.
2. Row n of a recorded table is not always item n-1 of the profile (indices have gaps); `places` say which is which.
3. What the printer does not measure stays unmeasured.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from device_sim.core.mibs.printer import MARKER_TECHNOLOGIES
from device_sim.core.mibs.printer_media import INPUT_KINDS, OUTPUT_KINDS
from device_sim.core.profile import (
    CategorySpec,
    Family,
    FormatSpec,
    InputSpec,
    Life,
    OutputSpec,
    Pace,
    Profile,
    SizeBand,
    SupplySpec,
    Workload,
)
from device_sim.core.recorded import known
from device_sim.core.recorded.rows import Rows
from snmp_format.ber import Oid, dotted
from wire_format.printer_mib import MARKER_COUNTER_UNITS, SUPPLY_KINDS, SUPPLY_UNITS

LIFE_DEFAULT: Final = 20_000
RECEPTACLE: Final = 4
ROLL: Final = 6
MICROMETRES_A_UNIT: Final = {3: 2.54, 4: 1.0}
METRES_A_PRINT: Final = 0.8
_TECHNOLOGY: Final = {number: label for label, number in MARKER_TECHNOLOGIES.items()}
_INPUT_KIND: Final = {number: label for label, number in INPUT_KINDS.items()}
_OUTPUT_KIND: Final = {number: label for label, number in OUTPUT_KINDS.items()}
_COLORANTS: Final = ("matte black", "photo black", "light cyan", "light magenta", "gray", "cyan", "magenta", "yellow")
_MAKERS: Final = {
    2: "IBM", 11: "HP", 236: "Samsung", 253: "Xerox", 367: "Ricoh", 641: "Lexmark", 1129: "Toshiba", 1248: "Epson",
    1347: "Kyocera", 1602: "Canon", 2001: "OKI", 2385: "Sharp", 2435: "Brother", 18334: "Konica Minolta",
    26266: "Sindoh", 40093: "Pantum",
}  # fmt: skip
_SEVERAL_TRADES: Final = re.compile(r"MFP|MFC|all-in-one|scan|copier|multifunction", re.IGNORECASE)

_SPELT_STATION: Final = re.compile(rb"(?:[0-9A-Fa-f]{1,2}:){5}[0-9A-Fa-f]{1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedModel:
    """A recorded printer as a profile. The places map row indices (hrDeviceIndex, row) to items of the profile.

    life_count: prtMarkerLifeCount as recorded, with its object; None where the recording has none.
    """

    profile: Profile
    supplies: dict[Oid, int]
    inputs: dict[Oid, int]
    life: tuple[Oid, int] | None
    serial: str
    mac: bytes
    hostname: str


def recorded_model(rows: Rows, name: str) -> RecordedModel:
    """The model that a recording shows. name: of the profile."""
    supplies, supply_places = _supplies(rows)
    inputs, input_places = _inputs(rows)
    large = bool(inputs) and all(spec.is_roll for spec in inputs)
    life = next(((oid, n) for oid, n in _lives(rows) if n > 0), None)
    unit = MARKER_COUNTER_UNITS.get(rows.number((*known.MARKER, 3, *life[0][-2:])) or 0, "") if life else ""
    counter_unit = unit if unit == "sheets" or (unit == "meters" and large) else "impressions"
    count = life[1] if life else LIFE_DEFAULT
    prints = round(count / METRES_A_PRINT + 0.499) if counter_unit == "meters" else count
    color = any(spec.colorant in ("cyan", "magenta", "yellow") for spec in supplies)
    model = model_name(rows)
    sys_object_id = rows.object_id(known.SYS_OBJECT_ID) or "1.3.6.1.4.1"
    several = _SEVERAL_TRADES.search(model) is not None
    serial, mac = recorded_serial(rows), recorded_mac(rows)
    profile = Profile(
        name=name,
        manufacturer=_maker(sys_object_id, model),
        model=model,
        family=Family.LARGE_FORMAT if large else Family.OFFICE,
        product_number="",
        sys_descr=rows.text(known.SYS_DESCR) or model,
        sys_object_id=sys_object_id,
        firmware="",
        firmware_date="2020-01-01",
        serial_pattern=serial_pattern(serial),
        mac_prefix=":".join(f"{octet:02x}" for octet in (mac or b"\x02\0\0")[:3]),
        hostname_prefix="PRN",
        marker_technology=_TECHNOLOGY.get(_first(rows, known.MARKER, 2) or 0, "unknown"),
        counter_unit=counter_unit,
        memory_bytes=256 * 1024 * 1024,
        color=color,
        duplex=counter_unit != "sheets",
        services=("print", "copy", "scan") if several and not large else ("print",),
        dialect="hp" if sys_object_id.startswith("1.3.6.1.4.1.11.") else "standard",
        job_log_max=100 if large else 0,
        pace=Pace(warm_up_s=8.0, m2_per_hour=60.0) if large else _pace(rows),
        life=Life(impressions_min=prints // 2, impressions_max=prints * 3 // 2),
        workload=_workload(inputs, large, color, duplex=counter_unit != "sheets", several=several),
        supplies=supplies or (_supply("toner", "Toner", 100, None),),
        inputs=inputs or (_TRAY,),
        outputs=_outputs(rows),
        covers=tuple(rows.text((*known.COVER, 2, *index)) or "Cover" for index in rows.indices(known.COVER))
        or ("Door",),
    )
    return RecordedModel(
        profile=profile,
        supplies=supply_places,
        inputs=input_places,
        life=life,
        serial=serial,
        mac=mac,
        hostname=rows.text(known.SYS_NAME),
    )


def model_name(rows: Rows) -> str:
    """What the printer calls itself: hrDeviceDescr of the printer, else the first words of sysDescr."""
    for index in rows.indices(known.HR_DEVICE_TYPE[:-1]):
        is_printer = rows.object_id((*known.HR_DEVICE_TYPE, *index)) == dotted(known.HR_DEVICE_PRINTER)
        if is_printer and (said := rows.text((*known.HR_DEVICE_DESCR, *index))):
            return re.split(r"[;,]|\s+S/N|\s+SN[: ]", said)[0].strip() or said
    return re.split(r"[;,]", rows.text(known.SYS_DESCR))[0].strip() or "Recorded printer"


def recorded_serial(rows: Rows) -> str:
    """The device's serial number, from the object that is most to be believed; empty where there is none."""
    for root in known.SERIALS:
        for rest, _ in rows.under(root):
            said = rows.text((*root, *rest))
            if len(said) >= 4 and re.fullmatch(r"[\w./-]+", said) and len(set(said)) > 1:
                return said
    return ""


def recorded_mac(rows: Rows) -> bytes:
    """The six octets of the first interface that has a station address, or nothing. Some recordings spell it out."""
    for rest, _ in rows.under(known.IF_PHYS_ADDRESS):
        octets = rows.octets((*known.IF_PHYS_ADDRESS, *rest))
        if _SPELT_STATION.fullmatch(octets):
            octets = bytes(int(part, 16) for part in octets.split(b":"))
        if len(octets) == 6 and any(octets):
            return octets
    return b""


def serial_pattern(serial: str) -> str:
    """A pattern of serials like this one: its first three marks stay, the letters and digits behind them vary."""
    if len(serial) < 7:
        return "SIM#######"
    return serial[:3] + "".join("#" if mark.isalnum() else mark for mark in serial[3:])


def _lives(rows: Rows) -> list[tuple[Oid, int]]:
    found = ((oid := (*known.MARKER, 4, *index), rows.number(oid)) for index in rows.indices(known.MARKER))
    return [(oid, number) for oid, number in found if number is not None]


def _first(rows: Rows, entry: Oid, column: int) -> int | None:
    return next((rows.number((*entry, column, *index)) for index in rows.indices(entry)), None)


def _maker(sys_object_id: str, model: str) -> str:
    arcs = sys_object_id.split(".")
    return _MAKERS.get(int(arcs[6]), model.split()[0]) if len(arcs) > 6 else model.split()[0]


def _supplies(rows: Rows) -> tuple[tuple[SupplySpec, ...], dict[Oid, int]]:
    specs: list[SupplySpec] = []
    places: dict[Oid, int] = {}
    for index in rows.indices(known.SUPPLIES):

        def cell(column: int, index: Oid = index) -> int | None:
            return rows.number((*known.SUPPLIES, column, *index))

        capacity, level = cell(8) or 0, cell(9)
        description = rows.text((*known.SUPPLIES, 6, *index)) or "Supply"
        spec = _supply(SUPPLY_KINDS.get(cell(5) or 0, "other"), description, capacity, level)
        places[index] = len(specs)
        specs.append(
            SupplySpec(
                kind=spec.kind,
                description=description,
                unit=SUPPLY_UNITS.get(cell(7) or 0, "other"),
                capacity=spec.capacity,
                amount_max=spec.amount_max,
                colorant=_colorant(rows, description, (index[0], cell(3) or 0)),
                report=spec.report,
                receptacle=cell(4) == RECEPTACLE,
                born_amount=spec.born_amount,
            )
        )
    return tuple(specs), places


def _supply(kind: str, description: str, capacity: int, level: int | None) -> SupplySpec:
    """What a supply holds in the fine unit, so that its recorded level is one the state can stand at."""
    measured = capacity > 0 and level is not None and 0 <= level <= capacity
    whole = capacity if capacity > 0 else 100
    fine = max(1, -(-(150_000 if "ink" in kind.lower() else 8_000_000) // whole))
    return SupplySpec(
        kind=kind,
        description=description,
        unit="percent",
        capacity=whole,
        amount_max=whole * fine,
        report="measured" if measured else "some-left" if level == -3 else "unknown",
        born_amount=level * fine if measured and level is not None else None,
    )


def _colorant(rows: Rows, description: str, colorant_index: Oid) -> str | None:
    """By the description where it names a colour, which is right more often than the table."""
    said = [description.lower(), rows.text((*known.COLORANT, 4, *colorant_index)).lower()]
    for words in said:
        for colorant in (*_COLORANTS, "black"):
            if colorant in words:
                return colorant
    return None


_TRAY: Final = InputSpec(
    name="Tray 1", kind="sheetFeedAutoRemovableTray", unit="sheets", capacity=250, amount_max=250,
    media_name="iso_a4_210x297mm", media_type="stationery", width_mm=210, length_mm=297,
)  # fmt: skip


def _inputs(rows: Rows) -> tuple[tuple[InputSpec, ...], dict[Oid, int]]:
    indices = rows.indices(known.INPUT)
    rolls = [index for index in indices if rows.number((*known.INPUT, 2, *index)) == ROLL]
    specs: list[InputSpec] = []
    places: dict[Oid, int] = {}
    for index in rolls or indices:

        def cell(column: int, index: Oid = index) -> int:
            return rows.number((*known.INPUT, column, *index)) or 0

        unit = MICROMETRES_A_UNIT.get(cell(3), 1.0)
        width, length = (round(cell(column) * unit / 1000) for column in (7, 6))
        roll, capacity, level = bool(rolls), cell(9), rows.number((*known.INPUT, 10, *index))
        whole = capacity if capacity > 0 else 50 if roll else 250
        fine = -(-50_000 // whole) if roll else max(1, -(-10 // whole))
        measured = capacity > 0 and level is not None and 0 <= level <= capacity
        if measured:
            places[index] = len(specs)
        specs.append(
            InputSpec(
                name=rows.text((*known.INPUT, 13, *index)) or rows.text((*known.INPUT, 18, *index)) or "Tray",
                kind=_INPUT_KIND.get(cell(2), "unknown"),
                unit=SUPPLY_UNITS.get(cell(8), "sheets"),
                capacity=whole,
                amount_max=whole * fine,
                media_name=rows.text((*known.INPUT, 12, *index)) or "unknown",
                media_type=rows.text((*known.INPUT, 21, *index)) or "unknown",
                width_mm=width if 50 <= width <= 2000 else 914 if roll else 210,
                length_mm=None if roll else length if 70 <= length <= 2000 else 297,
                born_amount=level * fine if measured and level is not None else None,
            )
        )
    return tuple(specs), places


def _outputs(rows: Rows) -> tuple[OutputSpec, ...]:
    return tuple(
        OutputSpec(
            name=rows.text((*known.OUTPUT, 7, *index)) or "Bin",
            kind=_OUTPUT_KIND.get(rows.number((*known.OUTPUT, 2, *index)) or 0, "unknown"),
            capacity=max(rows.number((*known.OUTPUT, 4, *index)) or 0, 100),
        )
        for index in rows.indices(known.OUTPUT)
    ) or (OutputSpec(name="Bin", kind="unRemovableBin", capacity=250),)


def _pace(rows: Rows) -> Pace:
    """prtMediaPathMaxSpeed, where it is in impressions (7) or sheets (8) an hour."""
    an_hour = _first(rows, known.MEDIA_PATH, 4) or 0
    fits = _first(rows, known.MEDIA_PATH, 2) in (7, 8) and 60 <= an_hour <= 12_000
    return Pace(warm_up_s=8.0, impressions_per_minute=an_hour / 60 if fits else 30.0)


def _workload(inputs: Sequence[InputSpec], large: bool, color: bool, *, duplex: bool, several: bool) -> Workload:
    if large:
        inks = CategorySpec(
            name="color-lines", weight=1, ink_ul_m2_min=500, ink_ul_m2_max=2000, color=color, quality="normal"
        )
        width = min(spec.width_mm for spec in inputs)
        return Workload(
            jobs_per_day=40,
            sizes=(SizeBand(weight=4, impressions_min=1, impressions_max=4),),
            formats=(FormatSpec(name="Drawing", width_mm=min(width, 841), length_mm=800),),
            categories=(inks,),
            color_percent=60 if color else 0,
        )
    sheet = inputs[0] if inputs else _TRAY
    name = "Letter" if (sheet.width_mm, sheet.length_mm) == (216, 279) else "A4"
    return Workload(
        jobs_per_day=90,
        sizes=(
            SizeBand(weight=60, impressions_min=1, impressions_max=5),
            SizeBand(weight=30, impressions_min=6, impressions_max=30),
        ),
        formats=(FormatSpec(name=name, width_mm=sheet.width_mm, length_mm=sheet.length_mm or 297),),
        copy_percent=10 if several else 0,
        scan_percent=10 if several else 0,
        color_percent=35 if color else 0,
        duplex_percent=40 if duplex else 0,
    )
