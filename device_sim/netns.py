"""Network namespaces of this machine, made and removed with iproute2. Needs root, and Linux."""

import contextlib
import ctypes
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device_sim.core import netns_plan
from device_sim.core.errors import ConfigError
from device_sim.core.netns_plan import Network

CLONE_NEWNET: Final = 0x40000000
NAMED_AT: Final = Path("/run/netns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A namespace of ours. network: None when it was not made to its end."""

    name: str
    network: Network | None


def namespaces() -> tuple[Namespace, ...]:
    """Every namespace of ours, whole or not, by name. Raises ConfigError without iproute2."""
    spaces = {row.get("name", "") for row in _rows("netns", "list")}
    ends = {row.get("ifname", ""): row.get("ifalias", "") for row in _rows("link", "show", "type", "veth")}
    names = {space.removeprefix(netns_plan.PREFIX) for space in spaces if space.startswith(netns_plan.PREFIX)}
    return tuple(
        Namespace(name=name, network=netns_plan.network_of_alias(ends.get(netns_plan.outer_end(name), "")))
        for name in sorted(names)
    )


def add_namespace(name: str, word: str) -> bool:
    """There is a namespace of that name with that network; False: there was already. Raises ConfigError.

    What an earlier, interrupted call left is removed first; what this call made is removed when it fails.
    """
    _need_root()
    netns_plan.checked_name(name)
    found = next((space for space in namespaces() if space.name == name), None)
    if found is not None and found.network is not None:
        if str(found.network) == word:
            return False
        remedy = f"{name} is there with network {found.network}; remove it first, or choose another name"
        raise ConfigError("NAME", "", remedy)
    for command in netns_plan.unmaking(name):
        _ip(*command, may_fail=True)
    taken = _taken()
    network = netns_plan.checked_network(word, taken)
    try:
        for command in netns_plan.making(name, network, netns_plan.free_link(taken)):
            _ip(*command)
    except BaseException:
        for command in netns_plan.unmaking(name):
            _ip(*command, may_fail=True)
        raise
    return True


def remove_namespace(name: str) -> bool:
    """There is no namespace of that name; False: there was none. Raises ConfigError while programs run in it."""
    _need_root()
    netns_plan.checked_name(name)
    if all(space.name != name for space in namespaces()):
        _ip(*netns_plan.unmaking(name)[0], may_fail=True)
        return False
    inside = _ip("netns", "pids", netns_plan.PREFIX + name).split()
    if inside:
        remedy = f"{name} is in use by the programs with pid {', '.join(inside[:10])}; end them first"
        raise ConfigError("NAME", "", remedy)
    for command in netns_plan.unmaking(name):
        _ip(*command, may_fail=True)
    if any(space.name == name for space in namespaces()):
        raise ConfigError("NAME", "", f"{name} could not be removed; see what `ip netns delete inkwire-{name}` says")
    return True


def run_inside(name: str, words: Sequence[str]) -> None:
    """Become that command, inside the namespace. Returns never. Raises ConfigError."""
    _whole(name)
    try:
        os.execvp(_tool(), ["ip", "netns", "exec", netns_plan.PREFIX + name, *words])
    except OSError as error:
        raise ConfigError("exec", "", f"ip cannot be started ({error.strerror}); install iproute2") from error


def enter_namespace(name: str) -> Network:
    """This thread, and what it starts, is in that namespace from now on; its network. Raises ConfigError."""
    network = _whole(name)
    libc = ctypes.CDLL(None, use_errno=True)
    with (NAMED_AT / (netns_plan.PREFIX + name)).open("rb") as space:
        if libc.setns(space.fileno(), CLONE_NEWNET) != 0:
            error = os.strerror(ctypes.get_errno())
            raise ConfigError("--netns", "", f"{name} may not be entered ({error}); run as root")
    return network


@contextlib.contextmanager
def standing_at(first: str, last: str) -> Iterator[None]:
    """The addresses from first to last are this namespace's, and no others but its link, until the block ends.

    For a program that entered a namespace: on the machine itself it would take addresses of others.
    """
    _ip(*netns_plan.FALLING, may_fail=True)
    change_routes(netns_plan.standing(first, last))
    try:
        yield
    finally:
        _ip(*netns_plan.FALLING, may_fail=True)


def change_routes(lines: Iterable[str]) -> None:
    """Tell `ip -batch` these lines, all of them. Raises ConfigError with what it said to those that failed."""
    _ip("-force", "-batch", "-", given="".join(f"{line}\n" for line in lines))


def _whole(name: str) -> Network:
    _need_root()
    netns_plan.checked_name(name)
    for space in namespaces():
        if space.name == name and space.network is not None:
            return space.network
    raise ConfigError("NAME", "", f"there is no namespace {name}; make it: inkwire sim netns add {name}")


def _taken() -> tuple[Network, ...]:
    """Every network the machine has a route to, but the default route."""
    rows = _rows("route", "show", "table", "all")
    words = [row.get("dst", "") for row in rows]
    found = []
    for word in words:
        with contextlib.suppress(ValueError):
            found.append(Network(word, strict=False))
    return tuple(network for network in found if network.prefixlen)


def _rows(*words: str) -> list[dict[str, str]]:
    """What `ip -json` prints, its texts only."""
    decoded = json.loads(_ip("-json", "-4", *words) or "[]")
    return [{key: value for key, value in row.items() if isinstance(value, str)} for row in decoded]


def _ip(*words: str, given: str | None = None, may_fail: bool = False) -> str:
    try:
        done = subprocess.run([_tool(), *words], input=given, capture_output=True, text=True, check=False, timeout=60)
    except subprocess.TimeoutExpired as error:
        raise ConfigError(f"ip {' '.join(words)}", "", "does not end; look at the machine's network first") from error
    if done.returncode and not may_fail:
        said = " ".join(done.stderr.split()) or f"status {done.returncode}"
        raise ConfigError(f"ip {' '.join(words)}", "", f"failed: {said}; mend that, and try again")
    return done.stdout


def _tool() -> str:
    found = shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise ConfigError("netns", "", "needs the command ip; install iproute2")
    return found


def _need_root() -> None:
    if os.geteuid() != 0:
        raise ConfigError("netns", "", "needs root; try it with sudo, or use 127.x.y.z addresses, which need nothing")
