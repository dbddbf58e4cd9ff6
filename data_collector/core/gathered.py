"""A report, and what the collector itself must know of how it came about. What stands here beside it never leaves.

1. `Gathered` is a Report everywhere inside the collector, through masking and judging; `plain` is what is stored.
2. A source is named only when its reading was whole: what it does not show is then not there.
"""

import enum
from dataclasses import dataclass, fields
from typing import Final

from wire_format.records import Alert, Job, Report


class AlertSource(enum.StrEnum):
    """Who tells of alerts. The ids of each look different, so an alert tells where it came from."""

    SNMP = "snmp"
    LEDM = "ledm"
    IPP = "ipp"


class JobSource(enum.StrEnum):
    """Who lists finished jobs, the one that tells most first."""

    SNMP = "snmp"
    IPP = "ipp"
    LEDM = "ledm"
    HP_PAGE = "hp-page"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobList:
    """The finished jobs that one source lists, oldest first; none where it was read and is empty."""

    source: JobSource
    jobs: tuple[Job, ...] = ()


def source_of(alert: Alert) -> AlertSource:
    """Who told of an alert, by its id: SNMP's are three numbers, the others begin with a word."""
    word = alert.alert_id.partition("-")[0]
    return AlertSource(word) if word in (AlertSource.LEDM, AlertSource.IPP) else AlertSource.SNMP


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered(Report):
    """A report with what was behind it.

    job_lists: of each source that was read, best first; the report's own jobs are those of the first that has any.
    alerts_by: of each source whose alerts were read whole, the ids it shows now, heard in the report or not.
    """

    job_lists: tuple[JobList, ...] = ()
    alerts_by: tuple[tuple[AlertSource, frozenset[str]], ...] = ()


_OF_A_REPORT: Final = tuple(each.name for each in fields(Report))


def plain(report: Report) -> Report:
    """The report alone, as it may be stored and sent."""
    return Report(**{name: getattr(report, name) for name in _OF_A_REPORT})
