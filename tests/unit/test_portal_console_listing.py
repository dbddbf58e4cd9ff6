"""A list's filter is its URL."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from portal.console.listing import Asked, asked, cursor, cursor_parts

WISH = Asked(path="/jobs", pairs={"device": "3", "outcome": "canceled", "sort": "seen", "after": "x"})


def test_each_narrowing_pair_is_a_chip_that_can_be_taken_away() -> None:
    chips = WISH.chips({"device": "SG62K1D04V"})

    assert [(chip.key, chip.value) for chip in chips] == [("device", "SG62K1D04V"), ("outcome", "canceled")]
    assert chips[0].without == "/jobs?outcome=canceled&sort=seen"


def test_an_export_takes_exactly_the_filter_and_not_the_place_in_the_list() -> None:
    assert WISH.export("csv") == "/jobs.csv?device=3&outcome=canceled"


def test_a_changed_filter_starts_at_its_first_row() -> None:
    assert WISH.url(outcome=None) == "/jobs?device=3&sort=seen"


def test_a_typo_is_refused_and_never_widens_the_list() -> None:
    with pytest.raises(web.HTTPBadRequest):
        WISH.choice("outcome", ("completed",))
    with pytest.raises(web.HTTPBadRequest):
        Asked(path="/jobs", pairs={"device": "three"}).number("device")


def test_unknown_keys_and_empty_values_say_nothing() -> None:
    request = make_mocked_request("GET", "/jobs?device=3&outcome=&evil=1")

    assert asked(request, "/jobs", ("device", "outcome")).pairs == {"device": "3"}


@given(st.integers(-(2**62), 2**62), st.text(max_size=40), st.integers(0, 2**40))
def test_a_cursor_reads_back_what_it_was_made_of(value: int, name: str, device_id: int) -> None:
    assert cursor_parts(cursor(value, name, device_id), (int, str, int)) == [value, name, device_id]


@given(st.text(max_size=60))
def test_any_other_word_is_no_cursor(text: str) -> None:
    with pytest.raises(web.HTTPBadRequest):
        cursor_parts(text, (int, str, int))
