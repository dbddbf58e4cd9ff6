"""Our own SNMP client behind the port: one socket for all devices, versions 1, 2c and 3.

The library remembers between sessions what costs time to find out: the names it has met, keys of v3 users, and the
engine at each address. The socket is opened with the first session of a running event loop and closed with the last.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Final

from data_collector.core.bundles import Answered
from data_collector.core.evidence import Oid, Varbind
from data_collector.snmp.one_socket import RATE, OneSocket, Question
from data_collector.snmp.port import (
    Agent,
    NotAllowedError,
    RefusedError,
    Row,
    SilentError,
    SnmpSession,
    UnreadableError,
    Version,
)
from data_collector.snmp.usm import (
    NOT_IN_TIME,
    UNKNOWN_ENGINE,
    Engines,
    Keyring,
    Report,
    UserSecurity,
    discovery,
    read_discovery,
)
from snmp_format.ber import DecodeError
from snmp_format.manager import ManagerCodec, Response, community_message, request_pdu
from snmp_format.pdu import GET, GET_BULK, GET_NEXT, NO_SUCH_NAME, RESPONSE, VERSION_1, VERSION_2C

_NUMBERS: Final = {Version.V1: VERSION_1, Version.V2C: VERSION_2C}
_REPORTS_MAX: Final = 3
"""An engine may correct its time and its name once each; one that goes on is telling stories."""


class _Waited(Question):
    """A question that a task waits for; sent again while attempts are left."""

    __slots__ = ("_attempts", "_box", "_outcome")

    def __init__(self, box: OneSocket, agent: Agent, number: int, datagram: bytes) -> None:
        super().__init__((agent.address, agent.port), number, datagram, agent.timeout_s)
        self._box, self._attempts = box, agent.attempts
        self._outcome: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()

    async def answer(self) -> bytes:
        """Raises SilentError, RefusedError, UnreadableError."""
        self._attempts -= 1
        self._box.ask(self)
        try:
            datagram = await self._outcome
        finally:
            if not self.done:
                self._box.forget(self)
        if datagram is None:
            raise UnreadableError("an answer of more bytes than are taken")
        return datagram

    def answered(self, datagram: bytes | None) -> bool:
        if not self._outcome.done():
            self._outcome.set_result(datagram)
        return True

    def refused(self, reason: str) -> None:
        if not self._outcome.done():
            self._outcome.set_exception(RefusedError(reason))

    def expired(self) -> None:
        if self._attempts > 0 and not self._outcome.done():
            self._attempts -= 1
            self.done = False
            self._box.ask(self)
        elif not self._outcome.done():
            self._outcome.set_exception(SilentError("no answer"))


class NativeSession:
    """Requests to one agent."""

    def __init__(self, library: "Native", agent: Agent) -> None:
        self._library, self._agent = library, agent
        self._box: OneSocket | None = None
        self._closed = False
        self._refused = False
        self._user: UserSecurity | None = None

    @property
    def refused(self) -> bool | None:
        """See SnmpSession.refused."""
        return self._refused

    async def get(self, oids: Sequence[Oid]) -> tuple[Varbind, ...]:
        """See SnmpSession.get."""
        wanted = list(oids)
        while wanted:
            response = await self._ask(GET, wanted, 0)
            self._refused = bool(response.status)
            if not response.status:
                if len(response.bindings) > len(wanted):
                    raise UnreadableError("more objects in an answer than were asked for")
                return tuple((name, value) for name, value in response.bindings if value is not None)
            place = response.error_index - 1
            if response.status != NO_SUCH_NAME or self._agent.version is not Version.V1:
                return ()
            if not 0 <= place < len(wanted):
                return ()
            del wanted[place]  # RFC 1157, 4.1.2: the index says which one is missing
        self._refused = False
        return ()

    async def walk(self, root: Oid, repetitions: int) -> AsyncGenerator[Row, None]:
        """See SnmpSession.walk."""
        bulk = repetitions > 1 and self._agent.version is not Version.V1
        here, answer = root, 0
        while True:
            if bulk:
                response = await self._ask(GET_BULK, (here,), repetitions)
            else:
                response = await self._ask(GET_NEXT, (here,), 0)
            answer += 1
            if response.status or not response.bindings:
                return
            for identifier, value in response.bindings:
                if value is None:
                    return  # endOfMibView: nothing follows
                yield Row(answer, identifier, value)
                here = identifier

    async def bulk(self, singles: Sequence[Oid], columns: Sequence[Oid], repetitions: int) -> Sequence[Answered] | None:
        """See SnmpSession.bulk."""
        if self._agent.version is Version.V1:
            return None
        response = await self._ask(GET_BULK, (*singles, *columns), repetitions, len(singles))
        return None if response.status else response.bindings

    def close(self) -> None:
        """See SnmpSession.close."""
        if not self._closed:
            self._closed = True
            if self._box is not None:
                self._library.give_back(self._box)
                self._box = None

    async def _ask(self, kind: int, oids: Sequence[Oid], repetitions: int, singles: int = 0) -> Response:
        if self._closed:
            raise SilentError("the session is closed")
        if self._box is None:
            self._box = self._library.borrow()
        box, codec, agent = self._box, self._library.codec, self._agent
        number = box.number()
        pdu = request_pdu(kind, number, singles, repetitions, codec.bindings(oids))
        if agent.version is Version.V3:
            return await self._ask_as_user(box, codec, pdu, number)
        version = _NUMBERS[agent.version]
        question = _Waited(box, agent, number, community_message(version, agent.community.encode(), pdu))
        datagram = await question.answer()
        try:
            response = codec.read_message(datagram, version)
        except DecodeError as error:
            raise UnreadableError("not an SNMP answer") from error
        if response.kind != RESPONSE or response.request_id != number:
            raise UnreadableError("not an SNMP answer to this question")
        return response

    async def _ask_as_user(self, box: OneSocket, codec: ManagerCodec, pdu: bytes, request_id: int) -> Response:
        agent, library = self._agent, self._library
        told: Report | None = None
        for _ in range(_REPORTS_MAX):
            security = self._user or await self._meet(box)
            number = box.number()
            question = _Waited(box, agent, number, security.sealed(pdu, number, monotonic()))
            try:
                said = security.opened(await question.answer(), codec, monotonic())
            except DecodeError as error:
                raise UnreadableError("not an SNMP answer") from error
            if isinstance(said, Response):
                if said.kind != RESPONSE or said.request_id != request_id:
                    raise UnreadableError("not an SNMP answer to this question")
                return said
            if said is None:
                raise UnreadableError("an answer that is not signed by the device's key for this user")
            told = said
            if said.kind == UNKNOWN_ENGINE:
                library.engines.forget((agent.address, agent.port))
                self._user = None
            elif said.kind != NOT_IN_TIME:
                break
        assert told is not None
        raise NotAllowedError(told.reason)

    async def _meet(self, box: OneSocket) -> UserSecurity:
        """The user at the engine of this address, which is found out first when it is not known."""
        agent, library = self._agent, self._library
        if agent.user is None:
            raise NotAllowedError("SNMPv3 needs a user")
        peer = (agent.address, agent.port)
        engine = library.engines.at(peer)
        if engine is None:
            number = box.number()
            message = read_discovery(await _Waited(box, agent, number, discovery(number)).answer())
            if message is None:
                raise UnreadableError("not an SNMPv3 answer")
            library.engines.learn(peer, message, monotonic())
            engine = library.engines.at(peer)
            assert engine is not None
        self._user = UserSecurity(agent.user, engine, library.keyring.keys(agent.user, engine.engine_id))
        return self._user


class Native:
    """The library. rate: packets a second of all sessions together."""

    def __init__(self, rate: float = RATE) -> None:
        self.codec: Final = ManagerCodec()
        self.keyring: Final = Keyring()
        self.engines: Final = Engines()
        self._rate = rate
        self._box: OneSocket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._borrowed = 0

    def open(self, agent: Agent) -> SnmpSession:
        """See SnmpLibrary.open."""
        return NativeSession(self, agent)

    @contextmanager
    def holding(self) -> Iterator[OneSocket]:
        """Keep the socket open while the block runs."""
        box = self.borrow()
        try:
            yield box
        finally:
            self.give_back(box)

    def borrow(self) -> OneSocket:
        """The socket of this event loop, until `give_back`."""
        loop = asyncio.get_running_loop()
        if self._box is None or self._loop is not loop:
            self._box, self._loop, self._borrowed = OneSocket(self._rate), loop, 0
        self._borrowed += 1
        return self._box

    def give_back(self, box: OneSocket) -> None:
        """Closes the socket when nobody else has it."""
        if box is not self._box:
            return
        self._borrowed -= 1
        if not self._borrowed:
            box.close()
            self._box = None
