"""Which networks a namespace may have, and what `ip` is told."""

import ipaddress

import pytest

from device_sim.core.errors import ConfigError
from device_sim.core.netns_plan import (
    Network,
    checked_name,
    checked_network,
    free_link,
    is_host,
    making,
    network_of_alias,
    standing,
    unmaking,
)

OURS = (Network("127.0.0.0/8"), Network("192.168.7.0/24"), Network("10.1.0.0/16"))


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("10.0.0.0/8", "overlaps with 10.1.0.0/16, which this machine reaches already"),
        ("192.168.7.128/25", "overlaps with 192.168.7.0/24"),
        ("8.8.0.0/16", "belongs to others"),
        ("127.0.0.0/16", "belongs to others"),
        ("10.9.0.1/16", "must be a network such as 10.9.0.0/16"),
        ("lab", "must be a network such as"),
        ("10.9.0.0/31", "between a /8 and a /30"),
    ],
)
def test_a_network_that_is_not_free_is_refused_with_the_reason(word: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        checked_network(word, OURS)


def test_the_default_route_takes_no_network() -> None:
    assert checked_network("10.9.0.0/16", (*OURS, Network("0.0.0.0/0"))) == Network("10.9.0.0/16")


@pytest.mark.parametrize("word", ["", "Lab", "twelve-chars", "a/b", "-n", "a b"])
def test_a_name_that_ip_could_misread_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match="must be 1 to 11"):
        checked_name(word)


def test_each_namespace_has_a_link_of_its_own() -> None:
    first = free_link(())
    second = free_link((first,))

    assert first.is_link_local and not first.overlaps(second)


def test_what_is_made_last_is_the_mark_of_a_whole_one_and_tells_the_network() -> None:
    commands = making("lab", Network("10.9.0.0/16"), free_link(()))

    assert commands[-1][:3] == ("link", "set", "ikw-lab")
    assert network_of_alias(commands[-1][-1]) == Network("10.9.0.0/16")
    assert network_of_alias("somebody's own") is None
    assert [command[-1] for command in unmaking("lab")] == ["ikw-lab", "inkwire-lab"]


def test_only_the_addresses_of_printers_become_local() -> None:
    lines = standing("10.9.0.1", "10.9.1.44")

    blocks = [ipaddress.IPv4Network(line.split()[3]) for line in lines]
    assert sum(block.num_addresses for block in blocks) == 300
    assert any(ipaddress.IPv4Address("10.9.1.44") in block for block in blocks)
    assert not any(ipaddress.IPv4Address("10.9.1.45") in block for block in blocks)


def test_neither_network_nor_broadcast_address_is_a_printers() -> None:
    network = Network("10.9.0.0/24")

    assert [is_host(f"10.9.0.{host}", network) for host in (0, 1, 254, 255)] == [False, True, True, False]
    assert not is_host("10.9.1.1", network)
