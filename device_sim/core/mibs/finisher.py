"""Finisher MIB: what is done to sheets after they are printed, and what that uses up. Source: RFC 3806.

A finisher's supplies are counted from the printer's lifetime sheets: so many sheets take one staple, and people
refill when nothing is left. Nothing stops the printer for them.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from device_sim.core.agent_spec import FinisherSpec
from device_sim.core.mibs.objects import ObjectList
from device_sim.core.mibs.printer_media import LEVEL_UNKNOWN, PRINTER_MIB, SUBUNIT_IDLE
from device_sim.core.profile import Profile
from device_sim.core.state import LivePrinter
from snmp_format.ber import integer, octets, text

DEVICE_ENTRY: Final = (*PRINTER_MIB, 30, 1, 1)
SUPPLY_ENTRY: Final = (*PRINTER_MIB, 31, 1, 1)

DEVICE_TYPES: Final = MappingProxyType(
    {"other": 1, "stitcher": 3, "folder": 4, "binder": 5, "trimmer": 6, "puncher": 8, "slitter": 10, "stacker": 16}
    | {"sheetRotator": 17}
)
"""FinDeviceTypeTC: those a profile may name."""
STAPLES: Final = 32
ITEMS: Final = 18
SHEETS: Final = 8
_ON: Final = 3
_CONSUMED: Final = 3


def add_finishers(objects: ObjectList, profile: Profile, device: int) -> None:
    """finDeviceTable, and finSupplyTable for those that staple."""
    supplies = 0
    for number, spec in enumerate(profile.finishers, 1):
        objects.row(
            DEVICE_ENTRY,
            (device, number),
            {
                2: integer(DEVICE_TYPES[spec.kind]),
                3: integer(_ON),
                4: integer(SHEETS),
                5: integer(spec.capacity_sheets or LEVEL_UNKNOWN),
                6: integer(spec.capacity_sheets or LEVEL_UNKNOWN),
                7: octets(b"\x00\x01"),
                8: octets(spec.output.to_bytes(2, "big")),
                9: SUBUNIT_IDLE,
                10: text(spec.description),
            },
        )
        if spec.staples:
            supplies += 1
            objects.row(
                SUPPLY_ENTRY,
                (device, supplies),
                {
                    2: integer(number),
                    3: integer(_CONSUMED),
                    4: integer(STAPLES),
                    5: text(f"{spec.description} staples"),
                    6: integer(ITEMS),
                    7: integer(spec.staples),
                    8: _staples_left(profile, spec),
                    9: text(""),
                },
            )


def staples_used(printer: LivePrinter, spec: FinisherSpec) -> int:
    """How many staples the finisher has driven in its life."""
    return (printer.meter("total.sheets") or 0) // spec.sheets_per_staple


def _staples_left(profile: Profile, spec: FinisherSpec) -> Callable[[LivePrinter], bytes]:
    place = profile.meter_place["total.sheets"]
    return lambda printer: integer(spec.staples - printer.meters[place] // spec.sheets_per_staple % spec.staples)
