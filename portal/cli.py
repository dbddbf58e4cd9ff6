"""`inkwire portal ...`: parses, calls, and says what went wrong in one sentence."""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from portal.accounts import choose_tenant, create_user
from portal.at_rest import open_state_dir
from portal.auth.passwords import Passwords
from portal.auth.tokens import create_token
from portal.clocks import real_clock, record_clock
from portal.config import PortalConfig, load_config, parse_listen
from portal.domain.access import Role
from portal.errors import ConfigError, PortalError
from portal.storage.database import Database, open_database, visiting
from portal.storage.enrolments import create_claims
from portal.tls import open_authority

DONE, FAILED, USAGE = 0, 1, 2
CLOCK_VARIABLE: Final = "INKWIRE_CLOCK"
ACTOR: Final = "cli"
EXAMPLE: Final = """\
examples:
  inkwire portal serve --listen 127.0.0.1:8443 --state /var/lib/inkwire
  inkwire portal create-user anna@example.com --password-stdin < password
  inkwire portal create-claim --count 3
"""


def main(argv: Sequence[str] | None = None, *, prog: str = "inkwire portal") -> int:
    """0 done, 1 failed, 2 wrong usage or configuration."""
    options = _parser(prog).parse_args(argv)
    os.umask(0o077)  # keys, claims and counts are the owner's only
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        return asyncio.run(_run(options, _config(options)))
    except ConfigError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return USAGE
    except (PortalError, OSError) as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return DONE


def _parser(prog: str) -> argparse.ArgumentParser:
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--config", type=Path, metavar="FILE", help="TOML file; see deploy/portal.example.toml")
    where.add_argument("--database", metavar="URL", help="sqlite:///PATH (default: portal.sqlite3 in the state folder)")
    where.add_argument("--state", type=Path, metavar="DIR", help="folder for CA, keys and database (.inkwire/portal)")
    whose = argparse.ArgumentParser(add_help=False)
    whose.add_argument("--tenant", metavar="NAME", help="needed when there are several")

    parser = argparse.ArgumentParser(
        prog=prog,
        description="The portal: takes sealed batches in, shows what was printed.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", parents=[where], help="serve console and API over TLS until SIGTERM")
    serve.add_argument("--listen", metavar="HOST:PORT", help="default 127.0.0.1:8443; port 0 takes a free one")
    commands.add_parser("migrate", parents=[where], help="bring the database to this release")
    user = commands.add_parser("create-user", parents=[where, whose], help="make an account or set its password")
    user.add_argument("email")
    user.add_argument("--role", choices=[role.value for role in Role], default=Role.ADMIN.value)
    source = user.add_mutually_exclusive_group(required=True)
    source.add_argument("--password-file", type=Path, metavar="FILE")
    source.add_argument("--password-stdin", action="store_true")
    token = commands.add_parser("create-token", parents=[where, whose], help="print a new read-only API token")
    token.add_argument("--name", default="command line", help="what it is for")
    claim = commands.add_parser("create-claim", parents=[where, whose], help="print new claim codes, one a line")
    claim.add_argument("--count", type=int, default=1, metavar="N")
    return parser


def _config(options: argparse.Namespace) -> PortalConfig:
    config = load_config(options.config) if options.config else PortalConfig()
    if options.state:
        config = replace(config, state_dir=options.state)
    if options.database:
        config = replace(config, database=options.database)
    if getattr(options, "listen", None):
        host, port = parse_listen(options.listen)
        config = replace(config, host=host, port=port)
    return config


async def _run(options: argparse.Namespace, config: PortalConfig) -> int:
    match options.command:
        case "serve":
            return await _serve(config)
        case "migrate":
            async with _database(config):
                return DONE
        case "create-user":
            return await _create_user(options, config)
        case "create-token":
            return await _create_token(options, config)
        case _:
            return await _create_claims(options, config)


@asynccontextmanager
async def _database(config: PortalConfig) -> AsyncIterator[Database]:
    open_state_dir(config.state_dir)
    async with open_database(config.database_url) as database:
        with visiting(database.path):
            yield database


async def _serve(config: PortalConfig) -> int:
    from portal.runtime import Serving, serve  # the web stack is not needed by the other commands

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    note = config.state_dir / "serving.json"

    def ready(serving: Serving) -> None:
        print(f"portal  {serving.url}\nCA      SHA-256 {serving.fingerprint}", file=sys.stderr)
        if serving.first_login is not None:
            login = serving.first_login
            print(f"login   {login.email}  {login.password}   (said once; change it)", file=sys.stderr)
        sys.stderr.flush()
        note.write_text(json.dumps({"url": serving.url, "pid": os.getpid(), "ca_sha256": serving.fingerprint}))

    try:
        await serve(config, record_now=record_clock(os.environ.get(CLOCK_VARIABLE)), stop=stop, ready=ready)
    finally:
        note.unlink(missing_ok=True)
    return DONE


def _password(options: argparse.Namespace) -> str:
    if options.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    try:
        lines: list[str] = options.password_file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the password file {options.password_file} cannot be read: {error}") from error
    return lines[0] if lines else ""


async def _create_user(options: argparse.Namespace, config: PortalConfig) -> int:
    password = _password(options)
    now = real_clock()
    async with _database(config) as database:
        passwords = Passwords(config.password_cost)
        try:
            made = await create_user(
                database,
                passwords,
                tenant=await choose_tenant(database, options.tenant, now),
                email=options.email,
                password=password,
                role=Role(options.role),
                now=now,
                actor=ACTOR,
            )
        finally:
            passwords.close()
    done = "made" if made else "existed; its password is changed and its sessions ended"
    print(f"account {options.email}: {done}", file=sys.stderr)
    return DONE


async def _create_token(options: argparse.Namespace, config: PortalConfig) -> int:
    now = real_clock()
    async with _database(config) as database:
        tenant = await choose_tenant(database, options.tenant, now)
        print(await create_token(database, tenant, options.name, actor=ACTOR, real_now=now))
    return DONE


async def _create_claims(options: argparse.Namespace, config: PortalConfig) -> int:
    if not 1 <= options.count <= 10_000:
        raise ConfigError(f"--count {options.count}: make 1 to 10000 claim codes at a time")
    now = real_clock()
    record_now = record_clock(os.environ.get(CLOCK_VARIABLE))
    async with _database(config) as database:
        authority = open_authority(config.state_dir, now)
        texts = await create_claims(
            database,
            tenant=await choose_tenant(database, options.tenant, now),
            count=options.count,
            pin=authority.pin,
            now=record_now(),
            life_s=config.claim_life_s,
            actor=ACTOR,
            real_now=now,
        )
    print("\n".join(texts))
    return DONE
