"""What holds for every printer, whatever is done to it at whatever moments."""

import contextlib
from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from device_sim.core.acts.act import Act
from device_sim.core.errors import ActError
from device_sim.core.events import Acted, AlertCleared, AlertRaised, Effect, Event, JobStarted
from device_sim.core.printer import Printer
from device_sim.core.state import Power
from tests.support.device_sim import ALL_PROFILES, HOUR_S, MONDAY_7, finished, impressions, live, printer
from tests.support.device_sim_acts import ANY, HARMLESS
from wire_format.records import Service

END_S = MONDAY_7 + 12 * HOUR_S
printers = st.builds(printer, st.sampled_from(ALL_PROFILES), seed=st.integers(0, 999), index=st.integers(0, 99))
moments = st.floats(0.0, 11.0).map(lambda hours: MONDAY_7 + hours * HOUR_S)


def plans(acts: st.SearchStrategy[Act]) -> st.SearchStrategy[list[tuple[float, Act]]]:
    return st.lists(st.tuples(moments, acts), max_size=12).map(lambda plan: sorted(plan, key=lambda step: step[0]))


def lived(one: Printer, plan: Sequence[tuple[float, Act]], end_s: float = END_S) -> list[Event]:
    """The printer's day with these acts in it; what it cannot do is not done."""
    events: list[Event] = []
    for at_s, act in plan:
        events += one.advance(at_s)
        with contextlib.suppress(ActError):
            act.apply(one)
        events += one.advance(at_s)
    return events + one.advance(end_s)


@settings(max_examples=80, deadline=None)
@given(printers, plans(HARMLESS))
def test_every_impression_is_told_once_and_is_in_one_job(one: Printer, plan: list[tuple[float, Act]]) -> None:
    before = one.state.meters[0]

    events = lived(one, plan)

    running = one.state.job.done if one.state.job and one.state.job.service is not Service.SCAN else 0
    jobs = [event.job.record for event in finished(events)]
    assert one.state.meters[0] - before == impressions(events) == sum(job.impressions or 0 for job in jobs) + running


@settings(max_examples=80, deadline=None)
@given(printers, plans(ANY))
def test_every_job_ends_exactly_once(one: Printer, plan: list[tuple[float, Act]]) -> None:
    one.end_intake(END_S)

    events = lived(one, plan) + one.advance(END_S + 100 * HOUR_S)

    ended = Counter(event.job.number for event in finished(events))
    started = {event.number for event in events if isinstance(event, JobStarted)}
    waiting = {job.number for job in one.state.waiting}
    assert set(ended.values()) <= {1} and started <= set(ended) | ({one.state.job.number} if one.state.job else set())
    assert not waiting & set(ended)


@settings(max_examples=80, deadline=None)
@given(printers, plans(ANY))
def test_meters_fall_only_where_an_act_says_so_and_amounts_stay_within_bounds(
    one: Printer, plan: list[tuple[float, Act]]
) -> None:
    for at_s, act in [*plan, (END_S, None)]:
        before = list(one.state.meters)
        events = one.advance(at_s)
        assert all(now >= was for now, was in zip(one.state.meters, before, strict=True))
        if act is not None:
            before = list(one.state.meters)
            with contextlib.suppress(ActError):
                act.apply(one)
            events = one.advance(at_s)
            fell = any(now < was for now, was in zip(one.state.meters, before, strict=True))
            told = {event.effect for event in events if isinstance(event, Acted)}
            assert not fell or told & {Effect.METER_SET, Effect.FORMATTER_SWAPPED, Effect.RESET}
        state = one.state
        assert all(0 <= a <= s.amount_max for a, s in zip(state.supply_amounts, state.profile.supplies, strict=True))
        assert all(0 <= a <= s.amount_max for a, s in zip(state.input_amounts, state.profile.inputs, strict=True))


@settings(max_examples=80, deadline=None)
@given(printers, plans(ANY))
def test_alerts_are_raised_and_cleared_once_and_none_outlives_the_power(
    one: Printer, plan: list[tuple[float, Act]]
) -> None:
    events = lived(one, plan)

    raised = [event.alert.alert_id for event in events if isinstance(event, AlertRaised)]
    cleared = [event.alert.alert_id for event in events if isinstance(event, AlertCleared)]
    assert len(set(raised)) == len(raised) and len(set(cleared)) == len(cleared)
    assert set(raised) - set(cleared) == {alert.alert_id for alert in one.state.alerts}
    assert one.state.power is Power.ON or not one.state.alerts


@settings(max_examples=50, deadline=None)
@given(printers, plans(ANY), st.lists(moments, max_size=20))
def test_looking_changes_nothing_of_a_life_with_acts(
    one: Printer, plan: list[tuple[float, Act]], looks_s: list[float]
) -> None:
    unseen = printer(one.state.profile, seed=one.seed, index=one.state.identity.index)
    looked: list[Event] = []

    for at_s, act in sorted([*plan, *((at_s, None) for at_s in looks_s)], key=lambda step: step[0]):
        looked += live(one, at_s)
        if act is not None:
            with contextlib.suppress(ActError):
                act.apply(one)
    looked += live(one, END_S)
    alone = lived(unseen, plan)

    assert finished(looked) == finished(alone) and impressions(looked) == impressions(alone)
    assert one.state == unseen.state
