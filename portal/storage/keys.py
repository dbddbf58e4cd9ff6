"""The portal's decryption keys: the newest is the preferred one, older ones open what is still on its way."""

from dataclasses import dataclass
from datetime import datetime

from portal.at_rest import Vault
from portal.errors import NotFoundError
from portal.storage.models import PortalKey
from wire_format.keys import DecryptionKey, EncryptionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """Keys that open envelopes, preferred one first."""

    keys: tuple[DecryptionKey, ...]

    def named(self, kid: str) -> DecryptionKey:
        """The key an envelope was sealed to. Raises NotFoundError: not ours, or no longer."""
        for key in self.keys:
            if key.kid == kid:
                return key
        raise NotFoundError

    @property
    def public(self) -> tuple[EncryptionKey, ...]:
        """What senders seal to, preferred one first."""
        return tuple(key.public for key in self.keys)


async def open_key_ring(vault: Vault, now: datetime) -> KeyRing:
    """The keys in the database; the first one is made at first start. now: real time. Raises ConfigError."""
    rows = await PortalKey.filter(retired_at=None).order_by("-id")
    if not rows:
        key = DecryptionKey.generate()
        await PortalKey.create(kid=key.kid, private_sealed=vault.seal(key.to_pem()), created_at=now)
        return KeyRing(keys=(key,))
    return KeyRing(keys=tuple(DecryptionKey.from_pem(vault.open(row.private_sealed)) for row in rows))
