"""PWG-IMAGING-COUNTER-MIB: meters as service x kind of work x persistence, of the state as it is.

1. workTotals = datastream + waste + maintenance: what people sent, what jams spoiled, what the printer made for itself.
   A model that makes no banner or start-up sheets has no auxiliary work: its row stands at 0.
2. Lifetime counters are the state's meters; the powerOn row tells the impressions since the last start.
3. The key table numbers the services: 1 is the system as a whole, then print, copy, scan where the model has them.
Source: PWG 5106.3-2008 (module of 2008-03-18), semantics PWG 5106.1.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from device_sim.core.mibs.objects import ENTERPRISES, ObjectList
from device_sim.core.profile import Profile
from device_sim.core.state import LivePrinter
from snmp_format.ber import integer, text
from wire_format.printer_mib import PrinterState

COUNTERS: Final = (*ENTERPRISES, 2699, 1, 3, 1)
GENERAL: Final = (*COUNTERS, 1)
KEY_ENTRY: Final = (*COUNTERS, 2, 1, 1)
SERVICE_ENTRY: Final = (*COUNTERS, 3, 1, 1)
MONITOR_ENTRY: Final = (*COUNTERS, 6, 1, 1)
IMAGE_ENTRY: Final = (*COUNTERS, 7, 1, 1)
IMPRESSION_ENTRY: Final = (*COUNTERS, 8, 1, 1)
TWO_SIDED_ENTRY: Final = (*COUNTERS, 9, 1, 1)
SHEET_ENTRY: Final = (*COUNTERS, 10, 1, 1)

SYSTEM_TOTALS, COPY, PRINT, SCAN = 3, 4, 11, 12
"""IcServiceTypeTC."""
WORK_TOTALS, DATASTREAM, AUXILIARY, WASTE, MAINTENANCE = 3, 4, 5, 6, 7
"""IcWorkTypeTC."""
LIFETIME, POWER_ON = 3, 4
"""IcPersistenceTC."""
SERVICE_IDLE, SERVICE_PROCESSING, SERVICE_STOPPED = 3, 4, 5
COUNTER_MODULUS: Final = 2**31
"""IcCounter32 has 31 bits, and starts again at 0."""

_SERVICES: Final = {"print": PRINT, "copy": COPY, "scan": SCAN}


def add_imaging_counters(objects: ObjectList, profile: Profile) -> None:
    """The general, key, service, monitor, image, impression, two-sided and sheet groups, as far as the model counts."""
    services = [name for name in _SERVICES if name in profile.services]
    objects.scalars(GENERAL, {1: text("en-us"), 2: integer(len(services) + 1), 3: integer(0), 4: integer(0)})
    for key, kind in enumerate((SYSTEM_TOTALS, *(_SERVICES[name] for name in services)), 1):
        objects.row(KEY_ENTRY, (key,), {2: integer(kind), 3: integer(1), 4: integer(2), 5: integer(0)})
        objects.row(
            SERVICE_ENTRY,
            (kind, 1),
            {3: integer(key), 4: text(profile.model), 5: integer(1), 6: _service_state, 7: _message, 8: integer(0)},
        )
    objects.row(
        MONITOR_ENTRY,
        (1, POWER_ON),
        {
            3: lambda printer: _counter(printer.config_changes),
            4: lambda printer: _counter(printer.all_events),
            5: lambda printer: _counter(printer.critical_events),
        },
    )
    _add_impressions(objects, profile)
    for key, name in enumerate(services, 2):
        if name == "scan":
            _add_row(objects, profile, IMAGE_ENTRY, (key, DATASTREAM, LIFETIME), {4: ("scan.images",)})
            continue
        meter = f"{name}.impressions"
        split = {5: (f"{meter}.monochrome",), 7: (f"{meter}.color",)}
        _add_row(objects, profile, IMPRESSION_ENTRY, (key, DATASTREAM, LIFETIME), {4: (meter,), **split})
    sides = {4: ("total.sheets.duplex", "total.sheets.duplex")}
    _add_row(objects, profile, TWO_SIDED_ENTRY, (1, DATASTREAM, LIFETIME), sides)
    _add_row(objects, profile, SHEET_ENTRY, (1, DATASTREAM, LIFETIME), {4: ("total.sheets",)})


def _add_impressions(objects: ObjectList, profile: Profile) -> None:
    """The system's impressions, by kind of work."""
    total, waste, maintenance = "total.impressions", "waste.impressions", "maintenance.impressions"
    split = {5: (f"{total}.monochrome",), 7: (f"{total}.color",)}
    rows: dict[int, dict[int, tuple[str, ...]]] = {
        WORK_TOTALS: {4: (total, waste, maintenance)},
        DATASTREAM: {4: (total,), **split},
        WASTE: {4: (waste,)},
        MAINTENANCE: {4: (maintenance,)},
    }
    for work, columns in rows.items():
        _add_row(objects, profile, IMPRESSION_ENTRY, (1, work, LIFETIME), columns)
    objects.row(IMPRESSION_ENTRY, (1, AUXILIARY, LIFETIME), {4: integer(0)})
    objects.row(IMPRESSION_ENTRY, (1, DATASTREAM, POWER_ON), {4: lambda printer: _counter(printer.power_on_count)})


def _add_row(
    objects: ObjectList,
    profile: Profile,
    entry: tuple[int, ...],
    index: tuple[int, ...],
    columns: Mapping[int, Sequence[str]],
) -> None:
    """A row of those columns whose meters this model keeps, each the sum of its meters."""
    kept = {
        number: _sum([profile.meter_place[name] for name in names])
        for number, names in columns.items()
        if all(name in profile.meter_place for name in names)
    }
    if kept:
        objects.row(entry, index, kept)


def _sum(places: Sequence[int]) -> Callable[[LivePrinter], bytes]:
    return lambda printer: _counter(sum(printer.meters[place] for place in places))


def _counter(count: int) -> bytes:
    return integer(count % COUNTER_MODULUS)


def _service_state(printer: LivePrinter) -> bytes:
    if printer.status in (PrinterState.STOPPED, PrinterState.OFFLINE):
        return integer(SERVICE_STOPPED)
    return integer(SERVICE_PROCESSING if printer.job else SERVICE_IDLE)


def _message(printer: LivePrinter) -> bytes:
    return text(printer.console_text)
