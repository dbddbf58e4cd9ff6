"""A fleet with a past for the console's tests, written through the portal's own ingest; and a browser to look at it."""

import asyncio
import hashlib
import json
import random
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp

from portal.accounts import create_user
from portal.auth.passwords import Passwords
from portal.config import PortalConfig
from portal.domain.access import Role
from portal.domain.arrival import Arrival, KnownSender, Posting
from portal.domain.standing import DeviceStanding
from portal.storage.database import Database, open_database, writer_connection
from portal.storage.models import Customer, Device, Sender, SenderKind, Site, Tenant
from portal.storage.writes.batches import SqliteBatchStore
from tests.support.console_fleet import FLEET, Printer, counts_from, print_some, report_of
from tests.support.portal import DESIRED, EMAIL, FAST, PASSWORD, portal_config, prepare, serving_portal
from wire_format.codec import encode_batch
from wire_format.envelope import sign_batch
from wire_format.keys import SigningKey
from wire_format.records import Batch, Reason, Report
from wire_format.records import Clock as SenderClock

NOW: Final = datetime(2026, 11, 17, 13, 5, 8, tzinfo=UTC)
VIEWER: Final = "vera@example.com"
OTHER_EMAIL: Final = "otto@example.org"
CHROMIUM: Final = Path("/usr/bin/chromium")
CHROMIUM_WORDS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
)  # fmt: skip
PUSHES_A_DAY: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """A prepared portal: its configuration and the first tenant's claim codes."""

    config: PortalConfig
    codes: tuple[str, ...]


async def seed(folder: Path, *, days: int = 4, now: datetime = NOW, fleet: tuple[Printer, ...] = FLEET) -> Seeded:
    """A portal's folder with a fleet that printed for some days up to now, and a second tenant with one printer."""
    config = portal_config(folder)
    *codes, _token = await prepare(config, claims=2, now=now - timedelta(hours=1))
    async with open_database(config.database_url) as database:
        await _people(config, database, now)
        senders = {printer: await _sender(database, printer, now) for printer in fleet}
        other = await _other_tenant(database, now)
        store = SqliteBatchStore(writer_connection(database.path))
        try:
            _print_days(store, senders, days, now)
            _post(store, [_arrival(other, 1, now - timedelta(minutes=3), [report_of(_OTHER, counts_from(1), now)])])
        finally:
            store.close()
        async with database.writing() as transaction:
            await (
                Device.filter(tenant_id=1)
                .exclude(model="bizhub C300i")
                .using_db(transaction)
                .update(standing=DeviceStanding.MANAGED)
            )
    return Seeded(config=config, codes=tuple(codes))


@contextmanager
def served(folder: Path, *, fleet: tuple[Printer, ...] = FLEET, days: int = 4, now: datetime = NOW) -> Iterator[str]:
    """The URL of a portal that serves a seeded fleet at a fixed time, from a loop in a thread of its own."""
    started: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        stop = asyncio.Event()
        seeded = await seed(folder, days=days, now=now, fleet=fleet)
        async with serving_portal(seeded.config, record_now=lambda: now) as serving:
            started.set_result((serving.url, asyncio.get_running_loop(), stop))
            await stop.wait()
        await asyncio.sleep(0.05)  # the last connections say their TLS farewell

    def thread() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    running = threading.Thread(target=thread, name="portal")
    running.start()
    try:
        url, loop, stop = started.result(timeout=60)
        try:
            yield url
        finally:
            loop.call_soon_threadsafe(stop.set)
    finally:
        running.join(timeout=60)


@asynccontextmanager
async def stranger(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that has not logged in."""
    connector = aiohttp.TCPConnector(ssl=False)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(url, connector=connector, cookie_jar=jar, headers={"Origin": url}) as session:
        yield session
        await connector.close(abort_ssl=True)  # no TLS farewell that would outlive the test's loop
        await asyncio.sleep(0)


@asynccontextmanager
async def logged_in(url: str, email: str = EMAIL) -> AsyncIterator[aiohttp.ClientSession]:
    """A client with a session, as a browser would have it."""
    async with stranger(url) as session:
        form = {"email": email, "password": PASSWORD, "next": "/"}
        async with session.post("/login", data=form, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
        yield session


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless browser that takes the portal's own certificate."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(CHROMIUM_WORDS))
        try:
            yield browser
        finally:
            browser.close()


_KEYS: Final[dict[str, SigningKey]] = {}
_OTHER: Final = Printer(model="Secret Press", serial="ZZ9OTHER01", customer="Elsewhere", site="Bern")


async def _people(config: PortalConfig, database: Database, now: datetime) -> None:
    passwords = Passwords(FAST)
    first = await Tenant.get(id=1)
    async with database.writing() as transaction:
        await Tenant.filter(id=1).using_db(transaction).update(name="Halden Print Services", time_zone="Europe/Berlin")
        second = await Tenant.create(name="Other Dealer", created_at=now, using_db=transaction)
    for tenant, email, role in ((first, VIEWER, Role.VIEWER), (second, OTHER_EMAIL, Role.ADMIN)):
        await create_user(
            database, passwords, tenant=tenant, email=email, password=PASSWORD, role=role, now=now, actor="test"
        )
    passwords.close()


async def _sender(database: Database, printer: Printer, now: datetime) -> KnownSender:
    name = printer.collector
    known = await Sender.get_or_none(name=name) if name else None
    key = SigningKey.generate()
    async with database.writing() as transaction:
        customer, _ = await Customer.get_or_create(
            tenant_id=1, name=printer.customer, defaults={"created_at": now}, using_db=transaction
        )
        site, _ = await Site.get_or_create(
            tenant_id=1, customer=customer, name=printer.site, defaults={"created_at": now}, using_db=transaction
        )
        if known is None:
            known = await Sender.create(
                tenant_id=1, customer=customer, site=site, kid=key.kid, jwk=_jwk(key), name=name or "",
                kind=SenderKind.COLLECTOR if name else SenderKind.DIRECT, agent="inkwire 0.1.0",
                enrolled_at=now - timedelta(days=40), using_db=transaction,
            )  # fmt: skip
            _KEYS[key.kid] = key
    return _known(known, direct=name is None)


async def _other_tenant(database: Database, now: datetime) -> KnownSender:
    key = SigningKey.generate()
    async with database.writing() as transaction:
        made = await Sender.create(
            tenant_id=2, kid=key.kid, jwk=_jwk(key), kind=SenderKind.COLLECTOR, enrolled_at=now,
            using_db=transaction,
        )  # fmt: skip
        _KEYS[key.kid] = key
    return _known(made, direct=False)


def _jwk(key: SigningKey) -> str:
    return json.dumps(key.public.to_jwk())


def _known(sender: Sender, *, direct: bool) -> KnownSender:
    return KnownSender(
        sender_id=sender.id, tenant_id=sender.tenant_id, kid=sender.kid, direct=direct, revoked=False,
        customer_id=sender.customer_id, site_id=sender.site_id, replaces_id=None, key=_KEYS[sender.kid].public,
        desired=DESIRED,
    )  # fmt: skip


def _print_days(store: SqliteBatchStore, senders: dict[Printer, KnownSender], days: int, now: datetime) -> None:
    dice = random.Random(7)
    counts = {printer: counts_from(dice.randint(2_000, 60_000)) for printer in senders}
    sequences = dict.fromkeys((sender.sender_id for sender in senders.values()), 0)
    step = timedelta(hours=24 / PUSHES_A_DAY)
    first = now - timedelta(days=days) - timedelta(minutes=20)
    at = first
    while at <= now:
        group = []
        together: dict[int, list[Report]] = {}
        for number, (printer, sender) in enumerate(senders.items()):
            spoken = at + timedelta(minutes=number * 1.7, seconds=number * 7)
            if spoken > now - timedelta(hours=printer.quiet_h):
                continue
            print_some(dice, printer, counts[printer], spoken)
            last = spoken + step > now - timedelta(hours=printer.quiet_h)
            report = report_of(printer, counts[printer], spoken, last=last)
            if printer.collector:
                together.setdefault(sender.sender_id, []).append(report)
                continue
            sequences[sender.sender_id] += 1
            group.append(_arrival(sender, sequences[sender.sender_id], spoken, [report]))
        for sender in {one.sender_id: one for one in senders.values()}.values():
            if reports := together.get(sender.sender_id):
                sequences[sender.sender_id] += 1
                spoken = max(report.observed_at for report in reports)
                group.append(_arrival(sender, sequences[sender.sender_id], spoken, reports))
        _post(store, sorted(group, key=lambda one: one.received_at))
        at += step


def _arrival(sender: KnownSender, sequence: int, at: datetime, reports: list[Report]) -> Arrival:
    alarmed = any(report.alerts for report in reports)
    jobs = sum(len(report.jobs) for report in reports)
    content = Batch(
        v=1, batch_id=f"00000000-0000-7000-8000-{sender.sender_id:04x}{sequence:08x}", sender=sender.kid,
        stream=f"{sender.sender_id:032x}", sequence=sequence, boot=17, created_at=at, clock=SenderClock.SYNCED,
        reason=Reason.ALERT if alarmed else Reason.JOBS if jobs > 8 else Reason.INTERVAL, reports=tuple(reports),
    )  # fmt: skip
    document = encode_batch(content)
    return Arrival(
        sender=sender, batch=content, sha256=hashlib.sha256(document).digest(),
        jws=sign_batch(document, _KEYS[sender.kid]),
        batch_bytes=len(document), sealed_bytes=len(document) // 3, received_at=at + timedelta(seconds=1),
    )  # fmt: skip


def _post(store: SqliteBatchStore, group: list[Arrival]) -> None:
    if group:
        assert all(posting is Posting.STORED for posting in store.post(group))
