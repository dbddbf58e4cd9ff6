"""The audit log: appended, never changed."""

from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient

from portal.storage.models import AuditEntry


async def record_act(
    transaction: BaseDBAsyncClient,
    *,
    tenant_id: int | None,
    at: datetime,
    actor: str,
    action: str,
    object_kind: str = "",
    object_id: str = "",
    detail: str = "",
    address: str = "",
) -> None:
    """Kept if and only if the transaction is. at: real time. actor: an email, a kid, or cli."""
    await AuditEntry.create(
        tenant_id=tenant_id,
        at=at,
        actor=actor[:254],
        action=action,
        object_kind=object_kind,
        object_id=object_id[:64],
        detail=detail,
        address=address[:64],
        using_db=transaction,
    )
