"""Slowing down guesses without letting strangers lock people out.

1. Failures are counted per (account, address) and per address, in a sliding window.
2. Too many from one address for one account: that pair waits. Too many from one address: the address waits.
3. An account as a whole waits only after many failures from everywhere, and never for an address from
   which it was logged in to before.
4. A success clears the pair's count.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

TRACKED_MAX: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottlePolicy:
    """Failures allowed within window_s."""

    window_s: float = 900.0
    pair_max: int = 5
    address_max: int = 30
    account_max: int = 100


@dataclass(slots=True)
class _Failures:
    at_s: deque[float] = field(default_factory=deque)

    def count(self, since_s: float) -> int:
        while self.at_s and self.at_s[0] <= since_s:
            self.at_s.popleft()
        return len(self.at_s)


class Throttle:
    """Remembers failed tries. now_s: monotonic seconds."""

    def __init__(self, policy: ThrottlePolicy | None = None) -> None:
        self._policy = policy or ThrottlePolicy()
        self._failures: dict[tuple[str, ...], _Failures] = {}
        self._trusted: dict[tuple[str, str], None] = {}

    def wait_s(self, account: str, address: str, now_s: float) -> int:
        """Seconds to wait before the next try is looked at; 0: go on. account "" counts by address only."""
        policy = self._policy
        waits = [self._wait(("address", address), policy.address_max, now_s)]
        if account:
            waits.append(self._wait(("pair", account, address), policy.pair_max, now_s))
            if (account, address) not in self._trusted:
                waits.append(self._wait(("account", account), policy.account_max, now_s))
        return max(waits)

    def failed(self, account: str, address: str, now_s: float) -> None:
        """A try was wrong."""
        keys: list[tuple[str, ...]] = [("address", address)]
        if account:
            keys += [("pair", account, address), ("account", account)]
        if len(self._failures) > TRACKED_MAX:
            self._forget_old(now_s)
        for key in keys:
            kept = self._failures.setdefault(key, _Failures())
            kept.at_s.append(now_s)
            if len(kept.at_s) > self._policy.account_max:
                kept.at_s.popleft()

    def succeeded(self, account: str, address: str) -> None:
        """A try was right: this address is known for the account."""
        self._failures.pop(("pair", account, address), None)
        if len(self._trusted) > TRACKED_MAX:
            self._trusted.clear()
        self._trusted[(account, address)] = None

    def _wait(self, key: tuple[str, ...], allowed: int, now_s: float) -> int:
        kept = self._failures.get(key)
        if kept is None or kept.count(now_s - self._policy.window_s) < allowed:
            return 0
        return max(1, int(kept.at_s[-allowed] + self._policy.window_s - now_s) + 1)

    def _forget_old(self, now_s: float) -> None:
        since_s = now_s - self._policy.window_s
        kept = {key: failures for key, failures in self._failures.items() if failures.count(since_s)}
        self._failures = kept if len(kept) <= TRACKED_MAX else {}
