"""The bandwidth promise of one sender, kept in its spool."""

import logging
import threading
from dataclasses import replace
from typing import Final

from direct_connect.clock import Timepiece
from direct_connect.core.pace import PacePolicy
from direct_connect.errors import SpoolFullError, SpoolStorageError
from direct_connect.spool.port import Spool

PACE_MEMO: Final = "pace"
HELD: Final = "the rest of the backlog waits its turn, so that the line is not taken up (the bandwidth promise)"
_LOG: Final = logging.getLogger(__name__)


class Pacer:
    """Counts what is sent and says when more may follow. Thread-safe."""

    def __init__(self, policy: PacePolicy, spool: Spool, clock: Timepiece) -> None:
        self._policy, self._spool, self._clock = policy, spool, clock
        self._lock = threading.Lock()
        self._pace = policy.restored(spool.recall(PACE_MEMO), clock.monotonic_s(), clock.utc_now())

    @property
    def resume_s(self) -> float:
        """When the backlog may go on, on monotonic_s(); AT_ONCE or past: now."""
        return self._pace.resume_s

    def retime(self, policy: PacePolicy) -> None:
        """Another promise from now on, as for more printers. What its burst is larger by may be spent at once."""
        with self._lock:
            pace = self._policy.charged(self._pace, 0, self._clock.monotonic_s())
            more = policy.burst_bytes - self._policy.burst_bytes
            left = min(pace.left_bytes + max(0, more), float(policy.burst_bytes))
            self._policy, self._pace = policy, replace(pace, left_bytes=left)

    def charge(self, count: int) -> None:
        """Bytes went over the wire. Durable when it returns, unless the spool refuses, which its user then sees."""
        with self._lock:
            self._pace = self._policy.charged(self._pace, count, self._clock.monotonic_s())
            try:
                self._spool.remember(PACE_MEMO, self._pace.kept(self._clock.utc_now()))
            except (SpoolFullError, SpoolStorageError) as error:
                _LOG.debug("the pace was not kept", extra={"why": str(error)})
