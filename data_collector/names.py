"""Host names of targets, asked of the system's resolver."""

import asyncio
import socket
from collections.abc import Mapping, Sequence


async def resolve(names: Sequence[str]) -> tuple[Mapping[str, Sequence[str]], list[str]]:
    """The IPv4 addresses of each name, and a sentence for every name that has none."""
    loop = asyncio.get_running_loop()
    resolved: dict[str, Sequence[str]] = {}
    notes: list[str] = []
    for name in names:
        try:
            found = await loop.getaddrinfo(name, None, family=socket.AF_INET, type=socket.SOCK_DGRAM)
        except OSError:
            notes.append(f'the host name "{name}" has no address: check its spelling, or name the address')
            found = []
        resolved[name] = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    return resolved, notes
