"""Targets against the standard library's own idea of addresses."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from data_collector.core.targets import TargetError, parse_targets

NETWORKS = st.integers(0, 2**32 - 1).flatmap(
    lambda number: st.integers(22, 32).map(lambda bits: ipaddress.ip_network((number, bits), strict=False))
)
SMALL = st.integers(10 << 24, (10 << 24) + 600)


@given(NETWORKS)
def test_a_network_means_the_hosts_that_the_standard_library_names(network: ipaddress.IPv4Network) -> None:
    found = [one.address for one in parse_targets([str(network)]).walk({})]

    assert found == [str(host) for host in network.hosts()]


@given(st.lists(st.tuples(SMALL, SMALL), min_size=1, max_size=6), st.lists(st.tuples(SMALL, SMALL), max_size=4))
def test_every_wanted_address_comes_once_and_no_excluded_one(
    wanted: list[tuple[int, int]], excluded: list[tuple[int, int]]
) -> None:
    def text(pair: tuple[int, int]) -> str:
        return f"{ipaddress.IPv4Address(min(pair))}-{ipaddress.IPv4Address(max(pair))}"

    def numbers(pairs: list[tuple[int, int]]) -> set[int]:
        return {number for pair in pairs for number in range(min(pair), max(pair) + 1)}

    targets = parse_targets([text(pair) for pair in wanted], [text(pair) for pair in excluded])
    found = [int(ipaddress.IPv4Address(one.address)) for one in targets.walk({})]

    assert len(found) == len(set(found)) == targets.count({})
    assert set(found) == numbers(wanted) - numbers(excluded)


@given(st.text(max_size=40))
def test_any_text_is_a_plan_or_one_clear_error(text: str) -> None:
    try:
        parse_targets([text], addresses_max=1_000_000_000_000)
    except TargetError as error:
        assert error.reason
        assert error.remedy
        assert 0 <= error.at <= len(text)
