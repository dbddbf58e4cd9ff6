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


class ClaimVerdict(enum.StrEnum):
    """What to answer. The value of a refusal is the error word on the wire."""

    ENROL = "enrol"
    REPEAT = "repeat"
    WRONG = "claim_wrong"
    BURNT = "claim_burnt"
    EXPIRED = "claim_expired"
    USED = "claim_used"


REASONS = {
    ClaimVerdict.WRONG: "this claim code is not known here; copy it again from the portal",
    ClaimVerdict.BURNT: "this claim code was tried wrongly too often and no longer works; make a new one in the portal",
    ClaimVerdict.EXPIRED: "this claim code has expired; make a new one in the portal",
    ClaimVerdict.USED: "this claim code was used by another sender; make a new one in the portal",
}


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
