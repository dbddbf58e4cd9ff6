"""IPP to a printer: Get-Printer-Attributes and Get-Jobs, to the paths that printers use."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from data_collector.core.budget import VisitBudget
from data_collector.core.ipp import jobs_request
from data_collector.core.ipp_jobs import JOBS_MAX, JOBS_WANTED
from data_collector.core.reading import ipp_request
from data_collector.http_probe import FAILED, TLS_ASKED_FOR, Fetched, HttpProbe
from wire_format.records import Finding

MEDIA_TYPE: Final = "application/ipp"
PATHS: Final = ("/ipp/print", "/ipp/printer", "/ipp")
"""RFC 8011 recommends the first; older makers used the others."""
_SUCCESS_BELOW: Final = 0x0100
"""Status codes 0x0000 to 0x00FF are successful. Source: RFC 8011, appendix B."""
_NOT_OFFERED: Final = frozenset({0x0406, 0x0501, 0x0503})
"""Not found, operation not supported, version not supported: this printer lists no jobs by IPP, or not at this path."""


async def printer_attributes(
    http: HttpProbe, address: str, port: int, budget: VisitBudget | None = None
) -> tuple[bytes | None, list[Finding]]:
    """The whole reply, or None when the device has no IPP printer. Never raises for what the device does."""
    last = await _ask(http, address, port, ipp_request, budget)
    return last.reply if last.status is not None and last.status < _SUCCESS_BELOW else None, last.wrong


async def finished_jobs(
    http: HttpProbe, address: str, port: int, budget: VisitBudget | None = None, paths: Sequence[str] = PATHS
) -> tuple[bytes | None, list[Finding]]:
    """The reply to Get-Jobs for the newest finished jobs, a refusal too; None when the device offers none.

    paths: where to ask, in order. Never raises for what the device does.
    """
    last = await _ask(http, address, port, _jobs_request, budget, paths)
    if last.status in _NOT_OFFERED:
        return None, []
    if last.reply is None and not last.wrong and (odd := _why(last.fetched)):
        return None, [Finding(field="jobs", source="ipp:Get-Jobs", reason=odd[:255])]
    return last.reply, [Finding(field="jobs", source=one.source, reason=one.reason) for one in last.wrong]


def _jobs_request(uri: str, number: int) -> bytes:
    return jobs_request(uri, number, JOBS_WANTED, JOBS_MAX)


def _why(fetched: Fetched) -> str | None:
    if fetched.status in (401, 403):
        return f"password: HTTP status {fetched.status}, the printer wants a password to tell its jobs"
    return None if fetched.refused else fetched.trouble


@dataclass(frozen=True, slots=True)
class _Answer:
    """The last answer of a device. status, reply: of IPP, None where there was none. wrong: not to this question."""

    fetched: Fetched
    status: int | None = None
    reply: bytes | None = None
    wrong: list[Finding] = field(default_factory=list)


def _hung_up(fetched: Fetched) -> bool:
    """Whether somebody took the connection and then answered with what is no HTTP: a printer that speaks TLS alone."""
    return fetched.status is None and not fetched.refused and (fetched.trouble or "").startswith(FAILED)


async def _ask(
    http: HttpProbe,
    address: str,
    port: int,
    request: Callable[[str, int], bytes],
    budget: VisitBudget | None,
    paths: Sequence[str] = PATHS,
) -> _Answer:
    """Ask path after path until one succeeds; by TLS from where the printer wants it."""
    secure, budget = False, budget or VisitBudget()
    last = _Answer(Fetched())
    for path in paths:
        number = secrets.randbelow(2**31 - 1) + 1
        body = request(f"ipp://{address}:{port}{path}", number)
        fetched = await http.post(address, port, path, MEDIA_TYPE, body, secure=secure, budget=budget)
        if not secure and (fetched.status in TLS_ASKED_FOR or _hung_up(fetched)):
            secure = True  # the same port speaks both, or TLS alone (RFC 7472)
            body = request(f"ipps://{address}:{port}{path}", number)
            fetched = await http.post(address, port, path, MEDIA_TYPE, body, secure=True, budget=budget)
        if fetched.body is None:
            if last.status is None:
                last = _Answer(fetched)
            if fetched.status is None:
                return last
            continue
        if len(fetched.body) < 8 or fetched.body[4:8] != number.to_bytes(4, "big"):
            wrong = Finding(field="ipp", source=f"ipp:{path}", reason="an answer to another request")
            return _Answer(fetched, wrong=[wrong])
        last = _Answer(fetched, int.from_bytes(fetched.body[2:4], "big"), fetched.body)
        if last.status is not None and last.status < _SUCCESS_BELOW:
            return last
    return last
