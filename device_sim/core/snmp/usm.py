"""The users of a simulated agent, and their keys at each engine.

1. A password becomes a key once (Ku), and once for each engine (Kul, cheap). Both are kept: Ku with the user, Kul in a
   cache that forgets the oldest.
2. A key never leaves a User: its repr shows none.
Source: RFC 3414, 2.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from device_sim.core.snmp.access import Access
from snmp_format.usm import AuthProtocol, LocalKeys, localised_key

KEYS_MAX: Final = 4096
"""(user, engine) pairs of which the localised keys are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who may ask, and what is asked of him: no auth_key means noAuthNoPriv, no priv_key at most authNoPriv.

    auth_key, priv_key: Ku. access: what he may see and change.
    """

    name: bytes
    access: Access
    auth: AuthProtocol | None = None
    auth_key: bytes = field(default=b"", repr=False)
    priv_key: bytes = field(default=b"", repr=False)

    @property
    def level(self) -> int:
        """How well what he says must be secured: 0 not at all, 1 with a digest, 3 hidden as well."""
        return 3 if self.priv_key else 1 if self.auth else 0


class KeyCache:
    """The localised keys met last."""

    __slots__ = ("_keys", "_max")

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        self._keys: Final[OrderedDict[tuple[bytes, bytes], LocalKeys]] = OrderedDict()
        self._max: Final = keys_max

    def __len__(self) -> int:
        return len(self._keys)

    def keys(self, user: User, engine_id: bytes) -> LocalKeys:
        """The keys of a user who has an authentication protocol, at an engine."""
        assert user.auth is not None
        place = (user.name, engine_id)
        known = self._keys.get(place)
        if known is not None:
            self._keys.move_to_end(place)
            return known
        made = local_keys(user, user.auth, engine_id)
        self._keys[place] = made
        if len(self._keys) > self._max:
            self._keys.popitem(last=False)
        return made


def local_keys(user: User, auth: AuthProtocol, engine_id: bytes) -> LocalKeys:
    """The keys of a user at an engine."""
    priv = localised_key(auth, user.priv_key, engine_id) if user.priv_key else None
    return LocalKeys(auth, localised_key(auth, user.auth_key, engine_id), priv)
