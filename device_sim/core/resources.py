"""Which documents a printer's web server has, by path. Pure: path and state in, document or nothing out.

1. Every model has the pages; HP's office models have LEDM; models with a job log have the accounting XML.
2. Every document has a strong entity tag, which changes if and only if its text does (RFC 9110, 8.8.3). A job's is
   its JobStateUpdate, as HP has it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from device_sim.core.accounting import accounting_xml
from device_sim.core.accounting_csv import accounting_csv
from device_sim.core.ews.configuration import configuration_page
from device_sim.core.ews.jobs import jobs_page
from device_sim.core.ews.media import media_page
from device_sim.core.ews.status import status_page
from device_sim.core.ews.style import STYLE
from device_sim.core.ews.supplies import supplies_page
from device_sim.core.ews.usage import usage_page
from device_sim.core.ledm.catalog import ledm_document
from device_sim.core.state import LivePrinter

HTML: Final = "text/html"
XML: Final = "text/xml"
CSV: Final = "text/csv"
CSS: Final = "text/css"
ACCOUNTING: Final = "/Accounting/JobAccounting.xml"

_PAGES: Final[dict[str, Callable[[LivePrinter], str]]] = {
    "/": status_page,
    "/supplies": supplies_page,
    "/media": media_page,
    "/usage": usage_page,
    "/jobs": jobs_page,
    "/configuration": configuration_page,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A document as served. kind: media type without charset. etag: without its quotes. charset: or nothing."""

    kind: str
    body: bytes
    etag: str
    charset: str = "utf-8"


def resource(state: LivePrinter, path: str) -> Resource | None:
    """The document at a path, or None (404)."""
    if path in _PAGES:
        return _made(HTML, _PAGES[path](state))
    if path == "/ews.css":
        return _STYLE
    if state.profile.job_log_max and path == ACCOUNTING:
        return _made(XML, accounting_xml(state))
    if state.profile.job_log_max and path == "/jobs.csv":
        return _made(CSV, accounting_csv(state))
    found = ledm_document(state, path)
    return None if found is None else _made(XML, found[0], found[1])


def resource_of(kind: str, body: bytes, etag: str | None = None, charset: str = "utf-8") -> Resource:
    """The document of these octets; without an etag, a tag made of them."""
    return Resource(kind=kind, body=body, etag=etag or blake2b(body, digest_size=10).hexdigest(), charset=charset)


def _made(kind: str, text: str, etag: str | None = None) -> Resource:
    return resource_of(kind, text.encode(), etag)


_STYLE: Final = _made(CSS, STYLE)
