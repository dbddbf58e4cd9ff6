"""Printer MIB v2 of one printer: its general group, covers, engine, supplies, console.

Row n of a table is item n-1 of the profile's list. All rows are indexed by hrDeviceIndex, then n.
Source: RFC 3805; numbers of the textual conventions: IANA-PRINTER-MIB.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from device_sim.core.mibs.objects import ObjectList, Value
from device_sim.core.mibs.printer_media import LEVEL_UNKNOWN, OFF, PRINTER_MIB, engine_status
from device_sim.core.mibs.settings import Reset, general_reset, kept, named
from device_sim.core.profile import Family, Profile, SupplySpec
from device_sim.core.state import LIFE_COUNTS, LivePrinter
from snmp_format.ber import counter32, integer, text
from wire_format.printer_mib import MARKER_COUNTER_UNITS, SUPPLY_KINDS, SUPPLY_UNITS, PrinterState

GENERAL_ENTRY: Final = (*PRINTER_MIB, 5, 1, 1)
COVER_ENTRY: Final = (*PRINTER_MIB, 6, 1, 1)
LOCALIZATION_ENTRY: Final = (*PRINTER_MIB, 7, 1, 1)
MARKER_ENTRY: Final = (*PRINTER_MIB, 10, 2, 1)
SUPPLIES_ENTRY: Final = (*PRINTER_MIB, 11, 1, 1)
COLORANT_ENTRY: Final = (*PRINTER_MIB, 12, 1, 1)
CONSOLE_LINE_ENTRY: Final = (*PRINTER_MIB, 16, 5, 1)
CONSOLE_LIGHT_ENTRY: Final = (*PRINTER_MIB, 17, 6, 1)

NOT_RESETTING: Final = integer(3)
OPERATOR_OCTETS: Final = 127
"""Of prtGeneralCurrentOperator, prtGeneralServicePerson and prtGeneralPrinterName."""
CONSOLE_LINES: Final = 2
CONSOLE_CHARACTERS: Final = 40

MARKER_TECHNOLOGIES: Final = MappingProxyType(
    {"unknown": 2, "electrophotographicLED": 3, "electrophotographicLaser": 4, "electrophotographicOther": 5}
    | {"inkjetAqueous": 12, "inkjetSolid": 13, "inkjetOther": 14, "thermalTransfer": 16, "thermalOther": 19}
)
_OTHER: Final = 1
_MARGIN_SHEET, _MARGIN_ROLL = 1670, 1180
"""4.2 and 3 mm, in ten thousandths of an inch."""
_COUNTER_UNITS: Final = {label: number for number, label in MARKER_COUNTER_UNITS.items()}
_KINDS: Final = {label: number for number, label in SUPPLY_KINDS.items()}
_UNITS: Final = {label: number for number, label in SUPPLY_UNITS.items()}


def add_general(
    objects: ObjectList, profile: Profile, device: int, *, reset: Reset | None = None, serial_writable: bool = False
) -> None:
    """prtGeneralTable and the one localization.

    reset: what writing prtGeneralReset does; None: it cannot be written. serial_writable: the serial number can.
    """
    serial = named((*GENERAL_ENTRY, 17, device), "serial")
    printer_name: Value = text(profile.model) if profile.printer_name == "model" else _hostname
    objects.row(
        GENERAL_ENTRY,
        (device,),
        {
            1: lambda printer: counter32(printer.config_changes),
            2: integer(1),
            3: NOT_RESETTING if reset is None else general_reset(NOT_RESETTING, reset),
            4: kept((*GENERAL_ENTRY, 4, device), text(""), OPERATOR_OCTETS),
            5: kept((*GENERAL_ENTRY, 5, device), text(""), OPERATOR_OCTETS),
            6: integer(1),
            7: integer(1),
            8: integer(1),
            9: integer(1),
            10: integer(1),
            11: integer(CONSOLE_LINES),
            12: integer(CONSOLE_CHARACTERS),
            13: integer(3),  # enabled
            14: integer(OFF),
            15: integer(OFF),
            16: kept((*GENERAL_ENTRY, 16, device), printer_name, OPERATOR_OCTETS),
            17: serial if serial_writable else serial.value,
            18: lambda printer: counter32(printer.critical_events),
            19: lambda printer: counter32(printer.all_events),
        },
    )
    objects.row(LOCALIZATION_ENTRY, (device, 1), {2: text("en"), 3: text("US"), 4: integer(106)})  # UTF-8


def _hostname(printer: LivePrinter) -> bytes:
    return text(printer.identity.hostname)


def add_covers(objects: ObjectList, profile: Profile, device: int) -> None:
    """prtCoverTable: coverOpen(3), coverClosed(4)."""
    for place, name in enumerate(profile.covers):
        objects.row(COVER_ENTRY, (device, place + 1), {2: text(name), 3: _cover_status(place)})


def add_marker(objects: ObjectList, profile: Profile, device: int) -> None:
    """prtMarkerTable (one engine) and its colorants."""
    margin = integer(_MARGIN_ROLL if profile.family is Family.LARGE_FORMAT else _MARGIN_SHEET)
    objects.row(
        MARKER_ENTRY,
        (device, 1),
        {
            2: integer(MARKER_TECHNOLOGIES.get(profile.marker_technology, _OTHER)),
            3: integer(_COUNTER_UNITS[profile.counter_unit]),
            4: _life_count(profile),
            5: lambda printer: counter32(printer.power_on_count),
            6: integer(len(profile.ink_colorants)),
            7: integer(0),
            8: integer(3),  # tenThousandthsOfInches
            9: integer(profile.resolution_dpi),
            10: integer(profile.resolution_dpi),
            **dict.fromkeys((11, 12, 13, 14), margin),
            15: engine_status,
        },
    )
    for number, colorant in enumerate(profile.ink_colorants, 1):
        values = {2: integer(1), 3: integer(3), 4: text(colorant), 5: integer(256)}  # process colorant
        objects.row(COLORANT_ENTRY, (device, number), values)


def add_supplies(objects: ObjectList, profile: Profile, device: int) -> None:
    """prtMarkerSuppliesTable. A receptacle's level is the room that remains."""
    colorants = profile.ink_colorants
    for place, spec in enumerate(profile.supplies):
        colorant = colorants.index(spec.colorant) + 1 if spec.colorant in colorants else 0
        objects.row(
            SUPPLIES_ENTRY,
            (device, place + 1),
            {
                2: integer(1),
                3: integer(colorant),
                4: integer(4 if spec.receptacle else 3),
                5: integer(_KINDS.get(spec.kind, _OTHER)),
                6: text(spec.description),
                7: integer(_UNITS.get(spec.unit, _OTHER)),
                8: integer(_capacity(spec)),
                9: _supply_level(place),
            },
        )


def add_console(objects: ObjectList, device: int) -> None:
    """The display, line by line, and two lights."""
    for line in range(CONSOLE_LINES):
        objects.row(CONSOLE_LINE_ENTRY, (device, line + 1), {2: _console_line(line)})
    lights: Mapping[int, tuple[str, int, Callable[[LivePrinter], bool]]] = {
        1: ("Ready", 5, lambda printer: printer.status is not PrinterState.OFFLINE),  # green
        2: ("Attention", 10, lambda printer: bool(printer.alerts)),  # orange
    }
    for number, (name, color, lit) in lights.items():
        on, off = _light(lit)
        objects.row(CONSOLE_LIGHT_ENTRY, (device, number), {2: on, 3: off, 4: integer(color), 5: text(name)})


def _light(lit: Callable[[LivePrinter], bool]) -> tuple[Callable[[LivePrinter], bytes], Callable[[LivePrinter], bytes]]:
    """prtConsoleOnTime and prtConsoleOffTime: one of them is 0 for a light that does not blink."""
    return (
        lambda printer: integer(1000 if lit(printer) else 0),
        lambda printer: integer(0 if lit(printer) else 1000),
    )


def _console_line(line: int) -> Callable[[LivePrinter], bytes]:
    start = line * CONSOLE_CHARACTERS
    return lambda printer: text(printer.console_text[start : start + CONSOLE_CHARACTERS])


def _cover_status(place: int) -> Callable[[LivePrinter], bytes]:
    return lambda printer: integer(3 if printer.covers_open[place] else 4)


def _life_count(profile: Profile) -> Callable[[LivePrinter], bytes]:
    """The same as `LivePrinter.marker_life_count`, with the look-ups done beforehand: it is what is asked most."""
    name, divisor = LIFE_COUNTS[profile.counter_unit]
    place = profile.meter_place.get(name)
    if place is None:
        return lambda printer: counter32(0)
    return lambda printer: counter32(printer.meters[place] // divisor)


def _supply_level(place: int) -> Callable[[LivePrinter], bytes]:
    return lambda printer: integer(printer.supply_level(place))


def _capacity(spec: SupplySpec) -> int:
    return spec.capacity if spec.report == "measured" else LEVEL_UNKNOWN
