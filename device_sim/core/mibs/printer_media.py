"""Printer MIB v2: where media comes from, the way it takes, and where it goes.

Row n of a table is item n-1 of the profile's list. Source: RFC 3805 (prtInput, prtOutput, prtMediaPath);
numbers of the textual conventions: IANA-PRINTER-MIB.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from device_sim.core.mibs.objects import MIB_2, ObjectList
from device_sim.core.mibs.settings import kept
from device_sim.core.profile import Family, InputSpec, Profile
from device_sim.core.state import LivePrinter
from snmp_format.ber import integer, text
from wire_format.printer_mib import SUPPLY_UNITS, PrinterState

PRINTER_MIB: Final = (*MIB_2, 43)
INPUT_ENTRY: Final = (*PRINTER_MIB, 8, 2, 1)
OUTPUT_ENTRY: Final = (*PRINTER_MIB, 9, 2, 1)
MEDIA_PATH_ENTRY: Final = (*PRINTER_MIB, 13, 4, 1)

LEVEL_UNKNOWN: Final = -2
NO_RESTRICTION: Final = -1
MICROMETRES: Final = 4
OFF, NOT_PRESENT = 4, 5
"""PresentOnOff."""
SUBUNIT_IDLE: Final = integer(0)
SUBUNIT_BUSY: Final = integer(6)
SUBUNIT_BROKEN: Final = integer(1 + 16)
"""Unavailable because broken, and a critical alert is active (PrtSubUnitStatusTC)."""

INPUT_KINDS: Final = MappingProxyType(
    {"unknown": 2, "sheetFeedAutoRemovableTray": 3, "sheetFeedAutoNonRemovableTray": 4, "sheetFeedManual": 5}
    | {"continuousRoll": 6, "continuousFanFold": 7}
)
OUTPUT_KINDS: Final = MappingProxyType(
    {"unknown": 2, "removableBin": 3, "unRemovableBin": 4, "continuousRollDevice": 5, "mailBox": 6}
    | {"continuousFanFold": 7}
)
_OTHER: Final = 1
_UNITS: Final = {label: number for number, label in SUPPLY_UNITS.items()}
_FIRST_TO_LAST: Final = 3
_FACE_UP, _FACE_DOWN = 3, 4
_IMPRESSIONS_PER_HOUR, _METRES_PER_HOUR = 7, 17
_LONG_EDGE_DUPLEX, _SIMPLEX = 3, 5
_SHEET_LEAST_UM: Final = (127_000, 76_000)
_SHEET_LONGEST_UM: Final = 355_600
_ROLL_LEAST_UM: Final = (210_000, 279_000)
INPUT_NAME_OCTETS: Final = 63
"""Of prtInputMediaName, prtInputName, prtInputMediaType and prtInputMediaColor."""


def add_inputs(objects: ObjectList, profile: Profile, device: int) -> None:
    """prtInputTable. An empty tray is followed by the next one with the same format; a roll by none."""
    for place, spec in enumerate(profile.inputs):
        length_um = LEVEL_UNKNOWN if spec.length_mm is None else spec.length_mm * 1000
        dimensions = {column: integer(length_um) for column in (4, 6)} | {
            column: integer(spec.width_mm * 1000) for column in (5, 7)
        }
        objects.row(
            INPUT_ENTRY,
            (device, place + 1),
            {
                2: integer(INPUT_KINDS.get(spec.kind, _OTHER)),
                3: integer(MICROMETRES),
                **dimensions,
                8: integer(_UNITS.get(spec.unit, _OTHER)),
                9: integer(spec.capacity),
                10: _input_level(place),
                11: _input_status(place, spec),
                12: kept((*INPUT_ENTRY, 12, device, place + 1), text(spec.media_name), INPUT_NAME_OCTETS),
                13: kept((*INPUT_ENTRY, 13, device, place + 1), text(spec.name), INPUT_NAME_OCTETS),
                14: text(profile.manufacturer),
                15: text(""),
                16: text(""),
                17: text(""),
                18: text(spec.name),
                19: integer(OFF),
                20: integer(spec.weight_g_m2),
                21: kept((*INPUT_ENTRY, 21, device, place + 1), text(spec.media_type), INPUT_NAME_OCTETS),
                22: kept((*INPUT_ENTRY, 22, device, place + 1), text(spec.media_color), INPUT_NAME_OCTETS),
                23: integer(LEVEL_UNKNOWN),
                24: integer(LEVEL_UNKNOWN),
                25: integer(_next_input(profile, place)),
            },
        )


def add_outputs(objects: ObjectList, profile: Profile, device: int) -> None:
    """prtOutputTable. Bins take what the media path lets through."""
    longest_um, widest_um = _greatest(profile)
    least = _ROLL_LEAST_UM if profile.family is Family.LARGE_FORMAT else _SHEET_LEAST_UM
    for place, spec in enumerate(profile.outputs):
        objects.row(
            OUTPUT_ENTRY,
            (device, place + 1),
            {
                2: integer(OUTPUT_KINDS.get(spec.kind, _OTHER)),
                3: integer(_UNITS.get(spec.unit, _OTHER)),
                4: integer(spec.capacity),
                5: _output_room(place, spec.capacity),
                6: SUBUNIT_IDLE,
                7: text(spec.name),
                8: text(profile.manufacturer),
                9: text(""),
                10: text(""),
                11: text(""),
                12: text(spec.name),
                13: integer(NOT_PRESENT),
                14: integer(MICROMETRES),
                15: integer(longest_um),
                16: integer(widest_um),
                17: integer(least[0]),
                18: integer(least[1]),
                19: integer(_FIRST_TO_LAST),
                20: integer(_FACE_UP if profile.family is Family.LARGE_FORMAT else _FACE_DOWN),
                21: integer(NOT_PRESENT),
                22: integer(NOT_PRESENT),
                23: integer(OFF),
                24: integer(NOT_PRESENT),
            },
        )


def add_media_path(objects: ObjectList, profile: Profile, device: int) -> None:
    """prtMediaPathTable: one path, at the speed of the data sheet; a plotter's in metres an hour of its widest roll."""
    longest_um, widest_um = _greatest(profile)
    large = profile.family is Family.LARGE_FORMAT
    per_hour = int(profile.pace.impressions_per_minute * 60)
    if large:
        per_hour = int(profile.pace.m2_per_hour * 1_000_000 / widest_um)
    least = _ROLL_LEAST_UM if large else _SHEET_LEAST_UM
    objects.row(
        MEDIA_PATH_ENTRY,
        (device, 1),
        {
            2: integer(_METRES_PER_HOUR if large else _IMPRESSIONS_PER_HOUR),
            3: integer(MICROMETRES),
            4: integer(per_hour),
            5: integer(longest_um),
            6: integer(widest_um),
            7: integer(least[0]),
            8: integer(least[1]),
            9: integer(_LONG_EDGE_DUPLEX if profile.duplex else _SIMPLEX),
            10: text("Media path"),
            11: engine_status,
        },
    )


def engine_status(printer: LivePrinter) -> bytes:
    """PrtSubUnitStatusTC of what moves when the printer prints."""
    if printer.status is PrinterState.STOPPED:
        return SUBUNIT_BROKEN
    return SUBUNIT_BUSY if printer.status is PrinterState.PRINTING else SUBUNIT_IDLE


def _greatest(profile: Profile) -> tuple[int, int]:
    """Length and width in micrometres of the greatest media; a roll has no greatest length."""
    lengths = [spec.length_mm or 0 for spec in profile.inputs]
    longest_um = max(max(lengths) * 1000, _SHEET_LONGEST_UM)
    return (
        NO_RESTRICTION if profile.family is Family.LARGE_FORMAT else longest_um,
        max(spec.width_mm for spec in profile.inputs) * 1000,
    )


def _next_input(profile: Profile, place: int) -> int:
    """prtInputNextIndex; 0: none is used when this one is empty."""
    spec = profile.inputs[place]
    if spec.is_roll:
        return 0
    others = [*range(place + 1, len(profile.inputs)), *range(place)]
    same = [o for o in others if (profile.inputs[o].width_mm, profile.inputs[o].length_mm) == _format(spec)]
    return same[0] + 1 if same else 0


def _format(spec: InputSpec) -> tuple[int, int | None]:
    return spec.width_mm, spec.length_mm


def _input_level(place: int) -> Callable[[LivePrinter], bytes]:
    return lambda printer: integer(printer.input_level(place))


def _input_status(place: int, spec: InputSpec) -> Callable[[LivePrinter], bytes]:
    """Idle, with a non-critical alert when low (+8), with a critical one when empty (+16)."""

    def status(printer: LivePrinter) -> bytes:
        left = printer.input_amounts[place]
        if left <= 0:
            return SUBUNIT_BROKEN
        return integer(8) if left * 100 < spec.low_percent * spec.amount_max else SUBUNIT_IDLE

    return status


def _output_room(place: int, capacity: int) -> Callable[[LivePrinter], bytes]:
    return lambda printer: integer(max(capacity - printer.output_counts[place], 0))
