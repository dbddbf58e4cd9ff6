"""Read-only tokens for programs: shown once, stored as a hash, each bound to a tenant."""

import secrets
from datetime import datetime
from typing import Final

from aiohttp import web

from portal.app_keys import DATABASE
from portal.auth.audit import record_act
from portal.auth.sessions import hash_token
from portal.storage.database import Database
from portal.storage.models import ApiToken, Tenant

PREFIX: Final = "ikt_"
_FIND: Final = "SELECT tenant_id FROM api_token WHERE token_hash = ? AND revoked_at IS NULL"


async def create_token(database: Database, tenant: Tenant, name: str, *, actor: str, real_now: datetime) -> str:
    """A new token, to be shown once."""
    token = PREFIX + secrets.token_urlsafe(32)
    async with database.writing() as transaction:
        row = await ApiToken.create(
            tenant=tenant, token_hash=hash_token(token), name=name, created_at=real_now, using_db=transaction
        )
        await record_act(
            transaction, tenant_id=tenant.id, at=real_now, actor=actor, action="create-token", object_kind="api-token",
            object_id=str(row.id), detail=name,
        )  # fmt: skip
    return token


async def tenant_of_token(request: web.Request) -> int | None:
    """The tenant that the request's bearer token may read; None: no token, or not a good one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.startswith(PREFIX):
        return None
    row = await request.app[DATABASE].row(_FIND, (hash_token(token.strip()),))
    return None if row is None else int(row["tenant_id"])
