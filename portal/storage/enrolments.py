"""Claim codes and senders in the database: each change is one transaction, audited."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient

from portal.auth.audit import record_act
from portal.domain.claims import REFUSED, Claim, ClaimVerdict, judge_claim, secret_hash
from portal.storage.database import Database
from portal.storage.models import ClaimCode, Sender, SenderKind, Tenant
from portal.storage.senders import desired_of
from wire_format.enrolment import ClaimCode as CodeText
from wire_format.enrolment import EnrolRequest
from wire_format.keys import VerifyKey
from wire_format.settings import Desired

CLAIM_REFUSED: Final = "claim_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A sender may deliver from now on."""

    kid: str
    desired: Desired


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEnrolled:
    """Why not. error: the fixed word on the wire; reason: a sentence with the remedy."""

    error: str
    reason: str


async def create_claims(
    database: Database,
    *,
    tenant: Tenant,
    count: int,
    pin: bytes,
    now: datetime,
    life_s: int,
    actor: str,
    real_now: datetime,
    customer_id: int | None = None,
    site_id: int | None = None,
) -> Sequence[str]:
    """New claim codes as texts, to be shown once: only hashes of them are kept. pin: the CA's hash."""
    texts = []
    async with database.writing() as transaction:
        for _ in range(count):
            code = CodeText(claim_id=await _free_claim_id(transaction), secret=secrets.token_bytes(8), ca_hash=pin)
            await ClaimCode.create(
                tenant=tenant,
                customer_id=customer_id,
                site_id=site_id,
                claim_id=code.claim_id.hex(),
                secret_hash=secret_hash(code.claim_id.hex(), code.secret.hex()),
                created_at=now,
                expires_at=now + timedelta(seconds=life_s),
                using_db=transaction,
            )
            await record_act(
                transaction, tenant_id=tenant.id, at=real_now, actor=actor, action="create-claim",
                object_kind="claim", object_id=code.claim_id.hex(),
            )  # fmt: skip
            texts.append(code.text)
    return texts


async def _free_claim_id(transaction: BaseDBAsyncClient) -> bytes:
    while True:
        claim_id = secrets.token_bytes(3)
        if not await ClaimCode.filter(claim_id=claim_id.hex()).using_db(transaction).exists():
            return claim_id


async def enrol(
    database: Database,
    request: EnrolRequest,
    key: VerifyKey,
    *,
    now: datetime,
    real_now: datetime,
    tries_max: int,
    address: str,
) -> Enrolled | NotEnrolled:
    """Spend a claim code for a key, or say why not. The same key with the same code again: the same answer."""
    async with database.writing() as transaction:
        row = await ClaimCode.filter(claim_id=request.claim_id).using_db(transaction).first()
        verdict = judge_claim(_claim_of(row), request.claim_id, request.secret, key.kid, now)
        if row is None or verdict not in (ClaimVerdict.ENROL, ClaimVerdict.REPEAT):
            if row is not None:
                await _note_refusal(transaction, row, verdict, now, real_now, tries_max, address)
            return NotEnrolled(error=CLAIM_REFUSED, reason=REFUSED)
        known = await Sender.filter(kid=key.kid).using_db(transaction).first()
        if known is not None and known.revoked_at is not None:
            return NotEnrolled(error=CLAIM_REFUSED, reason="this key was revoked; the sender needs a new key")
        if known is not None and known.tenant_id != row.tenant_id:
            return NotEnrolled(error=CLAIM_REFUSED, reason="this key is enrolled elsewhere; make a new key")
        if known is None:
            await Sender.create(
                tenant_id=row.tenant_id,
                customer_id=row.customer_id,
                site_id=row.site_id,
                kid=key.kid,
                jwk=json.dumps(key.to_jwk()),
                kind=SenderKind(request.kind),
                agent=request.agent,
                enrolled_at=now,
                using_db=transaction,
            )
        if verdict is ClaimVerdict.ENROL:
            row.used_at, row.used_by_kid = now, key.kid
            await row.save(using_db=transaction, update_fields=["used_at", "used_by_kid"])
            await record_act(
                transaction, tenant_id=row.tenant_id, at=real_now, actor=key.kid, action="enrol", object_kind="claim",
                object_id=request.claim_id, detail=request.agent, address=address,
            )  # fmt: skip
        tenant = await Tenant.filter(id=row.tenant_id).using_db(transaction).values()
        return Enrolled(kid=key.kid, desired=desired_of(tenant[0]))


def _claim_of(row: ClaimCode | None) -> Claim | None:
    if row is None:
        return None
    return Claim(
        secret_hash=row.secret_hash,
        expires_at=row.expires_at,
        burnt=row.burnt_at is not None,
        used_by_kid=row.used_by_kid,
    )


async def _note_refusal(
    transaction: BaseDBAsyncClient,
    row: ClaimCode,
    verdict: ClaimVerdict,
    now: datetime,
    real_now: datetime,
    tries_max: int,
    address: str,
) -> None:
    if verdict is ClaimVerdict.WRONG:
        row.wrong_tries += 1
        if row.wrong_tries >= tries_max:
            row.burnt_at = now
        await row.save(using_db=transaction, update_fields=["wrong_tries", "burnt_at"])
    await record_act(
        transaction, tenant_id=row.tenant_id, at=real_now, actor="", action="claim-refused", object_kind="claim",
        object_id=row.claim_id, detail=f"{verdict}, wrong tries so far {row.wrong_tries}", address=address,
    )  # fmt: skip


async def add_next_key(
    database: Database, old_kid: str, key: VerifyKey, *, now: datetime, real_now: datetime
) -> NotEnrolled | None:
    """The new key may deliver; the old one until the new one's first batch. None: done (also when repeated)."""
    async with database.writing() as transaction:
        old = await Sender.get(kid=old_kid, using_db=transaction)
        if old.revoked_at is not None:
            return NotEnrolled(error="revoked", reason="this sender was revoked in the portal")
        known = await Sender.filter(kid=key.kid).using_db(transaction).first()
        if known is not None:
            if known.next_key_of_id == old.id:
                return None
            return NotEnrolled(error="key_taken", reason="this key is in use; make a new one")
        await Sender.filter(next_key_of_id=old.id).using_db(transaction).update(revoked_at=now, next_key_of_id=None)
        await Sender.create(
            tenant_id=old.tenant_id,
            customer_id=old.customer_id,
            site_id=old.site_id,
            kid=key.kid,
            jwk=json.dumps(key.to_jwk()),
            kind=old.kind,
            agent=old.agent,
            name=old.name,
            enrolled_at=now,
            next_key_of_id=old.id,
            using_db=transaction,
        )
        await record_act(
            transaction, tenant_id=old.tenant_id, at=real_now, actor=old_kid, action="rekey", object_kind="sender",
            object_id=key.kid,
        )  # fmt: skip
    return None


async def revoke_sender(
    database: Database, *, tenant_id: int, kid: str, now: datetime, real_now: datetime, actor: str, why: str
) -> bool:
    """Nothing of this sender is taken from now on, nor of the next key that it vouched for.

    False: no such sender in this tenant. Call SENDERS.forget(kid).
    """
    async with database.writing() as transaction:
        sender = await Sender.filter(tenant_id=tenant_id, kid=kid).using_db(transaction).first()
        if sender is None:
            return False
        if sender.revoked_at is None:
            sender.revoked_at = now
            await sender.save(using_db=transaction, update_fields=["revoked_at"])
            # Whoever had the key may have asked for the next one already.
            await Sender.filter(next_key_of_id=sender.id, revoked_at=None).using_db(transaction).update(revoked_at=now)
            await record_act(
                transaction, tenant_id=tenant_id, at=real_now, actor=actor, action="revoke-sender",
                object_kind="sender", object_id=kid, detail=why,
            )  # fmt: skip
    return True
