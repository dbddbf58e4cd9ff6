"""The printers of the measured fleet, known without asking: who they are, and what they have counted at a moment.

A life is a pure function of profile, seed, index and time. So it is lived again here, apart from the agent, its clock
and what it keeps ready: what an answer tells must agree with it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from device_sim.core.birth import identity_of
from device_sim.core.fleet import FleetSpec, at_work, counted_fleet, placements
from device_sim.core.nursery import Nursery
from device_sim.profiles_shelf import load_profile, profile_names
from wire_format.codec import parse_instant


class Lives:
    """The fleet that `inkwire sim run --count N --first-address A --hours always --clock EPOCH,...` plays."""

    def __init__(self, printers: int, first_address: str, epoch: str) -> None:
        """epoch: where its virtual time begins, as an instant of RFC 3339."""
        spec: FleetSpec = replace(counted_fleet(profile_names(), printers, 0), first_address=first_address)
        self._places: Final = placements(spec, "the benchmark")
        self._profiles: Final = {name: at_work(load_profile(name), "always", spec.load) for name in profile_names()}
        self._seed: Final = spec.seed
        at_s = parse_instant(epoch).timestamp()
        self._nursery: Final = Nursery(self._places, self._profiles, seed=spec.seed, at_s=at_s, chunk=0)

    def __len__(self) -> int:
        return len(self._places)

    def who(self, index: int) -> tuple[bytes, bytes]:
        """Serial number and station address of a printer, as SNMP tells them."""
        place = self._places[index]
        known = identity_of(self._profiles[place.profile], self._seed, place.index, place.address)
        return known.serial.encode(), bytes.fromhex(known.mac.replace(":", ""))

    def life_counts(self, index: int, up_ticks: Iterable[int]) -> Mapping[int, tuple[int, int]]:
        """What its prtMarkerLifeCount may be, at least and at most, while its sysUpTime is each of these."""
        printer = self._nursery.birth(index)
        booted_s = printer.state.booted_s
        spans = {ticks: (booted_s + ticks / 100, booted_s + (ticks + 1) / 100 + 0.001) for ticks in up_ticks}
        counts: dict[float, int] = {}
        for moment_s in sorted({moment for span in spans.values() for moment in span}):
            printer.advance(moment_s)
            counts[moment_s] = printer.state.marker_life_count()
        return {ticks: (counts[first], counts[last]) for ticks, (first, last) in spans.items()}
