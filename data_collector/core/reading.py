"""What to ask a printer, in the fewest bytes that answer every field of a report.

1. PROBE finds who is there, IDENTIFY says what it is, questions() ask for the rest.
2. Standard objects are asked of every printer, private ones only of the maker that has them.
3. Tables are walked under a root with a limit on varbinds; scalars are asked in GETs.
4. hrDeviceIndex is 1 on almost every printer: it is assumed, and looked for only when 1 stays silent. Some
   firmware numbers the Printer MIB otherwise than the device (0): what IDENTIFY asks of it is then walked.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from data_collector.core import job_mib, mib
from data_collector.core.evidence import Oid, Picture
from data_collector.core.ipp import IPP_PATHS, ipp_request
from data_collector.core.ledm import LEDM_FIRST, ledm_paths
from data_collector.core.serials import canonical_serial
from data_collector.core.text import text_of
from data_collector.core.vendors import Definition, Definitions

__all__ = [
    "FIRST",
    "IDENTIFY",
    "IPP_PATHS",
    "LEDM_FIRST",
    "PROBE",
    "Questions",
    "Walk",
    "ipp_request",
    "is_printer",
    "job_questions",
    "ledm_paths",
    "lists_jobs",
    "questions",
]

PROBE: Final[tuple[Oid, ...]] = (mib.SYS_OBJECT_ID,)
"""The smallest question that every agent answers: for sweeping addresses (85 bytes on Ethernet)."""

FIRST: Final[tuple[Oid, ...]] = ((1, 3),)
"""For GETNEXT: the shortest question that every agent answers, whose answer may be long (78 bytes on Ethernet)."""

IDENTIFY: Final[tuple[Oid, ...]] = (
    mib.SYS_DESCR,
    mib.SYS_OBJECT_ID,
    mib.SYS_UP_TIME,
    mib.SYS_NAME,
    mib.SYS_LOCATION,
    (*mib.HR_DEVICE_TYPE, 1),
    (*mib.HR_DEVICE_DESCR, 1),
    (*mib.HR_PRINTER_STATUS, 1),
    (*mib.HR_PRINTER_ERRORS, 1),
    (*mib.PRT_CONFIG_CHANGES, 1),
    (*mib.PRT_NAME, 1),
    (*mib.PRT_SERIAL, 1),
    (*mib.PRT_MARKER_COUNTER_UNIT, 1, 1),
    (*mib.PRT_MARKER_LIFE_COUNT, 1, 1),
)
"""One GET whose answer fits one Ethernet datagram."""

HOST_AGENTS: Final[tuple[Oid, ...]] = (
    (1, 3, 6, 1, 4, 1, 311),  # Microsoft
    (1, 3, 6, 1, 4, 1, 8072),  # Net-SNMP
    (1, 3, 6, 1, 4, 1, 2021),  # UCD-SNMP
)
"""Agents of computers: their hrDeviceTable lists printer queues, which are no printers."""

PRINTER_MIB_PROOFS: Final[tuple[Oid, ...]] = (
    mib.PRT_MARKER_LIFE_COUNT, mib.PRT_MARKER_COUNTER_UNIT, mib.PRT_SERIAL, mib.PRT_NAME,
    mib.PRT_CONFIG_CHANGES, mib.PRT_SUPPLIES,
)  # fmt: skip
HOST_MIB_PROOFS: Final[tuple[Oid, ...]] = (mib.HR_PRINTER_STATUS, mib.HR_PRINTER_ERRORS)

MARKERS_MAX: Final = 8
SUPPLIES_MAX: Final = 128
SUPPLY_COLUMNS: Final = 8
COLORANTS_MAX: Final = 64
ALERTS_MAX: Final = 64
ALERT_COLUMNS: Final = 8
CONSOLE_LINES_MAX: Final = 16
INTERFACES_MAX: Final = 8
DEVICES_MAX: Final = 32
COUNTERS_MAX: Final = 512
PRIVATE_ROWS_MAX: Final = 64
JOBS_MAX: Final = 256
KEPT_MAX: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One subtree to walk. rows_max: so many varbinds are enough.

    in_turn: asked for by itself, after those before it.
    """

    root: Oid
    rows_max: int
    in_turn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """The second stage of a reading. gets: instances to GET, in as many datagrams as they need."""

    gets: tuple[Oid, ...]
    walks: tuple[Walk, ...]


def is_printer(picture: Picture, definitions: Definitions) -> bool:
    """Whether what answered IDENTIFY is a printer, not a computer that knows one."""
    if any(picture.column(proof) for proof in PRINTER_MIB_PROOFS):
        return True
    identifier = picture.value(mib.SYS_OBJECT_ID)
    if isinstance(identifier, tuple) and any(identifier[: len(host)] == host for host in HOST_AGENTS):
        return False
    if any(picture.column(proof) for proof in HOST_MIB_PROOFS):
        return True
    types = (value for _, value in picture.column(mib.HR_DEVICE_TYPE))
    return mib.HR_TYPE_PRINTER in types or definitions.knows_as_printer(picture)


def questions(picture: Picture, definitions: Definitions, *, jobs: bool = False) -> Questions:
    """What else to ask the device that answered IDENTIFY with picture. jobs: its finished jobs too."""
    definition = definitions.find(picture)
    serial = text_of(picture.value((*mib.PRT_SERIAL, 1)))
    return _questions(
        definition,
        first_device=_first_device_is_printer(picture),
        printer_mib=any(picture.column(proof) for proof in PRINTER_MIB_PROOFS),
        more_serials=definition.serial_first or canonical_serial(serial, definition.canonical_serial) is None,
        jobs=jobs,
    )


@lru_cache(KEPT_MAX)
def _questions(
    definition: Definition, *, first_device: bool, printer_mib: bool, more_serials: bool, jobs: bool
) -> Questions:
    """What to ask a printer of this definition. Kept, since a fleet is of few kinds.

    first_device, printer_mib: whether the printer answered as hrDeviceIndex 1, and with an object of its Printer MIB.
    more_serials: whether its standard serial number is not enough.
    """
    gets: list[Oid] = [
        mib.HR_SYSTEM_DATE,
        (*mib.HR_DEVICE_STATUS, 1),
        (*mib.PRT_DEFAULT_MARKER, 1),
        (*mib.PRT_ALL_EVENTS, 1),
        (*mib.PRT_CURRENT_LOCALIZATION, 1),
        (*mib.PRT_LOCALIZATION_CHARSET, 1, 1),
        (*mib.PRT_LOCALIZATION_CHARSET, 1, 2),
        (*mib.PPM_DEVICE_ID, 1),
        mib.HR_MEMORY_SIZE,
    ]
    walks = [
        Walk(root=mib.IF_PHYS_ADDRESS, rows_max=INTERFACES_MAX),
        Walk(root=mib.PRT_MARKER_COUNTER_UNIT, rows_max=MARKERS_MAX),
        Walk(root=mib.PRT_MARKER_LIFE_COUNT, rows_max=MARKERS_MAX),
        Walk(root=mib.PRT_SUPPLIES, rows_max=SUPPLIES_MAX * SUPPLY_COLUMNS),
        Walk(root=mib.PRT_COLORANT_VALUE, rows_max=COLORANTS_MAX),
        Walk(root=mib.PRT_CONSOLE_TEXT, rows_max=CONSOLE_LINES_MAX),
        Walk(root=mib.PRT_ALERT, rows_max=ALERTS_MAX * ALERT_COLUMNS),
    ]
    if not first_device:
        walks += [
            Walk(root=column, rows_max=DEVICES_MAX)
            for column in (
                mib.HR_DEVICE_TYPE, mib.HR_DEVICE_DESCR, mib.HR_DEVICE_STATUS, mib.HR_PRINTER_STATUS,
                mib.HR_PRINTER_ERRORS, mib.PRT_NAME, mib.PRT_SERIAL,
            )
        ]  # fmt: skip
    elif not printer_mib:
        walks += [Walk(root=column, rows_max=DEVICES_MAX) for column in (mib.PRT_NAME, mib.PRT_SERIAL)]
    if more_serials:
        gets += [source.object for source in definition.serial if not source.walk]
        walks += [Walk(root=s.object, rows_max=PRIVATE_ROWS_MAX) for s in definition.serial if s.walk]
        gets.append((*mib.ENT_SERIAL, 1))
    more_gets, more_walks = _private(definition)
    if jobs:
        more_walks += _job_walks(definition)
    asked = dict.fromkeys(IDENTIFY)
    return Questions(
        gets=tuple(each for each in dict.fromkeys(gets + more_gets) if each not in asked),
        walks=_without_nested(walks + more_walks),
    )


def _first_device_is_printer(picture: Picture) -> bool:
    kind = picture.value((*mib.HR_DEVICE_TYPE, 1))
    return kind == mib.HR_TYPE_PRINTER or (*mib.HR_PRINTER_STATUS, 1) in picture


def _private(definition: Definition) -> tuple[list[Oid], list[Walk]]:
    """What only this maker's printers have, except for the serial number."""
    gets: list[Oid] = []
    walks: list[Walk] = []
    for source in definition.texts():
        if source.walk:
            walks.append(Walk(root=source.object, rows_max=PRIVATE_ROWS_MAX))
        else:
            gets.append(source.object)
    for rule in definition.meters:
        gets += rule.sum
        if rule.record is not None:
            gets.append(rule.record.object)
        if rule.lookup is not None:
            walks += [
                Walk(root=rule.lookup.types, rows_max=COUNTERS_MAX),
                Walk(root=rule.lookup.values, rows_max=COUNTERS_MAX),
            ]
    gets += [record.object for record in definition.supplies]
    columns = definition.supply_columns
    walks += [
        Walk(root=column, rows_max=PRIVATE_ROWS_MAX)
        for column in (columns.part_number, columns.serial)
        if column is not None
    ]
    if definition.supply_levels is not None:
        table = definition.supply_levels
        walks += [Walk(root=column, rows_max=PRIVATE_ROWS_MAX) for column in (table.names, table.levels)]
    return gets, walks


def _job_walks(definition: Definition) -> list[Walk]:
    """The maker's job table, or the standard one. The state first: a job that ends between two walks then counts as
    running, never as finished with a count that was still growing."""
    if (table := definition.jobs) is None:
        return [
            Walk(root=column, rows_max=JOBS_MAX, in_turn=True)
            for column in (job_mib.JOB_STATE, job_mib.JOB_IMPRESSIONS)
        ]
    columns = (table.state, table.impressions, table.size, table.origin)
    return [Walk(root=(*table.root, column), rows_max=JOBS_MAX, in_turn=True) for column in columns]


def job_questions(picture: Picture, definitions: Definitions) -> tuple[Oid, ...]:
    """What to ask of the finished jobs, when their table was walked."""
    return () if definitions.find(picture).jobs is not None else job_mib.attribute_questions(picture)


def lists_jobs(picture: Picture, definitions: Definitions) -> bool:
    """Whether the job table that was walked has any row, of a finished job or not."""
    table = definitions.find(picture).jobs
    return bool(picture.column(job_mib.JOB_STATE if table is None else (*table.root, table.state)))


def _without_nested(walks: list[Walk]) -> tuple[Walk, ...]:
    """Each root once, and none below another: nothing is asked twice."""
    roots = {walk.root: walk for walk in walks}
    return tuple(
        walk for root, walk in roots.items() if not any(root[:length] in roots for length in range(1, len(root)))
    )
