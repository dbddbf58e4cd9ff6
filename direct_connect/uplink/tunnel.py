"""Through an HTTP proxy with CONNECT: what it answers is bounded, and told without the credentials.

TLS then runs from end to end through the tunnel, with the pinned CA: the proxy sees names and sizes.
Source: RFC 9110, 9.3.6 and 11.7; RFC 7617.
"""

from direct_connect.core.captive import CAPTIVE, REMEDY, is_captive
from direct_connect.core.http_answer import AnswerError, AnswerReader
from direct_connect.core.proxy import Proxy
from direct_connect.core.verdict import HttpAnswer
from direct_connect.errors import PortalUnreachableError
from direct_connect.uplink.stream import Stream


def open_tunnel(stream: Stream, proxy: Proxy, authority: str, deadline_s: float) -> bytes:
    """Have the proxy connect to host:port. Gives what came behind its answer.

    Raises PortalUnreachableError with what the proxy said; OSError, TimeoutError.
    """
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    stream.send(("\r\n".join(lines) + "\r\n\r\n").encode("ascii"), deadline_s)
    reader = AnswerReader(tunnel=True, body_bytes_max=4096)
    try:
        while not reader.done:
            data = stream.receive(deadline_s)
            if data:
                reader.receive(data)
            else:
                reader.end()
    except AnswerError as error:
        raise PortalUnreachableError(f"the proxy {proxy.where} does not speak HTTP ({error}); check its port") from None
    except TimeoutError:
        raise PortalUnreachableError(f"the proxy {proxy.where} did not answer in time") from None
    answer = reader.answer
    if 200 <= answer.status < 300:
        return reader.rest
    raise PortalUnreachableError(
        _said(answer, proxy, authority), answer.retry_after, captive=is_captive(answer), wire_bytes=stream.wire_bytes
    )


def _said(answer: HttpAnswer, proxy: Proxy, authority: str) -> str:
    if is_captive(answer):
        return f"{CAPTIVE} (the proxy {proxy.where} answered {answer.status}); {REMEDY}"
    match answer.status:
        case 401 | 407 if proxy.authorization is None:  # 401 is wrong there, and what tinyproxy says
            return (
                f"the proxy {proxy.where} asks who we are ({answer.status}); give user and password in "
                "the proxy's setting, as http://USER:PASSWORD@proxy"
            )
        case 401 | 407:
            return (
                f"the proxy {proxy.where} does not take this user and password for Basic ({answer.status}); correct "
                "the proxy's setting, or have the proxy let this sender through"
            )
        case 403 | 405:
            return (
                f"the proxy {proxy.where} does not let this sender through to {authority} ({answer.status}); "
                "have it allowed there"
            )
        case _:
            return f"the proxy {proxy.where} can not reach the portal {authority} (it answered {answer.status})"
