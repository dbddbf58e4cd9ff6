"""What holds for every printer, whatever the seed, the model and the moments somebody looks at it."""

import dataclasses
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from device_sim.core.events import AlertCleared, AlertRaised, ImpressionsMade
from device_sim.core.printer import Printer
from device_sim.core.profile import Family
from tests.support.device_sim import ALL_PROFILES, HOUR_S, MONDAY_7, finished, impressions, live, printer, profile
from wire_format.records import Service

printers = st.builds(
    printer, st.sampled_from(ALL_PROFILES), seed=st.integers(0, 2**32), index=st.integers(0, 65_535), chunk=st.just(0)
)
hours = st.floats(0.0, 30.0)


def growth(one: Printer, before: list[int]) -> dict[str, int]:
    return {
        spec.name: after - was
        for spec, was, after in zip(one.state.profile.meters, before, one.state.meters, strict=True)
    }


@settings(max_examples=60, deadline=None)
@given(printers, hours)
def test_meters_grow_by_exactly_what_the_jobs_say(one: Printer, lived_h: float) -> None:
    before = list(one.state.meters)

    events = live(one, MONDAY_7 + lived_h * HOUR_S)

    grown = growth(one, before)
    running = one.state.job.done if one.state.job and one.state.job.service is not Service.SCAN else 0
    jobs = [event.job.record for event in finished(events)]
    assert grown["total.impressions"] == sum(job.impressions or 0 for job in jobs) + running
    assert grown["total.impressions"] == impressions(events)
    assert grown["total.impressions"] == grown["print.impressions"] + grown.get("copy.impressions", 0)
    if one.state.profile.color:
        assert grown["total.impressions"] == (grown["total.impressions.monochrome"] + grown["total.impressions.color"])
        if not running:
            color = sum(job.impressions or 0 for job in jobs if job.color_mode == "color")
            assert grown["total.impressions.color"] == color
    if one.state.profile.family is Family.OFFICE:
        assert grown["total.impressions"] == grown["total.sheets"] + grown["total.sheets.duplex"]
        if one.state.job is None:
            assert grown["total.sheets"] == sum(job.sheets or 0 for job in jobs)


@settings(max_examples=40, deadline=None)
@given(st.builds(printer, st.sampled_from(["designjet-t1600", "pagewide-xl-5100"]), seed=st.integers(0, 999)), hours)
def test_large_format_meters_are_the_sum_of_area_length_and_ink_of_the_jobs(one: Printer, lived_h: float) -> None:
    before = list(one.state.meters)
    one.end_intake(MONDAY_7 + lived_h * HOUR_S)

    jobs = [event.job.record for event in finished(live(one, MONDAY_7 + 100 * HOUR_S))]

    assert one.resting
    grown = growth(one, before)
    inks: Counter[str] = Counter()
    for job in jobs:
        inks.update({f"ink.volume.{ink.colorant.replace(' ', '-')}": ink.volume_ul for ink in job.inks})
    assert grown["print.area"] == sum(job.media.area_mm2 or 0 for job in jobs if job.media)
    assert grown["media.length"] == sum(job.media.length_mm or 0 for job in jobs if job.media)
    assert {name: ul for name, ul in grown.items() if name.startswith("ink") and ul} == dict(inks)


@settings(max_examples=40, deadline=None)
@given(printers, st.lists(st.floats(0.0, 20.0), max_size=30))
def test_looking_at_a_printer_changes_nothing(one: Printer, looks_h: list[float]) -> None:
    unseen = printer(one.state.profile, seed=one.seed, index=one.state.identity.index)
    end_s = MONDAY_7 + 20 * HOUR_S

    seen = [event for at_h in sorted(looks_h) for event in live(one, MONDAY_7 + at_h * HOUR_S)] + live(one, end_s)
    alone = live(unseen, end_s)

    assert finished(seen) == finished(alone)
    assert impressions(seen) == impressions(alone)
    assert one.state == unseen.state


def in_need(name: str, seed: int) -> Printer:
    """A printer whose cartridges hold next to nothing, so that shortage is its daily life."""
    known = profile(name)
    supplies = tuple(dataclasses.replace(spec, amount_max=100_000) for spec in known.supplies)
    return printer(dataclasses.replace(known, supplies=supplies), seed=seed)


@settings(max_examples=60, deadline=None)
@given(printers | st.builds(in_need, st.sampled_from(ALL_PROFILES), st.integers(0, 999)), hours)
def test_supplies_and_media_never_fall_below_nothing(one: Printer, lived_h: float) -> None:
    live(one, MONDAY_7 + lived_h * HOUR_S)

    state = one.state
    assert all(0 <= a <= s.amount_max for a, s in zip(state.supply_amounts, state.profile.supplies, strict=True))
    assert all(0 <= a <= s.amount_max for a, s in zip(state.input_amounts, state.profile.inputs, strict=True))


@settings(max_examples=40, deadline=None)
@given(printers, hours)
def test_an_alert_is_raised_once_and_cleared_at_most_once(one: Printer, lived_h: float) -> None:
    events = live(one, MONDAY_7 + lived_h * HOUR_S)

    raised = [event.alert.alert_id for event in events if isinstance(event, AlertRaised)]
    cleared = [event.alert.alert_id for event in events if isinstance(event, AlertCleared)]
    assert len(set(raised)) == len(raised) and len(set(cleared)) == len(cleared)
    assert set(raised) - set(cleared) == {alert.alert_id for alert in one.state.alerts}
    assert one.state.all_events == len(raised)


@settings(max_examples=30, deadline=None)
@given(printers, st.floats(0.1, 9.0))
def test_after_the_end_of_intake_a_printer_comes_to_rest_and_stays_as_it_is(one: Printer, ends_h: float) -> None:
    one.end_intake(MONDAY_7 + ends_h * HOUR_S)

    live(one, MONDAY_7 + 60 * HOUR_S)
    meters, alerts = list(one.state.meters), one.state.alerts
    later = live(one, MONDAY_7 + 200 * HOUR_S)

    assert one.resting and one.next_event_at() is None
    assert later == [] and list(one.state.meters) == meters and one.state.alerts == alerts


@settings(max_examples=30, deadline=None)
@given(printers, st.integers(1, 50), hours)
def test_in_chunks_no_event_tells_of_more_impressions_than_a_chunk(one: Printer, chunk: int, lived_h: float) -> None:
    one.chunk = chunk
    events = []
    end_s = MONDAY_7 + lived_h * HOUR_S

    while (due_s := one.next_event_at()) is not None and due_s <= end_s:
        events += one.advance(due_s)

    assert all(event.count <= chunk for event in events if isinstance(event, ImpressionsMade))
