"""A real portal on a free port of loopback, and senders that speak to it as the wire says."""

import asyncio
import hashlib
import json
import secrets
import shutil
import sqlite3
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from portal.accounts import choose_tenant, create_user
from portal.at_rest import open_state_dir
from portal.auth.passwords import Passwords
from portal.auth.tokens import create_token
from portal.clocks import Clock
from portal.config import PasswordCost, PortalConfig
from portal.domain.access import Role
from portal.domain.arrival import Arrival, KnownSender
from portal.runtime import Serving, serve
from portal.storage.database import open_database
from portal.storage.enrolments import create_claims
from portal.storage.models import Sender, SenderKind, Tenant
from portal.tls import open_authority
from wire_format.codec import encode_batch
from wire_format.enrolment import (
    ClaimCode,
    EnrolReply,
    EnrolRequest,
    decode_enrol_reply,
    open_key_set,
    sign_enrol_request,
)
from wire_format.envelope import seal
from wire_format.keys import EncryptionKey, SigningKey, VerifyKey
from wire_format.printer_mib import PrinterState, SupplyState
from wire_format.records import (
    Alert,
    Batch,
    Device,
    Job,
    Meter,
    Outcome,
    Reason,
    Report,
    Service,
    Status,
    Supply,
    Unit,
)
from wire_format.records import (
    Clock as SenderClock,
)
from wire_format.settings import Desired, Settings

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FAST = PasswordCost(time=1, memory_kib=8, lanes=1)
EMAIL, PASSWORD = "anna@example.com", "correct horse battery"
JOSE = {"Content-Type": "application/jose"}


def at(minutes: float = 0) -> datetime:
    """That many minutes after NOW."""
    return NOW + timedelta(minutes=minutes)


def job(job_id: str = "1", **changes: Any) -> Job:
    """A finished job of 3 impressions."""
    made = Job(
        job_id=job_id, service=Service.PRINT, outcome=Outcome.COMPLETED, completed_at=NOW, impressions=3, sheets=3,
        color_mode="monochrome",
    )  # fmt: skip
    return replace(made, **changes)


def alert(alert_id: str = "a1", **changes: Any) -> Alert:
    """An open paper jam."""
    made = Alert(alert_id=alert_id, code=8, severity="critical", group="mediaPath", onset_at=NOW)
    return replace(made, **changes)


def meter(value: int, name: str = "total.impressions", source: str = "firmware") -> Meter:
    """A lifetime count."""
    return Meter(name=name, unit=Unit.IMPRESSIONS, value=value, source=source)


def report(serial: str | None = "SG1234567A", **changes: Any) -> Report:
    """What one printer says, with one meter, one supply and a status."""
    made = Report(
        observed_at=NOW,
        device=Device(manufacturer="Inkwire", model="DesignJet T1", serial=serial, ip="192.0.2.7"),
        status=Status(state=PrinterState.IDLE),
        meters=(meter(100),),
        supplies=(Supply(index=1, kind="ink", colorant="cyan", state=SupplyState.MEASURED, percent=50),),
    )
    return replace(made, **changes)


def batch(sender: str, sequence: int = 1, *reports: Report, stream: str = "0" * 32, **changes: Any) -> Batch:
    """A batch of those reports, formed at NOW by a synced clock."""
    made = Batch(
        v=1,
        batch_id=f"00000000-0000-7000-8000-{sequence:012x}",
        sender=sender,
        stream=stream,
        sequence=sequence,
        created_at=NOW,
        clock=SenderClock.SYNCED,
        reason=Reason.JOBS,
        reports=reports,
    )
    return replace(made, **changes)


@dataclass(slots=True, kw_only=True)
class LiveSender:
    """A sender on the other end of TLS. Push answers are (status, JSON)."""

    portal: "LivePortal"
    key: SigningKey
    portal_key: EncryptionKey | None = None
    sequence: int = 0
    stream: str = field(default_factory=lambda: secrets.token_hex(16))

    async def enrol(self, code: str, *, kind: str = "direct") -> tuple[int, dict[str, Any]]:
        """Spend a claim code; remembers the portal's key when let in."""
        claim = ClaimCode.parse(code)
        return await self.enrol_with(claim.claim_id.hex(), claim.secret.hex(), kind=kind)

    async def enrol_with(self, claim_id: str, secret: str, *, kind: str = "direct") -> tuple[int, dict[str, Any]]:
        """The same with any secret."""
        request = EnrolRequest(v=1, claim_id=claim_id, secret=secret, kind=kind, agent="test/1", nonce="ab" * 16)
        status, body = await self.portal.post("/v1/enrol", sign_enrol_request(request, self.key))
        if status == 200:
            reply: EnrolReply = decode_enrol_reply(body)
            self.portal_key = open_key_set(reply.keys, self.portal.ca_key)[0]
        return status, _json(body)

    def seal(self, content: Batch) -> bytes:
        """The envelope of a batch."""
        assert self.portal_key is not None
        return seal(encode_batch(content), self.key, self.portal_key)

    async def push(self, *reports: Report, **changes: Any) -> tuple[int, dict[str, Any]]:
        """Form the next batch of those reports and post it."""
        self.sequence += 1
        content = batch(self.key.kid, self.sequence, *reports, stream=self.stream, **changes)
        return await self.post(self.seal(content))

    async def post(self, envelope: bytes) -> tuple[int, dict[str, Any]]:
        """Post an envelope as it is."""
        status, body = await self.portal.post(f"/v1/senders/{self.key.kid}/batches", envelope)
        return status, _json(body)


def _json(body: bytes) -> dict[str, Any]:
    return dict(json.loads(body))


@dataclass(slots=True, kw_only=True)
class LivePortal:
    """A portal that serves in this loop."""

    url: str
    config: PortalConfig
    session: aiohttp.ClientSession
    claims: list[str]
    token: str
    serving: Serving

    @property
    def ca_key(self) -> VerifyKey:
        """The pinned root."""
        return VerifyKey.from_certificate_pem((self.config.state_dir / "ca.pem").read_bytes())

    @property
    def path(self) -> Path:
        """The database file."""
        return self.config.state_dir / "portal.sqlite3"

    async def post(self, path: str, body: bytes, headers: dict[str, str] = JOSE) -> tuple[int, bytes]:
        """Status and body of a POST."""
        async with self.session.post(self.url + path, data=body, headers=headers) as answer:
            return answer.status, await answer.read()

    async def export(self, kind: str) -> list[dict[str, Any]]:
        """The lines of an export."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.get(f"{self.url}/v1/export/{kind}.jsonl", headers=headers) as answer:
            assert answer.status == 200
            return [json.loads(line) for line in (await answer.text()).splitlines()]

    def sender(self) -> LiveSender:
        """A sender with a new key, not enrolled yet."""
        return LiveSender(portal=self, key=SigningKey.generate())

    async def enrolled(self, *, kind: str = "direct") -> LiveSender:
        """A sender that used one of the claims."""
        sender = self.sender()
        status, answer = await sender.enrol(self.claims.pop(), kind=kind)
        assert status == 200, answer
        return sender

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        """What a SELECT finds in the file."""
        return read_rows(self.path, sql, values)


def read_rows(path: Path, sql: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
    """What a SELECT finds in a database file."""
    with open_file(path) as db:
        return [dict(row) for row in db.execute(sql, values)]


@contextmanager
def open_file(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of the test's own."""
    db = sqlite3.connect(path, timeout=10)
    db.row_factory = sqlite3.Row
    try:
        yield db
        db.commit()
    finally:
        db.close()


def portal_config(folder: Path, **changes: Any) -> PortalConfig:
    """A portal on a free port with everything in a folder, and cheap passwords."""
    config = PortalConfig(port=0, state_dir=folder / "state", password_cost=FAST)
    return replace(config, **changes)


async def prepare(
    config: PortalConfig, *, claims: int = 4, tenant: str | None = None, now: datetime = NOW
) -> list[str]:
    """A migrated database with a tenant, a user (EMAIL, PASSWORD) and claim codes; the codes, and last a token."""
    state = open_state_dir(config.state_dir)
    real = datetime.now(UTC)
    async with open_database(config.database_url) as database:
        owner = await choose_tenant(database, tenant, real)
        passwords = Passwords(config.password_cost)
        await create_user(
            database, passwords, tenant=owner, email=EMAIL, password=PASSWORD, role=Role.ADMIN, now=real, actor="test"
        )
        passwords.close()
        codes = await create_claims(
            database,
            tenant=owner,
            count=claims,
            pin=open_authority(state, real).pin,
            now=now,
            life_s=config.claim_life_s,
            actor="test",
            real_now=real,
        )
        return [*codes, await create_token(database, owner, "test", actor="test", real_now=real)]


def fixed_clock() -> datetime:
    """Record time in most tests: five minutes after NOW."""
    return at(5)


@asynccontextmanager
async def live_portal(
    folder: Path, *, record_now: Clock = fixed_clock, claims: int = 4, **changes: Any
) -> AsyncIterator[LivePortal]:
    """A portal that serves with real TLS until the block ends."""
    config = portal_config(folder, **changes)
    *codes, token = await prepare(config, claims=claims)
    async with serving_portal(config, record_now=record_now) as serving:
        trust = ssl.create_default_context(cafile=config.state_dir / "ca.pem")
        connector = aiohttp.TCPConnector(ssl=trust)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            yield LivePortal(
                url=serving.url, config=config, session=session, claims=codes, token=token, serving=serving
            )


@asynccontextmanager
async def serving_portal(config: PortalConfig, *, record_now: Clock = fixed_clock) -> AsyncIterator[Serving]:
    """`serve` as a task of this loop."""
    stop = asyncio.Event()
    ready: asyncio.Future[Serving] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(config, record_now=record_now, stop=stop, ready=ready.set_result))
    try:
        task.add_done_callback(lambda _: ready.done() or ready.cancel())
        try:
            yield await ready
        except asyncio.CancelledError:
            if task.done():
                task.result()  # why it did not get ready
            raise
    finally:
        stop.set()
        await asyncio.wait({task})
    task.result()


SENDER_KEYS = tuple(SigningKey.generate() for _ in range(3))
DESIRED = Desired(version=1, settings=Settings(interval_s=10_800, jobs_max=19, impressions_max=100, job_names="off"))


def known_sender(number: int = 1, *, direct: bool = True, tenant_id: int = 1) -> KnownSender:
    """The sender of that number in a database made by make_template."""
    key = SENDER_KEYS[number - 1]
    return KnownSender(
        sender_id=number, tenant_id=tenant_id, kid=key.kid, direct=direct, revoked=False, customer_id=None,
        site_id=None, replaces_id=None, key=key.public, desired=DESIRED,
    )  # fmt: skip


def arrival(content: Batch, sender: KnownSender, *, received_at: datetime | None = None) -> Arrival:
    """A batch as the ingest hands it to the store; the evidence is a stand-in."""
    document = encode_batch(content)
    return Arrival(
        sender=sender, batch=content, sha256=hashlib.sha256(document).digest(), jws=b"jws of " + document,
        batch_bytes=len(document), sealed_bytes=len(document), received_at=received_at or at(5),
    )  # fmt: skip


def make_template(path: Path) -> None:
    """A migrated database with two tenants; senders 1 and 2 are the first tenant's, sender 3 the second's."""
    asyncio.run(_make_template(path))


async def _make_template(path: Path) -> None:
    async with open_database(f"sqlite://{path}") as database, database.writing() as transaction:
        for name in ("one", "two"):
            await Tenant.create(name=name, created_at=NOW, using_db=transaction)
        for number, key in enumerate(SENDER_KEYS, start=1):
            await Sender.create(
                tenant_id=2 if number == 3 else 1, kid=key.kid, jwk="{}", kind=SenderKind.DIRECT, enrolled_at=NOW,
                using_db=transaction,
            )  # fmt: skip
    with open_file(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def fresh_copy(template: Path, path: Path) -> Path:
    """A database like the template, at path; whatever was there is gone."""
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(template, path)
    return path
