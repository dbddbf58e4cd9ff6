"""Which networks are scanned when nobody names one."""

import pytest

from data_collector.core.own_networks import Interface, own_networks
from data_collector.interfaces import interfaces


def office(**changed: object) -> Interface:
    return Interface(**{"name": "eth0", "address": "192.168.1.20", "prefix": 24, **changed})  # type: ignore[arg-type]


def scanned(*found: Interface) -> list[str]:
    return [str(network) for network in own_networks(found).networks]


def test_the_hosts_of_the_network_are_scanned() -> None:
    own = own_networks([office()])

    assert own.notes == ()
    assert own.targets is not None
    addresses = [one.address for one in own.targets.walk({})]
    assert (addresses[0], addresses[-1], len(addresses)) == ("192.168.1.1", "192.168.1.254", 254)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (office(name="docker0", address="172.17.0.1", prefix=16), "containers"),
        (office(name="br-4f2a", address="172.18.0.1"), "containers"),
        (office(name="virbr0", address="192.168.122.1"), "virtual machines"),
        (office(name="wg0", address="10.8.0.1"), "tunnel"),
        (office(up=False), "down"),
        (office(point_to_point=True), "one other machine"),
        (office(address="169.254.7.7", prefix=16), "without a network"),
        (office(prefix=32), "no other hosts"),
        (office(address="8.8.8.8"), "public addresses"),
    ],
)
def test_a_network_that_is_left_out_is_told_with_the_reason(one: Interface, why: str) -> None:
    own = own_networks([one])

    assert own.targets is None
    (note,) = own.notes
    assert why in note
    assert one.name in note


def test_loopback_is_left_out_without_a_word() -> None:
    own = own_networks([Interface(name="lo", address="127.0.0.1", prefix=8, loopback=True)])

    assert (own.targets, own.notes) == (None, ())


def test_a_mad_network_is_narrowed_to_the_neighbours_and_told() -> None:
    own = own_networks([office(address="10.3.7.9", prefix=8)])

    assert scanned(office(address="10.3.7.9", prefix=8)) == ["10.3.7.0/24"]
    assert "of 10.0.0.0/8 only 10.3.7.0/24 is scanned: name more in targets" in own.notes[0]


def test_a_network_of_two_interfaces_is_scanned_once() -> None:
    assert scanned(office(), office(name="wlan0", address="192.168.1.77"), office(address="10.0.0.5", prefix=20)) == [
        "192.168.1.0/24",
        "10.0.0.0/20",
    ]


def test_the_kernel_tells_loopback() -> None:
    (loopback,) = [one for one in interfaces() if one.address == "127.0.0.1"]

    assert (loopback.prefix, loopback.loopback, loopback.up) == (8, True, True)
