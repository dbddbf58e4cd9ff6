"""Joins the parts into one web application: API and console on one TLS port.

The console registers itself: `portal.console.routes.add_console(app)`, called here, adds its routes and
templates. In a handler it finds `request.app[DATABASE]` (reads: `.rows(sql, values)`),
`request.app[RECORD_CLOCK]()` (now, for device states and "as of"), `request[USER]` (always set on a page
that needs a login), see app_keys.py. Public paths are /login and /static/.
"""

from aiohttp import web

from portal.app_keys import CONFIG, DATABASE, REAL_CLOCK, RECORD_CLOCK
from portal.clocks import Clock, real_clock
from portal.config import PortalConfig
from portal.storage.database import Database


def make_app(
    config: PortalConfig, database: Database, record_now: Clock, real_now: Clock = real_clock
) -> web.Application:
    """The application, without a socket."""
    app = web.Application()
    app[CONFIG] = config
    app[DATABASE] = database
    app[RECORD_CLOCK] = record_now
    app[REAL_CLOCK] = real_now
    return app
