"""`inkwire connect agent`: its words and flags."""

import argparse
from pathlib import Path

from direct_connect.agent.config import DIRECTORY, LOG_LEVELS, load_config
from direct_connect.agent.program import run_agent
from direct_connect.core.privacy import JobNames
from direct_connect.logs import log_json

EXAMPLES = """\
examples:
  {prog} agent --config /etc/inkwire/agent.toml
  {prog} agent --portal https://portal.example --socket /run/inkwire/agent.sock --allow-gid printing
  gateway | {prog} agent --portal https://portal.example --directory ./state --drain-s 60

docs/howto/agent.md is the protocol, with a client in C.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags; each is a key of the file too."""
    add = parser.add_argument
    add("--config", type=Path, metavar="FILE", help="settings in TOML; flags go before it")
    add(
        "--portal", action="append", metavar="URL", help="the portal, https://host[:port]; again: another address of it"
    )
    add("--directory", metavar="DIR", help=f"where spool and identities are kept (default: {DIRECTORY})")
    add("--socket", metavar="PATH", help="serve a Unix socket; without it: one client on stdin and stdout")
    add("--allow-uid", action="append", metavar="USER", help="a user besides the agent's own who may speak to it")
    add("--allow-gid", action="append", metavar="GROUP", help="a group whose members may speak to it")
    add("--spool-mib", type=_whole, metavar="MIB", help="cap of the spool file (default: 64)")
    add(
        "--job-names",
        choices=[each.value for each in JobNames],
        help="what of a job's name leaves this machine (default: off)",
    )
    add("--threads", type=_whole, metavar="N", help="posts under way at once (default: 4)")
    add("--metrics", metavar="FILE", help="write figures for node_exporter's textfile collector there")
    add("--log-file", metavar="FILE", help="log there too; kept under 2 MiB")
    add("--log-level", choices=LOG_LEVELS, help="what is logged to stderr, as JSON lines (default: info)")
    add("--drain-s", type=_seconds, metavar="S", help="after the end of stdin: push, and wait so long for the portal")


def main(arguments: argparse.Namespace) -> int:
    """Run the agent. Raises ConfigError, SpoolInUseError, SpoolStorageError."""
    flags = {name: value for name, value in vars(arguments).items() if name not in ("command", "config")}
    config = load_config(arguments.config, flags)
    log_json(config.log_level, file=config.log_file)
    return run_agent(config)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds") from None
