"""Chance as a value: bytes come in from outside, numbers and names are made of them here."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Randomness = Callable[[int], bytes]
"""Gives that many random bytes: os.urandom, or random.Random(seed).randbytes in a test or a simulation."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def fraction(randomness: Randomness) -> float:
    """A number from 0 (included) to 1 (excluded), evenly spread."""
    return (int.from_bytes(randomness(7), "big") >> 3) / 2**53


def spread(name: str) -> float:
    """A fixed number from 0 to 1 for a name, evenly spread over names: the same after every restart."""
    return (int.from_bytes(hashlib.sha256(name.encode("utf-8")).digest()[:7], "big") >> 3) / 2**53


def uuid7(at: datetime, randomness: Randomness) -> str:
    """A UUIDv7 in lower case. at: aware UTC. Source: RFC 9562, 5.7."""
    milliseconds = max(0, (at - _EPOCH) // timedelta(milliseconds=1)) & (2**48 - 1)
    chance = int.from_bytes(randomness(10), "big")
    number = milliseconds << 80 | 0x7 << 76 | (chance >> 62 & 0xFFF) << 64 | 0b10 << 62 | chance & (2**62 - 1)
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_stream(randomness: Randomness) -> str:
    """A fresh stream name: 128 random bits as 32 hex digits."""
    return randomness(16).hex()
