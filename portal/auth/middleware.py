"""What every request of a browser passes: headers that lock the page down, a session, and CSRF checks.

1. Paths under /v1/ are for programs: no cookies are read there, and no CSRF is possible.
2. Public paths (/login, /static/, /healthz) need no session. Everything else without one goes to /login.
3. An unsafe method needs an Origin (or, without one, a same-origin Sec-Fetch-Site) that is this host, and
   the session's CSRF token in the form field _csrf or the header X-CSRF-Token. /login needs the Origin only:
   its form may have been opened in a tab before another tab logged in.
"""

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import quote, urlsplit

from aiohttp import web

from portal.app_keys import USER, SessionUser
from portal.auth.login import SESSIONS
from portal.auth.sessions import COOKIE

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOGIN_PATH: Final = "/login"
PUBLIC_PATHS: Final = frozenset({LOGIN_PATH, "/healthz", "/favicon.ico"})
PUBLIC_PREFIXES: Final = ("/static/",)
API_PREFIX: Final = "/v1/"
CSRF_FIELD: Final = "_csrf"
CSRF_HEADER: Final = "X-CSRF-Token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Server": "inkwire",
}
HSTS: Final = "max-age=31536000"


def is_public(path: str) -> bool:
    """Whether a path is served without a session."""
    return path in PUBLIC_PATHS or path.startswith(PUBLIC_PREFIXES)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """on_response_prepare signal: every answer is locked down; pages are not cached unless the handler says so."""
    if request.path.startswith(API_PREFIX):
        response.headers["Server"] = HEADERS["Server"]
        response.headers.setdefault("Cache-Control", "no-store")
        return
    for name, value in HEADERS.items():
        response.headers[name] = value
    if _may_pin_https(request.host):
        response.headers["Strict-Transport-Security"] = HSTS
    response.headers.setdefault("Cache-Control", "no-store")


def _may_pin_https(host: str) -> bool:
    # HSTS binds a whole host name: on localhost it would break every other program's port.
    name = urlsplit(f"//{host}").hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name != "localhost" and "." in name
    return False


@web.middleware
async def guard_session(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Sets request[USER] or sends to /login; refuses forged requests."""
    if request.path.startswith(API_PREFIX):
        return await handler(request)
    user = await _session_user(request)
    if user is not None:
        request[USER] = user
    elif not is_public(request.path):
        return _to_login(request)
    if request.method not in SAFE_METHODS:
        await _check_forgery(request, user)
    answer = await handler(request)
    if isinstance(answer, web.HTTPException):
        raise answer  # a redirect with a cookie on it: aiohttp wants it raised, not returned
    return answer


async def _session_user(request: web.Request) -> SessionUser | None:
    token = request.cookies.get(COOKIE)
    if not token or request.path.startswith(PUBLIC_PREFIXES):
        return None
    return await request.app[SESSIONS].find(token)


def _to_login(request: web.Request) -> web.Response:
    if request.headers.get("HX-Request") == "true":  # htmx would put the login form into a corner of the page
        return web.Response(status=401, headers={"HX-Redirect": "/login"})
    if request.method not in SAFE_METHODS:
        return web.Response(status=303, headers={"Location": "/login"})
    return web.Response(status=303, headers={"Location": f"/login?next={quote(request.path_qs, safe='')}"})


def safe_next(target: str | None) -> str:
    """Where to go after login: a path of this portal, never another host."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\n" in target or "\r" in target:
        return "/"
    return "/" if target.startswith("/login") else target


async def _check_forgery(request: web.Request, user: SessionUser | None) -> None:
    origin = request.headers.get("Origin")
    if origin is not None:
        same = origin == f"{request.scheme}://{request.host}"
    else:
        same = request.headers.get("Sec-Fetch-Site") == "same-origin"
    if not same:
        raise web.HTTPForbidden(text="this request came from another site")
    if user is None or request.path == LOGIN_PATH:
        return
    told = request.headers.get(CSRF_HEADER)
    if told is None and request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        field = (await request.post()).get(CSRF_FIELD)
        told = field if isinstance(field, str) else None
    if told is None or not hmac.compare_digest(told.encode(), user.csrf.encode()):
        raise web.HTTPForbidden(text="this form is too old: go back, reload the page and send it again")
