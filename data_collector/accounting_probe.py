"""The accounting page of HP's large-format printers, where a site asks for it: it holds names beside the numbers."""

from data_collector.core.budget import VisitBudget
from data_collector.core.hp_accounting import ACCOUNTING_PAGE, MARK
from data_collector.http_probe import HttpProbe, wants_tls
from wire_format.records import Finding

SOURCE = "http:accounting"


async def accounting_page(
    http: HttpProbe, address: str, port: int, secure_port: int, budget: VisitBudget
) -> tuple[bytes | None, list[Finding]]:
    """The page with at least one job, or None. Never raises for what the device does."""
    page = await http.fetch(address, port, ACCOUNTING_PAGE, budget=budget)
    if wants_tls(page):
        page = await http.fetch(address, secure_port, ACCOUNTING_PAGE, secure=True, budget=budget)
    if page.body is not None:
        return (page.body if MARK in page.body else None), []
    reason = None if page.refused else page.trouble
    if page.status in (401, 403):
        reason = f"password: HTTP status {page.status}, the printer wants a password for its accounting page"
    elif reason is not None and "bytes" in reason:
        reason = f"{reason}: let the printer keep fewer jobs on its accounting page"
    return None, [Finding(field="jobs", source=SOURCE, reason=reason[:255])] if reason else []
