"""Puts the console into the portal's application."""

from aiohttp import web

from portal.console.frame import HERE, TEMPLATES, failures, make_templates
from portal.console.pages import alerts, batches, device, devices, jobs, login, overview, settings

NUMBER = r"\d{1,18}"
FORM = "csv|json"


def add_console(app: web.Application) -> None:
    """Add every page, export and file of the console. Its failure pages stand around all else."""
    app[TEMPLATES] = make_templates()
    app.middlewares.insert(0, failures)
    app.router.add_static("/static", HERE / "static", append_version=False)
    app.add_routes(
        [
            web.get("/login", login.login_form),
            web.post("/login", login.login),
            web.post("/logout", login.logout),
            web.get("/", overview.overview),
            web.get("/overview/strip", overview.strip_fragment),
            web.get("/overview/arriving", overview.arriving_fragment),
            web.get("/devices", devices.device_list),
            web.get(f"/devices.{{form:{FORM}}}", devices.device_export),
            web.post("/devices/manage", devices.manage_all),
            web.get(f"/devices/{{device_id:{NUMBER}}}", device.device),
            web.post(f"/devices/{{device_id:{NUMBER}}}/manage", devices.manage_device),
            web.get("/jobs", jobs.job_list),
            web.get("/jobs/sums", jobs.job_sums),
            web.get(f"/jobs.{{form:{FORM}}}", jobs.job_export),
            web.get("/alerts", alerts.alert_list),
            web.get(f"/alerts.{{form:{FORM}}}", alerts.alert_export),
            web.get("/batches", batches.batch_list),
            web.get(f"/batches/{{entry:{NUMBER}}}", batches.batch_page),
            web.get(f"/batches/{{entry:{NUMBER}}}.jws", batches.batch_file),
            web.get("/settings", settings.settings),
            web.post("/settings/claims", settings.create_claim),
            web.post("/settings/senders/{kid:[A-Za-z0-9_-]{43}}/revoke", settings.revoke),
        ]
    )
