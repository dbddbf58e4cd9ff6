"""`inkwire portal ...`: parses, calls, and says what went wrong in one sentence."""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from portal.accounts import choose_tenant, create_user
from portal.at_rest import alone, open_state_dir
from portal.auth.passwords import Passwords
from portal.auth.tokens import create_token
from portal.clocks import real_clock, record_clock
from portal.config import PortalConfig, load_config
from portal.domain.access import Role
from portal.drop.config import DropConfig, read_ftp_password
from portal.errors import ConfigError, PortalError
from portal.listen import parse_listen
from portal.storage.database import Database, open_database, visiting
from portal.storage.enrolments import create_claims
from portal.tls import open_authority

DONE, FAILED, USAGE = 0, 1, 2
CLOCK_VARIABLE: Final = "INKWIRE_CLOCK"
ACTOR: Final = "cli"
EXAMPLES: Final = {
    "serve": "serve --listen 127.0.0.1:8443 --state /var/lib/inkwire",
    "migrate": "migrate --state /var/lib/inkwire",
    "create-user": "create-user anna@example.com --role viewer --password-stdin < password",
    "create-token": "create-token --name verify > token",
    "create-claim": "create-claim --count 3",
    "ftp": "ftp --config /etc/inkwire/portal.toml",
}


def main(argv: Sequence[str] | None = None, *, prog: str = "inkwire portal") -> int:
    """0 done, 1 failed, 2 wrong usage or configuration."""
    os.umask(0o077)  # keys, claims and counts are the owner's only
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        options = _parser(prog).parse_args(argv)
        return asyncio.run(_run(options, _config(options)))
    except ConfigError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return USAGE
    except PortalError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        raise  # the reader of a pipe went away: the one command line knows what to do
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
        print(f"{prog}: the system refused: {what}; free or allow that, and try again", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return DONE


def _parser(prog: str) -> argparse.ArgumentParser:
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--config", type=Path, metavar="FILE", help="TOML file; see deploy/portal.example.toml")
    where.add_argument("--database", metavar="URL", help="sqlite:///PATH (default: portal.sqlite3 in the state folder)")
    where.add_argument("--state", type=Path, metavar="DIR", help="folder for CA, keys and database (.inkwire/portal)")
    whose = argparse.ArgumentParser(add_help=False)
    whose.add_argument("--tenant", metavar="NAME", help="whose it is; needed when there are several (the only one)")

    parser = argparse.ArgumentParser(
        prog=prog,
        description="The portal: takes sealed batches in, shows what was printed.",
        epilog="examples:\n" + "".join(f"  {prog} {example}\n" for example in EXAMPLES.values()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, title="commands", metavar="|".join(EXAMPLES))

    def command(name: str, words: str, text: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            parents=[where, *parents],
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            usage=f"{prog} {name} [OPTION ...]{words}",
            epilog=f"example: {prog} {EXAMPLES[name]}",
        )

    serve = command("serve", "", "serve console and API over TLS until SIGTERM")
    serve.add_argument("--listen", metavar="HOST:PORT", help="where (127.0.0.1:8443); port 0 takes a free one")
    command("migrate", "", "bring the database to this release")
    words = " (--password-stdin | --password-file FILE) EMAIL"
    user = command("create-user", words, "make an account, or set its role and password", whose)
    user.add_argument("email", metavar="EMAIL", help="the account's name, name@domain")
    roles = [role.value for role in Role]
    user.add_argument(
        "--role", metavar="ROLE", choices=roles, default=Role.ADMIN.value, help=f"one of {', '.join(roles)} (admin)"
    )
    source = user.add_mutually_exclusive_group(required=True)
    source.add_argument("--password-file", type=Path, metavar="FILE", help="the password is this file's first line")
    source.add_argument("--password-stdin", action="store_true", help="the password is the first line of stdin")
    token = command("create-token", "", "print a new read-only API token", whose)
    token.add_argument("--name", metavar="TEXT", default="command line", help="what it is for (command line)")
    claim = command("create-claim", "", "print new claim codes, one a line", whose)
    claim.add_argument("--count", type=_count, default=1, metavar="N", help="how many, 1 to 10000 (1)")
    ftp = command("ftp", "", "serve the drop directory by write-only FTP until SIGTERM, for sites without HTTPS")
    ftp.add_argument("--listen", metavar="HOST:PORT", help="where; drop.ftp_listen of the configuration")
    return parser


def _count(word: str) -> int:
    if not (word.isascii() and word.isdigit()) or not 1 <= int(word) <= 10_000:
        raise ConfigError(f"--count {word}: make 1 to 10000 claim codes at a time")
    return int(word)


def _config(options: argparse.Namespace) -> PortalConfig:
    config = load_config(options.config) if options.config else PortalConfig()
    if options.state:
        config = replace(config, state_dir=options.state)
    if options.database:
        config = replace(config, database=options.database)
    if getattr(options, "listen", None) is not None and options.command == "ftp":
        config = replace(config, drop=replace(config.drop, ftp_listen=parse_listen(options.listen)))
    elif getattr(options, "listen", None) is not None:
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
        case "ftp":
            return await _serve_ftp(config.drop)
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

    record_now = record_clock(os.environ.get(CLOCK_VARIABLE))
    open_state_dir(config.state_dir)
    with alone(config.state_dir):
        try:
            await serve(config, record_now=record_now, stop=stop, ready=ready)
        finally:
            note.unlink(missing_ok=True)
    return DONE


async def _serve_ftp(drop: DropConfig) -> int:
    if drop.ftp_listen is None or drop.directory is None:
        raise ConfigError(
            "name drop.directory and drop.ftp_listen in the configuration, and give it with --config FILE"
        )
    password = read_ftp_password(drop, os.environ)
    try:
        from portal.drop.ftp import serve_ftp
    except ImportError as error:
        raise ConfigError(f"the FTP server is not installed ({error}): pip install 'inkwire[portal]'") from error
    stop = threading.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def ready(address: tuple[str, int]) -> None:
        print(f"FTP     {address[0]}:{address[1]}, user {drop.ftp_user}", file=sys.stderr, flush=True)

    await asyncio.to_thread(serve_ftp, drop, password, stop, ready)
    return DONE


def _password(options: argparse.Namespace) -> str:
    if options.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    try:
        lines: list[str] = options.password_file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"the password file {options.password_file} cannot be read ({reason}); give a file with the password alone"
        ) from error
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
