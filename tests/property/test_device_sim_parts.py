"""A printer lives the same life in the whole fleet, in a part of it, and alone."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from device_sim.core.agenda import Scenario
from device_sim.core.events import Event
from device_sim.core.fleet import FleetSpec, Group, Places, placements
from device_sim.core.nursery import Nursery
from device_sim.core.scenario import parse_scenario
from device_sim.course import part_of
from device_sim.population import Population
from tests.support.device_sim import ALL_PROFILES, HOUR_S, MONDAY_7, StandingClock, profile

COUNT = 12
SCENARIO = """
[[scenario]]
at = "+20m"
every = "30m"
until = "+6h"
printers = "30%"
act = "jam"

[[scenario]]
at = "+2h"
printers = "3-9"
act = "power-cut"
lasts = "20m"

[[scenario]]
at = "+3h"
printers = 2
act = "swap-address"
other = 7
"""


def lives(places: Places, whole: Places, seed: int, looks_s: Sequence[float]) -> dict[int, tuple[list[Event], object]]:
    """What happened to each printer of these places until the afternoon, and what became of it."""
    profiles = {group.profile: profile(group.profile) for group in whole.groups()}
    scenario = Scenario(
        parse_scenario(SCENARIO, "s.toml"),
        seed=seed,
        start_s=MONDAY_7,
        addresses=[place.address for place in whole],
        where="s.toml",
    )
    clock = StandingClock(MONDAY_7)
    population = Population(
        Nursery(places, profiles, seed=seed, at_s=MONDAY_7, chunk=0, scenario=scenario), clock
    )  # fmt: skip
    events: dict[int, list[Event]] = {place.index: [] for place in places}
    population.listen(lambda one: events[one.printer.state.identity.index].extend(one.events))
    while population.bear():
        pass
    for at_s in (*sorted(looks_s), MONDAY_7 + 8 * HOUR_S):
        clock.move(at_s)
        population.wake()
    population.halt()
    return {index: (told, population.at_index(index)) for index, told in events.items()}


@settings(max_examples=8, deadline=None)
@given(
    st.integers(0, 999),
    st.sampled_from(ALL_PROFILES),
    st.integers(1, 4),
    st.lists(st.floats(MONDAY_7, MONDAY_7 + 8 * HOUR_S), max_size=5),
)
def test_a_printer_of_a_shard_or_alone_lives_as_within_its_fleet(
    seed: int, name: str, parts: int, looks_s: list[float]
) -> None:
    groups = (Group(profile=name, count=5), Group(profile="ecosys-p3155", count=COUNT - 5))
    whole = placements(FleetSpec(groups=groups, seed=seed), "f.toml")
    fleet = lives(whole, whole, seed, ())

    cut = [lives(part_of(whole, f"{part}/{parts}", None), whole, seed, looks_s) for part in range(1, parts + 1)]
    alone = lives(part_of(whole, None, "7"), whole, seed, looks_s)

    together = {index: life for part in cut for index, life in part.items()}
    assert together.keys() == fleet.keys()
    for index, (_, state) in fleet.items():
        assert together[index][1] == state
    assert alone.keys() == {7} and alone[7][1] == fleet[7][1]
