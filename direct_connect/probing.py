"""Is the portal reached from here, and if not, where does the way end: name, TCP, TLS, the portal's own answer.

Each step is timed and explained. Behind a proxy, the steps lead to the proxy, and the last one through it.
"""

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

from direct_connect.core.address import PortalAddress
from direct_connect.core.proxy import Proxy
from direct_connect.errors import ConfigError, PortalUnreachableError
from direct_connect.uplink.identity import Identity
from direct_connect.uplink.lines import Uplink, Ways
from direct_connect.uplink.route import Timeouts

PATIENCE_S: Final = 10.0
_NONCE: Final = "0" * 32
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One step. explained: what it means, and what to do if it failed. took_ms: real time."""

    step: str
    target: str
    good: bool
    took_ms: int
    explained: str


def probe_portal(identity: Identity, proxy: Proxy | None, *, patience_s: float = PATIENCE_S) -> list[Probe]:
    """Try every address of the portal. Blocks on the network, for each step at most patience_s."""
    probes: list[Probe] = []
    for url in identity.portal_urls:
        where = PortalAddress.parse(url)
        host, port = (where.host, where.port) if proxy is None else (proxy.host, proxy.port)
        probes += _to_host(host, port, None if proxy is not None else where.host, identity.ca_pem, patience_s)
        probes.append(_answered(url, identity, proxy, patience_s))
    return probes


def _to_host(host: str, port: int, name: str | None, ca_pem: bytes | None, patience_s: float) -> list[Probe]:
    """Name service and TCP, and TLS when there is a name to be certified."""
    probes: list[Probe] = []
    found, probe = _timed("dns", host, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    if found is None:
        return [_explained(probe, f"the name service does not know it ({probe.explained}): check the name")]
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    probes.append(_explained(probe, f"is {', '.join(addresses[:8])}"))
    for family, kind, protocol, _, address in found[:4]:
        at = f"{address[0]} port {port}"

        def connected(
            family: int = family, kind: int = kind, protocol: int = protocol, address: tuple[object, ...] = address
        ) -> socket.socket:
            opened = socket.socket(family, kind, protocol)
            try:
                opened.settimeout(patience_s)
                opened.connect(address)
            except BaseException:
                opened.close()
                raise
            return opened

        peer, probe = _timed("tcp", at, connected)
        if peer is None:
            probes.append(
                _explained(probe, f"nothing answers there ({probe.explained}): a firewall, or the portal is down")
            )
            continue
        with peer:
            probes.append(_explained(probe, "connected"))
            if name is not None:
                probes.append(_tls(peer, name, at, ca_pem))
    return probes


def _tls(peer: socket.socket, name: str, at: str, ca_pem: bytes | None) -> Probe:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_pem is None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    else:
        with suppress(ssl.SSLError, ValueError):
            context.load_verify_locations(cadata=ca_pem.decode("ascii"))
    made, probe = _timed("tls", at, lambda: context.wrap_socket(peer, server_hostname=name))
    if made is None:
        return _explained(
            probe,
            f"{probe.explained}: an expired certificate, another name, a wrong clock here, or somebody in between who "
            "breaks TLS open; batches are never sent so",
        )
    with made:
        trust = "the CA pinned at enrolment" if ca_pem is not None else "nobody yet, as this sender is not enrolled"
        return _explained(probe, f"{made.version()}, {(made.cipher() or ('?',))[0]}, trusted by {trust}")


def _answered(url: str, identity: Identity, proxy: Proxy | None, patience_s: float) -> Probe:
    timeouts = Timeouts(connect_s=patience_s, answer_s=patience_s)
    client = Uplink(Ways(timeouts=timeouts, proxy=proxy)).client([url], identity.ca_pem)
    through = "" if proxy is None else f" through the proxy {proxy.where}"
    try:
        answer, probe = _timed("portal", f"{url}/v1/time{through}", lambda: client.get(f"/v1/time?nonce={_NONCE}"))
    finally:
        client.close()
    if answer is None:
        return probe
    if answer.status >= 500:
        return _explained(probe, f"answered {answer.status}: the portal has a trouble of its own", good=False)
    return _explained(probe, f"answered {answer.status}: the way that batches take is open")


def _timed(step: str, target: str, act: Callable[[], _Result]) -> tuple[_Result | None, Probe]:
    began_s = time.monotonic()
    result, why = None, ""
    try:
        result = act()
    except PortalUnreachableError as error:
        why = str(error)
    except (OSError, ConfigError) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    took_ms = round((time.monotonic() - began_s) * 1000)
    return result, Probe(step=step, target=target, good=result is not None, took_ms=took_ms, explained=why)


def _explained(probe: Probe, explained: str, *, good: bool | None = None) -> Probe:
    return Probe(
        step=probe.step,
        target=probe.target,
        good=probe.good if good is None else good,
        took_ms=probe.took_ms,
        explained=explained,
    )
