"""Looking at a printer never changes its life, and a cheap look shows what a thorough one would."""

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from device_sim.core.clockwork import Clockwork
from device_sim.core.events import Event, ImpressionsMade
from device_sim.core.fleet import at_work, counted_fleet, placements
from device_sim.core.nursery import Nursery
from device_sim.core.printer import Printer
from device_sim.core.state import LivePrinter
from tests.support.device_sim import ALL_PROFILES, HOUR_S, MONDAY_7, changed, impressions, printer

BUSY = {"impressions_per_jam": 60, "covers_opened_per_day_percent": 100, "repair_s_max": 900, "repair_s_min": 30}
names = st.sampled_from(ALL_PROFILES)
seeds = st.integers(0, 2**32)
looks = st.lists(st.floats(0.0, 3 * HOUR_S), max_size=60)
chunks = st.sampled_from([0, 1, 10])


def born(name: str, seed: int, chunk: int) -> Printer:
    """A printer that seldom rests: nearly every look falls into a job."""
    return printer(at_work(changed(name, trouble=BUSY), "always", 20), seed=seed, chunk=chunk)


def nursery(seed: int) -> Nursery:
    """Three busy printers that are not born yet."""
    profiles = {name: at_work(changed(name, trouble=BUSY), "always", 5) for name in ALL_PROFILES[:3]}
    places = placements(counted_fleet(list(profiles), 3, 0), "test")
    return Nursery(places, profiles, seed=seed, at_s=MONDAY_7, chunk=0)


def told(events: list[Event]) -> list[Event]:
    return [event for event in events if not isinstance(event, ImpressionsMade)]


def shown(state: LivePrinter) -> dict[str, object]:
    return {
        part.name: getattr(state, part.name)
        for part in dataclasses.fields(state)
        if part.compare and part.name != "profile"
    }


@settings(max_examples=40, deadline=None)
@given(names, seeds, chunks, looks, st.floats(0.0, 6.0))
def test_looking_at_a_printer_at_any_moments_changes_nothing_in_its_life(
    name: str, seed: int, chunk: int, moments: list[float], lived_h: float
) -> None:
    alone, watched = born(name, seed, chunk), born(name, seed, chunk)
    end_s = MONDAY_7 + lived_h * HOUR_S

    events = alone.advance(end_s)
    seen: list[Event] = []
    for moment in moments:  # in any order: a moment that has passed changes nothing either
        seen += watched.advance(min(MONDAY_7 + moment, end_s))
    seen += watched.advance(end_s)

    assert told(seen) == told(events)
    assert impressions(seen) == impressions(events)
    assert shown(watched.state) == shown(alone.state)
    assert watched.next_event_at() == alone.next_event_at()


@settings(max_examples=30, deadline=None)
@given(names, seeds, chunks, st.lists(st.floats(0.0, 3 * HOUR_S), min_size=1, max_size=8), st.integers(1, 40))
def test_at_every_look_a_printer_shows_what_one_shows_that_nobody_looked_at_before(
    name: str, seed: int, chunk: int, moments: list[float], often: int
) -> None:
    watched = born(name, seed, chunk)

    for moment in sorted(moments):
        for step in range(often):  # many looks close together: most of them find nothing but a later clock
            at_s = MONDAY_7 + moment + step * 0.37
            watched.advance(at_s)
        fresh = born(name, seed, chunk)
        fresh.advance(max(at_s, watched.state.now_s))
        assert shown(watched.state) == shown(fresh.state)


@settings(max_examples=20, deadline=None)
@given(names, seeds, looks, st.floats(0.1, 3.0))
def test_a_fleet_that_is_looked_at_wakes_and_rests_as_one_that_is_not(
    name: str, seed: int, moments: list[float], ends_h: float
) -> None:
    alone, watched = Clockwork([born(name, seed, 0)]), Clockwork([born(name, seed, 0)])
    freeze_s, end_s = MONDAY_7 + ends_h * HOUR_S, MONDAY_7 + 16 * HOUR_S

    for moment in sorted(m for m in moments if MONDAY_7 + m < freeze_s):
        watched.look(watched.printers[0], MONDAY_7 + moment)
        assert watched.next_event_at() == watched.printers[0].next_event_at()
    for fleet in (alone, watched):
        fleet.advance(freeze_s)
        fleet.end_intake(freeze_s)
    for moment in sorted(m for m in moments if MONDAY_7 + m >= freeze_s):
        watched.look(watched.printers[0], MONDAY_7 + moment)
    for fleet in (alone, watched):
        fleet.advance(end_s)
        fleet.catch_up(end_s)

    assert watched.resting() and alone.resting()
    assert shown(watched.printers[0].state) == shown(alone.printers[0].state)


def test_a_clock_that_only_moves_moves_alone() -> None:
    one = printer("ecosys-p3155")
    due_s = one.next_event_at()
    assert due_s is not None and not one.glide(MONDAY_7)  # not known yet: nobody has looked

    one.advance(MONDAY_7)
    before = shown(one.state)

    assert one.glide(due_s - 0.001) and not one.glide(due_s)
    assert shown(one.state) == {**before, "now_s": int((due_s - 0.001) * 1000) / 1000}


@settings(max_examples=15, deadline=None)
@given(seeds, st.integers(0, 2), st.floats(0.0, 2 * HOUR_S), st.none() | st.floats(0.0, 2 * HOUR_S))
def test_a_printer_that_is_born_late_has_lived_as_one_that_was_born_at_once(
    seed: int, place: int, asked: float, frozen: float | None
) -> None:
    alone, late = Clockwork(nursery(seed)), Clockwork(nursery(seed))
    alone.bear(len(alone))
    asked_s = MONDAY_7 + asked

    seen: list[Event] = []
    if frozen is not None:
        for fleet in (alone, late):
            fleet.end_intake(MONDAY_7 + frozen)
    early = alone.advance(asked_s) + alone.bring(place, asked_s)
    for happening in early:
        if happening.printer is alone.at(place):
            seen += happening.events
    born = [event for happening in late.bring(place, asked_s) for event in happening.events]

    assert told(born) == told(seen) and impressions(born) == impressions(seen)
    assert shown(late.at(place).state) == shown(alone.at(place).state)
    assert late.unborn == 2 and alone.unborn == 0
    assert late.next_event_at() == late.at(place).next_event_at()
