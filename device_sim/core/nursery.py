"""Printers that are still to be born: which they are, where they stand and when their lives start.

A life is a pure function of (profile, seed, index, time): one that is born late, and lives up to the present then,
has lived exactly as one that was born at once. So a printer that nobody looks at need not be there.
"""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Final

from device_sim.core.agenda import Scenario
from device_sim.core.faults import FaultSetting, faults_of
from device_sim.core.fleet import Places
from device_sim.core.printer import Printer
from device_sim.core.profile import Profile

ONLY_UTC: Final[Mapping[str, tzinfo]] = {"UTC": UTC}


class Nursery:
    """The printers of a fleet before they live."""

    __slots__ = ("_at_s", "_chunk", "_faults", "_profiles", "_scenario", "_seed", "_zones", "places")

    def __init__(
        self,
        places: Places,
        profiles: Mapping[str, Profile],
        *,
        seed: int,
        at_s: float,
        chunk: int,
        faults: tuple[FaultSetting, ...] = (),
        zones: Mapping[str, tzinfo] = ONLY_UTC,
        scenario: Scenario | None = None,
    ) -> None:
        """at_s: when every life starts, in virtual Unix seconds. chunk: of the printers that push (see `Printer`).

        faults: of all printers, besides those of each placement. zones: the time zones of the placements by name.
        scenario: what befalls them.
        """
        self._scenario: Final = scenario
        self.places: Final = places
        self._profiles: Final = profiles
        self._seed: Final = seed
        self._at_s: Final = at_s
        self._chunk: Final = chunk
        self._faults: Final = faults
        self._zones: Final = zones

    def __len__(self) -> int:
        return len(self.places)

    def birth(self, place: int) -> Printer:
        """The printer of that placement at the start of its life; another one at each call."""
        placement = self.places[place]
        profile = self._profiles[placement.profile]
        return Printer(
            profile,
            seed=self._seed,
            index=placement.index,
            address=placement.address,
            at_s=self._at_s,
            chunk=self._chunk if placement.path == "direct" else 0,
            faults=faults_of((*placement.faults, *self._faults), self._seed, placement.index),
            zone=self._zones[placement.time_zone],
            agenda=self._scenario.of(profile, placement.index) if self._scenario else None,
        )
