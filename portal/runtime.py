"""Joins the parts into one web application, and serves it: API and console on one TLS port.

The console registers itself: `portal.console.routes.add_console(app)`, called here, adds its routes and
templates. In a handler it finds `request.app[DATABASE]` (reads: `.rows(sql, values)`),
`request.app[RECORD_CLOCK]()` (now, for device states and "as of"), `request[USER]` (always set on a page
that needs a login), see app_keys.py.
"""

import asyncio
import contextlib
import errno
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from portal.accounts import FirstLogin, create_first_login
from portal.api.routes import add_api, add_plain_api
from portal.api.surroundings import AUTHORITY, ENROL_THROTTLE, INTAKE, KEY_RING, SENDERS, answer_in_json
from portal.app_keys import CONFIG, DATABASE, REAL_CLOCK, RECORD_CLOCK
from portal.at_rest import open_state_dir, open_vault
from portal.auth.login import LOGIN_THROTTLE, PASSWORDS, SESSIONS
from portal.auth.middleware import add_headers, guard_session
from portal.auth.passwords import Passwords
from portal.auth.sessions import Sessions
from portal.clocks import Clock, real_clock
from portal.config import PortalConfig
from portal.console.routes import add_console
from portal.domain.throttle import Throttle
from portal.drop.folders import DropFolders
from portal.drop.watching import DropWatcher
from portal.errors import ConfigError
from portal.ingest.commits import GroupCommit
from portal.ingest.intake import Intake
from portal.storage.database import Database, open_database, writer_connection
from portal.storage.keys import KeyRing, open_key_ring
from portal.storage.senders import SenderDirectory
from portal.storage.writes.batches import SqliteBatchStore
from portal.tls import Authority, open_authority, renew_certificate, server_context

SHUTDOWN_S: Final = 10.0
KEEPALIVE_S: Final = 75.0
CERTIFICATE_CHECK_S: Final = 12 * 3600.0
FORM_BYTES_MAX: Final = 256 * 1024
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What a person needs to reach a portal that has just begun to serve. first_login: only at the very first start.

    plain_url: where batches are taken without TLS, if anywhere.
    """

    url: str
    fingerprint: str
    first_login: FirstLogin | None
    plain_url: str | None = None


def make_app(
    config: PortalConfig,
    database: Database,
    *,
    authority: Authority,
    ring: KeyRing,
    commits: GroupCommit,
    passwords: Passwords,
    record_now: Clock,
    real_now: Clock = real_clock,
) -> web.Application:
    """The application, without a socket."""
    app = web.Application(middlewares=[answer_in_json, guard_session], client_max_size=FORM_BYTES_MAX)
    app[CONFIG] = config
    app[DATABASE] = database
    app[RECORD_CLOCK] = record_now
    app[REAL_CLOCK] = real_now
    app[AUTHORITY] = authority
    app[KEY_RING] = ring
    app[SENDERS] = SenderDirectory(database)
    app[INTAKE] = Intake(app[SENDERS], ring, commits, authority, record_now)
    app[PASSWORDS] = passwords
    app[SESSIONS] = Sessions(database, real_now, idle_s=config.session_idle_s, life_s=config.session_life_s)
    app[LOGIN_THROTTLE] = Throttle()
    app[ENROL_THROTTLE] = Throttle()
    app.on_response_prepare.append(add_headers)
    add_api(app)
    add_console(app)
    return app


def make_plain_app(app: web.Application) -> web.Application:
    """What of an application is served without TLS: batches and signed answers, nothing else."""
    plain = web.Application(middlewares=[answer_in_json], client_max_size=FORM_BYTES_MAX)
    plain[CONFIG], plain[RECORD_CLOCK], plain[INTAKE] = app[CONFIG], app[RECORD_CLOCK], app[INTAKE]
    plain[AUTHORITY], plain[KEY_RING] = app[AUTHORITY], app[KEY_RING]
    plain.on_response_prepare.append(add_headers)
    add_plain_api(plain)
    return plain


async def serve(
    config: PortalConfig, *, record_now: Clock, stop: asyncio.Event, ready: Callable[[Serving], None]
) -> None:
    """Serve until stop is set, then finish what was accepted. Raises ConfigError or StorageError before ready.

    ready is called once, when the port answers.
    """
    state_dir = open_state_dir(config.state_dir)
    now = real_clock()
    authority = open_authority(state_dir, now)
    tls = server_context(state_dir, authority, _names(config), now)
    async with open_database(config.database_url) as database, _posting(config, database) as commits:
        ring = await open_key_ring(open_vault(state_dir), now)
        passwords = Passwords(config.password_cost)
        app = make_app(
            config,
            database,
            authority=authority,
            ring=ring,
            commits=commits,
            passwords=passwords,
            record_now=record_now,
        )
        renewing = asyncio.create_task(_keep_certificate(tls, config, authority))
        try:
            async with _serving(app, config.host, config.port, tls) as url, _old_ways(app, config) as plain_url:
                # Only now: a password made for a start that fails would never be said.
                first_login = await create_first_login(database, passwords, now)
                ready(Serving(url=url, fingerprint=authority.fingerprint, first_login=first_login, plain_url=plain_url))
                await stop.wait()
        finally:
            await _end(renewing)
            passwords.close()


@asynccontextmanager
async def _posting(config: PortalConfig, database: Database) -> AsyncIterator[GroupCommit]:
    store = SqliteBatchStore(writer_connection(database.path))
    commits = GroupCommit(store, database, group_max=config.group_max, queue_max=config.queue_max)
    writing = asyncio.create_task(commits.run())
    try:
        yield commits
    finally:
        commits.close()
        await writing
        commits.release()
        store.close()


@asynccontextmanager
async def _old_ways(app: web.Application, config: PortalConfig) -> AsyncIterator[str | None]:
    """The doors for sites without HTTPS, as far as they are configured; yields the one of plain HTTP."""
    async with contextlib.AsyncExitStack() as doors:
        url = None
        if config.drop.http_listen is not None:
            host, port = config.drop.http_listen
            url = await doors.enter_async_context(_serving(make_plain_app(app), host, port, None))
        if config.drop.directory is not None:
            folders = await asyncio.to_thread(DropFolders, config.drop.directory)
            watcher = DropWatcher(
                folders, app[INTAKE], incomplete_s=config.drop.incomplete_s, record_now=app[RECORD_CLOCK]
            )
            watching = asyncio.create_task(watcher.run())
            doors.push_async_callback(_end, watching)
        yield url


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@asynccontextmanager
async def _serving(app: web.Application, host: str, port: int, tls: ssl.SSLContext | None) -> AsyncIterator[str]:
    runner = web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        keepalive_timeout=KEEPALIVE_S,
        shutdown_timeout=SHUTDOWN_S,
        handle_signals=False,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, ssl_context=tls, backlog=1024)
        try:
            await site.start()
        except OSError as error:
            option = "drop.http_listen" if tls is None else "--listen HOST:PORT"
            raise ConfigError(_why_not_listening(f"{host}:{port}", option, error)) from error
        told = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)
        yield f"{'http' if tls is None else 'https'}://{told}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _why_not_listening(address: str, option: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{address} is in use by another program; end it, or choose another port with {option}"
    if error.errno == errno.EACCES:
        return f"this user may not listen on {address}; choose a port above 1023 with {option}"
    return f"cannot listen on {address} ({error.strerror}); choose an address of this machine with {option}"


def _names(config: PortalConfig) -> tuple[str, ...]:
    wildcard = config.host in ("0.0.0.0", "::", "")
    return config.names if wildcard else (config.host, *config.names)


async def _keep_certificate(tls: ssl.SSLContext, config: PortalConfig, authority: Authority) -> None:
    while True:
        await asyncio.sleep(CERTIFICATE_CHECK_S)
        try:
            renew_certificate(tls, config.state_dir, authority, _names(config), real_clock())
        except OSError as error:
            _log.error("the server certificate could not be renewed", extra={"why": str(error)})
