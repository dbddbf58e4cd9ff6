"""The printers a collector has found: where each was read last, so that they can be read often and the range rarely.

1. A sighting is a printer at an address. A printer is its serial number, else its MAC, else its name: never the
   address alone. So a printer that moves keeps its identity, and two that swap addresses only swap their places.
2. One printer may be seen at two addresses (cable and radio): both sightings stay while both answer.
3. A reading that lost the serial number belongs to the printer of that MAC, or of that model at that address.
4. `close` ends a round over one profile. What was asked and did not answer is missed once more; a printer found at
   another address in the same round has moved; one missed MISSED_MAX times in a row is gone, and told once.
5. A gone printer is asked on, and forgotten after a time the site chooses.
"""

import enum
import json
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from data_collector.core.known_jobs import PREFIX, device_key
from wire_format.codec import decode_record, encode_record, format_instant
from wire_format.errors import DecodeError
from wire_format.printer_mib import PrinterState
from wire_format.records import Device, Finding, Report, Status

MISSED_MAX: Final = 3
SIGHTINGS_MAX: Final = 65_536
_Member = TypeVar("_Member")


class Seen(enum.Enum):
    """What a reading means for the memory."""

    NEW = "new"
    KNOWN = "known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A printer at an address. way: how it was spoken to, in words of the visit; missed: readings without it since."""

    key: str
    address: str
    profile: str
    device: Device
    seen_at: datetime
    missed: int = 0
    way: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What a round brought to light. missed: for the first time; moved: (before, now)."""

    missed: tuple[Sighting, ...] = ()
    gone: tuple[Sighting, ...] = ()
    moved: tuple[tuple[Sighting, Sighting], ...] = ()
    forgotten: tuple[Sighting, ...] = ()


class KnownPrinters:
    """All sightings of one collector."""

    def __init__(self, sightings: Iterable[Sighting] = ()) -> None:
        self._rows: dict[tuple[str, str], Sighting] = {}
        self._by_key: dict[str, set[str]] = {}
        self._by_address: dict[str, set[str]] = {}
        self._by_mac: dict[str, set[tuple[str, str]]] = {}
        self._round: set[tuple[str, str]] = set()
        for one in sightings:
            self._put(one)

    def __len__(self) -> int:
        return len(self._by_key)

    def all(self) -> tuple[Sighting, ...]:
        """Every sighting, in order of address text and key."""
        return tuple(self._rows[place] for place in sorted(self._rows, key=lambda each: (each[1], each[0])))

    def at(self, address: str) -> tuple[Sighting, ...]:
        """The printers last read at this address, those that answered first."""
        here = [self._rows[key, address] for key in self._by_address.get(address, ())]
        return tuple(sorted(here, key=lambda one: (one.missed, one.key)))

    def addresses(self, profile: str) -> tuple[str, ...]:
        """Where the printers of a profile are looked for, each address once."""
        return tuple(dict.fromkeys(one.address for one in self._rows.values() if one.profile == profile))

    def of_others(self, profile: str) -> tuple[str, ...]:
        """Addresses that another profile reads: a device is read once however profiles overlap."""
        return tuple(
            dict.fromkeys(one.address for one in self._rows.values() if one.profile != profile and not one.missed)
        )

    def see(self, report: Report, address: str, profile: str, way: str | None = None) -> Seen:
        """A printer was read here. report: as read, before anything is masked."""
        key = self._key(report.device, address)
        known = key in self._by_key
        place = (key, address)
        if place in self._rows or len(self._rows) < SIGHTINGS_MAX:
            self._put(
                Sighting(
                    key=key, address=address, profile=profile, device=report.device, seen_at=report.observed_at, way=way
                )
            )
            self._round.add(place)
        return Seen.KNOWN if known else Seen.NEW

    def strangers(self, device: Device, address: str) -> tuple[tuple[Sighting, ...], tuple[Sighting, ...]]:
        """Before `see`, where this is the printer's first reading at the address: the places where it was read so far
        and did not answer in this round yet, and the other printers last read here. Otherwise nothing."""
        key = self._key(device, address)
        if (key, address) in self._rows:
            return (), ()
        places = [(key, each) for each in sorted(self._by_key.get(key, ()))]
        return tuple(self._rows[place] for place in places if place not in self._round), self.at(address)

    def close(self, profile: str, asked: Container[str], at: datetime, forget_after: timedelta) -> Closed:
        """The round over a profile ended. asked: the addresses that were visited."""
        seen, self._round = self._round, set()
        here = {key: self._rows[key, address] for key, address in seen if (key, address) in self._rows}
        missed, gone, moved, forgotten = [], [], [], []
        for place, one in list(self._rows.items()):
            if one.profile != profile or place in seen or one.address not in asked:
                continue
            if one.key in here:
                moved.append((one, here[one.key]))
                self._take(place)
            elif at - one.seen_at >= forget_after:
                forgotten.append(one)
                self._take(place)
            else:
                now = replace(one, missed=one.missed + 1)
                self._put(now)
                if now.missed == 1:
                    missed.append(now)
                if now.missed == MISSED_MAX and not self._answers(one.key):
                    gone.append(now)
        return Closed(missed=tuple(missed), gone=tuple(gone), moved=tuple(moved), forgotten=tuple(forgotten))

    def drop(self, unwanted: Callable[[Sighting], bool]) -> tuple[Sighting, ...]:
        """Forget what may not be asked any more."""
        return tuple(self._take(place) for place, one in list(self._rows.items()) if unwanted(one))

    def _answers(self, key: str) -> bool:
        return any(not self._rows[key, address].missed for address in self._by_key[key])

    def _key(self, device: Device, address: str) -> str:
        told = (device_key(device) or f"{PREFIX}ip:{address}").removeprefix(PREFIX)
        places = set(self._by_mac.get(device.mac or "", ()))
        places |= {(key, address) for key in self._by_address.get(address, ())}
        for place in sorted(places):
            one = self._rows[place]
            if one.key == told or not _same(one, device, address):
                continue
            if device.serial is None:
                return one.key
            self._take(place)  # now it told its serial number: the sighting gets its right name
            self._put(replace(one, key=told))
        return told

    def _put(self, one: Sighting) -> None:
        place = (one.key, one.address)
        if place in self._rows:
            self._take(place)
        self._rows[place] = one
        self._by_key.setdefault(one.key, set()).add(one.address)
        self._by_address.setdefault(one.address, set()).add(one.key)
        if one.device.mac:
            self._by_mac.setdefault(one.device.mac, set()).add(place)

    def _take(self, place: tuple[str, str]) -> Sighting:
        one = self._rows.pop(place)
        _without(self._by_key, one.key, one.address)
        _without(self._by_address, one.address, one.key)
        _without(self._by_mac, one.device.mac or "", place)
        return one


def _without(index: dict[str, set[_Member]], name: str, member: _Member) -> None:
    members = index.get(name)
    if members is not None:
        members.discard(member)
        if not members:
            del index[name]


def _same(one: Sighting, device: Device, address: str) -> bool:
    """Whether two readings are of one printer although at least one of them lacks the serial number."""
    if one.device.serial is not None and device.serial is not None:
        return False
    if one.device.mac is not None and device.mac is not None:
        return one.device.mac == device.mac
    return one.address == address and one.device.model is not None and one.device.model == device.model


def absent(gone: Sighting, at: datetime) -> Report:
    """What the portal is told of a printer that answers no more: who, since when, and no count at all."""
    return Report(
        observed_at=at,
        device=gone.device,
        status=Status(state=PrinterState.OFFLINE),
        findings=(
            Finding(
                field="visit",
                source="collector",
                raw=format_instant(gone.seen_at),
                reason=f"absent: no answer in {gone.missed} readings; raw is when it was read last",
            ),
        ),
    )


def encode_printers(printers: KnownPrinters) -> str:
    """The memory as one text for the spool."""
    return json.dumps([encode_record(one.device) | _rest(one) for one in printers.all()], separators=(",", ":"))


def _rest(one: Sighting) -> dict[str, object]:
    return {
        "x-key": one.key,
        "x-address": one.address,
        "x-profile": one.profile,
        "x-seen": format_instant(one.seen_at),
        "x-missed": one.missed,
        "x-way": one.way,
    }


def decode_printers(text: str | None) -> KnownPrinters:
    """The memory of encode_printers; rows that are none are left out, for they are found again."""
    try:
        rows = json.loads(text or "[]")
    except (ValueError, RecursionError):
        rows = []
    return KnownPrinters(one for one in map(_sighting, rows if isinstance(rows, list) else []) if one is not None)


def _sighting(row: object) -> Sighting | None:
    if not isinstance(row, dict):
        return None
    rest = {name: row.get(f"x-{name}") for name in ("key", "address", "profile", "seen", "missed", "way")}
    try:
        device = decode_record(Device, {name: value for name, value in row.items() if not name.startswith("x-")})
        return Sighting(
            key=str(rest["key"]),
            address=str(rest["address"]),
            profile=str(rest["profile"]),
            device=device,
            seen_at=datetime.fromisoformat(str(rest["seen"])),
            missed=int(str(rest["missed"])),
            way=None if rest["way"] is None else str(rest["way"]),
        )
    except (ValueError, DecodeError):
        return None
