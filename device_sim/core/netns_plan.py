"""A network namespace for a fleet: what `ip` is told, as lists of words.

1. The namespace is called inkwire-NAME; by that name ours are known, also a half-made one.
2. A veth pair joins it to the machine: ikw-NAME outside, inkwire0 inside, with a /30 of 169.254.0.0/16 of their own.
   The outer end's alias says which network lies behind it, so nothing is kept in files.
3. The machine routes the network to the inner end. Routed, not on the link: the kernel's table of neighbours holds a
   thousand addresses, a fleet has tens of thousands.
4. Inside, only addresses where a printer stands are local: the kernel answers ICMP there and nowhere else, for it
   does not forward. A printer that is off is a black hole of one address.
5. A network that overlaps with a route or an address of the machine, or that is not private, is refused.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import Final

from device_sim.core.errors import ConfigError

PREFIX: Final = "inkwire-"
INSIDE: Final = "inkwire0"
NETWORK_DEFAULT: Final = "10.9.0.0/16"
ROUTE_MARK: Final = "151"
"""The routing protocol number of our routes, one that iproute2's rt_protos leaves free."""

Network = ipaddress.IPv4Network
Command = tuple[str, ...]

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,10}")
_LINKS: Final = Network("169.254.128.0/18")
_ALIAS: Final = "inkwire netns, network "
_PRIVATE: Final = tuple(
    Network(word) for word in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15")
)


def checked_name(word: str) -> str:
    """The name of a namespace, if it can be one. Raises ConfigError."""
    if not _NAME.fullmatch(word):
        raise ConfigError("NAME", "", f"{word!r} must be 1 to 11 of a-z, 0-9 and -, such as lab")
    return word


def checked_network(word: str, taken: Iterable[Network]) -> Network:
    """The network of a fleet. taken: what the machine itself reaches. Raises ConfigError."""
    try:
        network = Network(word)
    except ValueError as error:
        raise ConfigError("--network", "", f"{word!r} must be a network such as {NETWORK_DEFAULT}") from error
    if not any(network.subnet_of(private) for private in _PRIVATE):
        names = ", ".join(map(str, _PRIVATE))
        raise ConfigError("--network", "", f"{network} belongs to others; choose one inside {names}")
    if not 8 <= network.prefixlen <= 30:
        raise ConfigError("--network", "", f"{network} must be between a /8 and a /30")
    for other in taken:
        if other.prefixlen and network.overlaps(other):
            remedy = f"{network} overlaps with {other}, which this machine reaches already; choose another one"
            raise ConfigError("--network", "", remedy)
    return network


def free_link(taken: Sequence[Network]) -> Network:
    """A /30 for a veth pair that overlaps with nothing the machine reaches. Raises ConfigError when all are taken."""
    for link in _LINKS.subnets(new_prefix=30):
        if not any(other.prefixlen and link.overlaps(other) for other in taken):
            return link
    raise ConfigError("NAME", "", f"every link of {_LINKS} is taken; remove a namespace first")


def making(name: str, network: Network, link: Network) -> tuple[Command, ...]:
    """What makes a namespace, in order. Each is for `ip`; the last one is what makes it whole."""
    space, outside = PREFIX + name, outer_end(name)
    here, there = link[1], link[2]
    return (
        ("netns", "add", space),
        ("-n", space, "link", "set", "lo", "up"),
        ("link", "add", outside, "type", "veth", "peer", "name", INSIDE, "netns", space),
        ("address", "add", f"{here}/30", "dev", outside),
        ("-n", space, "address", "add", f"{there}/30", "dev", INSIDE),
        ("link", "set", outside, "up"),
        ("-n", space, "link", "set", INSIDE, "up"),
        ("-n", space, "route", "add", "default", "via", str(here)),
        ("route", "add", str(network), "via", str(there), "dev", outside),
        ("link", "set", outside, "alias", f"{_ALIAS}{network}"),
    )


def unmaking(name: str) -> tuple[Command, ...]:
    """What removes a namespace; each may fail where its part was never made."""
    return (("link", "delete", outer_end(name)), ("netns", "delete", PREFIX + name))


def outer_end(name: str) -> str:
    """The interface on the machine's side."""
    return f"ikw-{name}"


def network_of_alias(alias: str) -> Network | None:
    """The network behind an outer end, or None where it was not made to its end, or not by us."""
    if not alias.startswith(_ALIAS):
        return None
    try:
        return Network(alias.removeprefix(_ALIAS))
    except ValueError:
        return None


def is_host(address: str, network: Network) -> bool:
    """Whether an IPv4 address is one of the network's hosts."""
    found = ipaddress.IPv4Address(address)
    return found in network and found not in (network.network_address, network.broadcast_address)


def standing(first: str, last: str) -> tuple[str, ...]:
    """Lines for `ip -batch` that make the addresses from first to last local ones."""
    blocks = ipaddress.summarize_address_range(ipaddress.IPv4Address(first), ipaddress.IPv4Address(last))
    return tuple(f"route replace local {block} dev lo proto {ROUTE_MARK}" for block in blocks)


FALLING: Final[Command] = ("route", "flush", "table", "local", "proto", ROUTE_MARK)
"""What takes all printers' addresses away, also those a killed run left."""


def silenced(address: str) -> str:
    """The line for `ip -batch` after which an address answers nothing at all, like a printer without power."""
    return f"route replace blackhole {address}/32 table local proto {ROUTE_MARK}"


def heard(address: str) -> str:
    """The line for `ip -batch` that undoes `silenced`."""
    return f"route delete blackhole {address}/32 table local proto {ROUTE_MARK}"
