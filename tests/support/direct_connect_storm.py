"""Many senders come back at the same moment, on a clock that costs nothing: what arrives at the portal, and when.

The couriers, their back-off, pace and spools are the real ones; the network is a moment at which it returns, and
the portal an ack. What a post takes in bytes and time is told, not made.
"""

import hashlib
import heapq
import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from direct_connect.core.batching import FormedBatch, Lane
from direct_connect.core.pace import PacePolicy
from direct_connect.core.verdict import HttpAnswer
from direct_connect.errors import PortalUnreachableError
from direct_connect.spool.memory import MemorySpoolFile
from direct_connect.spool.port import Spool
from direct_connect.uplink import Courier, Identity, IdentityFolder
from direct_connect.uplink.pacer import Pacer
from tests.support.direct_connect import PortalDouble
from wire_format.answers import Ack, PushAnswer, encode_answer
from wire_format.keys import SigningKey
from wire_format.records import Reason

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
POST_S = 0.05
POST_BYTES, HANDSHAKE_BYTES, FAILED_BYTES = 2_500, 3_500, 300
BODY = b'{"v":1}'
DIGEST = hashlib.sha256(BODY).hexdigest()


@dataclass(slots=True)
class Moments:
    """The clock of the story. now_s: 0 is when power, or network, returns."""

    now_s: float = 0.0

    def monotonic_s(self) -> float:
        return self.now_s

    def utc_now(self) -> datetime:
        return AT + timedelta(seconds=self.now_s)


@dataclass(slots=True)
class Arrivals:
    """What the portal saw: the moments of handshakes and of batches, and the order within each sender and lane."""

    handshakes: list[float] = field(default_factory=list)
    batches: list[float] = field(default_factory=list)
    alerts: list[float] = field(default_factory=list)
    out_of_order: int = 0
    twice: int = 0

    def peak(self, moments: list[float], seconds: float = 1.0) -> int:
        """The most within one such span."""
        return max(Counter(int(moment // seconds) for moment in moments).values(), default=0)

    def bars(self, moments: list[float], bin_s: float, until_s: float, width: int = 50) -> str:
        """A histogram as text."""
        counts = Counter(int(moment // bin_s) for moment in moments if moment < until_s)
        most = max(counts.values(), default=1)
        rows = (
            f"{number * bin_s / 60:5.0f} min {counts[number]:6} {'#' * math.ceil(counts[number] * width / most)}"
            for number in range(int(until_s // bin_s))
        )
        return "\n".join(row.rstrip() for row in rows)


class _Post:
    """One lane's way to the portal of the story."""

    def __init__(self, storm: "Storm", spool: Spool) -> None:
        self._storm, self._spool, self._open = storm, spool, False
        self._last: dict[Lane, int] = {}

    def post(self, path: str, body: bytes, content_type: str) -> HttpAnswer:
        now_s = self._storm.clock.now_s
        if now_s < 0:
            raise PortalUnreachableError("there is no network", wire_bytes=FAILED_BYTES)
        batch = self._spool.oldest(self._storm.lane)
        assert batch is not None
        arrivals = self._storm.arrivals
        count = POST_BYTES
        if not self._open:
            self._open = True
            arrivals.handshakes.append(now_s)
            count += HANDSHAKE_BYTES
        (arrivals.alerts if batch.lane is Lane.PRIORITY else arrivals.batches).append(now_s)
        last = self._last.get(batch.lane, 0)
        arrivals.out_of_order += batch.sequence < last
        arrivals.twice += batch.sequence == last
        self._last[batch.lane] = batch.sequence
        ack = Ack(stream=batch.stream, sequence=batch.sequence, sha256=batch.sha256)
        return HttpAnswer(status=200, body=encode_answer(PushAnswer(ack=ack)), wire_bytes=count)

    def rest(self) -> None:
        """The next post shakes hands anew."""
        self._open = False

    def close(self) -> None:
        """Nothing is kept."""


class Storm:
    """So many senders with 30 days in their spools. One in ten has an alert of that time as well."""

    def __init__(self, directory: Path, senders: int, batches: int, seed: int, outage_s: float) -> None:
        """outage_s: how long before the return they have tried; 0: they start at the return, with the power."""
        portal = PortalDouble.make()
        folder = IdentityFolder(directory)
        folder.save(
            Identity(
                key=SigningKey.generate(),
                portal_url="https://127.0.0.1:1",
                name_secret=b"s" * 32,
                ca_pem=portal.authority.pem,
                key_set=portal.key_set(),
                enrolled_at=AT - timedelta(days=40),
            )
        )
        self.clock, self.arrivals, self.lane = Moments(-outage_s), Arrivals(), Lane.NORMAL
        self._couriers: list[Courier] = []
        self._spools: list[Spool] = []
        chance = Random(seed)
        for number in range(senders):
            spool = MemorySpoolFile(bytes_max=64 * 1024 * 1024).of(folder.current().sender)
            _fill(spool, folder.current().sender, batches, alert=number % 10 == 0)
            self._spools.append(spool)
            self._couriers.append(
                Courier(
                    spool,
                    folder,
                    clock=self.clock,
                    randomness=Random(chance.random()).randbytes,
                    connect=lambda _, spool=spool: _Post(self, spool),  # type: ignore[misc]
                    pacer=Pacer(PacePolicy(), spool, self.clock),
                    seal_for=lambda batch, _: batch.body,
                    start_spread_s=0.0 if outage_s else 600.0,
                )
            )

    def run(self) -> Arrivals:
        """Until everything is in."""
        due = [(self.clock.now_s, number, lane) for number in range(len(self._couriers)) for lane in Lane]
        heapq.heapify(due)
        while due:
            at_s, number, lane = heapq.heappop(due)
            self.clock.now_s = max(self.clock.now_s, at_s)
            self.lane = lane
            courier = self._couriers[number]
            posted = courier.step(lane).judgement is not None
            wake_at_s = courier.wake_at(lane)
            if wake_at_s < math.inf:
                heapq.heappush(due, (max(wake_at_s, self.clock.now_s + (POST_S if posted else 1e-3)), number, lane))
        return self.arrivals

    def left(self) -> int:
        """Batches that are not in."""
        return sum(spool.tally().unsent for spool in self._spools)


def _fill(spool: Spool, sender: str, batches: int, *, alert: bool) -> None:
    stream = spool.numbering().stream
    made_at = AT - timedelta(days=30)
    spool.append(
        [
            FormedBatch(
                sender=sender,
                stream=stream,
                sequence=number,
                reason=Reason.ALERT if alert and number == batches // 2 else Reason.INTERVAL,
                lane=Lane.PRIORITY if alert and number == batches // 2 else Lane.NORMAL,
                body=BODY,
                sha256=DIGEST,
                created_at=made_at,
                snapshot_only=False,
            )
            for number in range(1, batches + 1)
        ]
    )
