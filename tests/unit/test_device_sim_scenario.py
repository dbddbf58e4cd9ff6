"""Scenario files: what befalls which printer, and when; the same in a fleet, in a part of it, and alone."""

import pytest

from device_sim.core.agenda import Scenario
from device_sim.core.errors import ConfigError
from device_sim.core.events import Acted, AlertRaised, Effect, Event
from device_sim.core.fleet import parse_fleet
from device_sim.core.printer import Printer
from device_sim.core.scenario import parse_scenario
from device_sim.population import Population
from tests.support.device_sim import HOUR_S, MONDAY_7, StandingClock, changed

ADDRESSES = [f"127.1.0.{number}" for number in range(1, 21)]
QUIET = changed(
    "ecosys-p3155",
    workload={"jobs_per_day": 0},
    trouble={"impressions_per_jam": 0, "covers_opened_per_day_percent": 0},
)


def scenario(text: str, seed: int = 1) -> Scenario:
    return Scenario(
        parse_scenario(text, "s.toml"), seed=seed, start_s=MONDAY_7, addresses=ADDRESSES, where="s.toml"
    )  # fmt: skip


def living(of: Scenario, index: int) -> Printer:
    return Printer(
        QUIET, seed=1, index=index, address=ADDRESSES[index], at_s=MONDAY_7, agenda=of.of(QUIET, index)
    )  # fmt: skip


def jams(of: Scenario, index: int, until_s: float = MONDAY_7 + 24 * HOUR_S) -> list[float]:
    events = living(of, index).advance(until_s)
    return [event.at_s - MONDAY_7 for event in events if isinstance(event, AlertRaised) and event.alert.code == 8]


@pytest.mark.parametrize(
    "at, after_s",
    [("+5m", 300), ("07:05", 300), ("06:59", 24 * HOUR_S - 60), ("2026-11-16T09:00:00Z", 7200), ("+1h30m", 5400)],
)
def test_a_step_happens_at_its_moment(at: str, after_s: float) -> None:
    assert jams(scenario(f'[[scenario]]\nat = "{at}"\nprinters = 3\nact = "jam"'), 3) == [after_s]


@pytest.mark.parametrize(
    "printers, chosen",
    [("3", [3]), ('"all"', list(range(20))), ('"1-4"', [1, 2, 3, 4]), ('"3,7,9-11"', [3, 7, 9, 10, 11])],
)
def test_a_step_befalls_the_printers_it_names_and_no_others(printers: str, chosen: list[int]) -> None:
    known = scenario(f'[[scenario]]\nat = "+5m"\nprinters = {printers}\nact = "jam"')

    assert [index for index in range(20) if jams(known, index)] == chosen


def test_a_share_is_thrown_anew_each_time_and_the_same_for_the_same_seed() -> None:
    text = '[[scenario]]\nat = "+1m"\nevery = "20m"\nuntil = "+10h"\nprinters = "20%"\nact = "jam"\nlasts = "1m"'
    known, again, other = scenario(text), scenario(text), scenario(text, seed=2)

    hit = {index: jams(known, index) for index in range(20)}

    assert hit == {index: jams(again, index) for index in range(20)} != {i: jams(other, i) for i in range(20)}
    assert 60 < sum(map(len, hit.values())) < 180  # 20% of 20 printers, 30 times
    assert len({tuple(times) for times in hit.values()}) > 10


def test_a_step_that_comes_again_ends_when_it_is_told_to() -> None:
    text = '[[scenario]]\nat = "07:10"\nevery = "10m"\nuntil = "07:40"\nprinters = 0\nact = "jam"\nlasts = "1m"'

    assert jams(scenario(text), 0) == [600, 1200, 1800, 2400]


def test_printers_that_swap_addresses_twice_stand_where_they_stood() -> None:
    text = "".join(
        f'[[scenario]]\nat = "+{hours}h"\nprinters = 3\nact = "swap-address"\nother = 4\n' for hours in (1, 2)
    )
    known = scenario(text)
    clock = StandingClock(MONDAY_7)
    population = Population([living(known, index) for index in range(6)], clock)

    def stands_at(index: int) -> int | None:
        state = population.at_address(ADDRESSES[index])
        return None if state is None else state.identity.index

    seen = []
    for hours in (0.5, 1.5, 2.5):
        clock.move(MONDAY_7 + hours * HOUR_S)
        population.wake()
        population.wake()
        seen.append([stands_at(3), stands_at(4), stands_at(5)])

    assert seen == [[3, 4, 5], [4, 3, 5], [3, 4, 5]]


def test_who_moves_leaves_an_empty_address_behind() -> None:
    known = scenario('[[scenario]]\nat = "+1h"\nprinters = 2\nact = "move"\naddress = "127.1.9.9"')
    clock = StandingClock(MONDAY_7 + HOUR_S)
    population = Population([living(known, index) for index in range(3)], clock)
    population.wake()

    assert population.at_address(ADDRESSES[2]) is None
    moved = population.at_address("127.1.9.9")
    assert moved is not None and moved.identity.index == 2 and moved.identity.address == "127.1.9.9"


def test_an_unreachable_printer_is_found_by_nobody_who_asks_by_datagram() -> None:
    known = scenario('[[scenario]]\nat = "+1h"\nprinters = 1\nact = "power-cut"\nlasts = "10m"')
    clock = StandingClock(MONDAY_7)
    population = Population([living(known, index) for index in range(2)], clock)
    heard = []

    for minutes in (59, 60, 69, 71, 72):
        clock.move(MONDAY_7 + minutes * 60)
        population.mark()
        heard.append(population.at_number(0x7F010002) is not None)

    assert heard == [True, False, False, True, True]


def test_an_act_that_cannot_be_done_then_is_told_and_nothing_else_happens() -> None:
    events: list[Event] = living(
        scenario('[[scenario]]\nat = "+1m"\nprinters = 0\nact = "supply-level"\nsupply = 99\npercent = 1'), 0
    ).advance(MONDAY_7 + 120)

    (told,) = events
    assert isinstance(told, Acted) and told.effect is Effect.REFUSED and "supply" in str(dict(told.told)["why"])


def test_a_fleet_file_may_hold_its_scenario() -> None:
    spec = parse_fleet('[[groups]]\nprofile = "p"\n[[scenario]]\nat = "+1m"\nact = "jam"\n', "f.toml")

    assert len(spec.scenario) == 1


@pytest.mark.parametrize(
    "text, place",
    [
        ('[[scenario]]\nact = "jam"', "scenario[1].at"),
        ('[[scenario]]\nat = "10 o\'clock"\nact = "jam"', "scenario[1].at"),
        ('[[scenario]]\nat = "+5m"\nact = "jam"\n[[scenario]]\nat = "+5m"\nact = "explode"', "scenario[2].act"),
        ('[[scenario]]\nat = "+5m"\nact = "jam"\nprinters = "many"', "scenario[1].printers"),
        ('[[scenario]]\nat = "+5m"\nact = "jam"\nprinters = "0%"', "scenario[1].printers"),
        ('[[scenario]]\nat = "+5m"\nact = "jam"\nprinters = 20', "scenario[1].printers"),
        ('[[scenario]]\nat = "+5m"\nact = "jam"\nuntil = "+9m"', "scenario[1].until"),
        ('[[scenario]]\nat = "+5m"\nact = "jam"\nevery = "10ms"', "scenario[1].every"),
        ('[[scenario]]\nat = "+5m"\nact = "jam"\nlasting = "10m"', "scenario[1].lasting"),
        ('[[scenario]]\nat = "+5m"\nact = "swap-address"\nprinters = 1\nother = 77', "scenario[1].other"),
        ('[[scenario]]\nat = "+5m"\nact = "swap-address"\nprinters = 1\nother = 7\nevery = "1m"', "scenario[1].until"),
        ('[[steps]]\nat = "+5m"', "steps"),
        ("at = ", "s.toml"),
    ],
)
def test_a_wrong_scenario_is_told_with_file_key_and_remedy(text: str, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        scenario(text)

    assert place in str(caught.value) and str(caught.value).startswith("s.toml: ")


def test_accidents_come_as_often_as_the_profile_says_and_never_unless_asked() -> None:
    prone = changed("ecosys-p3155", workload={"jobs_per_day": 0}, trouble={"reboots_per_1000_days": 100})
    known = Scenario((), seed=1, start_s=MONDAY_7, addresses=ADDRESSES, where="")
    agenda = known.of(prone, 0)
    one = Printer(prone, seed=1, index=0, address=ADDRESSES[0], at_s=MONDAY_7, agenda=agenda)

    events = one.advance(MONDAY_7 + 1000 * 24 * HOUR_S)

    assert known.of(QUIET, 0) is None
    boots = sum(isinstance(event, Acted) and event.effect is Effect.BOOTED for event in events)
    assert 70 < boots < 130
