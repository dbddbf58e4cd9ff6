"""Knobs of alerts and of the clock."""

from dataclasses import dataclass

from device_sim.core.faulty.knob import knob
from device_sim.core.faulty.value_knobs import ValueFaults


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentFaults(ValueFaults):
    """What the printer says of its troubles, and of the time."""

    alert_index_reused: bool = knob(
        False,
        "alerts",
        "prtAlertIndex counts from 1 in every answer, so that an index is used again for another alert.",
        expect="Tell alerts apart by code, place and onset, not by index.",
        case="F6: prtAlertIndex restarting",
    )
    alerts_vanish_s: int | None = knob(
        None,
        "alerts",
        "An alert's row vanishes so many seconds after its onset, though the trouble stands.",
        expect="Keep the history of an alert; close it with a reason, look at error bits and console as well.",
        case="E25, F6",
        example=60,
        unit="seconds",
        low=1,
        high=86_400,
    )
    alerts_empty: bool = knob(
        False,
        "alerts",
        "The alert table is always empty, while console and error bits tell the trouble.",
        expect="Combine level, alert, error bits and console: the worst wins.",
        case="E22",
    )
    alert_severity_swapped: bool = knob(
        False,
        "alerts",
        "Critical alerts say warning, and warnings say critical.",
        expect="Judge by the alert's code and the printer's status as well.",
        case="F2 Alerts",
    )
    clock_off_s: int | None = knob(
        None,
        "clock",
        "The printer's own clock is so many seconds off, in dates, documents and job times.",
        expect="Use the time of receipt, record the skew.",
        case="E32",
        example=86_400,
        unit="seconds",
        low=-315_360_000,
        high=315_360_000,
    )
    clock_at_boot: str | None = knob(
        None,
        "clock",
        "The printer's own clock starts at this date at every power-on, and nobody tells it better.",
        expect="Use the time of receipt; do not file jobs in the year 2000.",
        case="E32, S4",
        example="2000-01-01",
    )
    clock_told_after_s: int | None = knob(
        None,
        "clock",
        "With clock_at_boot: so many seconds after power-on the clock is told the true time, and jumps.",
        expect="Survive the jump: a time before and one behind it are not a duration.",
        case="S4",
        example=600,
        unit="seconds",
        low=1,
        high=2_592_000,
    )
    clock_jumps_s: int | None = knob(
        None,
        "clock",
        "The printer's own clock jumps ahead by so much and back again, every ten minutes.",
        expect="Never take the difference of two of its dates for a duration.",
        case="S4",
        example=3600,
        unit="seconds",
        low=1,
        high=315_360_000,
    )
    clock_absent: bool = knob(
        False,
        "clock",
        "There is no clock: hrSystemDate is missing, documents say 2000-01-01T00:00:01.",
        expect="Use the time of receipt.",
        case="E32, F6",
    )
    date_without_zone: bool = knob(
        False,
        "clock",
        "hrSystemDate has 8 octets, without its zone, instead of 11.",
        expect="Read both; without a zone it is local time of a place unknown.",
        case="RFC 2579 DateAndTime",
    )
    uptime_says_s: int | None = knob(
        None,
        "clock",
        "sysUpTime, hrSystemUptime and printer-up-time always say so many seconds.",
        expect="Do not conclude on reboots, or on their absence, from uptime alone.",
        case="E18, E19",
        example=1,
        unit="seconds",
        low=0,
        high=31_536_000,
    )
