"""Who is looked at by TCP in a large scan."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from data_collector.core.second_look import LOOKS_MAX, NEIGHBOURS_MAX, its_turn, parse_neighbours, spread_of
from data_collector.neighbours import Neighbours

HEAD = "IP address       HW type     Flags       HW address            Mask     Device\n"
TABLE = (
    HEAD
    + "198.51.100.7     0x1         0x2         00:00:5e:00:53:07     *        eth0\n"
    + "198.51.100.8     0x1         0x0         00:00:00:00:00:00     *        eth0\n"
    + "198.51.100.9     0x1         0x6         00:00:5e:00:53:09     *        eth0\n"
)
"""One that answered, one that did not, one entered by hand."""


@pytest.mark.parametrize("network", ["10.9.0.0/16", "10.9.64.0/20", "10.9.8.0/21"])
def test_every_address_has_one_turn_in_a_round_and_no_scan_has_more_than_its_share(network: str) -> None:
    addresses = [str(one) for one in IPv4Network(network)]
    spread = spread_of(len(addresses))
    turns = [[one for one in addresses if its_turn(one, spread, 700 + scan)] for scan in range(spread)]

    assert sorted(one for turn in turns for one in turn) == sorted(addresses)
    assert max(map(len, turns)) <= LOOKS_MAX


def test_only_hosts_that_answered_arp_are_neighbours() -> None:
    assert parse_neighbours(TABLE) == {"198.51.100.7", "198.51.100.9"}


@pytest.mark.parametrize("table", ["", HEAD, HEAD + "1.2.3.4 0x1\n", HEAD + "1.2.3.4 0x1 0xzz 0 * eth0\n"])
def test_a_table_without_hosts_has_none(table: str) -> None:
    assert parse_neighbours(table) == frozenset()


def test_a_router_that_answers_for_everybody_has_its_share_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "arp").write_text(TABLE, encoding="ascii")
    neighbours = Neighbours(tmp_path / "arp")

    said = [neighbours.has("198.51.100.7") for _ in range(NEIGHBOURS_MAX + 1)]

    assert all(said[:-1])
    assert not said[-1]


def test_a_system_without_a_table_has_no_neighbours(tmp_path: Path) -> None:
    assert not Neighbours(tmp_path / "none").has("198.51.100.7")
