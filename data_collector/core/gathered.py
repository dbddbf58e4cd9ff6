"""A report, and what the collector itself must know of how it came about. What stands here beside it never leaves.

1. `Gathered` is a Report everywhere inside the collector, through masking and judging; `plain` is what is stored.
2. A source is named only when its reading was whole: what it does not show is then not there.
"""

import enum
from dataclasses import dataclass, fields
from typing import Final

from wire_format.records import Alert, Report


class AlertSource(enum.StrEnum):
    """Who tells of alerts. The ids of each look different, so an alert tells where it came from."""

    SNMP = "snmp"
    LEDM = "ledm"
    IPP = "ipp"


def source_of(alert: Alert) -> AlertSource:
    """Who told of an alert, by its id: SNMP's are three numbers, the others begin with a word."""
    word = alert.alert_id.partition("-")[0]
    return AlertSource(word) if word in (AlertSource.LEDM, AlertSource.IPP) else AlertSource.SNMP


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered(Report):
    """A report with what was behind it.

    alerts_by: of each source whose alerts were read whole, the ids it shows now, heard in the report or not.
    """

    alerts_by: tuple[tuple[AlertSource, frozenset[str]], ...] = ()


_OF_A_REPORT: Final = tuple(each.name for each in fields(Report))


def plain(report: Report) -> Report:
    """The report alone, as it may be stored and sent."""
    return Report(**{name: getattr(report, name) for name in _OF_A_REPORT})
