"""When a claim code lets a sender in.

1. A code works once, for its life (72 h by default), and for one tenant.
2. A wrong secret is a wrong try; the fifth burns the code, even for the right secret.
3. The key that used a code may use it again: its first answer was lost, and it is answered alike.
4. A key belongs to the tenant it first enrolled with; a revoked key stays out.
"""

import enum
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

REFUSED: Final = "this claim code is not known here, or was used, burnt or has expired; make a new one in the portal"
"""What a stranger hears, whichever it was; the audit log says which."""


class ClaimVerdict(enum.StrEnum):
    """What becomes of a claim. The value goes into the audit log."""

    ENROL = "enrol"
    REPEAT = "repeat"
    WRONG = "wrong"
    BURNT = "burnt"
    EXPIRED = "expired"
    USED = "used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A stored claim code. used_by_kid: the sender that used it."""

    secret_hash: str
    expires_at: datetime
    burnt: bool
    used_by_kid: str | None


def secret_hash(claim_id: str, secret: str) -> str:
    """What is stored of a claim's secret (64 random bits, so a plain hash is enough). Both in lower-case hex."""
    return hashlib.sha256(f"inkwire-claim|{claim_id}|{secret}".encode()).hexdigest()


def judge_claim(claim: Claim | None, claim_id: str, secret: str, kid: str, now: datetime) -> ClaimVerdict:
    """What a claim code and a key get. now: record time, aware UTC. WRONG must be counted by the caller."""
    if claim is None:
        return ClaimVerdict.WRONG
    if claim.burnt:
        return ClaimVerdict.BURNT
    if not hmac.compare_digest(claim.secret_hash, secret_hash(claim_id, secret)):
        return ClaimVerdict.WRONG
    if claim.used_by_kid is not None:
        return ClaimVerdict.REPEAT if claim.used_by_kid == kid else ClaimVerdict.USED
    if now >= claim.expires_at:
        return ClaimVerdict.EXPIRED
    return ClaimVerdict.ENROL
