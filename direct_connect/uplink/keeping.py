"""The turn that keeps an identity fresh: renews the key in time, and switches when nothing is in the way."""

import logging
import math
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from direct_connect.clock import Timepiece
from direct_connect.core.backoff import BackoffPolicy
from direct_connect.core.chance import Randomness
from direct_connect.core.renewal import RenewalPolicy
from direct_connect.core.triggers import AT_ONCE
from direct_connect.core.verdict import read_retry_after
from direct_connect.errors import PortalUnreachableError, RenewalRefusedError, SpoolFullError, SpoolStorageError
from direct_connect.spool.port import Spool
from direct_connect.uplink.http import PortalClient
from direct_connect.uplink.identity import Identity, IdentityFolder
from direct_connect.uplink.renewal import ask_for_renewal, switch_key

BUSY_S: Final = 5.0
LOOK_S_MAX: Final = 30 * 86_400.0
"""How far ahead the clock is trusted to say when the key is due: it may be set meanwhile."""
_LOG: Final = logging.getLogger(__name__)


class Keeping:
    """Renews one sender's key. `turn` is for one worker task; wake it after a delivery while `renewing`."""

    def __init__(
        self,
        folder: IdentityFolder,
        spool: Spool,
        *,
        clock: Timepiece,
        connect: Callable[[Identity], PortalClient],
        still: Callable[[], AbstractContextManager[bool]],
        synced: Callable[[], bool] = lambda: True,
        policy: RenewalPolicy | None = None,
        randomness: Randomness = os.urandom,
        backoff: BackoffPolicy | None = None,
        on_switched: Callable[[], None] = lambda: None,
    ) -> None:
        """synced: whether the clock is trusted. still: a block in which no batch is formed or posted, or False."""
        self._folder, self._spool, self._policy = folder, spool, policy or RenewalPolicy()
        self._clock, self._synced = clock, synced
        self._randomness, self._backoff = randomness, backoff or BackoffPolicy()
        self._connect, self._still, self._on_switched = connect, still, on_switched
        self._failures = 0
        self._not_before_s = AT_ONCE
        self._client: PortalClient | None = None
        self._closed = False
        self._lock = threading.Lock()

    @property
    def renewing(self) -> bool:
        """Whether the next key was accepted and waits for the last batch of the old one."""
        return self._folder.current().next_accepted_at is not None

    def close(self) -> None:
        """A question under way is cut off. Idempotent."""
        with self._lock:
            self._closed = True
            client = self._client
        if client is not None:
            client.close()

    def turn(self) -> float:
        """Do what is due, and say when to come again."""
        identity = self._folder.current()
        if self._closed or not identity.enrolled or identity.key_since is None:
            return math.inf
        if identity.next_accepted_at is not None:
            return self._switch()
        now_s = self._clock.monotonic_s()
        if self._not_before_s > now_s:
            return self._not_before_s
        if not self._synced():
            return now_s + 3600.0
        left_s = (self._policy.due_at(identity.key_since) - self._clock.utc_now()).total_seconds()
        if left_s > 0:
            return now_s + min(left_s, LOOK_S_MAX)
        return self._ask()

    def _ask(self) -> float:
        try:
            ask_for_renewal(self._folder, self._clock.utc_now(), self._opened)
        except RenewalRefusedError as error:
            _LOG.error("the key can not be renewed; a person must look at it", extra={"why": str(error)})
            delay_s = self._backoff.next_day_s(self._randomness)
        except (PortalUnreachableError, SpoolStorageError) as error:
            if self._closed:
                return math.inf
            self._failures += 1
            asked = error.retry_after if isinstance(error, PortalUnreachableError) else None
            asked_s = read_retry_after(asked, self._clock.utc_now())
            delay_s = self._backoff.delay_s(self._failures, self._randomness, asked_s)
            level = logging.WARNING if self._failures == 1 else logging.DEBUG
            _LOG.log(level, "key was not renewed; will be tried again", extra={"why": str(error), "delay_s": delay_s})
        else:
            self._failures = 0
            return self._switch()
        self._not_before_s = self._clock.monotonic_s() + delay_s
        return self._not_before_s

    def _switch(self) -> float:
        if self._spool.tally().unsent:
            return math.inf  # woken after the next delivery
        try:
            with self._still() as still:
                if not (still and switch_key(self._folder, self._spool)):
                    return self._clock.monotonic_s() + BUSY_S
        except (SpoolStorageError, SpoolFullError) as error:
            _LOG.warning("new key must wait for the disk", extra={"why": str(error)})
            return self._clock.monotonic_s() + 60.0
        self._on_switched()
        return AT_ONCE

    def _opened(self, identity: Identity) -> PortalClient:
        client = self._connect(identity)
        with self._lock:
            self._client = client
            closed = self._closed
        if closed:
            client.close()
        return client
