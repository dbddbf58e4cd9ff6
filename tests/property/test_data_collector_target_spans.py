"""Targets in any mixture: each address once, nothing excluded, in the order typed."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from data_collector.core.targets import Span, Targets, address_number, dotted_quad, spans_of

BASE = 10 << 24
SPANS = st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda two: Span(BASE + two[0], BASE + two[0] + two[1]))


@given(st.lists(SPANS, min_size=1, max_size=8), st.lists(SPANS, max_size=8))
def test_walk_count_and_holds_agree_with_the_plain_meaning(wanted: list[Span], excluded: list[Span]) -> None:
    targets = Targets(wanted=tuple(wanted), excluded=tuple(excluded))
    gone = {number for span in excluded for number in range(span.first, span.last + 1)}
    plain = [number for span in wanted for number in range(span.first, span.last + 1) if number not in gone]

    walked = [address_number(one.address) for one in targets.walk({})]

    assert walked == list(dict.fromkeys(plain))
    assert targets.count({}) == len(walked)
    assert [number for number in range(BASE, BASE + 90) if targets.holds(dotted_quad(number), {})] == sorted(walked)


@given(st.lists(st.integers(0, 60)))
def test_addresses_become_the_fewest_spans(numbers: list[int]) -> None:
    spans = spans_of(dotted_quad(BASE + number) for number in numbers)

    inside = [number for span in spans for number in range(span.first, span.last + 1)]
    assert inside == sorted({BASE + number for number in numbers})
    assert all(one.last + 1 < other.first for one, other in itertools.pairwise(spans))
