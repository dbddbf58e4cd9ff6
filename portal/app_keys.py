"""The typed keys under which a request finds its surroundings: `request.app[DATABASE]`, `request[USER]`."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from portal.clocks import Clock
from portal.config import PortalConfig
from portal.domain.access import Role
from portal.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionUser:
    """Who makes this request. Every query of a page starts from tenant_id. csrf: goes into every form."""

    user_id: int
    tenant_id: int
    email: str
    name: str
    role: Role
    tenant_name: str
    time_zone: str
    csrf: str


CONFIG: Final = web.AppKey("config", PortalConfig)
DATABASE: Final = web.AppKey("database", Database)
RECORD_CLOCK: Final = web.AppKey[Clock]("record_clock")
REAL_CLOCK: Final = web.AppKey[Clock]("real_clock")
USER: Final = web.RequestKey("user", SessionUser)
"""Set on every request outside /v1 and the public paths; anyone else was sent to /login."""
