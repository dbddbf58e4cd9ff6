"""Every scenario file that comes with the project is lived through by a fleet, and does what it says."""

from collections import Counter
from pathlib import Path

import pytest

from device_sim.core.agenda import Scenario
from device_sim.core.clockwork import Happening
from device_sim.core.events import Acted, AlertRaised
from device_sim.core.fleet import FleetSpec, Group, placements
from device_sim.core.nursery import Nursery
from device_sim.core.scenario import parse_scenario
from device_sim.population import Population
from tests.support.device_sim import HOUR_S, MONDAY_7, StandingClock, profile

FILES = sorted((Path(__file__).parents[2] / "fixtures" / "scenarios").glob("*.toml"))
WANTED = {
    "bad-monday.toml": {"network-down": 1, "network-up": 1, "moved": 2},
    "jam-storm.toml": {},
    "power-cut.toml": {"power-off": 12, "booted": 12},
    "rough-day.toml": {"formatter-swapped": 2, "meter-set": 2, "moved": 2, "firmware-updated": 2, "network-up": 2},
    "service-visit.toml": {"firmware-updated": 12, "formatter-swapped": 1, "meter-set": 1, "supply-replaced": 4},
}


def test_no_scenario_file_is_without_a_test() -> None:
    assert {path.name for path in FILES} == set(WANTED)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_file_does_to_a_fleet_what_it_says(path: Path) -> None:
    groups = (Group(profile="color-laserjet-m479", count=6), Group(profile="ecosys-p3155", count=6))
    places = placements(FleetSpec(groups=groups), "fleet")
    profiles = {group.profile: profile(group.profile) for group in groups}
    addresses = [place.address for place in places]
    steps = parse_scenario(path.read_text(), path.name)
    scenario = Scenario(steps, seed=1, start_s=MONDAY_7, addresses=addresses, where=path.name)
    clock = StandingClock(MONDAY_7)
    nursery = Nursery(places, profiles, seed=1, at_s=MONDAY_7, chunk=0, scenario=scenario)
    population = Population(nursery, clock)
    effects: Counter[str] = Counter()
    jams: set[int] = set()

    def note(happening: Happening) -> None:
        index = happening.printer.state.identity.index
        for event in happening.events:
            if isinstance(event, Acted):
                effects[event.effect.value] += 1
            elif isinstance(event, AlertRaised) and event.alert.code == 8:
                jams.add(index)

    population.listen(note)
    while population.bear():
        pass
    clock.move(MONDAY_7 + 10 * HOUR_S)
    population.halt()

    assert "refused" not in effects
    assert {word: effects[word] for word in WANTED[path.name]} == WANTED[path.name]
    assert path.name != "jam-storm.toml" or len(jams) == 12
    assert len({one.state.identity.address for one in population.printers}) == 12
