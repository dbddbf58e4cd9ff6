"""The one way in for batches, whatever carried them: look the sender up, open, post, and say what to answer.

1. A sender is looked up, and a revoked one turned away, before anything is decrypted.
2. An answer is given after the commit. It says whether it may be signed: only what is final for this very envelope.
"""

import asyncio
import hashlib
import time
from dataclasses import dataclass
from typing import Final

from portal.clocks import Clock
from portal.domain.arrival import Arrival, KnownSender, Posting
from portal.errors import StorageError
from portal.ingest.commits import GroupCommit, QueueFullError
from portal.ingest.opening import STALE_PORTAL_KEY, Refused, open_arrival
from portal.storage.keys import KeyRing
from portal.storage.senders import SenderDirectory
from portal.tls import Authority
from wire_format.answers import Ack, PushAnswer, Refusal
from wire_format.enrolment import sign_key_set
from wire_format.receipts import Receipt, sign_receipt

INLINE_BYTES_MAX: Final = 32 * 1024
"""A larger envelope is opened in a thread, one at a time, so that small ones are not held up."""
UNKNOWN: Final = Refusal(error="unknown", reason="this sender is not enrolled here; enrol it with a new claim code")
REVOKED: Final = Refusal(error="revoked", reason="this sender was revoked in the portal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to answer. status: of HTTP. said: PushAnswer with 200, else Refusal; None: come again, nothing is final."""

    status: int
    said: PushAnswer | Refusal | None


BUSY: Final = Verdict(status=503, said=None)
FAILED: Final = Verdict(status=500, said=None)


class Intake:
    """Takes envelopes in, of HTTPS, of plain HTTP and from the drop directory alike."""

    def __init__(
        self, senders: SenderDirectory, ring: KeyRing, commits: GroupCommit, authority: Authority, record_now: Clock
    ) -> None:
        self._senders, self._ring, self._commits = senders, ring, commits
        self._authority, self._record_now = authority, record_now
        self._large_ones = asyncio.Semaphore(1)

    async def admit(self, kid: str) -> KnownSender | Refusal:
        """The sender of that key, or why nothing of its is read. Raises StorageError."""
        sender = await self._senders.find(kid, time.monotonic())
        if sender is None:
            return UNKNOWN
        return REVOKED if sender.revoked else sender

    async def take(self, sender: KnownSender, envelope: bytes) -> Verdict:
        """Open and post one envelope; what the verdict says holds when this returns. Idempotent."""
        opened = await self._open(envelope, sender)
        if isinstance(opened, Refused):
            return Verdict(status=opened.status, said=self._refusal(opened))
        try:
            posting = await self._commits.post(opened)
        except (QueueFullError, StorageError):
            return BUSY
        return self._answer(opened, posting)

    def receipt(self, kid: str, envelope: bytes, verdict: Verdict) -> bytes | None:
        """The verdict, signed for this envelope; None when it is not final."""
        if verdict.said is None:
            return None
        accepted = verdict.said if isinstance(verdict.said, PushAnswer) else None
        refused = verdict.said if isinstance(verdict.said, Refusal) else None
        receipt = Receipt(
            v=1,
            sender=kid,
            sha256=hashlib.sha256(envelope).hexdigest(),
            status=str(verdict.status),
            issued_at=self._record_now(),
            accepted=accepted,
            refused=refused,
        )
        return sign_receipt(receipt, self._authority.signer)

    async def _open(self, envelope: bytes, sender: KnownSender) -> Arrival | Refused:
        if len(envelope) <= INLINE_BYTES_MAX:
            return open_arrival(envelope, sender, self._ring, self._record_now())
        async with self._large_ones:
            return await asyncio.to_thread(open_arrival, envelope, sender, self._ring, self._record_now())

    def _refusal(self, refused: Refused) -> Refusal:
        keys = None
        if refused is STALE_PORTAL_KEY:
            keys = sign_key_set(self._ring.public, self._record_now(), self._authority.signer)
        return Refusal(error=refused.error, path=refused.path, reason=refused.reason, keys=keys)

    def _answer(self, arrival: Arrival, posting: Posting) -> Verdict:
        match posting:
            case Posting.STORED | Posting.REPEATED:
                batch, desired = arrival.batch, arrival.sender.desired
                ack = Ack(stream=batch.stream, sequence=batch.sequence, sha256=arrival.sha256.hex())
                said = PushAnswer(ack=ack, next_push_s=desired.settings.interval_s, desired=desired)
                return Verdict(status=200, said=said)
            case Posting.SEQUENCE_CONFLICT:
                reason = "this number was used for other bytes; start a new stream"
                return Verdict(status=409, said=Refusal(error="sequence_conflict", reason=reason))
            case Posting.REVOKED:
                self._senders.forget(arrival.sender.kid)
                return Verdict(status=403, said=REVOKED)
            case Posting.FAILED:
                return FAILED
