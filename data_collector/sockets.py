"""How many addresses can be in flight before the system runs out of file descriptors."""

import resource
from contextlib import suppress
from typing import Final

_SPARE: Final = 64
SOCKETS_EACH: Final = 2
"""Of one visit at worst: HTTP and IPP are tried at once, and SNMP before them; a library without one socket for all
has one for the version that is just tried."""
SLOW_FACTOR: Final = 2
"""As many visits again may be under way that are slow, and gave their places away."""
_WANTED_MAX: Final = 65_536


def room_for(concurrency: int) -> int:
    """The concurrency that fits, after asking the system for more room; at least 1."""
    each = SOCKETS_EACH * SLOW_FACTOR
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(_WANTED_MAX, concurrency * each + _SPARE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            soft = allowed
    if soft == resource.RLIM_INFINITY:
        return concurrency
    return max(1, min(concurrency, (soft - _SPARE) // each))
