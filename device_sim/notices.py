"""Traps and informs of a running fleet, each sent from the address of the printer that tells it.

1. Printers tell, and go on: a notification waits in a queue with a limit; what finds it full is dropped and counted.
2. A trap is sent once. An inform is sent again until the manager answers, INFORM_TRIES times at most, and counted as
   acknowledged or lost; so many are under way at once, the others wait.
3. A sink that cannot be reached costs its own notifications and nothing else.
"""

import asyncio
import contextlib
import itertools
import logging
import os
import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from device_sim.core.clockwork import Happening
from device_sim.core.errors import ConfigError
from device_sim.core.events import Acted, AlertRaised, Effect
from device_sim.core.fleet_snmp import Sink
from device_sim.core.mibs.snmp import printer_engine
from device_sim.core.notification import Notification, alert_notification, cold_start
from device_sim.core.snmp.engine import Engine, enterprise_number
from device_sim.core.snmp.message import response_id
from device_sim.core.snmp.usm import KeyCache
from device_sim.core.snmp.v3_inform import Heard, V3Manager
from device_sim.core.state import LivePrinter
from device_sim.notice_messages import v1_trap, v2_pdu, v2c_message
from snmp_format.ber import DecodeError, Oid, parse_dotted
from snmp_format.usm import SALT_BYTES
from snmp_format.v3_message import ScopedPdu
from snmp_format.v3_seal import Seal, seal

WAITING_MAX: Final = 10_000
INFORMS_AT_ONCE_MAX: Final = 64
INFORM_TRIES: Final = 4
INFORM_WAIT_S: Final = 1.5
ANSWER_BYTES_MAX: Final = 8192
_ID_MAX: Final = 2**31 - 1

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class NoticeCounters:
    """Notifications since the start. told: by printers, once for each sink. sent: traps, and informs that were tried.

    acknowledged, lost: how informs ended. dropped: the queue was full. failed: the system would not send it.
    """

    told: int = 0
    sent: int = 0
    acknowledged: int = 0
    lost: int = 0
    dropped: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notice:
    """A notification on its way to one sink, with what is to be known of who tells it."""

    sink: int
    told: Notification
    address: str
    sys_object_id: Oid
    engine: Engine


class NoticeSender:
    """The notification originator of a fleet."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        """Raises ConfigError when a sink's host has no IPv4 address."""
        self._sinks: Final = tuple(sinks)
        self._targets: Final = [_resolved(sink) for sink in sinks]
        self._managers: Final = [None if sink.user is None else V3Manager(sink.user) for sink in sinks]
        self._keys: Final = KeyCache()
        self._salt = int.from_bytes(os.urandom(SALT_BYTES), "big")
        self._ids: Final = itertools.cycle(range(1, _ID_MAX))
        self._waiting: Final[deque[_Notice]] = deque()
        self._wake: Final = asyncio.Event()
        self._informs: Final = asyncio.Semaphore(INFORMS_AT_ONCE_MAX)
        self._under_way: Final[set[asyncio.Task[None]]] = set()
        self.counters: Final = NoticeCounters()

    def hear(self, happening: Happening) -> None:
        """Take what is worth telling of what happened to a printer. Never waits."""
        state = happening.printer.state
        for event in happening.events:
            if isinstance(event, AlertRaised) and event.alert.critical:
                self._take(state, alert_notification(state, event.alert))
            elif isinstance(event, Acted) and event.effect is Effect.BOOTED:
                self._take(state, cold_start(state))

    async def run(self) -> None:
        """Send what comes, until cancelled."""
        while True:
            while self._waiting:
                notice = self._waiting.popleft()
                if self._sinks[notice.sink].inform:
                    await self._informs.acquire()
                    task = asyncio.create_task(self._inform(notice))
                    self._under_way.add(task)
                    task.add_done_callback(self._inform_ended)
                else:
                    self._trap(notice)
                await asyncio.sleep(0)  # building a message takes a millisecond: others have their turn
            self._wake.clear()
            await self._wake.wait()

    async def close(self) -> None:
        """Give up what is under way."""
        for task in tuple(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _take(self, state: LivePrinter, told: Notification) -> None:
        identity, sys_object_id = state.identity, state.profile.sys_object_id
        engine = printer_engine(state, enterprise_number(sys_object_id))
        for place in range(len(self._sinks)):
            self.counters.told += 1
            if len(self._waiting) >= WAITING_MAX:
                self.counters.dropped += 1
                continue
            notice = _Notice(
                sink=place,
                told=told,
                address=identity.address,
                sys_object_id=parse_dotted(sys_object_id),
                engine=engine,
            )
            self._waiting.append(notice)
        self._wake.set()

    def _trap(self, notice: _Notice) -> None:
        try:
            with _socket_at(notice.address) as own:
                own.sendto(self._trap_octets(notice), self._targets[notice.sink])
        except OSError as error:
            self._failed(error)
        else:
            self.counters.sent += 1

    def _trap_octets(self, notice: _Notice) -> bytes:
        sink, number = self._sinks[notice.sink], next(self._ids)
        if sink.version == "v1":
            return v1_trap(notice.told, sink.community, notice.address, notice.sys_object_id)
        if sink.user is None:
            return v2c_message(notice.told, sink.community, number, inform=False)
        engine, user = notice.engine, sink.user
        keys = self._keys.keys(user, engine.engine_id) if user.auth else None
        how = Seal(user.level, engine.engine_id, engine.boots, engine.time_s, user.name, keys)
        pdu = v2_pdu(notice.told, number, inform=False)
        return seal(how, number, self._next_salt(), ScopedPdu(engine.engine_id, b"", pdu))

    async def _inform(self, notice: _Notice) -> None:
        loop, target = asyncio.get_running_loop(), self._targets[notice.sink]
        number = next(self._ids)
        try:
            with _socket_at(notice.address) as own:
                self.counters.sent += 1
                tries = 0
                while tries < INFORM_TRIES:
                    await loop.sock_sendto(own, self._inform_octets(notice, number), target)
                    heard = await self._heard(own, notice, number)
                    if heard is Heard.ACKNOWLEDGED:
                        self.counters.acknowledged += 1
                        return
                    if heard is Heard.REFUSED:
                        break
                    tries += 1
        except OSError as error:
            self._failed(error)
        self.counters.lost += 1

    async def _heard(self, own: socket.socket, notice: _Notice, number: int) -> Heard:
        """What the manager says within INFORM_WAIT_S; NOTHING when he does not."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(INFORM_WAIT_S):
                while True:
                    datagram, peer = await loop.sock_recvfrom(own, ANSWER_BYTES_MAX)
                    if peer[:2] != self._targets[notice.sink]:
                        continue
                    heard = self._understood(datagram, notice, number)
                    if heard is not Heard.NOTHING:
                        return heard
        return Heard.NOTHING

    def _understood(self, datagram: bytes, notice: _Notice, number: int) -> Heard:
        manager = self._managers[notice.sink]
        if manager is not None:
            return manager.receive(datagram, number, time.monotonic())
        try:
            return Heard.ACKNOWLEDGED if response_id(datagram) == number else Heard.NOTHING
        except DecodeError:
            return Heard.NOTHING

    def _inform_octets(self, notice: _Notice, number: int) -> bytes:
        manager = self._managers[notice.sink]
        if manager is None:
            return v2c_message(notice.told, self._sinks[notice.sink].community, number, inform=True)
        pdu = v2_pdu(notice.told, number, inform=True)
        return manager.datagram(pdu, notice.engine.engine_id, number, self._next_salt(), time.monotonic())

    def _inform_ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._informs.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        self.counters.failed += 1
        if self.counters.failed == 1:
            _log.warning("a notification could not be sent (%s); further failures are only counted", error)

    def _next_salt(self) -> bytes:
        self._salt = (self._salt + 1) % 2**64
        return self._salt.to_bytes(SALT_BYTES, "big")


def _socket_at(address: str) -> socket.socket:
    """A UDP socket that sends from a printer's address. Raises OSError."""
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        own.bind((address, 0))
    except OSError:
        own.close()
        raise
    return own


def _resolved(sink: Sink) -> tuple[str, int]:
    try:
        found = socket.getaddrinfo(sink.address, sink.port, socket.AF_INET, socket.SOCK_DGRAM)
    except OSError as error:
        remedy = f"{sink.address} has no IPv4 address ({error}); give one such as 127.0.0.1"
        raise ConfigError(sink.where, "address", remedy) from error
    host, port = found[0][4][:2]
    return str(host), int(port)
