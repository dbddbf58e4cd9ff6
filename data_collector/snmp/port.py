"""The port to an SNMP library: what the collector needs of one, and no more."""

import enum
import errno
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from data_collector.core.bundles import Answered
from data_collector.core.evidence import Oid, SnmpValue, Varbind
from data_collector.snmp.users import UsmUser


class Version(enum.Enum):
    """SNMP versions. V1 and V2C ask with a community, V3 as a user."""

    V1 = "1"
    V2C = "2c"
    V3 = "3"


COMMUNITY_VERSIONS: Final = (Version.V2C, Version.V1)
"""Best first."""


class SnmpError(Exception):
    """Root of what a conversation with an agent may end in."""


class SilentError(SnmpError):
    """Nothing came back in time: nobody there, another community, or a lost datagram."""


class RefusedError(SilentError):
    """The host itself says that nobody listens on the port; asking again is useless."""


class UnreadableError(SnmpError):
    """Something came back that is no SNMP answer, or one too large to take."""


class NotAllowedError(SnmpError):
    """Somebody is there and says why this user may not ask: the message is the reason, with the remedy."""


NO_V3: Final = "SNMPv3 users are asked by the native library only: choose it, or give a community"


def cannot_connect(error: OSError) -> Exception:
    """What a socket's error means: no way to that host is a RefusedError; no socket left is our own trouble."""
    if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
        return error
    return RefusedError(error.strerror or "cannot be reached")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent as it is spoken to.

    community: of V1 and V2C. user: of V3, which the `native` library alone speaks. timeout_s: real seconds for one
    answer; attempts: how often a request is sent.
    """

    address: str
    port: int
    community: str = field(default="", repr=False)
    user: UsmUser | None = None
    version: Version = Version.V2C
    timeout_s: float = 1.0
    attempts: int = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a walk. answer: counts the responses, so that a guard sees how much one of them brought."""

    answer: int
    identifier: Oid
    value: SnmpValue | None


class SnmpSession(Protocol):
    """Requests to one agent, one after the other.

    Promise: an answer counts only when it comes from the address and port that were asked, carries the request's
    number, and holds at most 8 kB. A stranger's or a late datagram is passed over. Nothing waits longer than
    timeout_s x attempts for one answer. The community is in no message and no log.
    Rows are NOT judged here: order, root and number are the walk guard's.
    OSError is raised only when the system has no socket left.

    refused: whether the last GET was refused as a whole, by an error-status; None where the library does not tell.
    """

    @property
    def refused(self) -> bool | None:
        """See above."""

    async def get(self, oids: Sequence[Oid]) -> tuple[Varbind, ...]:
        """One GET. What the agent does not have is absent; an error-status gives nothing at all.

        A library may leave out the one object that an agent of version 1 names as missing, and ask for the rest.
        Raises SilentError, RefusedError, UnreadableError, in version 3 NotAllowedError.
        """

    def walk(self, root: Oid, repetitions: int) -> AsyncGenerator[Row, None]:
        """Rows as they come, by GETBULK of `repetitions`, by GETNEXT when it is 1 or the version is V1.

        Ends with the agent's view or the subtree, or never: the caller stops it and closes the generator.
        Raises what `get` does.
        """

    async def bulk(self, singles: Sequence[Oid], columns: Sequence[Oid], repetitions: int) -> Sequence[Answered] | None:
        """One GETBULK: the object after each of `singles` once, that after each of `columns` up to `repetitions` times.

        The answer as it came: first the singles, then row by row; the agent may cut it. None: the agent refused it, or
        it cannot be asked (version 1, or a library that has no such request). Raises what `get` does.
        """

    def close(self) -> None:
        """Give the socket back. Idempotent."""


class SnmpLibrary(Protocol):
    """A way to speak SNMP."""

    def open(self, agent: Agent) -> SnmpSession:
        """A session with an agent; it takes a socket with its first request."""
