"""What every page shares: the templates, the frame around the content, and the page for a failure."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jinja2
from aiohttp import web

from portal.app_keys import DATABASE, RECORD_CLOCK, USER, SessionUser
from portal.clocks import to_ms
from portal.console import figures, moments, words
from portal.console.moments import Moment
from portal.domain.access import Action, may
from portal.domain.freshness import LATE_AFTER_INTERVALS, SILENT_AFTER
from portal.errors import ForbiddenError, NotFoundError, StorageError
from portal.storage.reads.alerts import count_open_alerts
from portal.storage.reads.devices import Patience
from portal.storage.reads.query import TenantRows
from portal.storage.reads.settings import sender_settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HERE: Final = Path(__file__).parent
TEMPLATES: Final = web.AppKey("templates", jinja2.Environment)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The frame around a page. user empty: nobody is logged in. critical: open alerts that stop printing."""

    user: str = ""
    tenant: str = ""
    csrf: str = ""
    section: str = ""
    critical: int = 0
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureWords:
    """What failed and what to do."""

    title: str
    what: str
    next: str


_FAILURES: Final = {
    404: FailureWords(
        title="Not here",
        what="There is nothing at this address, or it belongs to somebody else.",
        next="Check the address, or find the device by its serial.",
    ),
    403: FailureWords(
        title="Not with this role",
        what="Your account may see this, but not do it.",
        next="An admin of your company can change your role. Nothing was changed.",
    ),
    400: FailureWords(
        title="Not readable",
        what="The address or the form holds something this page does not understand.",
        next="Go back and change it. Nothing was changed.",
    ),
    405: FailureWords(
        title="Not this way",
        what="This address does not take that kind of request.",
        next="Open it from the menu. Nothing was changed.",
    ),
    413: FailureWords(title="Too large", what="The form is larger than this page takes.", next="Nothing was changed."),
    429: FailureWords(
        title="Too many tries",
        what="There were too many tries in a short time.",
        next="Wait a minute, then try again.",
    ),
    503: FailureWords(
        title="Storage does not answer",
        what="The database cannot be read or written now. Senders keep their batches until it can; nothing is lost.",
        next="Try again in a minute. If it stays so, whoever runs this portal finds the cause in its log.",
    ),
    500: FailureWords(
        title="This page failed",
        what="The portal met an error of its own. Arriving batches are not affected.",
        next="Try again. If it stays so, whoever runs this portal finds the cause in its log.",
    ),
}


def make_templates() -> jinja2.Environment:
    """The templates, with autoescape always on and the words and figures of the console as filters."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        enable_async=False,
    )
    environment.filters |= {
        "whole": figures.whole,
        "area": figures.area,
        "volume": figures.volume,
        "hash8": figures.hash8,
        "known_sum": figures.known_sum,
        "elided": figures.elided,
        "capital": words.capital,
    }
    environment.globals |= {"lasting": moments.lasting}
    return environment


def tenant_of(request: web.Request) -> TenantRows:
    """The rows this request may see: the tenant of its user, and no other."""
    return TenantRows(database=request.app[DATABASE], tenant_id=request[USER].tenant_id)


def moment_of(request: web.Request) -> Moment:
    """Now by the record clock, in the tenant's zone."""
    return Moment(now=request.app[RECORD_CLOCK](), zone=zone_of(request[USER].time_zone))


def zone_of(name: str) -> ZoneInfo:
    """The zone, or UTC for a name this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


async def patience_of(tenant: TenantRows, moment: Moment) -> Patience:
    """Before which arrival a device is late, and silent, by domain/freshness.py. A limit itself is not yet silent."""
    settings = await sender_settings(tenant)
    late = to_ms(moment.now - timedelta(seconds=LATE_AFTER_INTERVALS * settings.interval_s))
    silent = to_ms(moment.now - SILENT_AFTER) + 1
    return Patience(late_before_ms=late, silent_before_ms=min(late, silent))


async def page(request: web.Request, template: str, *, section: str = "", **content: object) -> web.Response:
    """A whole page for the user of this request."""
    user = request[USER]
    counts = await count_open_alerts(tenant_of(request))
    shell = Shell(
        user=user.name or user.email,
        tenant=user.tenant_name,
        csrf=user.csrf,
        section=section,
        critical=counts.critical,
        zone=moment_of(request).zone_words(),
    )
    return _html(request, template, {"shell": shell, **_rights(user), **content})


def fragment(request: web.Request, template: str, **content: object) -> web.Response:
    """A part of a page, without the frame."""
    return _html(request, template, {**_rights(request[USER]), **content})


def bare_page(request: web.Request, template: str, *, status: int = 200, **content: object) -> web.Response:
    """A page for somebody who is not logged in."""
    return _html(request, template, {"shell": Shell(), **content}, status)


def _rights(user: SessionUser) -> dict[str, bool]:
    return {
        "may_export": may(user, Action.EXPORT),
        "may_devices": may(user, Action.MANAGE_DEVICES),
        "may_senders": may(user, Action.MANAGE_SENDERS),
    }


def _html(request: web.Request, template: str, content: Mapping[str, object], status: int = 200) -> web.Response:
    text = request.app[TEMPLATES].get_template(template).render(**content)
    return web.Response(text=text, content_type="text/html", status=status, headers={"Cache-Control": "no-store"})


def is_console(request: web.BaseRequest) -> bool:
    """Whether the address is a page for people, not the senders' or programs' API."""
    return not request.path.startswith("/v1/") and request.path != "/v1"


@web.middleware
async def failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a failure with a page in the look of the others: what failed and what to do."""
    if not is_console(request):
        return await handler(request)
    try:
        return await handler(request)
    except web.HTTPException as answer:
        if answer.status < 400:
            raise
        said = answer.text if answer.text and not answer.text.startswith(str(answer.status)) else None
        return failure_page(request, answer.status, said)
    except NotFoundError:
        return failure_page(request, 404)
    except ForbiddenError:
        return failure_page(request, 403)
    except StorageError:
        _log.exception("page failed for storage", extra={"path": request.path})
        return failure_page(request, 503)
    except Exception:
        _log.exception("page failed", extra={"path": request.path})
        return failure_page(request, 500)


def failure_page(request: web.Request, status: int, said: str | None = None) -> web.Response:
    """The page for a failure, with the sentence that names it, if there is one."""
    known = _FAILURES.get(status) or FailureWords(
        title=HTTPStatus(status).phrase.capitalize(), what="This did not work.", next="Nothing was changed."
    )
    shown = FailureWords(title=known.title, what=said or known.what, next=known.next)
    user = request.get(USER)
    shell = Shell()
    if user is not None:
        name, zone = user.name or user.email, str(zone_of(user.time_zone))
        shell = Shell(user=name, tenant=user.tenant_name, csrf=user.csrf, zone=zone)
    return _html(request, "failed.html", {"shell": shell, "words": shown, "status": status}, status)
