"""A batch that was opened and checked, on its way into the tables, and what became of it."""

import enum
from dataclasses import dataclass
from datetime import datetime

from wire_format.keys import VerifyKey
from wire_format.records import Batch
from wire_format.settings import Desired


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSender:
    """An enrolled sender. direct: a printer that speaks for itself, not a collector."""

    sender_id: int
    tenant_id: int
    kid: str
    direct: bool
    revoked: bool
    customer_id: int | None
    site_id: int | None
    replaces_id: int | None
    key: VerifyKey
    desired: Desired


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One authentic batch. sha256: of the batch's bytes. jws: the evidence, as received."""

    sender: KnownSender
    batch: Batch
    sha256: bytes
    jws: bytes
    batch_bytes: int
    sealed_bytes: int
    received_at: datetime


class Posting(enum.Enum):
    """What became of an arrival."""

    STORED = "stored"
    REPEATED = "repeated"
    SEQUENCE_CONFLICT = "sequence_conflict"
    REVOKED = "revoked"
    FAILED = "failed"
