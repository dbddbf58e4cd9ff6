"""Finished jobs from a maker's private job table.

1. Only rows in a terminal state are jobs; what is still waiting or printing comes with a later scan.
2. A row that a later column no longer has went while the table was read: it is left out, for half of it would get
   another id than the whole had.
3. Names and users are neither asked for nor passed on.
4. job_id is made of what the row says (number, size, origin, sides), because the number begins again when the
   printer restarts and nothing in the table says that it did. A repeat of all four after a restart would
   be taken for the same job: the meters still count it.
"""

import hashlib
from typing import Final

from data_collector.core.evidence import Oid, dotted
from data_collector.core.normalise.snmp_view import SnmpView
from data_collector.core.vendors import JobTable
from wire_format.records import Job, Outcome, Service

JOBS_MAX: Final = 256


def job_id(number: str, *told: int | str | None) -> str:
    """A device-unique id: the printer's own number, then a digest of what else it tells of the job."""
    digest = hashlib.sha256("/".join((number, *map(str, told))).encode()).hexdigest()
    return f"{number[:64]}-{digest[:12]}"


def read_jobs(view: SnmpView) -> tuple[Job, ...]:
    """The finished jobs of an SNMP voice, by their number."""
    table = view.definition.jobs
    if table is None:
        return ()
    states = _column(view, table, table.state)
    impressions = _column(view, table, table.impressions)
    sizes = _column(view, table, table.size)
    origins = _column(view, table, table.origin)
    served = [column for column in (impressions, sizes, origins) if column]
    jobs = []
    for number, state in sorted(states.items()):
        outcome = _outcome(table, state)
        if outcome is None or not all(number in column for column in served):
            continue
        sides = impressions.get(number)
        jobs.append(
            Job(
                job_id=job_id(dotted(number), sizes.get(number), origins.get(number), sides),
                service=Service.UNKNOWN,
                outcome=outcome,
                impressions=sides if sides is not None and sides >= 0 else None,
            )
        )
    return tuple(jobs[-JOBS_MAX:])


def _column(view: SnmpView, table: JobTable, column: int) -> dict[Oid, int]:
    return {
        _number(suffix): value for suffix, value in view.picture.column((*table.root, column)) if isinstance(value, int)
    }


def _number(suffix: Oid) -> Oid:
    """The job's number; a scalar's closing .0 is not part of it."""
    return suffix[:-1] if len(suffix) > 1 and suffix[-1] == 0 else suffix


def _outcome(table: JobTable, state: int) -> Outcome | None:
    if state in table.completed:
        return Outcome.COMPLETED
    if state in table.canceled:
        return Outcome.CANCELED
    return Outcome.ABORTED if state in table.aborted else None
