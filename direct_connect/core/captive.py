"""Whether a network's login page answers in the portal's place.

Such a page can not pass the check of the pinned CA. So it is seen where nothing is checked yet (the answer of a
proxy, plain HTTP beside a certificate of somebody else's), or behind the check, where a login was put in front of the
portal itself. Nothing is followed and nothing is said to it. Source: RFC 6585, 6 (511); RFC 8952, 2.
"""

from typing import Final
from urllib.parse import urlsplit

from direct_connect.core.http_message import HttpAnswer

CAPTIVE: Final = "a captive portal (the network's login page) answers in the portal's place"
REMEDY: Final = "log this device in to the network, or have the network let it through; all is kept meanwhile"


def is_captive(answer: HttpAnswer) -> bool:
    """Whether an answer to a call of the wire is a login page, or the way to one."""
    if answer.status == 511:
        return True
    if answer.status in (302, 303, 307):
        return answer.location is not None
    return 200 <= answer.status < 300 and is_html(answer)


def is_captive_in_plain(answer: HttpAnswer, host: str) -> bool:
    """Whether the answer of plain HTTP under the portal's name gives a login page away.

    A portal sends its visitors from plain HTTP to itself, so only a redirect to another host counts.
    """
    if 300 <= answer.status < 400 and answer.location is not None:
        try:
            elsewhere = urlsplit(answer.location).hostname
        except ValueError:
            return True
        return elsewhere is not None and elsewhere != host.lower()
    return answer.status == 511 or (200 <= answer.status < 300 and is_html(answer))


def is_html(answer: HttpAnswer) -> bool:
    """Whether an answer is a page for people."""
    kind = (answer.content_type or "").partition(";")[0].strip().lower()
    start = answer.body[:64].lstrip().lower()
    return kind in ("text/html", "application/xhtml+xml") or start.startswith((b"<!doctype html", b"<html"))
