"""Opening an envelope: every check that needs no database. CPU only."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from portal.domain.arrival import Arrival, KnownSender
from portal.errors import NotFoundError
from portal.storage.keys import KeyRing
from wire_format.codec import decode_batch
from wire_format.envelope import open_envelope, recipient_kid
from wire_format.errors import DecodeError, EnvelopeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why an envelope goes no further. status: of HTTP. error: the fixed word on the wire."""

    status: int
    error: str
    path: str | None = None
    reason: str | None = None


UNREADABLE = Refused(status=400, error="unreadable")
STALE_PORTAL_KEY = Refused(status=409, error="stale_portal_key")


def open_arrival(envelope: bytes, sender: KnownSender, ring: KeyRing, received_at: datetime) -> Arrival | Refused:
    """An authentic, well-formed batch of this sender, or why not. Failures to open are all alike."""
    try:
        key = ring.named(recipient_kid(envelope))
        opened = open_envelope(envelope, key, sender.key)
    except EnvelopeError:
        return UNREADABLE
    except NotFoundError:
        return STALE_PORTAL_KEY
    try:
        batch = decode_batch(opened.batch)
    except DecodeError as error:
        return Refused(status=422, error="invalid", path=error.pointer[:1024], reason=error.reason[:1024])
    if batch.sender != sender.kid:
        return Refused(status=422, error="invalid", path="/sender", reason="is not the key that signed the batch")
    return Arrival(
        sender=sender,
        batch=batch,
        sha256=hashlib.sha256(opened.batch).digest(),
        jws=opened.jws,
        batch_bytes=len(opened.batch),
        sealed_bytes=len(envelope),
        received_at=received_at,
    )
