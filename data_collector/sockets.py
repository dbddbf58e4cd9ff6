"""How many addresses can be in flight before the system runs out of file descriptors."""

import resource
from contextlib import suppress
from typing import Final

_SPARE: Final = 64
_WANTED_MAX: Final = 65_536


def room_for(concurrency: int, communities: int) -> int:
    """The concurrency that fits, after asking the system for more room; at least 1.

    An address takes at worst one socket for each community in each version, and two for HTTP and IPP.
    """
    each = 2 * communities + 2
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
