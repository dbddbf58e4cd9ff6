"""Masking takes telephone numbers and leaves everything a device is known by."""

import string
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from data_collector.core.masking import without_phone_numbers

DIGITS = st.text(string.digits, min_size=2, max_size=4)
SERIALS = st.from_regex(r"[A-Z0-9]{8,14}", fullmatch=True)
OIDS = st.lists(st.integers(0, 99_999), min_size=5, max_size=16).map(
    lambda arcs: ".".join(str(arc) for arc in [1, 3, 6, 1, *arcs])
)
DATES = st.dates(date(1990, 1, 1), date(2089, 12, 31)).flatmap(
    lambda day: st.sampled_from([f"{day}", f"{day:%d.%m.%Y}", f"{day:%m/%d/%Y}", f"{day:%d/%m/%y}", f"{day:%Y%m%d}"])
)
VERSIONS = st.lists(st.integers(0, 9_999), min_size=2, max_size=5).map(lambda parts: ".".join(map(str, parts)))
PART_NUMBERS = st.from_regex(r"[A-Z]{1,3}[0-9]{1,4}-?[0-9]{3,5}[A-Z]{0,3}|[0-9]{3}[A-Z][0-9]{5}", fullmatch=True)
MACS = st.binary(min_size=6, max_size=6).flatmap(
    lambda raw: st.sampled_from([raw.hex(":"), raw.hex(" "), raw.hex("-")])
)
COUNTS = st.integers(0, 10**9).flatmap(lambda count: st.sampled_from([f"{count}", f"{count:,}"]))
KNOWN_BY = st.one_of(SERIALS, OIDS, DATES, VERSIONS, PART_NUMBERS, MACS, COUNTS)
PLAIN_WORDS = st.sampled_from(["Serial", "Toner", "Tray 2", "Firmware", "S/N:", "Error", "Printed", "(", "Ver."])

NUMBERS = st.one_of(
    st.builds("+{} {} {}{}".format, st.integers(1, 998), DIGITS, DIGITS, st.integers(100, 9_999)),
    st.builds("Tel. {}-{}".format, DIGITS, DIGITS),
    st.builds("({}) {}-{:04}".format, st.integers(200, 999), st.integers(200, 999), st.integers(0, 9_999)),
    st.builds("0{}/{}".format, st.integers(11, 9_999), st.integers(10_000, 999_999_999)),
)


@given(PLAIN_WORDS, KNOWN_BY, PLAIN_WORDS)
def test_no_serial_oid_date_version_part_number_mac_or_count_is_eaten(before: str, known_by: str, behind: str) -> None:
    text = f"{before} {known_by} {behind}"

    assert without_phone_numbers(text) == text


@given(PLAIN_WORDS, NUMBERS, PLAIN_WORDS)
def test_no_digit_of_a_telephone_number_is_left(before: str, number: str, behind: str) -> None:
    masked = without_phone_numbers(f"{before} {number} {behind}")

    digits = [letter for letter in masked if letter.isdigit()]
    assert digits == [letter for letter in before + behind if letter.isdigit()]


@given(st.text(max_size=300))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = without_phone_numbers(text)

    assert without_phone_numbers(once) == once
