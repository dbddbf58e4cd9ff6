"""Senders by key: looked up before anything of theirs is decrypted."""

import json
from typing import Final

from portal.domain.arrival import KnownSender
from portal.storage.database import Database, Row
from portal.storage.models import SenderKind
from wire_format.keys import VerifyKey
from wire_format.settings import Desired, Settings

REMEMBERED_MAX: Final = 100_000
REMEMBERED_S: Final = 5.0
_FIND: Final = (
    "SELECT s.id, s.tenant_id, s.kid, s.kind, s.jwk, s.revoked_at, s.customer_id, s.site_id, s.next_key_of_id, "
    "t.settings_version, t.interval_s, t.jobs_max, t.impressions_max, t.job_names "
    "FROM sender s JOIN tenant t ON t.id = s.tenant_id WHERE s.kid = ?"
)


def desired_of(row: Row) -> Desired:
    """The settings a tenant wants of its senders. row: with tenant's columns."""
    settings = Settings(
        interval_s=row["interval_s"],
        jobs_max=row["jobs_max"],
        impressions_max=row["impressions_max"],
        job_names=row["job_names"],
    )
    return Desired(version=row["settings_version"], settings=settings)


class SenderDirectory:
    """Finds senders, and remembers them for five seconds.

    A sender revoked by another process meanwhile is still turned away: posting asks again inside its transaction.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: dict[str, tuple[float, KnownSender]] = {}

    async def find(self, kid: str, now_s: float) -> KnownSender | None:
        """The sender of that key, revoked or not; None if there is none. now_s: monotonic seconds."""
        remembered = self._remembered.get(kid)
        if remembered is not None and now_s - remembered[0] < REMEMBERED_S:
            return remembered[1]
        row = await self._database.row(_FIND, (kid,))
        if row is None:
            return None
        sender = KnownSender(
            sender_id=row["id"],
            tenant_id=row["tenant_id"],
            kid=row["kid"],
            direct=row["kind"] == SenderKind.DIRECT,
            revoked=row["revoked_at"] is not None,
            customer_id=row["customer_id"],
            site_id=row["site_id"],
            replaces_id=row["next_key_of_id"],
            key=VerifyKey.from_jwk(json.loads(row["jwk"])),
            desired=desired_of(row),
        )
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[kid] = (now_s, sender)
        return sender

    def forget(self, kid: str) -> None:
        """The sender changed: look it up again."""
        self._remembered.pop(kid, None)
