"""One uplink for many senders: their batches go over a few kept connections, fair between printers.

1. Connections belong to a portal (addresses and CA), not to a printer: a batch says itself whose it is.
2. Whoever waits for a connection is served in order of asking, one post at a time, an alert first. A printer with a
   backlog asks again behind all others, so none waits for more than one post of each.
3. A connection that nobody used for `linger_s` is closed. Nobody polls for that: the worker wakes once.
"""

import threading
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from direct_connect.clock import Clock, SystemClock
from direct_connect.core.verdict import HttpAnswer
from direct_connect.errors import PortalUnreachableError
from direct_connect.uplink.http import PortalClient, Poster
from direct_connect.uplink.lines import Uplink, Ways
from direct_connect.uplink.route import Route
from direct_connect.worker import Worker

CONNECTIONS_MAX_DEFAULT: Final = 4
LINGER_S_DEFAULT: Final = 5.0


class SharedUplink(Uplink):
    """An uplink that many connections are opened with. Close it after them, before the worker. Thread-safe."""

    def __init__(
        self,
        worker: Worker,
        ways: Ways | None = None,
        *,
        clock: Clock | None = None,
        connections_max: int = CONNECTIONS_MAX_DEFAULT,
        linger_s: float = LINGER_S_DEFAULT,
    ) -> None:
        """worker: the one of the connections. connections_max: to one portal, at the same time."""
        super().__init__(ways)
        self._clock: Clock = clock or SystemClock()
        self._connections_max, self._linger_s = connections_max, linger_s
        self._pools: dict[Route, _Pool] = {}
        self._pools_lock = threading.Lock()
        self._planned = False
        self._task = worker.add(self._let_go)

    def poster(self, portal_urls: Sequence[str], ca_pem: bytes, *, urgent: bool = False) -> Poster:
        """A share of the connections."""
        route = self.route(portal_urls, ca_pem)
        with self._pools_lock:
            pool = self._pools.setdefault(route, _Pool(route, self._connections_max))
        return _Share(pool, self, urgent=urgent)

    def idle(self) -> None:
        """A connection is kept from now on; it is let go of later."""
        with self._pools_lock:
            if self._planned:
                return
            self._planned = True
        self._task.wake()

    @property
    def now_s(self) -> float:
        """The monotonic clock."""
        return self._clock.monotonic_s()

    def close(self) -> None:
        """Let go of every connection; posts under way are cut off. Idempotent."""
        self._task.remove()
        with self._pools_lock:
            pools = list(self._pools.values())
        for pool in pools:
            pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _let_go(self) -> float:
        with self._pools_lock:
            pools = list(self._pools.values())
            self._planned = False
        kept_since = [since for pool in pools if (since := pool.let_go(self.now_s - self._linger_s)) is not None]
        if not kept_since:
            return float("inf")
        with self._pools_lock:
            self._planned = True
        return min(kept_since) + self._linger_s


class _Pool:
    """The connections to one portal."""

    def __init__(self, route: Route, connections_max: int) -> None:
        self._route, self._room = route, connections_max
        self._idle: list[tuple[float, PortalClient]] = []
        self._busy: set[PortalClient] = set()
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def take(self, share: "_Share", *, urgent: bool) -> PortalClient:
        """A connection, when it is this share's turn. Raises PortalUnreachableError when the share was closed."""
        ticket = object()
        with self._changed:
            if urgent:
                self._waiting.appendleft(ticket)
            else:
                self._waiting.append(ticket)
            try:
                self._changed.wait_for(
                    lambda: share.closed or self._closed or (bool(self._room) and self._waiting[0] is ticket)
                )
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
            if share.closed or self._closed:
                raise PortalUnreachableError("the connection to the portal was closed on this side")
            self._room -= 1
            client = self._idle.pop()[1] if self._idle else PortalClient(self._route, None)
            self._busy.add(client)
            return client

    def give_back(self, client: PortalClient, now_s: float, *, whole: bool) -> None:
        """The post is over. whole: the connection may serve the next."""
        with self._changed:
            self._room += 1
            self._busy.discard(client)
            if whole and not self._closed:
                self._idle.append((now_s, client))
            self._changed.notify_all()
        if not whole or self._closed:
            client.close()

    def let_go(self, until_s: float) -> float | None:
        """Close what has been idle since before until_s; gives since when the next one is."""
        with self._changed:
            gone = [client for since, client in self._idle if since <= until_s]
            self._idle = [(since, client) for since, client in self._idle if since > until_s]
            kept_since = min((since for since, _ in self._idle), default=None)
        for client in gone:
            client.close()
        return kept_since

    def wake(self) -> None:
        """A share was closed."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """See `SharedUplink.close`."""
        with self._changed:
            self._closed = True
            clients = [*self._busy, *(client for _, client in self._idle)]
            self._idle = []
            self._changed.notify_all()
        for client in clients:
            client.close()


class _Share:
    """A `Poster` over the connections of a pool."""

    def __init__(self, pool: _Pool, uplink: SharedUplink, *, urgent: bool) -> None:
        self._pool, self._uplink, self._urgent = pool, uplink, urgent
        self._client: PortalClient | None = None
        self.closed = False

    def post(self, path: str, body: bytes, content_type: str) -> HttpAnswer:
        """See `Poster`."""
        client = self._client = self._pool.take(self, urgent=self._urgent)
        try:
            if self.closed:  # closed a moment ago, so nobody else will cut this post off
                client.close()
            return client.post(path, body, content_type)
        finally:
            self._client = None
            self._pool.give_back(client, self._uplink.now_s, whole=not self.closed)
            self._uplink.idle()

    def rest(self) -> None:
        """The connection is others' too: the uplink lets go of it when nobody uses it."""

    def close(self) -> None:
        """See `Poster`."""
        self.closed = True
        if (client := self._client) is not None:
            client.close()
        self._pool.wake()
