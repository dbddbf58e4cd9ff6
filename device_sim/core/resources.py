"""Which documents a printer's web server has, by path. Pure: path and state in, document or nothing out.

Every model has the pages; HP's office models have LEDM; models with a job log have the accounting XML.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from device_sim.core import accounting
from device_sim.core.ews.frame import STYLE
from device_sim.core.ews.jobs import jobs_page
from device_sim.core.ews.status import status_page
from device_sim.core.ews.usage import usage_page
from device_sim.core.ledm import jobs, product
from device_sim.core.ledm.consumables import consumable_config
from device_sim.core.ledm.status import product_status
from device_sim.core.ledm.usage import product_usage
from device_sim.core.profile import Family
from device_sim.core.state import LivePrinter

HTML: Final = "text/html"
XML: Final = "text/xml"
CSV: Final = "text/csv"
CSS: Final = "text/css"
ACCOUNTING: Final = "/Accounting/JobAccounting.xml"

_PAGES: Final[dict[str, Callable[[LivePrinter], str]]] = {"/": status_page, "/usage": usage_page, "/jobs": jobs_page}
_LEDM: Final[dict[str, tuple[str, Callable[[LivePrinter], str]]]] = {
    "/DevMgmt/ProductConfigDyn.xml": ("ledm:hpLedmProductConfigDyn", product.product_config),
    "/DevMgmt/ConsumableConfigDyn.xml": ("ledm:hpLedmConsumableConfigDyn", consumable_config),
    "/DevMgmt/ProductUsageDyn.xml": ("ledm:hpLedmProductUsageDyn", product_usage),
    "/DevMgmt/ProductStatusDyn.xml": ("ledm:hpLedmProductStatusDyn", product_status),
    "/Jobs/JobList": ("ledm:hpLedmJobManager", jobs.job_list),
}
_TREE: Final = "/DevMgmt/DiscoveryTree.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A document as served. kind: media type without charset (it is UTF-8)."""

    kind: str
    body: str
    etag: str | None = None


def speaks_ledm(state: LivePrinter) -> bool:
    """Whether this model has HP's office dialect."""
    return state.profile.dialect == "hp" and state.profile.family is Family.OFFICE


def resource(state: LivePrinter, path: str) -> Resource | None:
    """The document at a path, or None (404)."""
    if path in _PAGES:
        return Resource(kind=HTML, body=_PAGES[path](state))
    if path == "/ews.css":
        return Resource(kind=CSS, body=STYLE)
    if state.profile.job_log_max and path == ACCOUNTING:
        return Resource(kind=XML, body=accounting.accounting_xml(state))
    if state.profile.job_log_max and path == "/jobs.csv":
        return Resource(kind=CSV, body=accounting.accounting_csv(state))
    return _ledm(state, path) if speaks_ledm(state) else None


def _ledm(state: LivePrinter, path: str) -> Resource | None:
    if path == _TREE:
        tree = [(at, kind) for at, (kind, _) in _LEDM.items()]
        return Resource(kind=XML, body=product.discovery_tree(tree))
    if path in _LEDM:
        return Resource(kind=XML, body=_LEDM[path][1](state))
    number = path.removeprefix("/Jobs/JobList/")
    if number != path and number.isascii() and number.isdigit() and len(number) < 12:
        found = jobs.job(state, int(number))
        if found is not None:
            return Resource(kind=XML, body=found[0], etag=found[1])
    return None
