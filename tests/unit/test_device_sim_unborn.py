"""A printer is born when somebody asks for it, or when somebody listens to all."""

from collections.abc import Callable

import pytest

from device_sim.core.clockwork import Happening
from device_sim.core.fleet import FleetSpec, Group, at_work, counted_fleet, placements
from device_sim.core.nursery import Nursery
from device_sim.core.state import LivePrinter
from device_sim.population import BIRTHS_MAX, Population
from tests.support.device_sim import ALL_PROFILES, HOUR_S, MONDAY_7, StandingClock, profile

COUNT = 3 * BIRTHS_MAX


def fleet(clock: StandingClock, count: int = COUNT) -> Population:
    profiles = {name: at_work(profile(name), "always", 5) for name in ALL_PROFILES}
    places = placements(counted_fleet(list(profiles), count, 0), "test")
    return Population(Nursery(places, profiles, seed=1, at_s=MONDAY_7, chunk=0), clock)


def test_only_the_printers_that_are_asked_are_born() -> None:
    population = fleet(StandingClock(MONDAY_7))

    assert population.at_address("127.1.0.3") is not None
    assert population.at_number(0x7F010005) is not None
    assert population.at_address("127.1.0.3") is population.at_address("127.1.0.3")

    assert population.clockwork.unborn == COUNT - 2
    assert not population.bear() and population.clockwork.unborn == COUNT - 2


@pytest.mark.parametrize("address", ["127.1.0.0", "127.1.0.49", "10.0.0.1", "::1", ""])
def test_where_no_printer_stands_none_is_born(address: str) -> None:
    population = fleet(StandingClock(MONDAY_7))

    assert population.at_address(address) is None

    assert population.clockwork.unborn == COUNT


def test_who_listens_to_all_hears_of_those_nobody_asked() -> None:
    clock = StandingClock(MONDAY_7)
    population, heard = fleet(clock), set[int]()
    population.listen(_by_index(heard))
    assert not population.resting()

    while population.bear():
        pass
    clock.move(MONDAY_7 + 4 * HOUR_S)
    while (due_s := population.wake()) is not None and due_s <= clock.now_s():
        pass

    assert population.clockwork.unborn == 0 and heard == set(range(COUNT))


def test_who_listens_to_those_that_are_asked_lets_the_others_be() -> None:
    clock = StandingClock(MONDAY_7)
    population, heard = fleet(clock), set[int]()
    population.listen(_by_index(heard), to_all=False)
    population.at_address("127.1.0.7")

    assert not population.bear()
    clock.move(MONDAY_7 + 4 * HOUR_S)
    population.halt()

    assert heard == {6}


def test_a_printer_that_is_only_asked_over_snmp_is_never_woken_and_lives_the_same_life() -> None:
    clock = StandingClock(MONDAY_7)
    asleep, awake = fleet(clock), fleet(clock)
    assert asleep.at_number(0x7F010007) is not None and awake.at_address("127.1.0.7") is not None
    assert asleep.wake() is None and awake.wake() is not None

    clock.move(MONDAY_7 + 4 * HOUR_S)
    assert asleep.wake() is None
    while (due_s := awake.wake()) is not None and due_s <= clock.now_s():
        pass
    asleep.mark()
    states = asleep.at_number(0x7F010007), awake.at_address("127.1.0.7")

    assert states[0] == states[1] and asleep.wake() is None


def test_a_printer_that_slept_is_woken_once_somebody_may_wait_for_it() -> None:
    clock, stirs = StandingClock(MONDAY_7), list[bool]()
    population = fleet(clock)
    population.on_stir = lambda: stirs.append(True)
    assert population.at_number(0x7F010007) is not None and population.wake() is None and not stirs

    assert population.at_address("127.1.0.7") is not None

    assert population.wake() == population.clockwork.at(6).next_event_at() and stirs


def test_at_the_end_of_intake_printers_that_slept_finish_what_they_print() -> None:
    clock = StandingClock(MONDAY_7)
    population = fleet(clock)
    while population.resting():
        clock.move(clock.now_s() + 60)
        population.mark()
        for place in range(COUNT):
            population.at_number(0x7F010001 + place)
    population.freeze(clock.now_s())

    clock.move(clock.now_s() + 9 * HOUR_S)
    while population.wake() is not None:
        pass

    assert population.resting()


def test_the_end_of_intake_holds_for_those_that_are_born_after_it() -> None:
    clock = StandingClock(MONDAY_7)
    population = fleet(clock)
    population.freeze(MONDAY_7)

    clock.move(MONDAY_7 + 9 * HOUR_S)

    state = population.at_address("127.1.0.1")
    assert isinstance(state, LivePrinter) and not state.finished and population.wake() is None


def test_a_part_of_a_fleet_keeps_numbers_and_addresses() -> None:
    places = placements(FleetSpec(groups=(Group(profile="a", count=5), Group(profile="b", count=5))), "test")

    part = places[1::4]

    assert [place.index for place in part] == [1, 5, 9]
    assert [(place.profile, place.address) for place in part] == [
        ("a", "127.1.0.2"), ("b", "127.1.0.6"), ("b", "127.1.0.10")
    ]  # fmt: skip
    assert [part.of_index(index) for index in (1, 5, 9, 2, 13, -3)] == [0, 1, 2, None, None, None]
    assert part.of_address(0x7F010006) == 1 and part.of_address(0x7F010005) is None


def _by_index(heard: set[int]) -> Callable[[Happening], None]:
    return lambda happening: heard.add(happening.printer.state.identity.index)
