"""The courier: takes the oldest batch of a lane, seals it, posts it, and does what the verdict says.

1. A batch is sealed at send time, to the portal's key of that moment; what is stored stays as it was formed.
2. The priority lane has its own connection and its own back-off: an alert neither waits for nor drains the backlog.
3. A sender that the portal turned away (403) tries once a day, on whichever lane.
4. Within a lane the order is kept: a batch that must be tried again holds back those behind it.
5. A backlog leaves at the pace of the bandwidth promise; alerts do not wait for it, and a push by hand does not.
6. What waited longer than the start's spread when the sender started is not sent at once but somewhere in that
   spread: a thousand printers that come back with the power do not call together. A fresh alert does not wait.
7. A delivery shows that the portal is back: an alert that waits in back-off is tried at once.
"""

import logging
import math
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from direct_connect.clock import SystemClock, Timepiece
from direct_connect.core.backoff import BackoffPolicy
from direct_connect.core.batching import FormedBatch, Lane
from direct_connect.core.chance import Randomness, fraction
from direct_connect.core.triggers import AT_ONCE
from direct_connect.core.verdict import Judgement, Verdict, judge, read_retry_after
from direct_connect.errors import ConfigError, PortalUnreachableError
from direct_connect.spool.port import Outbox
from direct_connect.uplink.enrol import CONTENT_TYPE
from direct_connect.uplink.http import Poster
from direct_connect.uplink.identity import Identity, IdentityFolder
from direct_connect.uplink.lines import Uplink, Ways
from direct_connect.uplink.pacer import HELD, Pacer
from direct_connect.uplink.route import Timeouts
from direct_connect.uplink.signed_time import SignedTime
from wire_format.answers import Ack
from wire_format.envelope import seal

_ALERT_SPREAD_S: Final = 60.0
_UNCOUNTED_BYTES: Final = 1500
"""Headers, answer and packets around an envelope, where the way to the portal does not count them."""
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step did. judgement: of the batch it posted; None: there was nothing to send, or it was not time yet."""

    batch: FormedBatch | None = None
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What a drain did. wake_at_s: when to drain again, monotonic. problem: why something is left, in a sentence."""

    delivered: int
    set_aside: int
    left: int
    wake_at_s: float
    problem: str | None


@dataclass(slots=True)
class _LaneState:
    lock: threading.Lock = field(default_factory=threading.Lock)
    poster: Poster | None = None
    failures: int = 0
    not_before_s: float = AT_ONCE
    asked: bool = False
    starting: bool = False
    sealed_again: bool = False


class Courier:
    """Delivers one sender's outbox to its portal. Thread-safe; the lanes work beside each other."""

    def __init__(
        self,
        outbox: Outbox,
        folder: IdentityFolder,
        *,
        clock: Timepiece | None = None,
        randomness: Randomness = os.urandom,
        backoff: BackoffPolicy | None = None,
        timeouts: Timeouts | None = None,
        uplink: Uplink | None = None,
        connect: Callable[[Identity], Poster] | None = None,
        pacer: Pacer | None = None,
        start_spread_s: float = 0.0,
        seal_for: Callable[[FormedBatch, Identity], bytes] | None = None,
        on_judgement: Callable[[FormedBatch, Judgement], None] | None = None,
        signed_time: SignedTime | None = None,
    ) -> None:
        """uplink: makes the connections, with the pinned CA; None: one of its own. connect: makes them otherwise.

        pacer: None: as fast as it goes. start_spread_s: see rule 6; 0: at once. seal_for: makes
        the envelope; None: as the wire says. A simulation of many thousand pushes leaves the cryptography out.
        on_judgement: told after each verdict was carried out, in the thread of the step.
        """
        self._outbox, self._folder = outbox, folder
        self._clock: Timepiece = clock or SystemClock()
        self._randomness = randomness
        self._backoff = backoff or BackoffPolicy()
        uplink = uplink or Uplink(Ways(timeouts=timeouts, monotonic_s=self._clock.monotonic_s))
        self._uplink, self._connect, self._seal_for = uplink, connect, seal_for or _sealed
        self._on_judgement, self._signed_time = on_judgement, signed_time
        self._lanes = {lane: _LaneState() for lane in Lane}
        self._refused_until_s = AT_ONCE
        self._problem: str | None = None
        self._captive = False
        self._pacer, self._by_hand, self._held = pacer, False, False
        self._closed = False
        self._spread_start(start_spread_s)

    @property
    def problem(self) -> str | None:
        """Why the last post did not deliver, in a sentence; None after a delivery."""
        return HELD if self._problem is None and self._held else self._problem

    @property
    def captive(self) -> bool:
        """Whether the last post met a network's login page in the portal's place."""
        return self._captive

    def wake_at(self, lane: Lane) -> float:
        """When a lane may be tried, on monotonic_s(): AT_ONCE, a moment, or math.inf while there is nothing to send."""
        if not self._may_send() or self._outbox.oldest(lane) is None:
            return math.inf
        return self._not_before_s(lane)

    def step(self, lane: Lane) -> Step:
        """Post the oldest batch of a lane if it is time, and carry out the verdict. Blocks on the network.

        Raises SpoolStorageError when the spool can not be read or written.
        """
        state = self._lanes[lane]
        with state.lock:
            if not self._may_send() or self._not_before_s(lane) > self._clock.monotonic_s():
                return Step()
            batch = self._outbox.oldest(lane)
            if batch is None:
                return Step()
            judgement = self._deliver(state, batch, self._folder.current())
            self._carry_out(lane, batch, judgement)
            left = self._outbox.oldest(lane) is not None
            if lane is Lane.NORMAL:
                self._by_hand = self._by_hand and left
            waits = self._not_before_s(lane) > self._clock.monotonic_s()
            self._held = left and waits and state.failures == 0 if lane is Lane.NORMAL else self._held
            if state.poster is not None and (waits or not left):
                state.poster.rest()
        if self._on_judgement is not None:
            self._on_judgement(batch, judgement)
        return Step(batch=batch, judgement=judgement)

    def drain(self) -> Drained:
        """Step until everything is sent or must wait, the priority lane first. Blocks on the network."""
        delivered = aside = 0
        while True:
            steps = (self.step(lane) for lane in Lane)
            step = next((step for step in steps if step.judgement is not None), None)
            if step is None or step.judgement is None:
                break
            delivered += step.judgement.verdict is Verdict.DELIVERED
            aside += step.judgement.verdict in (Verdict.SET_ASIDE, Verdict.NEW_STREAM)
        left = self._outbox.tally().unsent
        return Drained(
            delivered=delivered,
            set_aside=aside,
            left=left,
            wake_at_s=min(self.wake_at(lane) for lane in Lane),
            problem=self._problem if left else None,
        )

    def hurry(self) -> None:
        """Forget every wait, and the pace until the backlog is gone: a person asked for a push now."""
        self._refused_until_s = AT_ONCE
        self._by_hand = True
        for state in self._lanes.values():
            state.not_before_s, state.asked = AT_ONCE, False

    def alert_is_new(self) -> None:
        """An alert of now was raised: what waits on the priority lane only since the start goes with it."""
        if (state := self._lanes[Lane.PRIORITY]).starting:
            state.starting, state.not_before_s = False, AT_ONCE

    @contextmanager
    def still(self) -> Iterator[bool]:
        """A block in which nothing is posted; False, and no promise, when a post is under way just now."""
        held = []
        try:
            for state in self._lanes.values():
                if not state.lock.acquire(blocking=False):
                    break
                held.append(state.lock)
            yield len(held) == len(self._lanes)
        finally:
            for lock in held:
                lock.release()

    def close(self) -> None:
        """Let go of the connections; a post under way is cut off, its batch stays. Idempotent."""
        self._closed = True
        for state in self._lanes.values():
            if (poster := state.poster) is not None:
                poster.close()

    def _may_send(self) -> bool:
        return not self._closed and self._folder.current().enrolled

    def _not_before_s(self, lane: Lane) -> float:
        paced = self._pacer is not None and lane is Lane.NORMAL and not self._by_hand
        pace_s = self._pacer.resume_s if self._pacer is not None and paced else AT_ONCE
        return max(self._lanes[lane].not_before_s, self._refused_until_s, pace_s)

    def _spread_start(self, spread_s: float) -> None:
        oldest_at = self._outbox.tally().oldest_unsent_at if spread_s > 0 else None
        if oldest_at is None or 0 <= (self._clock.utc_now() - oldest_at).total_seconds() < spread_s:
            return
        now_s = self._clock.monotonic_s()
        for lane, longest_s in ((Lane.NORMAL, spread_s), (Lane.PRIORITY, min(spread_s, _ALERT_SPREAD_S))):
            if self._outbox.oldest(lane) is not None:
                state = self._lanes[lane]
                state.starting, state.not_before_s = True, now_s + longest_s * fraction(self._randomness)

    def _deliver(self, state: _LaneState, batch: FormedBatch, identity: Identity) -> Judgement:
        sent = Ack(stream=batch.stream, sequence=batch.sequence, sha256=batch.sha256)
        try:
            envelope = self._seal_for(batch, identity)
        except ConfigError as error:
            return Judgement(verdict=Verdict.RETRY, why=str(error))
        except ValueError as error:
            return Judgement(verdict=Verdict.SET_ASIDE, why=str(error))
        if state.poster is None:
            state.poster = self._way(state, identity)
            if self._closed:  # closed a moment ago, so nobody else will close this one
                state.poster.close()
        at = self._clock.utc_now()
        try:
            if self._signed_time is not None:
                self._signed_time.make_sure(identity.portal_urls, identity.ca_pem or b"")
            answer = state.poster.post(f"/v1/senders/{identity.sender}/batches", envelope, CONTENT_TYPE)
        except PortalUnreachableError as error:
            if self._signed_time is not None:
                self._signed_time.blame(error)
            self._charge(error.wire_bytes)
            asked_s = read_retry_after(error.retry_after, at)
            return Judgement(verdict=Verdict.RETRY, why=str(error), retry_after_s=asked_s, captive=error.captive)
        self._charge(answer.wire_bytes or len(envelope) + _UNCOUNTED_BYTES)
        return judge(answer, sent, at)

    def _way(self, state: _LaneState, identity: Identity) -> Poster:
        if self._connect is not None:
            return self._connect(identity)
        urgent = state is self._lanes[Lane.PRIORITY]
        return self._uplink.poster(identity.portal_urls, identity.ca_pem or b"", urgent=urgent)

    def _charge(self, count: int) -> None:
        if self._pacer is not None and count:
            self._pacer.charge(count)

    def _carry_out(self, lane: Lane, batch: FormedBatch, judgement: Judgement) -> None:
        state = self._lanes[lane]
        state.starting = False
        fields = {"sequence": batch.sequence, "why": judgement.why}
        sealed_again, state.sealed_again = state.sealed_again, False
        self._problem = None if judgement.verdict is Verdict.DELIVERED else judgement.why
        self._captive = judgement.captive
        match judgement.verdict:
            case Verdict.DELIVERED:
                self._outbox.ack(batch.stream, batch.sequence, self._clock.utc_now())
                state.failures = 0
                if not (urgent := self._lanes[Lane.PRIORITY]).asked:
                    urgent.not_before_s = AT_ONCE
                _LOG.debug("batch was delivered", extra=fields)
            case Verdict.SET_ASIDE:
                self._outbox.set_aside(batch.stream, batch.sequence, judgement.why)
                state.failures = 0
                _LOG.error("batch was refused and set aside; a person must look at it", extra=fields)
            case Verdict.NEW_STREAM:
                if self._outbox.numbering().stream == batch.stream:
                    self._outbox.begin_stream("the portal holds another batch under the same number")
                self._outbox.set_aside(batch.stream, batch.sequence, judgement.why)
                state.failures = 0
                _LOG.error("batch number was taken; set aside, and a new stream begun", extra=fields)
            case Verdict.SEAL_AGAIN if not sealed_again and self._take_keys(judgement.keys or ""):
                state.sealed_again = True
                if state.poster is not None:
                    state.poster.rest()
                _LOG.info("portal has new keys; the batch is sealed again", extra=fields)
            case Verdict.RETRY_DAILY:
                self._refused_until_s = self._clock.monotonic_s() + self._backoff.next_day_s(self._randomness)
                _LOG.error("portal turned this sender away; have it registered again", extra=fields)
            case Verdict.RETRY | Verdict.SEAL_AGAIN:
                state.failures += 1
                state.asked = judgement.retry_after_s is not None
                delay_s = self._backoff.delay_s(state.failures, self._randomness, judgement.retry_after_s)
                state.not_before_s = self._clock.monotonic_s() + delay_s
                level = logging.WARNING if state.failures == 1 and not self._closed else logging.DEBUG
                _LOG.log(level, "batch was not delivered; will be tried again", extra={**fields, "delay_s": delay_s})

    def _take_keys(self, key_set: str) -> bool:
        identity = self._folder.current()
        try:
            identity.read_key_set(key_set)
        except ConfigError:
            return False
        self._folder.save(replace(identity, key_set=key_set))
        self._uplink.forget_sessions()
        return True


def _sealed(batch: FormedBatch, identity: Identity) -> bytes:
    return seal(batch.body, identity.key, identity.portal_key())
