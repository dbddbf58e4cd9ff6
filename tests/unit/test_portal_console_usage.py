"""Usage from lifetime meters: never negative, never twice, never 0 where nothing is known."""

from hypothesis import given
from hypothesis import strategies as st

from portal.console.usage import (
    ALL,
    COLOUR,
    MONO,
    add_steps,
    device_usage,
    fleet_usage,
    leading,
    series_steps,
)
from portal.storage.reads.meters import MeterSeries, Seen

MARKS = (0, 100, 200, 300)


def series(*seen: tuple[int, int] | None, name: str = ALL, source: str = "firmware", **changes: int) -> MeterSeries:
    known = [one for one in seen if one]
    return MeterSeries(
        device_id=changes.get("device_id", 1),
        name=name,
        source=source,
        unit="impressions",
        latest_ms=changes.get("latest_ms", known[-1][0] if known else 0),
        first_value=changes.get("first_value", known[0][1] if known else 0),
        color_capable=changes.get("color_capable"),
        seen=tuple(None if one is None else Seen(at_ms=one[0], value=one[1]) for one in seen),
    )


def test_usage_is_the_difference_of_readings() -> None:
    assert series_steps(series((-1, 10), (90, 15), (190, 15), (290, 40)), MARKS) == (5, 0, 25)


def test_no_reading_in_a_step_is_no_data_and_the_catch_up_counts_when_told() -> None:
    assert series_steps(series((-1, 10), (-1, 10), (150, 30), (150, 30)), MARKS) == (None, 20, None)


def test_before_the_first_reading_nothing_is_known_and_it_counts_from_the_first() -> None:
    assert series_steps(series(None, None, (190, 48), (290, 50), first_value=40), MARKS) == (None, 8, 2)


def test_a_small_step_back_is_never_counted_twice() -> None:
    assert series_steps(series((-1, 1_697_341), (90, 1_697_340), (190, 1_697_345)), MARKS[:3]) == (0, 4)


def test_a_formatter_swap_gives_no_negative_usage_and_counts_on_from_there() -> None:
    assert series_steps(series((-1, 49_463), (90, 0), (190, 1_938)), MARKS[:3]) == (0, 1_938)


def test_of_two_sources_the_direct_one_leads_while_it_is_heard() -> None:
    direct, pulled = series((0, 1), source="firmware", latest_ms=1_000), series((0, 1), source="1.3.6", latest_ms=2_000)

    assert leading([pulled, direct]) is direct


def test_a_source_not_heard_for_a_day_does_not_lead() -> None:
    day_ms = 24 * 3600 * 1000
    direct = series((0, 1), source="firmware", latest_ms=0)
    pulled = series((0, 1), source="1.3.6", latest_ms=day_ms + 1)

    assert leading([pulled, direct]) is pulled


def test_two_sources_of_one_meter_are_counted_once() -> None:
    both = [series((-1, 10), (90, 20)), series((-1, 10), (90, 20), source="1.3.6")]

    assert device_usage(both, MARKS[:2]).total == (10,)


def test_a_mono_printer_without_a_split_is_mono_and_others_are_not_split() -> None:
    never_colour = [series((-1, 10), (90, 20), color_capable=0)]
    may_be_colour = [series((-1, 10), (90, 20), color_capable=1)]

    assert device_usage(never_colour, MARKS[:2]).mono == (10,)
    assert device_usage(may_be_colour, MARKS[:2]).mono == (None,)
    assert device_usage(may_be_colour, MARKS[:2]).unsplit == (10,)


def test_mono_is_the_rest_where_only_all_and_colour_are_told() -> None:
    told = [series((-1, 10), (90, 20)), series((-1, 1), (90, 4), name=COLOUR)]

    assert device_usage(told, MARKS[:2]).mono == (7,)


def test_all_is_the_sum_where_only_the_parts_are_told() -> None:
    told = [series((-1, 10), (90, 20), name=MONO), series((-1, 1), (90, 4), name=COLOUR)]

    assert device_usage(told, MARKS[:2]).total == (13,)


def test_a_fleet_of_nobody_knows_nothing() -> None:
    assert fleet_usage([], 2).total == (None, None)
    assert add_steps([(None, 1), (None, 2)]) == (None, 3)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_steps_add_up_to_the_whole_whatever_the_cuts(made: list[int]) -> None:
    marks = tuple(range(0, 100 * (len(made) + 1), 100))
    value, seen = 1_000, [(-1, 1_000)]
    for index, count in enumerate(made):
        value += count
        seen.append((100 * index + 50, value))

    steps = series_steps(series(*seen), marks)

    assert list(steps) == made
