"""HP's private objects: status display, identity, page counts, job table.

Job names are off by default: a printer tells of its jobs, not of people's documents.
Source: the JetDirect and LaserJet MIB files as summed up in the project's domain notes, F3.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from device_sim.core.mibs.objects import ENTERPRISES, ObjectList
from device_sim.core.mibs.settings import named
from device_sim.core.profile import Family, Profile
from device_sim.core.snmp.layout import RowTable
from device_sim.core.state import LivePrinter
from snmp_format.ber import Oid, integer, text
from wire_format.printer_mib import DETECTED_ERRORS, PrinterState
from wire_format.records import Outcome

HP_NET_PERIPHERAL: Final = (*ENTERPRISES, 11, 2, 3, 9)
GENERAL_DEVICE_STATUS: Final = (*HP_NET_PERIPHERAL, 1, 1)
DEVICE: Final = (*HP_NET_PERIPHERAL, 4, 2, 1)
JOB_ENTRY: Final = (*DEVICE, 1, 6, 5)
IDENTITY: Final = (*DEVICE, 1, 3)
ENGINE_COUNTS: Final = (*DEVICE, 4, 1, 2)

ENGINE_COUNT_MODULUS: Final = 1_000_000
ASSET_NUMBER_CHARACTERS: Final = 8

ABORTED: Final = 3
WAITING_FOR_RESOURCES: Final = 4
PRINTED: Final = 5
CANCELLED: Final = 10
PROCESSING: Final = 11
_JOB_STATES: Final = {Outcome.COMPLETED: PRINTED, Outcome.CANCELED: CANCELLED, Outcome.ABORTED: ABORTED}


def add_hp(objects: ObjectList, profile: Profile, job_names: bool) -> None:
    """All of HP's private objects for one profile. job_names: whether the job table shows them."""
    _add_status(objects, profile)
    _add_identity(objects, profile)
    _add_counts(objects, profile)
    objects.table(_job_table(job_names))


def _add_status(objects: ObjectList, profile: Profile) -> None:
    for number, label in {8: "noPaper", 9: "jammed", 10: "lowToner", 17: "doorOpen"}.items():
        objects.scalar((*GENERAL_DEVICE_STATUS, 2, number), _error_bit(label))
    printing = (*GENERAL_DEVICE_STATUS, 2, 18)
    objects.scalar(printing, lambda printer: integer(int(printer.status is PrinterState.PRINTING)))
    # gdStatusDisplay is "for HP DesignJet plotter always a zero-length string".
    plotter = profile.family is Family.LARGE_FORMAT
    display = (*GENERAL_DEVICE_STATUS, 3)
    objects.scalar(display, text("") if plotter else lambda printer: text(printer.console_text))
    objects.scalar((*GENERAL_DEVICE_STATUS, 7), text(profile.device_id))


def _add_identity(objects: ObjectList, profile: Profile) -> None:
    objects.scalars(
        IDENTITY,
        {
            1: text(profile.product_number),
            2: text(profile.model),
            3: lambda printer: text(printer.identity.serial),
            5: text(profile.firmware_date),
            6: text(profile.firmware),
            12: named((*IDENTITY, 12, 0), "asset_number", ASSET_NUMBER_CHARACTERS),
        },
    )


def _add_counts(objects: ObjectList, profile: Profile) -> None:
    """Engine page counts. The total rolls over at a million, as HP documents it; a monochrome engine has no split."""
    places = profile.meter_place
    if "total.impressions" in places:
        objects.scalar((*ENGINE_COUNTS, 5), _count(places["total.impressions"], ENGINE_COUNT_MODULUS))
    for number, meter, modulus in (
        (6, "total.impressions.monochrome", 2**31),
        (7, "total.impressions.color", 2**31),
        (22, "total.sheets.duplex", 2**24 - 1),
    ):
        if meter in places:
            objects.scalar((*ENGINE_COUNTS, number), _count(places[meter], modulus))


def _count(place: int, modulus: int) -> Callable[[LivePrinter], bytes]:
    return lambda printer: integer(printer.meters[place] % modulus)


def _error_bit(label: str) -> Callable[[LivePrinter], bytes]:
    bit = DETECTED_ERRORS.index(label)
    return lambda printer: integer(printer.error_bits >> bit & 1)


@dataclass(frozen=True, slots=True)
class _JobRow:
    name: str
    impressions: int
    state: int


def _job_rows(printer: LivePrinter) -> Sequence[tuple[Oid, _JobRow]]:
    rows = []
    for logged in printer.finished:
        job_record = logged.record
        state = _JOB_STATES.get(job_record.outcome, PRINTED)
        rows.append(((logged.number,), _JobRow(job_record.name or "", job_record.impressions or 0, state)))
    job = printer.job
    if job is not None:
        state = WAITING_FOR_RESOURCES if job.stopped else PROCESSING
        rows.append(((job.number,), _JobRow(job.name, job.done, state)))
    return sorted(rows, key=lambda row: row[0])


def _job_table(job_names: bool) -> RowTable[LivePrinter, _JobRow]:
    """The job table, indexed by job id; names in two halves of 40 characters, or empty."""
    names = 80 if job_names else 0
    return RowTable(
        entry=JOB_ENTRY,
        columns=(
            (1, lambda row: text(row.name[: min(names, 40)])),
            (2, lambda row: text(row.name[min(names, 40) : names])),
            (12, lambda row: integer(row.impressions)),
            (13, lambda row: integer(row.impressions)),
            (15, lambda row: integer(row.state)),
            (19, lambda row: integer(3)),
        ),
        rows=_job_rows,
    )
