"""A fleet with a past for the console's tests, written through the portal's own ingest; and a browser to look at it."""

import asyncio
import hashlib
import json
import random
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp

from portal.accounts import create_user
from portal.auth.passwords import Passwords
from portal.config import PortalConfig
from portal.domain.access import Role
from portal.domain.arrival import Arrival, KnownSender, Posting
from portal.storage.database import Database, open_database, writer_connection
from portal.storage.models import Customer, Device, DeviceStanding, Sender, SenderKind, Site, Tenant
from portal.storage.writes.batches import SqliteBatchStore
from tests.support.portal import DESIRED, EMAIL, FAST, PASSWORD, portal_config, prepare, serving_portal
from wire_format.codec import encode_batch
from wire_format.envelope import sign_batch
from wire_format.keys import SigningKey
from wire_format.printer_mib import PrinterState, SupplyState
from wire_format.records import (
    Alert,
    Batch,
    Config,
    InkUse,
    Job,
    Media,
    Meter,
    Outcome,
    Reason,
    Report,
    Service,
    Status,
    Supply,
    Unit,
)
from wire_format.records import Clock as SenderClock
from wire_format.records import Device as DeviceWords

NOW: Final = datetime(2026, 11, 17, 13, 5, 8, tzinfo=UTC)
VIEWER: Final = "vera@example.com"
OTHER_EMAIL: Final = "otto@example.org"
CHROMIUM: Final = Path("/usr/bin/chromium")
CHROMIUM_WORDS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
)  # fmt: skip
PUSHES_A_DAY: Final = 8
HOSTILE_NAME: Final = "=cmd|' /C calc'!A0 <script>alert(1)</script>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer:
    """One printer of the seeded fleet. pace: jobs a push. quiet_h: hours since it last spoke."""

    model: str
    serial: str | None
    customer: str
    site: str
    collector: str | None = None
    wide: bool = False
    mono_only: bool = False
    pace: int = 1
    quiet_h: float = 0.0
    levels: tuple[int, ...] = (62, 51, 48, 31)
    coarse: bool = False
    alert: tuple[str, int, str, str] | None = None
    mac: str | None = None
    job_names: bool = False


FLEET: Final = (
    Printer(model="DesignJet Z9+ 44", serial="SG8AQ2H1M0", customer="Atelier Roux", site="Lyon", wide=True,
            levels=(44, 63, 71, 80), alert=("Paper jam, roll 2", 8, "critical", "mediaPath")),
    Printer(model="DesignJet T1700dr", serial="CN0BK3H07V", customer="Baumann Ingenieure", site="Erfurt", wide=True,
            levels=(38, 55, 61, 0), alert=("Matte black empty", 1102, "critical", "markerSupplies")),
    Printer(model="PageWide XL 5200 MFP", serial="SG62K1D04V", customer="Nordplan Repro", site="Leipzig", wide=True,
            pace=4, levels=(62, 9, 48, 31), job_names=True,
            alert=("Magenta ink low", 1105, "warning", "markerSupplies")),
    Printer(model="Color LaserJet E877", serial="MXBCP4J0F2", customer="Kreisamt Auental", site="Hall", pace=3,
            levels=(41, 52, 66, 7), alert=("Waste toner nearly full", 1107, "warning", "markerSupplies")),
    Printer(model="LaserJet E826", serial="MXBCQ120H7", customer="Hafen Logistik", site="Kiel", collector="HAF-01",
            mono_only=True, pace=6, levels=(52,)),
    Printer(model="DesignJet T830 MFP", serial="CN7A91H0QK", customer="Ostermann Architekten", site="Weimar",
            wide=True, quiet_h=76, levels=(52, 27, 55, 60)),
    Printer(model="DesignJet Z6 44", serial="SG7BT1H0W9", customer="Lindqvist Survey", site="Malmö", wide=True,
            quiet_h=7.2, levels=(60, 55, 4, 41)),
    Printer(model="PageWide XL 8000", serial="SG5CN1D11B", customer="Repro Süd", site="Augsburg", wide=True, pace=5,
            levels=(70, 66, 38, 81)),
    Printer(model="LaserJet M507dn", serial=None, customer="Carver & Holt", site="Bremen", collector="HAF-01",
            mono_only=True, mac="3c:52:82:10:20:1f", levels=(61,)),
    Printer(model="bizhub C300i", serial="A9HJ021004417", customer="Museum am Wall", site="Bremen",
            collector="HAF-01", coarse=True, levels=(0, 0, 0, 0)),
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Counts:
    """Where a seeded printer's lifetime meters stand."""

    mono: int
    colour: int
    area_mm2: int
    jobs: int = 20_000
    finished: list[Job] = field(default_factory=list)


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
            _post(store, [_arrival(other, 1, now - timedelta(minutes=3), [_report_of(_OTHER, _counts(1), now)])])
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
            tenant_id=2, kid=key.kid, jwk=_jwk(key), kind=SenderKind.DIRECT, enrolled_at=now,
            using_db=transaction,
        )  # fmt: skip
        _KEYS[key.kid] = key
    return _known(made, direct=True)


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
    counts = {printer: _counts(dice.randint(2_000, 60_000)) for printer in senders}
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
            _print_some(dice, printer, counts[printer], spoken)
            last = spoken + step > now - timedelta(hours=printer.quiet_h)
            report = _report_of(printer, counts[printer], spoken, last=last)
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


def _counts(start: int) -> Counts:
    return Counts(mono=start, colour=start // 2, area_mm2=start * 620_000)


def _print_some(dice: random.Random, printer: Printer, counts: Counts, at: datetime) -> None:
    working = at.weekday() < 5 and 6 <= at.hour <= 18
    for _ in range(dice.randint(1, 3) * printer.pace if working else dice.randint(0, 1)):
        made, colour = dice.randint(1, 12), not printer.mono_only and dice.random() < 0.55
        counts.jobs += 1
        counts.mono += 0 if colour else made
        counts.colour += made if colour else 0
        width, length = dice.choice(((594, 841), (841, 1189), (914, 1600))) if printer.wide else (210, 297)
        area = width * length * made
        counts.area_mm2 += area
        cancelled = dice.random() < 0.05
        inks = tuple(
            InkUse(colorant=name, volume_ul=dice.randint(40, 900) * made) for name in ("cyan", "magenta", "yellow")
        )
        counts.finished.append(
            Job(
                job_id=str(counts.jobs),
                name=HOSTILE_NAME if printer.job_names and counts.jobs % 5 == 0 else None,
                service=Service.PRINT if dice.random() < 0.9 else Service.COPY,
                outcome=Outcome.CANCELED if cancelled else Outcome.COMPLETED,
                completed_at=at - timedelta(minutes=dice.randint(1, 170)),
                quality="normal",
                color_mode="color" if colour else "monochrome",
                copies=1,
                impressions=made,
                sheets=made,
                media=Media(type="Uncoated 80 g", width_mm=width, length_mm=length, area_mm2=area, source="roll 1"),
                inks=(*(inks if colour else ()), InkUse(colorant="black", volume_ul=dice.randint(60, 700) * made))
                if printer.wide
                else (),
                category="color-lines" if colour else "mono-lines",
                submitted_by="network",
            )
        )


def _report_of(printer: Printer, counts: Counts, at: datetime, *, last: bool = True) -> Report:
    jobs, counts.finished = tuple(counts.finished), []
    source = "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5.0" if printer.collector else "firmware"

    def meter(name: str, unit: Unit, value: int) -> Meter:
        return Meter(name=name, unit=unit, value=value, source=source)

    meters = [meter("total.impressions", Unit.IMPRESSIONS, counts.mono + counts.colour)]
    if not printer.mono_only:
        meters.append(meter("total.impressions.monochrome", Unit.IMPRESSIONS, counts.mono))
        meters.append(meter("total.impressions.color", Unit.IMPRESSIONS, counts.colour))
    if printer.wide:
        meters.append(meter("print.area", Unit.MM2, counts.area_mm2))
        meters.append(meter("media.length", Unit.MM, counts.area_mm2 // 841))
    colorants = ("black",) if printer.mono_only else ("cyan", "magenta", "yellow", "black")
    supplies = [
        Supply(
            index=index, kind="inkCartridge" if printer.wide else "tonerCartridge", colorant=colorant,
            description=f"{colorant.capitalize()} cartridge", unit="tenthsOfMilliliters" if printer.wide else "percent",
            capacity=None if printer.coarse else 4_000 if printer.wide else 100,
            level=None if printer.coarse else level * (40 if printer.wide else 1),
            percent=None if printer.coarse else level,
            state=SupplyState.SOME_LEFT if printer.coarse else SupplyState.EMPTY if level == 0
            else SupplyState.MEASURED,
        )
        for index, (colorant, level) in enumerate(zip(colorants, printer.levels, strict=True), start=1)
    ]  # fmt: skip
    if printer.wide:
        supplies.append(
            Supply(index=9, kind="wasteInk", description="Maintenance", percent=74, state=SupplyState.MEASURED)
        )
    alerts: tuple[Alert, ...] = ()
    if printer.alert and last:
        words, code, severity, group = printer.alert
        alerts = (
            Alert(
                alert_id=f"{code}-1", code=code, severity=severity, group=group, description=words,
                onset_at=at - timedelta(seconds=3),
            ),
            Alert(
                alert_id="808-1", code=808, severity="critical", group="input", description="Roll 1 empty",
                onset_at=at - timedelta(hours=4), cleared_at=at - timedelta(hours=3, minutes=48),
            ),
        )  # fmt: skip
    return Report(
        observed_at=at,
        device=DeviceWords(
            manufacturer="HP" if "bizhub" not in printer.model else "Konica Minolta", model=printer.model,
            serial=printer.serial, mac=printer.mac, product_number="4VW17A",
            ip="192.0.2.7" if printer.collector else None,
            hostname=None, location=printer.site,
        ),
        config=Config(firmware="XLP_04_21_03.2", color_capable=not printer.mono_only),
        status=Status(
            state=PrinterState.IDLE, console_text="Ready",
            detected_errors=("jammed",) if printer.alert and printer.alert[1] == 8 and last else (),
        ),
        meters=tuple(meters),
        supplies=tuple(supplies),
        alerts=alerts,
        jobs=jobs,
    )  # fmt: skip


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
