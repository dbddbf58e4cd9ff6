"""The uplink of one sender: makes its connections to the portal, all along the same routes."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from direct_connect.core.failover import PREFERRED_AGAIN_S
from direct_connect.core.proxy import Proxy
from direct_connect.uplink.dialling import Resolve, system_resolve
from direct_connect.uplink.http import PortalClient, Poster
from direct_connect.uplink.route import Route, Timeouts

_ROUTES_MAX: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How connections are made. proxy: for all of them. plain_port, preferred_again_s, resolve: see `Route`."""

    timeouts: Timeouts | None = None
    proxy: Proxy | None = None
    resolve: Resolve = system_resolve
    preferred_again_s: float = PREFERRED_AGAIN_S
    plain_port: int = 80
    monotonic_s: Callable[[], float] = time.monotonic
    dates: Callable[[], datetime | None] = lambda: None


class Uplink:
    """Makes clients. Those of the same portal share what was learned of its addresses. Thread-safe."""

    def __init__(self, ways: Ways | None = None) -> None:
        self._ways = ways or Ways()
        self._routes: dict[tuple[tuple[str, ...], bytes | None], Route] = {}
        self._lock = threading.Lock()

    @property
    def proxy(self) -> str | None:
        """host:port of the proxy in use."""
        return None if self._ways.proxy is None else self._ways.proxy.where

    def route(self, portal_urls: Sequence[str], ca_pem: bytes | None) -> Route:
        """The route to a portal: the same one for the same addresses and CA. Raises ConfigError."""
        key = (tuple(portal_urls), ca_pem)
        with self._lock:
            if (route := self._routes.get(key)) is None:
                ways = self._ways
                route = Route(
                    portal_urls,
                    ca_pem,
                    ways.timeouts,
                    proxy=ways.proxy,
                    resolve=ways.resolve,
                    monotonic_s=ways.monotonic_s,
                    preferred_again_s=ways.preferred_again_s,
                    plain_port=ways.plain_port,
                    dates=ways.dates,
                )
                if len(self._routes) >= _ROUTES_MAX:
                    self._routes.clear()
                self._routes[key] = route
            return route

    def forget_sessions(self) -> None:
        """No later handshake is shortened by what a portal gave us before now."""
        with self._lock:
            for route in self._routes.values():
                route.forget_sessions()

    def client(self, portal_urls: Sequence[str], ca_pem: bytes | None) -> PortalClient:
        """A connection of one's own. ca_pem: the pinned CA; None: see `PortalClient`. Raises ConfigError."""
        return PortalClient(self.route(portal_urls, ca_pem), ca_pem)

    def dateless(self, portal_urls: Sequence[str], ca_pem: bytes) -> PortalClient:
        """A connection that checks no dates, on which nothing may be said but the question for the time."""
        ways = self._ways
        route = Route(
            portal_urls, ca_pem, ways.timeouts, proxy=ways.proxy, resolve=ways.resolve,
            plain_port=ways.plain_port, dateless=True,
        )  # fmt: skip
        return PortalClient(route, ca_pem)

    def poster(self, portal_urls: Sequence[str], ca_pem: bytes, *, urgent: bool = False) -> Poster:
        """A way to post, for one lane of one sender. urgent: it goes before others. Raises ConfigError."""
        return self.client(portal_urls, ca_pem)
