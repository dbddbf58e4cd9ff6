"""The Job Monitoring MIB (RFC 2707): which of its objects tell of finished jobs, and nothing else.

1. States and impressions are walked. Of a finished job the attributes wanted are then asked one by one: names,
   owners, accounts and hosts stand in the same table, and are never fetched.
2. A maker's own job table, where its definition names one, is read in its place: one job must not get two ids.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from data_collector.core.evidence import Oid, Picture

JOB_MONITORING: Final[Oid] = (1, 3, 6, 1, 4, 1, 2699, 1, 1, 1)
JOB_STATE: Final[Oid] = (*JOB_MONITORING, 3, 1, 1, 2)
JOB_IMPRESSIONS: Final[Oid] = (*JOB_MONITORING, 3, 1, 1, 8)
ATTRIBUTE_INTEGER: Final[Oid] = (*JOB_MONITORING, 4, 1, 1, 3)
ATTRIBUTE_OCTETS: Final[Oid] = (*JOB_MONITORING, 4, 1, 1, 4)
"""jmAttributeTable, indexed by job set, job, attribute type and instance."""

CANCELED, ABORTED, COMPLETED = 7, 8, 9
ENDED: Final = frozenset([CANCELED, ABORTED, COMPLETED])
"""JmJobStateTC of a job that ended."""

SERVICE_TYPES, QUALITY_USED, COPIES_COMPLETED, FULL_COLOR_IMPRESSIONS, SHEETS_COMPLETED = 24, 71, 91, 114, 151
MEDIUM_TYPE_CONSUMED, SUBMITTED, STARTED, COMPLETED_AT = 174, 191, 193, 194
INTEGERS: Final = (SERVICE_TYPES, QUALITY_USED, COPIES_COMPLETED, FULL_COLOR_IMPRESSIONS, SHEETS_COMPLETED)
OCTETS: Final = (MEDIUM_TYPE_CONSUMED, SUBMITTED, STARTED, COMPLETED_AT)
"""JmAttributeTypeTC of what is asked."""

JOBS_MAX: Final = 128


@dataclass(frozen=True, slots=True)
class JobRow:
    """Where a job stands: its set and its number."""

    job_set: int
    number: int

    def attribute(self, column: Oid, kind: int) -> Oid:
        """The first instance of an attribute."""
        return (*column, self.job_set, self.number, kind, 1)


def ended_jobs(picture: Picture) -> Iterator[tuple[JobRow, int]]:
    """The newest finished jobs of a walked jmJobTable with their states, by set and number."""
    rows = [
        (JobRow(suffix[0], suffix[1]), state)
        for suffix, state in picture.column(JOB_STATE)
        if len(suffix) == 2 and isinstance(state, int) and state in ENDED
    ]
    yield from rows[-JOBS_MAX:]


def attribute_questions(picture: Picture) -> tuple[Oid, ...]:
    """What to GET of the finished jobs, after the table was walked."""
    return tuple(
        row.attribute(column, kind)
        for row, _ in ended_jobs(picture)
        for column, kinds in ((ATTRIBUTE_INTEGER, INTEGERS), (ATTRIBUTE_OCTETS, OCTETS))
        for kind in kinds
    )
