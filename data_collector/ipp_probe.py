"""IPP to a printer: one Get-Printer-Attributes, to the paths that printers use."""

import secrets
from typing import Final

from data_collector.core.budget import VisitBudget
from data_collector.core.reading import ipp_request
from data_collector.http_probe import TLS_ASKED_FOR, HttpProbe
from wire_format.records import Finding

MEDIA_TYPE: Final = "application/ipp"
PATHS: Final = ("/ipp/print", "/ipp/printer", "/ipp")
"""RFC 8011 recommends the first; older makers used the others."""
_SUCCESS_BELOW: Final = 0x0100
"""Status codes 0x0000 to 0x00FF are successful. Source: RFC 8011, appendix B."""


async def printer_attributes(
    http: HttpProbe, address: str, port: int, budget: VisitBudget | None = None
) -> tuple[bytes | None, list[Finding]]:
    """The whole reply, or None when the device has no IPP printer. Never raises for what the device does."""
    secure, budget = False, budget or VisitBudget()
    for path in PATHS:
        number = secrets.randbelow(2**31 - 1) + 1
        request = ipp_request(f"ipp://{address}:{port}{path}", number)
        fetched = await http.post(address, port, path, MEDIA_TYPE, request, secure=secure, budget=budget)
        if not secure and fetched.status in TLS_ASKED_FOR:
            secure = True  # the same port speaks both (RFC 7472)
            request = ipp_request(f"ipps://{address}:{port}{path}", number)
            fetched = await http.post(address, port, path, MEDIA_TYPE, request, secure=True, budget=budget)
        if fetched.status is None:
            return None, []
        if fetched.body is None:
            continue
        if len(fetched.body) < 8 or fetched.body[4:8] != number.to_bytes(4, "big"):
            wrong = Finding(field="ipp", source=f"ipp:{path}", reason="an answer to another request")
            return None, [wrong]
        if int.from_bytes(fetched.body[2:4], "big") < _SUCCESS_BELOW:
            return fetched.body, []
    return None, []
