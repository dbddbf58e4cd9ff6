"""gufo_snmp behind the port: the default, a Rust core with a connected socket for each session.

What the library does not do is done here or by the walk guard: it sends nothing twice, waits anew after every
stray datagram, hides the error-status, and lets a table go round in circles. Its receive buffer is 4 kB, so the
8 kB limit holds by itself.
"""

import asyncio
import ipaddress
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from time import monotonic
from typing import Final, TypeVar

from gufo.snmp import NoSuchInstance, SnmpVersion
from gufo.snmp import SnmpError as GufoError
from gufo.snmp.aio import SnmpSession as GufoAgent
from gufo.snmp.policer import BasePolicer

from data_collector.core.bundles import Answered
from data_collector.core.evidence import Oid, SnmpValue, Varbind, dotted, oid
from data_collector.snmp.port import (
    NO_V3,
    Agent,
    NotAllowedError,
    RefusedError,
    Row,
    SilentError,
    SnmpSession,
    UnreadableError,
    Version,
    cannot_connect,
)

_VERSIONS: Final = {Version.V1: SnmpVersion.v1, Version.V2C: SnmpVersion.v2c}
_REFUSED_WITHIN: Final = 0.5
_RUST_PANIC_MODULE: Final = "pyo3_runtime"
"""The library panics on some cut-off answers, and a panic is a BaseException that would end the whole scan."""
_Answer = TypeVar("_Answer")


class _RequestCounter(BasePolicer):
    """Counts the requests that a session sends: the library asks its policer before each of them."""

    def __init__(self) -> None:
        self.sent = 0

    def get_timeout(self, ts: int) -> int | None:
        self.sent += 1
        return None


class GufoSession:
    """One connected socket to one agent."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._counter = _RequestCounter()
        self._library: GufoAgent | None = None
        self._closed = False

    @property
    def refused(self) -> bool | None:
        """See SnmpSession.refused: not told."""
        return None

    async def get(self, oids: Sequence[Oid]) -> tuple[Varbind, ...]:
        """See SnmpSession.get."""
        library = self._open()
        names = [dotted(one) for one in oids]
        try:
            answered = await self._attempt(lambda: library.get_many(names))
        except NoSuchInstance:
            return ()
        found = ((oid(name), _value(value)) for name, value in answered.items())
        return tuple((identifier, value) for identifier, value in found if value is not None)

    async def walk(self, root: Oid, repetitions: int) -> AsyncGenerator[Row, None]:
        """See SnmpSession.walk."""
        library = self._open()
        if repetitions > 1 and self._agent.version is not Version.V1:
            rows = library.getbulk(dotted(root), repetitions)
        else:
            rows = library.getnext(dotted(root))
        while True:
            try:
                name, value = await self._attempt(rows.__anext__)
            except (StopAsyncIteration, NoSuchInstance):
                return
            yield Row(self._counter.sent, oid(name), _value(value))

    async def bulk(self, singles: Sequence[Oid], columns: Sequence[Oid], repetitions: int) -> Sequence[Answered] | None:
        """See SnmpSession.bulk: not with this library."""
        return None

    def close(self) -> None:
        """See SnmpSession.close."""
        self._closed = True
        self._library = None  # the library closes the socket with its last reference

    def _open(self) -> GufoAgent:
        if self._closed:
            raise SilentError("the session is closed")
        if self._library is None:
            agent = self._agent
            try:
                self._library = GufoAgent(
                    agent.address,
                    agent.port,
                    community=agent.community,
                    version=_VERSIONS[agent.version],
                    timeout=agent.timeout_s,
                    policer=self._counter,
                )
            except OSError as error:
                raise cannot_connect(error) from error
        return self._library

    async def _attempt(self, ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """One answer. The library remembers where a walk stands, so asking again continues it."""
        for _ in range(self._agent.attempts):
            began_s = monotonic()
            try:
                async with asyncio.timeout(self._agent.timeout_s):
                    return await ask()
            except TimeoutError:
                # The library reports "connection refused" as a timeout that took no time.
                if monotonic() - began_s < self._agent.timeout_s * _REFUSED_WITHIN:
                    raise RefusedError("port closed") from None
            except GufoError as error:
                raise UnreadableError("not an SNMP answer") from error
            except OSError as error:
                raise cannot_connect(error) from error
            except BaseException as error:
                if type(error).__module__ != _RUST_PANIC_MODULE:
                    raise
                self._library = None  # what a panic leaves behind is not trusted: the next request connects anew
                raise UnreadableError("an answer that broke the decoder") from None
        raise SilentError("no answer")


def _value(value: str | bytes | int | float | None) -> SnmpValue | None:
    match value:
        case None | bytes() | int():
            return value
        case str():
            return _object_or_address(value)
        case _:
            return None  # Opaque floats: no object of a printer that is read here has one


def _object_or_address(text: str) -> Oid | bytes:
    """The library writes IpAddress and OBJECT IDENTIFIER alike; four numbers outside iso.org are an address."""
    numbers = oid(text)
    if len(numbers) == 4 and numbers[:2] != (1, 3):
        return ipaddress.IPv4Address(text).packed
    return numbers


class Gufo:
    """The library; holds nothing between sessions."""

    def open(self, agent: Agent) -> SnmpSession:
        """See SnmpLibrary.open. Communities only: SNMPv3 is the native library's."""
        if agent.version is Version.V3:
            raise NotAllowedError(NO_V3)
        return GufoSession(agent)
