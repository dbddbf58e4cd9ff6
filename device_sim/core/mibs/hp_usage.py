"""HP's private usage: jams, sides by format and colour, HP's own meter of equivalent impressions, and supplies.

Counts by format are shown where the model prints one format only: the state does not keep them apart.
Source: HP's LaserJet and PageWide MIB files as summed up in the project's domain notes, F3 and B3.
"""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Final

from device_sim.core.mibs.hp import DEVICE, ENGINE_COUNTS
from device_sim.core.mibs.objects import ObjectList
from device_sim.core.profile import Family, Profile
from device_sim.core.state import LivePrinter
from snmp_format.ber import integer, octets, text
from wire_format.records import Outcome

USAGE: Final = (*DEVICE, 1, 16)
PRINTED_MEDIA: Final = (*USAGE, 1, 1)
EQUIVALENT: Final = (*USAGE, 1, 44)
COLOR_MODES: Final = (*USAGE, 4, 1)
CONSUMABLES: Final = (*DEVICE, 4, 1, 10)
JOB_INFO_CHANGE: Final = (*DEVICE, 1, 6, 1, 3)

MEDIA_SIZES: Final = MappingProxyType({"Letter": 2, "A4": 26, "A3": 27})
"""eMediaSize, for the formats whose counts are shown."""
MONOCHROME, COLOR = 1, 2
PRINTED, COPIED = 1, 2
ESTIMATED_SIDES: Final = 2
FIELD_PAGES_PRINTED, FIELD_STATE = 13, 15
_MODULUS: Final = 2**31
_STATES: Final = {Outcome.COMPLETED: 5, Outcome.CANCELED: 10, Outcome.ABORTED: 3}


def add_hp_usage(objects: ObjectList, profile: Profile) -> None:
    """What of HP's usage this model counts, and the change feed of its jobs."""
    places = profile.meter_place
    objects.scalar((*ENGINE_COUNTS, 34), lambda printer: integer(printer.jams))
    objects.scalar((*ENGINE_COUNTS, 35), integer(0))  # nothing is picked wrongly here
    for mode, meter in ((1, "total.impressions.monochrome"), (3, "total.impressions.color")):
        if meter in places:
            objects.scalar((*COLOR_MODES, mode, 1), _count([places[meter]]))
    if profile.family is Family.OFFICE:
        _add_by_format(objects, profile)
        _add_consumables(objects, profile)
    objects.scalar(JOB_INFO_CHANGE, _job_info_change)


def _add_by_format(objects: ObjectList, profile: Profile) -> None:
    """Sheets printed on one side (1) and on both (3), and sides (7); and equivalent impressions of A4."""
    formats = {entry.name for entry in profile.workload.formats if entry.weight}
    if len(formats) != 1 or not formats <= set(MEDIA_SIZES):
        return
    size, places = MEDIA_SIZES[formats.pop()], profile.meter_place
    duplex = places.get("total.sheets.duplex")
    sheets = places["total.sheets"]
    if duplex is not None:
        objects.scalar((*PRINTED_MEDIA, 1, size), _difference(sheets, duplex))
        objects.scalar((*PRINTED_MEDIA, 3, size), _count([duplex]))
    objects.scalar((*PRINTED_MEDIA, 7, size), _count([places["total.impressions"]]))
    if not profile.split_meters:
        return
    for source, service in ((PRINTED, "print"), (COPIED, "copy")):
        for category, shade in ((MONOCHROME, "monochrome"), (COLOR, "color")):
            place = places.get(f"{service}.impressions.{shade}")
            if place is not None:
                objects.scalar((*EQUIVALENT, category, source), _count([place]))


def _add_consumables(objects: ObjectList, profile: Profile) -> None:
    """Part number, sides that are left, threshold and yield of each supply that lasts for sides."""
    for number, spec in enumerate(profile.supplies, 1):
        if spec.receptacle:
            continue
        yielded = spec.amount_max // 1000
        objects.row((*CONSUMABLES, 1, 1), (number,), {1: text(spec.part_number or "")})
        objects.row(
            (*CONSUMABLES, 5, 1),
            (number,),
            {
                1: _sides_left(number - 1),
                2: integer(ESTIMATED_SIDES),
                3: integer(yielded * spec.low_percent // 100),
                4: integer(yielded),
            },
        )


def _job_info_change(printer: LivePrinter) -> bytes:
    """job-info-change-id: field, nothing, job and value, four octets each; of the job that moved last."""
    if printer.job is not None:
        change = (FIELD_PAGES_PRINTED, 0, printer.job.number, printer.job.done)
    elif printer.finished:
        last = printer.finished[-1]
        change = (FIELD_STATE, 0, last.number, _STATES.get(last.record.outcome, 5))
    else:
        change = (0, 0, 0, 0)
    return octets(b"".join((part % _MODULUS).to_bytes(4, "big") for part in change))


def _sides_left(place: int) -> Callable[[LivePrinter], bytes]:
    return lambda printer: integer(max(printer.supply_amounts[place], 0) // 1000)


def _count(places: Sequence[int]) -> Callable[[LivePrinter], bytes]:
    return lambda printer: integer(sum(printer.meters[place] for place in places) % _MODULUS)


def _difference(place: int, less: int) -> Callable[[LivePrinter], bytes]:
    return lambda printer: integer((printer.meters[place] - printer.meters[less]) % _MODULUS)
