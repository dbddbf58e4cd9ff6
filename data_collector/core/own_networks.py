"""Which networks a machine's own interfaces lead to, for a site that named none.

1. Only networks where printers of the same house can live: private addresses, an interface that is up and shared.
2. Bridges and pairs of containers, virtual machines and tunnels are left out by their names: nobody prints there.
3. A network larger than a /20 is narrowed to the /24 of the machine itself: nobody asked for a sweep of 65,000.
4. Everything left out or narrowed is told with its reason, so that a person can name it in `targets`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from data_collector.core.targets import Span, Targets

PREFIX_MIN: Final = 20
NARROWED_PREFIX: Final = 24
HOSTS_PREFIX_MAX: Final = 30
NETWORKS_MAX: Final = 16
_VIRTUAL: Final = re.compile(
    r"(docker|br-|veth|virbr|vnet|vmnet|vboxnet|lxcbr|lxdbr|incusbr|podman|cni|cbr|flannel|cali|kube|tun|tap|wg"
    r"|tailscale|zt|utun|dummy|ifb)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One IPv4 address of the machine. prefix: the length of its network, 0 to 32."""

    name: str
    address: str
    prefix: int
    up: bool = True
    loopback: bool = False
    point_to_point: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNetworks:
    """targets: None when there is nothing to scan. notes: one sentence for everything left out or narrowed."""

    networks: tuple[IPv4Network, ...]
    notes: tuple[str, ...]

    @property
    def targets(self) -> Targets | None:
        """The hosts of the networks; None when there is none."""
        if not self.networks:
            return None
        return Targets(wanted=tuple(Span(int(one[1]), int(one[-2])) for one in self.networks))


def own_networks(interfaces: Sequence[Interface]) -> OwnNetworks:
    """The networks to scan, each once, in the order of the interfaces."""
    networks: list[IPv4Network] = []
    notes: list[str] = []
    for one in interfaces:
        why = _left_out(one)
        network = IPv4Network((one.address, one.prefix), strict=False)
        if why is None and one.prefix < PREFIX_MIN:
            narrowed = IPv4Network((one.address, NARROWED_PREFIX), strict=False)
            notes.append(f"{one.name}: of {network} only {narrowed} is scanned: name more in targets")
            network = narrowed
        if why is None and any(network.subnet_of(known) for known in networks):
            continue
        if why is None and len(networks) == NETWORKS_MAX:
            why = f"more than {NETWORKS_MAX} networks"
        if why is None:
            networks.append(network)
        elif not one.loopback:
            notes.append(f"{one.name}: {network} is not scanned: {why}")
    return OwnNetworks(networks=tuple(networks), notes=tuple(notes))


def _left_out(one: Interface) -> str | None:
    address = IPv4Address(one.address)
    if one.loopback or address.is_loopback:
        return "it is the machine itself"
    if not one.up:
        return "the interface is down"
    if one.point_to_point:
        return "it leads to one other machine only"
    if _VIRTUAL.match(one.name):
        return "by its name it belongs to containers, virtual machines or a tunnel"
    if address.is_link_local:
        return "an address without a network (169.254)"
    if one.prefix > HOSTS_PREFIX_MAX:
        return "it has no other hosts"
    if not address.is_private:
        return "these are public addresses; name them in targets if they are yours"
    return None
