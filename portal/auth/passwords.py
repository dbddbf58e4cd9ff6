"""Passwords: argon2id in a small pool of threads, so that logins never hold up ingest."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from portal.config import PasswordCost
from portal.errors import ConfigError

THREADS: Final = 2
LENGTH_MIN: Final = 12
LENGTH_MAX: Final = 256


def check_password(password: str) -> None:
    """Raises ConfigError, with what to do, for a password that will not be accepted."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise ConfigError(f"a password has {LENGTH_MIN} to {LENGTH_MAX} characters, this one has {len(password)}")


class Passwords:
    """Hashes and verifies passwords."""

    def __init__(self, cost: PasswordCost) -> None:
        self._hasher = PasswordHasher(
            time_cost=cost.time, memory_cost=cost.memory_kib, parallelism=cost.lanes, type=Type.ID
        )
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """The hash to store, with its parameters."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether this is the password. stored None (no such account) takes as long and is False."""
        if len(password) > LENGTH_MAX:
            return False
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._verify, stored, password)

    def outdated(self, stored: str) -> bool:
        """Whether a stored hash should be made anew with today's parameters."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Give the threads back."""
        self._pool.shutdown(wait=True)

    def _verify(self, stored: str | None, password: str) -> bool:
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None
