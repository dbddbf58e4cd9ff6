"""When a sender's key is to be renewed.

1. A key lives a year, unless the embedder says otherwise. The wire has no say in it: a portal that could make a
   thousand printers renew at once could also wear out their flash.
2. Renewal begins at two thirds of the life. The last third is for portals that do not answer; a key past its life
   still works, since counts that are not billed are worse than an old key.
3. Only a clock that is trusted decides.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

KEY_LIFE_S: Final = 365 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalPolicy:
    """life_s: how long a key is meant to be used. share: of the life, after which the next one is asked for."""

    life_s: float = KEY_LIFE_S
    share: float = 2 / 3

    def due_at(self, since: datetime) -> datetime:
        """When to begin. since: when the portal accepted the key."""
        return since + timedelta(seconds=self.life_s * self.share)

    def expires_at(self, since: datetime) -> datetime:
        """When the key has been used as long as it is meant to be."""
        return since + timedelta(seconds=self.life_s)
