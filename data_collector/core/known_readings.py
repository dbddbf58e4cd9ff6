"""What each printer answered when it was read last, so that the next reading may be a short one.

1. Only a printer whose reading was whole is remembered: by SNMP alone, idle, with a serial number, and with nothing odd
   about it but its clock, or two counts of it that differ. Every other is read whole each time, and judged as ever.
2. Of READINGS_MAX addresses the ones read last are kept. What is remembered is packed, about 2 KiB each.
3. A reading is whole after `whole_every - 1` short ones, or `whole_after` the last whole one, whichever comes first.
4. A memory that cannot be read is none: that printer is read whole.
5. No community or password is kept, only which place in the list of the profile answered.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from data_collector.core import mib
from data_collector.core.evidence import Evidence, Picture, SnmpValue, dotted, oid
from data_collector.core.short_reading import Short, counts_elsewhere, short_question
from data_collector.core.vendors import Definitions
from wire_format.codec import format_instant, parse_instant
from wire_format.errors import DecodeError
from wire_format.records import Report

READINGS_MAX: Final = 4_096
WHOLE_EVERY: Final = 96
WHOLE_AFTER: Final = timedelta(hours=24)
_UNPACKED_MAX: Final = 1_000_000
_CLOCK: Final = "clock"
_DIFFER: Final = "sources-disagree:"


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeEvery:
    """How often a printer is read whole although nothing changed. readings: 1 means always."""

    readings: int = WHOLE_EVERY
    after: timedelta = WHOLE_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownReading:
    """What a printer answered. whole_at: when it was last read whole; short: how often it was not since then.

    since: when what stands in the picture was read; read_at, uptime_ticks: when it was last confirmed, and by which
    sysUpTime. rank: the place of its version and community in the profile's list. life_counts: see short_reading,
    rule 3. packed: the picture.
    """

    whole_at: datetime
    since: datetime
    read_at: datetime
    uptime_ticks: int
    question: Short
    rank: int
    packed: bytes
    short: int = 0
    life_counts: bool = True

    def picture(self) -> Picture:
        """All it answered. Raises ValueError when it was damaged."""
        return _unpack(self.packed)


class KnownReadings:
    """The readings of one collector, by address. A printer that moved is told by its serial number, and read whole."""

    def __init__(self, policy: WholeEvery, rows: Mapping[str, KnownReading] | None = None) -> None:
        self._policy = policy
        self._rows: dict[str, KnownReading] = {}
        self._changed: dict[str, None] = {}
        self._doubted: set[str] = set()
        for address, one in (rows or {}).items():
            self._put(address, one)
        self._changed.clear()

    def __len__(self) -> int:
        return len(self._rows)

    def at(self, address: str, at: datetime) -> KnownReading | None:
        """What may be relied on for a short reading there, now."""
        one = self._rows.get(address)
        if one is None or one.short + 1 >= self._policy.readings:
            return None
        return one if timedelta(0) <= at - one.whole_at < self._policy.after else None

    def rank(self, address: str) -> int | None:
        """In which way that address answered."""
        one = self._rows.get(address)
        return None if one is None else one.rank

    def note(self, evidence: Evidence, report: Report, definitions: Definitions, rank: int, *, whole: bool) -> None:
        """Remember a printer that was read now. whole: False when only what moves was read."""
        before, picture = self._rows.get(evidence.address), evidence.picture
        definition = definitions.find(picture)
        life_counts = evidence.address not in self._doubted if before is None else before.life_counts
        if before is not None and life_counts:
            try:
                life_counts = not counts_elsewhere(before.picture(), picture, definition)
            except ValueError:
                before = None
        question = short_question(picture, definition, life_counts=life_counts)
        odd = any(finding.field != _CLOCK and not finding.reason.startswith(_DIFFER) for finding in report.findings)
        uptime = picture.value(mib.SYS_UP_TIME)
        if (
            question is None
            or not isinstance(uptime, int)
            or odd
            or evidence.unanswered
            or evidence.ledm
            or evidence.ipp is not None
            or self._policy.readings <= 1
        ):
            self.forget(evidence.address)
            return
        at = evidence.observed_at
        short = before.short + 1 if before is not None and not whole else 0
        whole_at = before.whole_at if before is not None and not whole else at
        self._put(
            evidence.address,
            KnownReading(
                whole_at=whole_at,
                since=at,
                read_at=at,
                uptime_ticks=uptime,
                question=question,
                rank=rank,
                packed=_pack(picture),
                short=short,
                life_counts=life_counts,
            ),
        )

    def confirm(self, address: str, at: datetime, uptime_ticks: int) -> None:
        """The printer said that nothing changed."""
        one = self._rows.get(address)
        if one is not None:
            told = address in self._changed
            self._put(address, replace(one, read_at=at, uptime_ticks=uptime_ticks, short=one.short + 1))
            if not told:
                del self._changed[address]

    def forget(self, address: str) -> None:
        """Read that printer whole the next time."""
        gone = self._rows.pop(address, None)
        if gone is not None:
            self._changed[address] = None
            if not gone.life_counts:
                self._doubted.add(address)

    def retain(self, addresses: Iterable[str]) -> None:
        """Forget all but these."""
        kept = set(addresses)
        for gone in self._rows.keys() - kept:
            self.forget(gone)
        self._doubted &= kept

    def news(self) -> dict[str, str | None]:
        """What to keep since the last call, by address; None: nothing any more. A confirmation is no news."""
        told = {address: _text(self._rows[address]) if address in self._rows else None for address in self._changed}
        self._changed.clear()
        return told

    def _put(self, address: str, one: KnownReading) -> None:
        self._rows.pop(address, None)
        self._rows[address] = one
        self._changed[address] = None
        while len(self._rows) > READINGS_MAX:
            self.forget(next(iter(self._rows)))


def decode_readings(texts: Mapping[str, str]) -> dict[str, KnownReading]:
    """The rows of news() by address; what cannot be read is left out."""
    rows = ((address, _read(text)) for address, text in texts.items())
    return {address: one for address, one in rows if one is not None}


def _text(one: KnownReading) -> str:
    row = {
        "read": format_instant(one.read_at),
        "up": one.uptime_ticks,
        "whole": format_instant(one.whole_at),
        "since": format_instant(one.since),
        "rank": one.rank,
        "short": one.short,
        "counts": one.life_counts,
        "gets": [dotted(each) for each in one.question.gets],
        "walks": [dotted(each) for each in one.question.walks],
        "picture": base64.b85encode(one.packed).decode(),
    }
    return json.dumps(row, separators=(",", ":"))


def _read(text: str) -> KnownReading | None:
    try:
        row = json.loads(text)
        one = KnownReading(
            read_at=parse_instant(row["read"]),
            uptime_ticks=int(row["up"]),
            whole_at=parse_instant(row["whole"]),
            since=parse_instant(row["since"]),
            rank=int(row["rank"]),
            short=int(row["short"]),
            life_counts=row["counts"] is True,
            question=Short(
                gets=tuple(oid(each) for each in row["gets"]), walks=tuple(oid(each) for each in row["walks"])
            ),
            packed=base64.b85decode(row["picture"]),
        )
        one.picture()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, DecodeError):
        return None
    return one if one.question.gets else None


def _pack(picture: Picture) -> bytes:
    """A picture as zlib over JSON: an integer is itself, octets "x" and hexadecimal, an identifier "o" and dotted."""
    rows = {dotted(one): _written(value) for one, value in picture}
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode())


def _unpack(packed: bytes) -> Picture:
    try:
        machine = zlib.decompressobj()
        text = machine.decompress(packed, _UNPACKED_MAX)
        if not machine.eof:
            raise ValueError("a picture that is cut short, or too large")
        return Picture((oid(one), _value(value)) for one, value in json.loads(text).items())
    except (zlib.error, AttributeError, TypeError, RecursionError) as error:
        raise ValueError("no picture") from error


def _written(value: SnmpValue) -> int | str:
    if isinstance(value, bytes):
        return "x" + value.hex()
    return value if isinstance(value, int) else "o" + dotted(value)


def _value(written: object) -> SnmpValue:
    if isinstance(written, str):
        return bytes.fromhex(written[1:]) if written[:1] == "x" else oid(written[1:])
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    raise ValueError("no SNMP value")


__all__ = ["READINGS_MAX", "KnownReading", "KnownReadings", "WholeEvery", "decode_readings"]
