"""The enrolment turn of a connection: tries its claim code until the portal accepts or refuses this sender."""

import logging
import math
from collections.abc import Callable, Sequence
from typing import Final

from direct_connect.clock import Timepiece
from direct_connect.core.backoff import BackoffPolicy
from direct_connect.core.chance import Randomness
from direct_connect.core.triggers import AT_ONCE
from direct_connect.core.verdict import read_retry_after
from direct_connect.errors import ConfigError, EnrolmentRefusedError, PortalUnreachableError, SpoolStorageError
from direct_connect.snapshots import NoSnapshotError, TakeSnapshot
from direct_connect.uplink.enrol import Enrolment, enrol
from direct_connect.uplink.http import PortalClient
from direct_connect.uplink.identity import IdentityFolder
from direct_connect.uplink.lines import Uplink
from direct_connect.uplink.signed_time import SignedTime

_LOG: Final = logging.getLogger(__name__)


class Enrolling:
    """Enrols one sender in the background. `turn` is for one worker task; the rest is safe from any thread."""

    def __init__(
        self,
        folder: IdentityFolder,
        snapshot: TakeSnapshot,
        *,
        claim_code: str | None,
        agent: str,
        clock: Timepiece,
        randomness: Randomness,
        backoff: BackoffPolicy,
        uplink: Uplink,
        on_enrolled: Callable[[Enrolment], None],
        signed_time: SignedTime | None = None,
    ) -> None:
        """snapshot: waits for one; raises NoSnapshotError.

        on_enrolled: told once, in the thread of the turn, when the enrolment is stored.
        """
        self._folder, self._take_snapshot, self._claim_code, self._agent = folder, snapshot, claim_code, agent
        self._clock, self._randomness, self._backoff, self._uplink = clock, randomness, backoff, uplink
        self._on_enrolled, self._signed_time = on_enrolled, signed_time
        self._failures = 0
        self._at_s = AT_ONCE
        self._problem: str | None = None
        self._captive = False
        self._client: PortalClient | None = None
        self._closed = False

    @property
    def problem(self) -> str | None:
        """Why the sender is not enrolled, in a sentence; None: not tried yet, or done."""
        return self._problem

    @property
    def captive(self) -> bool:
        """Whether the last try met a network's login page in the portal's place."""
        return self._captive

    @property
    def at_s(self) -> float:
        """When it is tried next, on monotonic_s(); AT_ONCE: now."""
        return self._at_s

    def hurry(self) -> None:
        """Forget the wait. Wake the task after it."""
        self._at_s = AT_ONCE

    def close(self) -> None:
        """A try under way is cut off. Idempotent."""
        self._closed = True
        if self._client is not None:
            self._client.close()

    def turn(self) -> float:
        """Try if it is time, and say when to come again: math.inf when there is nothing left to do."""
        if self._closed or self._folder.current().enrolled:
            return math.inf
        if self._claim_code is None:
            self._problem = "this sender is not enrolled: open it with a claim code from the portal"
            return math.inf
        if self._at_s > self._clock.monotonic_s():
            return self._at_s
        self._at_s = self._try(self._claim_code)
        return self._at_s

    def _try(self, claim_code: str) -> float:
        try:
            device = self._take_snapshot().device
        except NoSnapshotError:  # enrolment does not depend on it
            device = None
        try:
            enrolment = enrol(
                self._folder,
                claim_code,
                agent=self._agent,
                device=device,
                clock=self._clock,
                randomness=self._randomness,
                connect=self._connect,
                signed_time=self._signed_time,
            )
        except (PortalUnreachableError, SpoolStorageError) as error:
            self._failures += 1
            self._problem = str(error)
            retry_after = error.retry_after if isinstance(error, PortalUnreachableError) else None
            self._captive = isinstance(error, PortalUnreachableError) and error.captive
            asked_s = read_retry_after(retry_after, self._clock.utc_now())
            delay_s = self._backoff.delay_s(self._failures, self._randomness, asked_s)
            level = logging.WARNING if self._failures == 1 else logging.DEBUG
            _LOG.log(level, "enrolment failed; will be tried again", extra={"why": str(error), "delay_s": delay_s})
            return self._clock.monotonic_s() + delay_s
        except (EnrolmentRefusedError, ConfigError) as error:
            self._problem = str(error)
            _LOG.error("enrolment was refused; a person must act", extra={"why": str(error)})
            return self._clock.monotonic_s() + self._backoff.next_day_s(self._randomness)
        self._problem, self._captive = None, False
        self._on_enrolled(enrolment)
        _LOG.info("sender was enrolled", extra={"sender": enrolment.identity.sender})
        return math.inf

    def _connect(self, portal_urls: Sequence[str], ca_pem: bytes | None) -> PortalClient:
        client = self._client = self._uplink.client(portal_urls, ca_pem)
        if self._closed:  # closed a moment ago, so nobody else will close this one
            client.close()
        return client
