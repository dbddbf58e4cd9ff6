"""Job Monitoring MIB: jobs that wait, run and have ended, with what they took. One job set, number 1.

1. A job is told until the device's own log forgets it. Owners are not told, names only when asked for.
2. Sizes in K octets are reckoned from impressions, as the interface's octets are.
3. An attribute that a job has no value for has no row.
Source: RFC 2707 (OIDs, JmJobStateTC, JmAttributeTypeTC).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from device_sim.core.mibs.host import date_and_time_of
from device_sim.core.mibs.job_rows import JobRow, job_rows
from device_sim.core.mibs.network import OCTETS_PER_IMPRESSION
from device_sim.core.mibs.objects import ENTERPRISES, ObjectList
from device_sim.core.profile import Profile
from device_sim.core.snmp.layout import RowTable
from device_sim.core.state import LivePrinter
from snmp_format.ber import Oid, integer, octets, text
from wire_format.records import Outcome, Service

JOB_MONITORING: Final = (*ENTERPRISES, 2699, 1, 1, 1)
GENERAL_ENTRY: Final = (*JOB_MONITORING, 1, 1, 1)
JOB_ID_ENTRY: Final = (*JOB_MONITORING, 2, 1, 1)
JOB_ENTRY: Final = (*JOB_MONITORING, 3, 1, 1)
ATTRIBUTE_ENTRY: Final = (*JOB_MONITORING, 4, 1, 1)

JOB_SET: Final = 1
PERSISTENCE_S_LEAST: Final = 15
UNKNOWN: Final = -2
OTHER: Final = -1
OCTETS_MAX: Final = 63

PENDING, PROCESSING, PROCESSING_STOPPED, CANCELED, ABORTED, COMPLETED = 3, 5, 6, 7, 8, 9
_ENDED: Final = {Outcome.COMPLETED: COMPLETED, Outcome.CANCELED: CANCELED, Outcome.ABORTED: ABORTED}
_QUALITIES: Final = {"draft": 3, "normal": 4, "high": 5}
_PRINT, _SCAN = 4, 8
_SERVICE_TYPES: Final = {Service.PRINT: _PRINT, Service.COPY: _PRINT + _SCAN, Service.SCAN: _SCAN}
_DOTS_PER_INCH: Final = 3
_K: Final = 1024


@dataclass(frozen=True, slots=True)
class _Attribute:
    """A row of jmAttributeTable: a number, an octet string, or both."""

    number: int = OTHER
    octets: bytes = b""


def add_job_monitoring(objects: ObjectList, profile: Profile, job_names: bool) -> None:
    """The general, job id, job and attribute groups. job_names: whether jobName is told."""
    objects.row(
        GENERAL_ENTRY,
        (JOB_SET,),
        {
            2: lambda printer: integer(len(_active(printer))),
            3: lambda printer: integer(min(_active(printer), default=0)),
            4: lambda printer: integer(max(_active(printer), default=0)),
            5: integer(PERSISTENCE_S_LEAST),
            6: integer(PERSISTENCE_S_LEAST),
            7: text(profile.model[:OCTETS_MAX]),
        },
    )
    ids: RowTable[LivePrinter, JobRow] = RowTable(
        entry=JOB_ID_ENTRY,
        columns=((2, lambda _: integer(JOB_SET)), (3, lambda row: integer(row.number))),
        rows=lambda printer: [(tuple(submission_id(row.number)), row) for row in job_rows(printer)],
    )
    objects.table(ids)
    objects.table(_job_table())
    attributes: RowTable[LivePrinter, _Attribute] = RowTable(
        entry=ATTRIBUTE_ENTRY,
        columns=((3, lambda row: integer(row.number)), (4, lambda row: octets(row.octets[:OCTETS_MAX]))),
        rows=_attribute_rows(profile, job_names),
    )
    objects.table(attributes)


def submission_id(number: int) -> bytes:
    """jmJobSubmissionID of format 0, made by the device: no owner in octets 2 to 40, then eight digits."""
    return b"0" + b" " * 39 + f"{number % 100_000_000:08d}".encode()


def _active(printer: LivePrinter) -> list[int]:
    running = [] if printer.job is None else [printer.job.number]
    return running + [job.number for job in printer.waiting]


def _job_table() -> RowTable[LivePrinter, JobRow]:
    return RowTable(
        entry=JOB_ENTRY,
        columns=(
            (2, lambda row: integer(_state(row))),
            (3, lambda _: integer(0)),
            (4, lambda row: integer(row.waits_for or 0)),
            (5, lambda row: integer(_k_octets(row.wanted // row.copies))),
            (6, lambda row: integer(_k_octets(row.done))),
            (7, lambda row: integer(row.wanted // row.copies)),
            (8, lambda row: integer(row.done)),
            (9, lambda _: text("")),
        ),
        rows=lambda printer: [((JOB_SET, row.number), row) for row in job_rows(printer)],
    )


def _state(row: JobRow) -> int:
    if row.outcome is not None:
        return _ENDED.get(row.outcome, COMPLETED)
    if row.waits_for is not None:
        return PENDING
    return PROCESSING_STOPPED if row.stopped else PROCESSING


def _k_octets(impressions: int) -> int:
    return impressions * OCTETS_PER_IMPRESSION // _K


def _attribute_rows(profile: Profile, job_names: bool) -> Callable[[LivePrinter], Sequence[tuple[Oid, _Attribute]]]:
    resolution = profile.resolution_dpi.to_bytes(4, "big") * 2 + bytes((_DOTS_PER_INCH,))

    def rows(printer: LivePrinter) -> Sequence[tuple[Oid, _Attribute]]:
        found: list[tuple[Oid, _Attribute]] = []
        for row in job_rows(printer):
            instances: dict[int, int] = {}
            for kind, attribute in _attributes(row, printer, resolution, job_names):
                instances[kind] = instances.get(kind, 0) + 1
                found.append(((JOB_SET, row.number, kind, instances[kind]), attribute))
        return found

    return rows


def _attributes(
    row: JobRow, printer: LivePrinter, resolution: bytes, job_names: bool
) -> Iterator[tuple[int, _Attribute]]:
    """Type and value of each attribute, types ascending."""
    if job_names and row.name:
        yield 23, _Attribute(octets=row.name.encode())
    yield 24, _Attribute(_SERVICE_TYPES.get(row.service, UNKNOWN))
    printed = row.service is not Service.SCAN
    ended = not row.active
    if printed and row.sheets:
        yield 55, _Attribute(2 if row.sheets < row.done else 1)
    if row.quality is not None:
        yield 70, _Attribute(_QUALITIES[row.quality])
        yield 71, _Attribute(_QUALITIES[row.quality])
    if printed and ended:
        yield 73, _Attribute(octets=resolution)
    if ended:
        yield 90, _Attribute(row.copies)
        yield 91, _Attribute(row.copies if row.outcome is Outcome.COMPLETED else 0)
    if printed:
        yield 114, _Attribute(row.done if row.color else 0)
        yield 131, _Attribute(row.done)
    if printed and row.sheets is not None:
        yield 151, _Attribute(row.sheets)
    media = row.media if row.sheets else None
    if media is not None:
        yield 171, _Attribute(row.sheets or 0, (media.type or "").encode())
    for ink in row.inks:
        index = printer.profile.ink_colorants.index(ink.colorant) + 1
        yield 173, _Attribute(index, ink.colorant.encode())
    if media is not None:
        yield 174, _Attribute(row.sheets or 0, (media.type or "").encode())
        yield 175, _Attribute(row.sheets or 0, f"{media.width_mm} x {media.length_mm} mm".encode())
    for kind, at_s in ((191, row.submitted_s), (193, row.started_s), (194, row.completed_s)):
        if at_s is not None:
            yield kind, _Attribute(max(int(at_s - printer.booted_s), 0), date_and_time_of(at_s))
