"""Sessions: a random token in a __Host- cookie, of which the database holds only a hash. Real time throughout."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

from portal.app_keys import SessionUser
from portal.clocks import Clock
from portal.domain.access import Role
from portal.storage.database import Database
from portal.storage.models import Session, User

COOKIE: Final = "__Host-inkwire"
TOKEN_BYTES: Final = 32
TOUCH_EVERY: Final = timedelta(seconds=60)
_FIND: Final = (
    "SELECT s.user_id, s.last_seen_at, s.expires_at, u.tenant_id, u.email, u.name, u.role, u.disabled_at, "
    "t.name AS tenant_name, t.time_zone FROM user_session s JOIN user_account u ON u.id = s.user_id "
    "JOIN tenant t ON t.id = u.tenant_id WHERE s.token_hash = ?"
)


def hash_token(token: str) -> str:
    """What is stored of a session or API token. They are random, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def csrf_of(token: str) -> str:
    """The CSRF token of a session: known only to who has the cookie, and to the pages made for them."""
    mac = hmac.digest(token.encode("utf-8", "replace"), b"inkwire-csrf", "sha256")
    return base64.urlsafe_b64encode(mac[:18]).decode("ascii")


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Sessions:
    """Opens, finds and ends sessions."""

    def __init__(self, database: Database, now: Clock, *, idle_s: int, life_s: int) -> None:
        self._database, self._now = database, now
        self._idle, self._life = timedelta(seconds=idle_s), timedelta(seconds=life_s)

    async def open(self, user: User, address: str) -> str:
        """A new session's token, for the cookie. Old sessions that ended are swept away."""
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self._now()
        async with self._database.writing() as transaction:
            await Session.filter(expires_at__lt=now).using_db(transaction).delete()
            await Session.create(
                token_hash=hash_token(token),
                user=user,
                created_at=now,
                last_seen_at=now,
                expires_at=now + self._life,
                address=address,
                using_db=transaction,
            )
        return token

    async def find(self, token: str) -> SessionUser | None:
        """Who that is, or None: unknown, ended, idle too long, or the account was disabled."""
        row = await self._database.row(_FIND, (hash_token(token),))
        if row is None or row["disabled_at"] is not None:
            return None
        now, last_seen_at = self._now(), _instant(row["last_seen_at"])
        if now >= _instant(row["expires_at"]) or now >= last_seen_at + self._idle:
            return None
        if now >= last_seen_at + TOUCH_EVERY:
            async with self._database.writing() as transaction:
                await Session.filter(token_hash=hash_token(token)).using_db(transaction).update(last_seen_at=now)
        return SessionUser(
            user_id=row["user_id"],
            tenant_id=row["tenant_id"],
            email=row["email"],
            name=row["name"],
            role=Role(row["role"]),
            tenant_name=row["tenant_name"],
            time_zone=row["time_zone"],
            csrf=csrf_of(token),
        )

    async def close(self, token: str) -> None:
        """The token opens nothing any more."""
        async with self._database.writing() as transaction:
            await Session.filter(token_hash=hash_token(token)).using_db(transaction).delete()

    async def close_all(self, user_id: int) -> None:
        """Every session of a user ends, as after a change of password."""
        async with self._database.writing() as transaction:
            await Session.filter(user_id=user_id).using_db(transaction).delete()
