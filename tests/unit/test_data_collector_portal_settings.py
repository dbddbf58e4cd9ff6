"""What a portal may set of a collector: the reading interval, where the site left it open, within its bounds."""

import pytest

from data_collector.core.portal_settings import Bounds, decode_desired, encode_desired, in_force, newer
from data_collector.core.schedule import Rhythm, Schedule, Turn
from wire_format.settings import Desired, Settings

OWN = {"office": Rhythm(focus_s=10_800.0, range_s=86_400.0), "lab": Rhythm(focus_s=600.0, range_s=7_200.0)}
OFFICE = frozenset({"office"})


def wish(interval_s: int | None, version: int = 4) -> Desired:
    return Desired(version=version, settings=Settings(interval_s=interval_s, job_names="clear", jobs_max=1))


def test_the_portal_sets_the_interval_only_where_the_site_left_it_open() -> None:
    got = in_force(OWN, OFFICE, Bounds(), wish(3_600))

    assert got.rhythms == {"office": Rhythm(focus_s=3_600.0, range_s=86_400.0), "lab": OWN["lab"]}
    assert got.version == 4
    assert got.told == "known printers are read every 3,600 s, as the portal asks (profiles: office)"


@pytest.mark.parametrize(
    ("asked", "bounds", "taken", "word"),
    [
        (60, Bounds(), 900.0, "the least this site allows"),
        (86_400, Bounds(most_s=7_200.0), 7_200.0, "the most this site allows"),
        (900, Bounds(), 900.0, "as the portal asks"),
    ],
)
def test_the_sites_bounds_hold_and_are_told(asked: int, bounds: Bounds, taken: float, word: str) -> None:
    got = in_force(OWN, frozenset(OWN), bounds, wish(asked))

    assert {one.focus_s for one in got.rhythms.values()} == {taken}
    assert word in got.told


def test_the_range_is_never_asked_more_often_because_of_a_portal() -> None:
    rhythms = in_force(OWN, frozenset(OWN), Bounds(), wish(900)).rhythms
    assert [one.range_s for one in rhythms.values()] == [86_400.0, 7_200.0]

    assert in_force(OWN, frozenset(OWN), Bounds(), wish(10_000)).rhythms["lab"].range_s == 10_000.0


@pytest.mark.parametrize(
    ("profiles", "bounds", "desired", "told"),
    [
        (OFFICE, None, wish(3_600), "this site says so"),
        (frozenset(), Bounds(), wish(3_600), "the site's own intervals hold"),
        (OFFICE, Bounds(), wish(None), "the site's own holds"),
    ],
)
def test_what_is_not_taken_leaves_the_sites_own_and_is_told(
    profiles: frozenset[str], bounds: Bounds | None, desired: Desired, told: str
) -> None:
    got = in_force(OWN, profiles, bounds, desired)

    assert got.rhythms == OWN
    assert got.version == 4
    assert told in got.told


def test_a_version_that_was_overtaken_is_ignored() -> None:
    first, second = wish(900, 1), wish(1_800, 2)

    assert newer(None, first) is first and newer(first, second) is second
    assert newer(second, first) is second and newer(second, None) is second
    assert newer(second, wish(60, 2)) is second


def test_a_wish_outlives_a_restart_and_a_memory_that_is_none_is_no_wish() -> None:
    assert decode_desired(encode_desired(wish(900))) == wish(900)
    assert [decode_desired(text) for text in (None, "", "[", '{"version":1}', '{"version":1,"settings":{"x":1}}')] == [
        None
    ] * 5


def test_a_shorter_rhythm_comes_sooner_and_a_longer_one_after_the_turn_that_is_waited_for() -> None:
    schedule = Schedule({"office": OWN["office"]}, 0.0)
    schedule.begin("office", Turn.RANGE, 0.0)

    schedule.retime({"office": Rhythm(focus_s=900.0, range_s=86_400.0)}, 100.0)
    assert schedule.wake_at() == 1_000.0

    schedule.retime({"office": Rhythm(focus_s=7_200.0, range_s=86_400.0)}, 200.0)
    assert schedule.wake_at() == 1_000.0
    schedule.begin("office", Turn.FOCUS, 1_000.0)
    assert schedule.wake_at() == 8_200.0
