"""When which profile is scanned.

1. A profile has two turns: FOCUS reads its known printers, often; RANGE asks every address, rarely, and reads the known
   ones on the way, so that it uses up a FOCUS that is due at the same time.
2. A new profile is ranged at once. After a restart the turns that were kept go on: nothing is scanned again because a
   service was started again. What is overdue is spread over SPREAD_MAX_S, so that sites do not wake together.
3. Turns lie on a fixed grid, so that they do not drift with the length of a scan. A scan longer than its interval
   swallows the turns it missed: scans never pile up.
4. A rhythm may change at work; a longer one begins after the turn that is waited for.
5. What is asked for by hand takes place at once and leaves the grid as it is.
"""

import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

SPREAD_MAX_S: Final = 300.0
SPREAD_PART: Final = 20
"""An overdue turn waits at most a twentieth of its interval."""
EARLY_PART: Final = 8
"""A missing printer brings the range forward, but not closer to the last one than an eighth of its interval."""


class Turn(enum.StrEnum):
    """What a scan asks."""

    FOCUS = "focus"
    RANGE = "range"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Seconds between two focus scans, and between two scans of the whole range."""

    focus_s: float
    range_s: float

    def of(self, turn: Turn) -> float:
        """The seconds between two of these turns."""
        return self.focus_s if turn is Turn.FOCUS else self.range_s


Waits = Mapping[str, Mapping[Turn, float]]
"""For each profile and turn, the seconds until it is due; below 0 when it is overdue."""


class Schedule:
    """The grids of one collector's profiles."""

    __slots__ = ("_asked", "_next_s", "_ranged_s", "_rhythms")

    def __init__(
        self, rhythms: Mapping[str, Rhythm], now_s: float, kept: Waits | None = None, spread: float = 0.0
    ) -> None:
        """now_s: monotonic. kept: what `waits` gave, less the time that has passed. spread: 0 to 1, by the sender."""
        self._rhythms = dict(rhythms)
        self._asked: dict[str, Turn] = {}
        self._next_s: dict[tuple[str, Turn], float] = {}
        self._ranged_s: dict[str, float] = {}
        for name, rhythm in self._rhythms.items():
            for turn in Turn:
                wait_s = (kept or {}).get(name, {}).get(turn)
                self._next_s[name, turn] = now_s + _after_restart(wait_s, rhythm.of(turn), spread)

    def retime(self, rhythms: Mapping[str, Rhythm], now_s: float) -> None:
        """New rhythms of the same profiles. What is due sooner by the old one stays: a grid moves forward only."""
        for name, rhythm in rhythms.items():
            if rhythm == self._rhythms[name]:
                continue
            self._rhythms[name] = rhythm
            for turn in Turn:
                self._next_s[name, turn] = min(self._next_s[name, turn], now_s + rhythm.of(turn))

    def ask(self, turn: Turn = Turn.RANGE, name: str | None = None) -> None:
        """A person wants a scan now: of one profile, or of all."""
        for each in self._rhythms if name is None else (name,):
            if self._asked.get(each) is not Turn.RANGE:
                self._asked[each] = turn

    def early(self, name: str, now_s: float) -> None:
        """A known printer is missing: look for it in the range with the next focus, unless that was just done."""
        rhythm = self._rhythms[name]
        least_s = self._ranged_s.get(name, now_s - rhythm.range_s) + rhythm.range_s / EARLY_PART
        wanted_s = max(least_s, self._next_s[name, Turn.FOCUS])
        self._next_s[name, Turn.RANGE] = min(self._next_s[name, Turn.RANGE], wanted_s)

    def due(self, now_s: float) -> dict[str, Turn]:
        """Which profiles must be scanned now, in their order, and how."""
        wanted: dict[str, Turn] = {}
        for name in self._rhythms:
            turns = [turn for turn in Turn if now_s >= self._next_s[name, turn]]
            turns += [self._asked[name]] if name in self._asked else []
            if turns:
                wanted[name] = Turn.RANGE if Turn.RANGE in turns else Turn.FOCUS
        return wanted

    def asked(self, name: str) -> bool:
        """Whether a person asked for the scan of this profile."""
        return name in self._asked

    def wake_at(self) -> float:
        """When the next scan is due: the shell sleeps until then, or until it is asked."""
        return min(self._next_s.values())

    def begin(self, name: str, turn: Turn, now_s: float) -> None:
        """A scan of this profile starts: its turn, and every turn before now, is used up."""
        self._asked.pop(name, None)
        rhythm = self._rhythms[name]
        if turn is Turn.RANGE:
            self._ranged_s[name] = now_s
        for each in (Turn.FOCUS,) if turn is Turn.FOCUS else Turn:
            if now_s >= self._next_s[name, each]:
                missed = int((now_s - self._next_s[name, each]) // rhythm.of(each))
                self._next_s[name, each] += (missed + 1) * rhythm.of(each)

    def waits(self, now_s: float) -> dict[str, dict[Turn, float]]:
        """How long each turn still waits: what to keep over a restart."""
        return {name: {turn: self._next_s[name, turn] - now_s for turn in Turn} for name in self._rhythms}


def _after_restart(wait_s: float | None, interval_s: float, spread: float) -> float:
    if wait_s is None:
        return 0.0
    if wait_s > 0:
        return min(wait_s, interval_s)  # a clock that was set back must not silence a site
    return spread * min(SPREAD_MAX_S, interval_s / SPREAD_PART)


def encode_waits(waits: Waits, at: datetime) -> str:
    """When each turn is due, as one text for the spool. at: aware, the time for which the waits hold."""
    due = {
        name: {turn.value: (at + timedelta(seconds=wait_s)).isoformat() for turn, wait_s in turns.items()}
        for name, turns in waits.items()
    }
    return json.dumps(due)


def decode_waits(text: str | None, at: datetime) -> Waits:
    """What still waits at this time; nothing from a text that is none."""
    try:
        kept = json.loads(text or "{}")
        return {
            name: {Turn(turn): (datetime.fromisoformat(due) - at).total_seconds() for turn, due in turns.items()}
            for name, turns in kept.items()
        }
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}


def spread_of(sender: str) -> float:
    """0 to 1, the same for a sender whenever it starts."""
    return int.from_bytes(hashlib.sha256(sender.encode()).digest()[:4], "big") / 2**32
