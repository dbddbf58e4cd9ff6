"""`inkwire sim record`: a real printer as a profile and a recording, without its identity."""

import argparse
import asyncio
import secrets
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from device_sim.commands.words import say, whole
from device_sim.core.errors import ConfigError
from device_sim.core.fleet_snmp import USER_FORM, parse_user, snmp_access
from device_sim.core.recorder.ipp_identity import IppRecordingError
from device_sim.core.recorder.recording import Told, recorded
from device_sim.core.snmp.manager import CommunitySecurity, Security, UserSecurity
from snmp_format.pdu import VERSION_1, VERSION_2C

EXAMPLES = """examples:
  {prog} record 192.0.2.7 -o my-printer        SNMP v2c with community public, web pages, IPP
  {prog} record 192.0.2.7 --user reader:SHA-256:PASSWORD:AES-128:PASSWORD
  {prog} run --recording my-printer --count 500
  {prog} run --profile my-printer/profile.toml --count 500

Serials, addresses, names, locations, contacts, UUIDs and names of jobs and users are replaced, the same word by the
same word everywhere; read through the files before you give them to somebody else. --keep-identity keeps them.
"""


def add(commands: Any, prog: str) -> None:
    """Describe the command to a parser's `commands`."""
    record = commands.add_parser(
        "record", help="take a real printer into a profile and a recording",
        description="Read a printer over SNMP, HTTP (start page, LEDM) and IPP into a folder that `run` can use.",
        epilog=EXAMPLES.format(prog=prog), formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    record.add_argument("host", metavar="HOST", help="the printer's address or name")
    record.add_argument("-o", "--output", type=Path, metavar="DIR", help="a new folder (named after the model)")
    record.add_argument("--v1", action="store_true", help="SNMP v1 instead of v2c")
    record.add_argument("--community", default="public", metavar="NAME", help="who asks, in v1 and v2c (public)")
    record.add_argument("--user", metavar="USER", help=f"SNMPv3: {USER_FORM}")
    record.add_argument("--snmp-port", type=whole, default=161, metavar="PORT", help="UDP (161)")
    record.add_argument("--http-port", type=whole, default=80, metavar="PORT", help="TCP (80); 0: leave it out")
    record.add_argument("--ipp-port", type=whole, default=631, metavar="PORT", help="TCP (631); 0: leave it out")
    record.add_argument("--seconds", type=whole, default=600, metavar="N", help="for the SNMP walk at most (600)")
    record.add_argument("--keep-identity", action="store_true", help="replace nothing")
    record.set_defaults(command=_record)


def _record(arguments: argparse.Namespace) -> int:
    # Imported here so that other commands do not wait for the web client's modules.
    from device_sim.recorder import write_recording

    told = asyncio.run(_told(arguments))
    key = None if arguments.keep_identity else secrets.token_bytes(32)
    try:
        made = recorded(told, key)
    except IppRecordingError as error:
        say(f"{error}: IPP is left out")
        made = recorded(replace(told, ipp=b""), key)
    slug = "".join(mark if mark.isalnum() else "-" for mark in made.model.lower()).strip("-")
    folder = arguments.output or Path(f"recording-{slug}")
    write_recording(folder, made)
    replaced = ", ".join(f"{count} {kind}" for kind, count in sorted(made.replaced.items())) or "nothing"
    say(f"{folder}: {made.model}, {len(made.files)} files")
    if key is None:
        say("the printer's identity is kept: serials, addresses and names stand in these files")
    else:
        say(f"replaced: {replaced}; left out: {made.left_out} objects of neighbours, routes and connections")
    return 0


async def _told(arguments: argparse.Namespace) -> Told:
    from device_sim.recorder import read_ipp, read_web
    from device_sim.snmp_walk import walk

    progress = _Progress()
    try:
        found = await walk(
            arguments.host,
            arguments.snmp_port,
            _security(arguments),
            bulk=not arguments.v1,
            seconds_max=arguments.seconds,
            progress=lambda rows: progress.show(f"SNMP: {rows} objects"),
        )
    except OSError as error:
        remedy = f"cannot be asked ({error.strerror or error}); give an address or name that this machine reaches"
        raise ConfigError(arguments.host, "", remedy) from error
    if not found.rows:
        progress.end()
        reason = found.cut_short or "it shows no object"
        raise ConfigError(arguments.host, "", f"cannot be recorded over SNMP: {reason}; check port, community and user")
    if found.cut_short:
        say(f"SNMP: {len(found.rows)} objects, then {found.cut_short}")
    port = arguments.http_port
    web = await read_web(arguments.host, port, lambda text: progress.show(f"HTTP: {text}")) if port else ()
    answer = await read_ipp(arguments.host, arguments.ipp_port) if arguments.ipp_port else b""
    progress.end()
    say(f"read {len(found.rows)} objects, {len(web)} documents, {'IPP' if answer else 'no IPP'}")
    return Told(host=arguments.host, rows=tuple(found.rows), documents=web, ipp=answer)


def _security(arguments: argparse.Namespace) -> Security:
    if arguments.user:
        spec = parse_user(arguments.user, "--user")
        (user,) = snmp_access(("unused",), (spec,), (), "--user").users
        return UserSecurity(user, secrets.randbits(64))
    version = VERSION_1 if arguments.v1 else VERSION_2C
    return CommunitySecurity(version=version, community=arguments.community.encode())


class _Progress:
    """One line on a terminal that rewrites itself; nothing in a pipe."""

    def __init__(self) -> None:
        self._shown = False

    def show(self, text: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{text:<40}")
            sys.stderr.flush()
            self._shown = True

    def end(self) -> None:
        if self._shown:
            sys.stderr.write("\n")
            self._shown = False
