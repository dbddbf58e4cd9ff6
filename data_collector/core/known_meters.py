"""What each device's meters showed before, so that a count that makes no sense is not sent as right.

1. A device is remembered by its serial number, else its MAC address, else host name with model: never by an address,
   so two printers that swap addresses keep their histories.
2. Each source of a meter has a history of its own, as it has at the portal. The source of the last reading is kept as
   long as it answers (`heard_before`, for normalise). When it does not, the meter that comes from another one is told
   so (`source-changed:`): it never switches silently, and coming back it goes on from its own count. A sum of which
   only a part is answered, where more was before, is withheld once: an answer may just have been lost.
3. Whether a device was restarted is told by its uptime, unless that stands still (`uptime-stuck:`), as no clock does.
   sysUpTime begins again at 0 after 497 days by itself (RFC 3418): that is no restart.
4. A printer that is read by SNMP may be caught at a moment when only its web server is awake. Meters that SNMP never
   told are then withheld (`passing:`), or they would stand at the portal and grow old; told twice in a row, they stay.
5. What is remembered is stored only after the report is in the spool. A crash between the two judges the next reading
   by the one before: nothing is lost, at worst a finding is told again.

What makes sense is in meter_rules.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from data_collector.core.known_jobs import device_key
from data_collector.core.meter_rules import Held, Moment, Oddity, Seen, judge
from data_collector.core.shared_serials import SERIAL_PREFIX, decode_claims
from wire_format.codec import format_instant, parse_instant
from wire_format.errors import DecodeError
from wire_format.records import Device, Finding, Meter, Report, Unit

PREFIX: Final = "meters:"
FINDINGS_MAX: Final = 256
SERIES_MAX: Final = 256
STUCK_AFTER: Final = timedelta(seconds=30)
UPTIME_SLACK: Final = timedelta(seconds=90)
"""How far a restart must lie behind the last reading: uptimes are told in steps, and clocks are set."""
UPTIME_WRAPS: Final = timedelta(seconds=2**32 / 100)
SNMP: Final = "1.3.6.1."
_HP: Final = "HP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is remembered of one device. series: by meter name and source. heard: the source of each meter last time.
    passing: meters that were withheld last time because SNMP never told them, or told a part of their sum only.

    at: of the last reading that told an uptime, or else of the first reading.
    """

    at: datetime
    model: str | None = None
    uptime_ms: int | None = None
    series: Mapping[tuple[str, str], Seen] = field(default_factory=dict)
    heard: Mapping[str, str] = field(default_factory=dict)
    passing: frozenset[str] = frozenset()


def meters_key(device: Device) -> str | None:
    """The name under which a device's meters are remembered; None for one that only an address tells."""
    key = device_key(device)
    if key is None or key.startswith("jobs:ip:"):
        return None
    return PREFIX + key.removeprefix("jobs:")


def heard_before(device: Device, recall: Callable[[str], str | None]) -> Mapping[str, str]:
    """The source from which each meter of a device was read last, by the meter's name; empty for a new device.

    recall: what was remembered under a name.
    """
    if device.serial is not None and decode_claims(recall(SERIAL_PREFIX + device.serial)).shared:
        device = replace(device, serial=None)  # as told_apart will do: the MAC address tells such printers apart
    name = meters_key(device)
    known = None if name is None else decode_known(recall(name))
    return {} if known is None or _somebody_else(device, known) else known.heard


def judged(report: Report, known: Known | None) -> tuple[Report, Known]:
    """The report with the meters that may be sent and a finding for each oddity, and what to remember of it."""
    if known is not None and _somebody_else(report.device, known):
        known = None
    restarted, said = _restarted(report, known)
    hp = (report.device.manufacturer or "").upper() in (_HP, "HEWLETT-PACKARD")
    moment = Moment(at=report.observed_at, restarted=restarted, hp=hp)
    series, heard = (dict(known.series), dict(known.heard)) if known is not None else ({}, {})
    kept: list[Meter] = []
    by_snmp = any(source.startswith(SNMP) for source in heard.values())
    known_passing = known.passing if known is not None else frozenset()
    passing: set[str] = set()
    for meter in report.meters:
        unknown = by_snmp and meter.name not in heard and not meter.source.startswith(SNMP)
        if known is not None and unknown and meter.name not in known_passing:
            passing.add(meter.name)
            said.append(_finding(meter, "passing: SNMP tells no such meter of this printer; withheld"))
            continue
        place = meter.name, meter.source
        before = heard.get(meter.name)
        if before is not None and _part_of(before, meter.source) and meter.name not in known_passing:
            passing.add(meter.name)
            said.append(
                _finding(meter, f"{Oddity.SOURCE_CHANGED}: only a part of the sum {before[:120]} answers; withheld")
            )
            continue
        if before is not None and before != meter.source:
            said.append(
                _finding(meter, f"{Oddity.SOURCE_CHANGED}: was read from {before[:120]}; each counts by itself")
            )
        judgement = judge(meter, series.pop(place, None), moment)
        series[place] = judgement.seen
        heard[meter.name] = meter.source
        if judgement.sent:
            kept.append(meter)
        if judgement.reason is not None:
            said.append(_finding(meter, judgement.reason))
    clock = known if known is not None and report.uptime_ms is None else None
    remembered = Known(
        at=report.observed_at if clock is None else clock.at,
        model=report.device.model,
        uptime_ms=report.uptime_ms if clock is None else clock.uptime_ms,
        series=dict(list(series.items())[-SERIES_MAX:]),
        heard=dict(list(heard.items())[-SERIES_MAX:]),
        passing=frozenset(passing),
    )
    if not said and len(kept) == len(report.meters):
        return report, remembered
    return replace(report, meters=tuple(kept), findings=(*report.findings, *said)[:FINDINGS_MAX]), remembered


def _restarted(report: Report, known: Known | None) -> tuple[bool | None, list[Finding]]:
    """Whether the printer was restarted since it was read last, and what is odd about its uptime."""
    if known is None or known.uptime_ms is None or report.uptime_ms is None:
        return None, []
    passed = report.observed_at - known.at
    before, now = timedelta(milliseconds=known.uptime_ms), timedelta(milliseconds=report.uptime_ms)
    if now == before and passed > STUCK_AFTER:
        stuck = "uptime-stuck: the same uptime as at the last reading; the printer's answers may be old"
        return None, [Finding(field="uptime_ms", source="collector", raw=str(report.uptime_ms), reason=stuck)]
    if now >= before + passed - UPTIME_SLACK:
        return False, []
    wrapped = before + passed - UPTIME_WRAPS
    return not -UPTIME_SLACK <= now - wrapped <= UPTIME_SLACK, []


def _somebody_else(device: Device, known: Known) -> bool:
    """A weak identity with another model is another device."""
    return device.serial is None and known.model != device.model


def _part_of(whole: str, source: str) -> bool:
    """Whether a source is a sum of some, not all, of the objects of another."""
    return set(source.split("+")) < set(whole.split("+"))


def _finding(meter: Meter, reason: str) -> Finding:
    return Finding(field=f"meters/{meter.name}", source=meter.source, raw=str(meter.value), reason=reason[:255])


def encode_known(known: Known) -> str:
    """What is remembered of a device as one text for the spool's memory."""
    sources = list(dict.fromkeys(source for _, source in known.series))
    row = {
        "at": format_instant(known.at),
        "model": known.model,
        "up": known.uptime_ms,
        "sources": sources,
        "series": [[name, sources.index(source), *_encoded(seen)] for (name, source), seen in known.series.items()],
        "passing": sorted(known.passing),
        "heard": {name: sources.index(source) for name, source in known.heard.items() if source in sources},
    }
    return json.dumps(row, separators=(",", ":"))


def decode_known(text: str | None) -> Known | None:
    """What encode_known wrote; None for a text that is none."""
    if text is None:
        return None
    try:
        row = json.loads(text)
        sources = row["sources"]
        return Known(
            at=parse_instant(row["at"]),
            model=row["model"],
            uptime_ms=row["up"],
            series={(name, sources[place]): _decoded(rest) for name, place, *rest in row["series"]},
            heard={name: sources[place] for name, place in row["heard"].items()},
            passing=frozenset(row.get("passing", ())),
        )
    except (ValueError, RecursionError, DecodeError, KeyError, TypeError, IndexError, AttributeError):
        return None


def _encoded(seen: Seen) -> list[object]:
    row: list[object] = [seen.value, seen.unit, format_instant(seen.at), seen.passed]
    if seen.held is not None:
        held = seen.held
        row += [held.value, format_instant(held.at), held.times, held.oddity]
    return row


def _decoded(row: list[object]) -> Seen:
    value, unit, at, passed, *rest = row
    held = None
    if rest:
        held_value, held_at, times, oddity = rest
        held = Held(
            value=_int(held_value), at=parse_instant(str(held_at)), times=_int(times), oddity=Oddity(str(oddity))
        )
    return Seen(value=_int(value), unit=Unit(str(unit)), at=parse_instant(str(at)), passed=_int(passed), held=held)


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(value)
    return value
