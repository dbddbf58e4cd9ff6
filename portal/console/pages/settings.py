"""/settings: claim codes, senders, and what senders are asked for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from portal.api.surroundings import AUTHORITY, SENDERS
from portal.app_keys import CONFIG, DATABASE, REAL_CLOCK, RECORD_CLOCK, USER
from portal.console.frame import moment_of, page, patience_of, tenant_of
from portal.domain.access import Action, authorize
from portal.errors import NotFoundError
from portal.storage.enrolments import create_claims, revoke_sender
from portal.storage.models import Tenant
from portal.storage.reads.query import TenantRows
from portal.storage.reads.senders import ClaimRow, claims, senders
from portal.storage.reads.settings import sender_settings

REASON_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """A claim code's state. at: when that state began, or ends for one that waits."""

    claim_id: str
    css: str
    word: str
    at: datetime
    created_at: datetime
    used_by_kid: str | None
    wrong_tries: int


async def settings(request: web.Request) -> web.StreamResponse:
    """GET /settings"""
    return await _page(request)


async def create_claim(request: web.Request) -> web.StreamResponse:
    """POST /settings/claims: a new code, shown in this answer and never again."""
    user = request[USER]
    authorize(user, Action.MANAGE_SENDERS)
    config, real_now = request.app[CONFIG], request.app[REAL_CLOCK]()
    texts = await create_claims(
        request.app[DATABASE],
        tenant=await Tenant.get(id=user.tenant_id),
        count=1,
        pin=request.app[AUTHORITY].pin,
        now=request.app[RECORD_CLOCK](),
        life_s=config.claim_life_s,
        actor=user.email,
        real_now=real_now,
    )
    return await _page(request, code=texts[0])


async def revoke(request: web.Request) -> web.StreamResponse:
    """POST /settings/senders/{kid}/revoke: needs a reason and the word typed, since it cannot be undone."""
    user = request[USER]
    authorize(user, Action.MANAGE_SENDERS)
    kid, form = request.match_info["kid"], await request.post()
    why, typed = str(form.get("why", "")).strip(), str(form.get("typed", "")).strip()
    own = next((sender for sender in await senders(tenant_of(request)) if sender.kid == kid), None)
    if own is None:
        raise NotFoundError
    if not why or len(why) > REASON_MAX:
        return await _page(request, problem="Nothing was revoked: write the reason, in 200 characters or less.")
    if typed != revoke_word(own.serial, kid):
        return await _page(
            request, problem=f"Nothing was revoked: type {revoke_word(own.serial, kid)} to show that it is this one."
        )
    await revoke_sender(
        request.app[DATABASE],
        tenant_id=user.tenant_id,
        kid=kid,
        now=request.app[RECORD_CLOCK](),
        real_now=request.app[REAL_CLOCK](),
        actor=user.email,
        why=why,
    )
    request.app[SENDERS].forget(kid)
    raise web.HTTPSeeOther("/settings#senders")


def revoke_word(serial: str | None, kid: str) -> str:
    """What is typed to revoke: the serial of its only device, or the start of its key."""
    return serial or kid[:8]


async def _page(request: web.Request, *, code: str | None = None, problem: str | None = None) -> web.Response:
    tenant, moment = tenant_of(request), moment_of(request)
    return await page(
        request,
        "settings.html",
        section="Settings",
        moment=moment,
        code=code,
        problem=problem,
        url=f"https://{request.host}",
        life_hours=request.app[CONFIG].claim_life_s // 3600,
        tries_max=request.app[CONFIG].claim_tries_max,
        claims=await _claims(tenant, moment.now),
        senders=[(sender, revoke_word(sender.serial, sender.kid)) for sender in await senders(tenant)],
        asked=await sender_settings(tenant),
        patience=await patience_of(tenant, moment),
    )


async def _claims(tenant: TenantRows, now: datetime) -> list[ClaimView]:
    return [_claim_view(row, now) for row in await claims(tenant)]


def _claim_view(row: ClaimRow, now: datetime) -> ClaimView:
    created_at, expires_at = instant_of(row.created_at), instant_of(row.expires_at)
    if row.used_at is not None:
        css, word, at = "ok", "Used", instant_of(row.used_at)
    elif row.burnt_at is not None:
        css, word, at = "critical", "Burnt", instant_of(row.burnt_at)
    elif now >= expires_at:
        css, word, at = "silent", "Expired", expires_at
    else:
        css, word, at = "info", "Waits", expires_at
    return ClaimView(
        claim_id=row.claim_id,
        css=css,
        word=word,
        at=at,
        created_at=created_at,
        used_by_kid=row.used_by_kid,
        wrong_tries=row.wrong_tries,
    )


def instant_of(text: str) -> datetime:
    """A stored time of the tables people keep; they are in UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
