"""Numbers as the pages show them."""

import pytest

from portal.console.figures import (
    area,
    change_percent,
    elided,
    hash8,
    known_sum,
    length,
    meter_value,
    volume,
    whole,
)


def test_thousands_are_grouped_and_minus_is_a_minus_sign() -> None:
    assert whole(48217) == "48,217"
    assert whole(-1234) == "−1,234"
    assert whole(0) == "0"


def test_an_unknown_number_is_a_dash_and_never_zero() -> None:
    assert [whole(None), area(None), length(None), volume(None)] == ["–"] * 4


def test_areas_lengths_and_volumes_keep_their_decimals() -> None:
    assert area(1_768_440_000) == "1,768.4"
    assert area(2_000_000, 2) == "2.00"
    assert length(69_210_249) == "69,210.2"
    assert volume(190) == "0.19"


def test_rounding_is_half_to_even() -> None:
    assert volume(125) == "0.12"
    assert volume(135) == "0.14"


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [(46_218, 44_902, "+2.9"), (2_947, 3_105, "−5.1"), (5, 5, "+0.0"), (5, 0, None)],
)
def test_a_comparison_says_its_sign_or_nothing_at_all(now: int, before: int, said: str | None) -> None:
    assert change_percent(now, before) == said


def test_a_meter_is_shown_in_the_unit_people_use() -> None:
    assert meter_value(1_500_000, "mm2") == ("1.5", "m²")
    assert meter_value(1_500, "mm") == ("1.5", "m")
    assert meter_value(1_500, "ul") == ("1.50", "ml")
    assert meter_value(1_500, "impressions") == ("1,500", "")


def test_hashes_and_keys_are_shortened_for_the_eye() -> None:
    assert hash8("f20b71ce" + "0" * 56) == "f20b 71ce"
    assert elided("kT3vabcdefghijklQ9eX") == "kT3v…Q9eX"


def test_a_sum_of_nothing_known_is_unknown() -> None:
    assert known_sum([None, 3, 4]) == 7
    assert known_sum([None, None]) is None
