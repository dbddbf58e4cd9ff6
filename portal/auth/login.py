"""Logging in and out: the rules; the form is the console's.

A wrong account and a wrong password are one answer that takes one time. Tries are throttled before the
password is looked at, so that waiting cannot be turned into work for the server.
"""

import time
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from portal.app_keys import DATABASE, REAL_CLOCK
from portal.auth.audit import record_act
from portal.auth.passwords import Passwords
from portal.auth.sessions import COOKIE, Sessions
from portal.domain.throttle import Throttle
from portal.storage.models import User

PASSWORDS: Final = web.AppKey("passwords", Passwords)
SESSIONS: Final = web.AppKey("sessions", Sessions)
LOGIN_THROTTLE: Final = web.AppKey("login_throttle", Throttle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How a try went. token: for set_session_cookie, None if it failed. wait_s: above 0, try later (429)."""

    token: str | None = None
    wait_s: int = 0


def address_of(request: web.Request) -> str:
    """The peer's address. Forwarded headers are not believed: this release stands at the edge itself."""
    return request.remote or ""


async def log_in(request: web.Request, email: str, password: str) -> Login:
    """Try an account and a password. Needs no CSRF token; the Origin check of the middleware holds."""
    account, address, now_s = email.strip().lower()[:254], address_of(request), time.monotonic()
    throttle = request.app[LOGIN_THROTTLE]
    if wait_s := throttle.wait_s(account, address, now_s):
        return Login(wait_s=wait_s)
    user = await User.get_or_none(email=account)
    usable = user is not None and user.disabled_at is None
    right = await request.app[PASSWORDS].verify(user.password_hash if user and usable else None, password)
    at = request.app[REAL_CLOCK]()
    if user is None or not right:
        throttle.failed(account, address, now_s)
        async with request.app[DATABASE].writing() as transaction:
            await record_act(
                transaction,
                tenant_id=user.tenant_id if user else None,
                at=at,
                actor=account,
                action="login-failed",
                address=address,
            )
        return Login()
    throttle.succeeded(account, address)
    token = await request.app[SESSIONS].open(user, address)
    async with request.app[DATABASE].writing() as transaction:
        await User.filter(id=user.id).using_db(transaction).update(last_login_at=at)
        await record_act(transaction, tenant_id=user.tenant_id, at=at, actor=account, action="login", address=address)
    return Login(token=token)


async def log_out(request: web.Request) -> None:
    """End the request's session; call drop_session_cookie on the answer."""
    if token := request.cookies.get(COOKIE):
        await request.app[SESSIONS].close(token)


def set_session_cookie(response: web.StreamResponse, token: str) -> None:
    """The browser keeps the token until it is closed, sends it to this host only, never to scripts."""
    response.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="Lax")


def drop_session_cookie(response: web.StreamResponse) -> None:
    """The browser forgets the token."""
    response.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
