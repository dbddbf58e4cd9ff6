"""What befalls each printer of a fleet: the steps of a scenario, and the accidents that its profile knows.

1. The agenda of a printer is a pure function of (scenario, profile, seed, printer, start), so a fleet may be cut in
   parts and a printer be replayed alone.
2. An agenda is told from its beginning, one entry after the other; it may be endless.
3. Addresses that printers swap are known beforehand: all steps that move one are walked through once.
"""

import heapq
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from device_sim.core.acts.act import Act
from device_sim.core.acts.identity import Move, SwapAddress
from device_sim.core.acts.power import CutPower, Reboot, UpdateFirmware
from device_sim.core.dice import Dice
from device_sim.core.errors import ConfigError
from device_sim.core.planned import Agenda
from device_sim.core.profile import Profile
from device_sim.core.scenario import DAY_MS, Step

MOVES_MAX: Final = 100_000
CUT_MIN_MAX: Final = (2, 240)


@dataclass(frozen=True, slots=True)
class _Planned:
    at_ms: int
    order: tuple[int, int]
    act: Act


class Scenario:
    """The steps of a run on a fleet. addresses: of every printer of the whole fleet, by number."""

    def __init__(
        self, steps: Sequence[Step], *, seed: int, start_s: float, addresses: Sequence[str], where: str
    ) -> None:
        """Raises ConfigError where a step names a printer that the fleet has not, or moves without end."""
        self._steps, self._seed, self._start_ms = tuple(steps), seed, int(start_s * 1000)
        self._where, self._count = where, len(addresses)
        self._check()
        self._moves = self._walk_through(addresses)

    @property
    def movers(self) -> Collection[int]:
        """The printers that will have another address: they must live, to be found there."""
        return self._moves.keys()

    def of(self, profile: Profile, index: int) -> Agenda | None:
        """All that will befall that printer, in order of time; None where nothing ever will."""
        streams = [
            self._stream(number, step, index)
            for number, step in enumerate(self._steps)
            if step.chosen.holds(index) and not isinstance(step.act, (Move, SwapAddress))
        ]
        if index in self._moves:
            streams.append(iter(self._moves[index]))
        if is_accident_prone(profile):
            streams.append(_accidents(profile, self._seed, index, self._start_ms))
        if not streams:
            return None
        merged = heapq.merge(*streams, key=lambda planned: (planned.at_ms, planned.order))
        return ((planned.at_ms, planned.act) for planned in merged)

    def _stream(self, number: int, step: Step, index: int) -> Iterator[_Planned]:
        at_ms, turn = step.at.at_ms(self._start_ms), 0
        until_ms = step.until.at_ms(at_ms if step.until.kind == "of-day" else self._start_ms) if step.until else None
        while until_ms is None or at_ms <= until_ms:
            if step.chosen.share is None or self._thrown(number, turn, index) < step.chosen.share:
                yield _Planned(at_ms, (number, turn), step.act)
            if step.every_ms is None:
                return
            at_ms, turn = at_ms + step.every_ms, turn + 1

    def _thrown(self, number: int, turn: int, index: int) -> float:
        return Dice(self._seed, index, "scenario", number, turn).unit()

    def _walk_through(self, addresses: Sequence[str]) -> dict[int, list[_Planned]]:
        """The moves of every printer, with the addresses that each swap finds."""
        moving = [
            (planned, index)
            for number, step in enumerate(self._steps)
            if isinstance(step.act, (Move, SwapAddress))
            for index in range(self._count)
            if step.chosen.holds(index)
            for planned in self._stream(number, step, index)
        ]
        moves: dict[int, list[_Planned]] = {}
        stands = list(addresses)

        def go(index: int, planned: _Planned, address: str) -> None:
            stands[index] = address
            moves.setdefault(index, []).append(_Planned(planned.at_ms, planned.order, Move(address=address)))

        for planned, index in sorted(moving, key=lambda move: (move[0].at_ms, move[0].order, move[1])):
            if isinstance(planned.act, Move):
                go(index, planned, planned.act.address)
            elif isinstance(planned.act, SwapAddress):
                here, there = stands[index], stands[planned.act.other]
                go(index, planned, there)
                go(planned.act.other, planned, here)
        return moves

    def _check(self) -> None:
        for number, step in enumerate(self._steps, 1):
            key, last = f"scenario[{number}]", self._count - 1
            named = [first for first, _ in step.chosen.ranges if first > last]
            if named:
                raise ConfigError(self._where, f"{key}.printers", f"there is no printer {named[0]}; the last is {last}")
            if not isinstance(step.act, (Move, SwapAddress)):
                continue
            if isinstance(step.act, SwapAddress) and not 0 <= step.act.other <= last:
                raise ConfigError(self._where, f"{key}.other", f"must be a printer from 0 to {last}")
            if step.every_ms is not None and (
                step.until is None
                or (step.until.at_ms(self._start_ms) - self._start_ms) // step.every_ms * self._count > MOVES_MAX
            ):
                raise ConfigError(self._where, f"{key}.until", "moves for ever; give an earlier end")


def is_accident_prone(profile: Profile) -> bool:
    """Whether printers of this model lose power, restart or are updated by themselves."""
    trouble = profile.trouble
    return bool(
        trouble.power_cuts_per_1000_days or trouble.reboots_per_1000_days or trouble.firmware_updates_per_1000_days
    )


def _accidents(profile: Profile, seed: int, index: int, start_ms: int) -> Iterator[_Planned]:
    """Power cuts, restarts and firmware updates, as rarely as the profile says."""
    trouble = profile.trouble
    kinds = (
        ("power-cut", trouble.power_cuts_per_1000_days),
        ("reboot", trouble.reboots_per_1000_days),
        ("update", trouble.firmware_updates_per_1000_days),
    )
    day = start_ms // DAY_MS
    while True:
        found = []
        for order, (kind, rate) in enumerate(kinds):
            dice = Dice(seed, index, kind, day)
            if dice.unit() * 1000 < rate:
                at_ms = day * DAY_MS + dice.between(0, DAY_MS - 1)
                if at_ms >= start_ms:
                    found.append(_Planned(at_ms, (-1, order), _accident(kind, profile, day, dice)))
        yield from sorted(found, key=lambda planned: planned.at_ms)
        day += 1


def _accident(kind: str, profile: Profile, day: int, dice: Dice) -> Act:
    match kind:
        case "power-cut":
            return CutPower(lasts=f"{dice.between(*CUT_MIN_MAX)}m")
        case "reboot":
            return Reboot()
        case _:
            return UpdateFirmware(version=f"{profile.firmware}+{day}")
