"""`inkwire sim netns`: network namespaces with real addresses for a fleet."""

import argparse
from typing import Any

from device_sim import netns
from device_sim.commands.words import say
from device_sim.core.netns_plan import NETWORK_DEFAULT

EXAMPLES = """examples:
  {prog} netns add lab                         a namespace, reached from this machine
  {prog} run --netns lab --count 500           printers at 10.9.0.1, ... on ports 161, 80 and 631
  snmpget -v2c -c public 10.9.0.1 sysName.0    from this machine: 10.9.1.245 is blank, also for ping
  {prog} netns exec lab -- ip route            a command inside
  {prog} netns remove lab
"""


def add(commands: Any, prog: str) -> None:
    """Describe the command to a parser's `commands`."""
    parser = commands.add_parser(
        "netns", help="make and remove networks with real addresses (root)",
        description="Network namespaces where a fleet has real addresses: ICMP is answered only where a printer "
        "stands. Needs root and iproute2.",
        epilog=EXAMPLES.format(prog=prog), formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    acts = parser.add_subparsers(title="what to do", metavar="add|remove|list|exec", required=True)
    example = f"example: {prog} netns"
    adding = acts.add_parser("add", help="make one", epilog=f"{example} add lab --network 10.9.0.0/16")
    adding.add_argument("name", metavar="NAME", help="1 to 11 of a-z, 0-9 and -")
    adding.add_argument("--network", default=NETWORK_DEFAULT, metavar="NET", help=f"a private one ({NETWORK_DEFAULT})")
    adding.set_defaults(command=_add)
    removing = acts.add_parser("remove", help="remove one", epilog=f"{example} remove lab")
    removing.add_argument("name", metavar="NAME")
    removing.set_defaults(command=_remove)
    listing = acts.add_parser("list", help="name and network of each", epilog=f"{example} list")
    listing.set_defaults(command=_list)
    running = acts.add_parser("exec", help="run a command inside", epilog=f"{example} exec lab -- ip address")
    running.add_argument("name", metavar="NAME")
    running.add_argument("words", nargs="+", metavar="CMD", help="the command and its words, after --")
    running.set_defaults(command=_exec)


def _add(arguments: argparse.Namespace) -> int:
    made = netns.add_namespace(arguments.name, arguments.network)
    say(f"{arguments.name} {'is made' if made else 'is there already'}: {arguments.network}")
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    removed = netns.remove_namespace(arguments.name)
    say(f"{arguments.name} {'is removed' if removed else 'was not there'}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    for space in netns.namespaces():
        print(f"{space.name:<12} {space.network or 'not whole: add or remove it again'}")
    return 0


def _exec(arguments: argparse.Namespace) -> int:
    netns.run_inside(arguments.name, arguments.words)
    return 0
