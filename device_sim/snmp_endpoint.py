"""The simulator's SNMP port: one UDP socket for all printers, each asked and answering at its own address.

The socket is drained from the event loop's readiness callback: asyncio's own datagram transport costs four times
as much for each request (docs/performance.md).
"""

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from device_sim.core.errors import ConfigError
from device_sim.core.faulty.unruly import UnrulyView
from device_sim.core.snmp.access import Access
from device_sim.core.snmp.responder import MESSAGE_BYTES_MAX, SnmpResponder
from device_sim.core.snmp.usm import User
from device_sim.core.snmp.v3_agent import TIME_WINDOW_S
from device_sim.core.snmp.view import MibView
from device_sim.snmp_datagrams import DatagramSocket, datagram_socket
from device_sim.snmp_late_replies import LateReplies
from snmp_format.usm import SALT_BYTES

Lookup = Callable[[int], MibView | None]
"""From a dialled IPv4 address (as a number) to the printer there, brought to the present, or None for nobody."""

RECEIVE_BUFFER_BYTES: Final = 8 * 1024 * 1024
BATCHES_PER_WAKE_UP_MAX: Final = 16
SO_RCVBUFFORCE: Final = 33

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class SnmpCounters:
    """What has come and gone since the port was opened, in datagrams.

    silent: not answered on purpose (no printer there, wrong community, broken BER), or in a way of its own by a printer
    that misbehaves. dropped: too long, or the reply
    could not be sent. failed: an error of ours, logged.
    """

    requests: int = 0
    replies: int = 0
    dropped: int = 0
    failed: int = 0

    @property
    def silent(self) -> int:
        return self.requests - self.replies - self.dropped - self.failed


class SnmpEndpoint:
    """An open SNMP port. Answers while the event loop runs, until `close`."""

    def __init__(
        self,
        owned: socket.socket,
        lookup: Lookup,
        responder: SnmpResponder,
        loop: asyncio.AbstractEventLoop,
        before_batch: Callable[[], None],
    ) -> None:
        self._socket = owned
        self._datagrams: DatagramSocket = datagram_socket(owned)
        self._lookup = lookup
        self._receive = responder.receive
        self._loop = loop
        self._before_batch = before_batch
        self._late = LateReplies(owned, loop)
        self.counters = SnmpCounters()
        loop.add_reader(owned, self._drain)

    @classmethod
    def open(
        cls,
        port: int,
        lookup: Lookup,
        communities: Iterable[bytes] | Mapping[bytes, Access] = (b"public",),
        *,
        users: Iterable[User] = (),
        speed: float = 1.0,
        address: str = "0.0.0.0",
        size_max: int = MESSAGE_BYTES_MAX,
        before_batch: Callable[[], None] = lambda: None,
    ) -> "SnmpEndpoint":
        """Listen on a UDP port, 0 for any free one, within the running event loop.

        communities: who may ask in v1 and v2c. users: who may in v3. speed: virtual seconds a real second; a manager's
        idea of an engine's time, which is virtual, may be wrong by so many times TIME_WINDOW_S. address: one IPv4
        address, or all. size_max: of an answer, in octets.
        before_batch: called before datagrams are taken and looked up, such as `Population.mark`.
        Raises ConfigError when the port cannot be had.
        """
        owned = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            owned.bind((address, port))
        except (OSError, OverflowError) as error:
            owned.close()
            raise ConfigError(f"UDP port {port} on {address}", "", _bind_remedy(error)) from error
        _enlarge_receive_buffer(owned)
        responder = SnmpResponder(
            communities,
            size_max,
            users=users,
            salt=int.from_bytes(os.urandom(SALT_BYTES), "big"),
            window_s=TIME_WINDOW_S * max(speed, 1.0),
        )
        return cls(owned, lookup, responder, asyncio.get_running_loop(), before_batch)

    @property
    def port(self) -> int:
        """The UDP port listened on."""
        number: int = self._socket.getsockname()[1]
        return number

    def close(self) -> None:
        """Stop answering and free the port. Idempotent."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._late.close()
            self._socket.close()

    def _drain(self) -> None:
        """Answer until nothing waits.

        While one batch is answered the next comes in, and to find nothing costs a tenth of a turn of the event loop.
        """
        counters = self.counters
        for _ in range(BATCHES_PER_WAKE_UP_MAX):
            self._before_batch()
            received, replied, dropped = self._datagrams.exchange(self._answer)
            counters.requests += received
            counters.replies += replied
            counters.dropped += dropped
            if not received:
                return

    def _answer(self, datagram: bytes, dialled: int) -> bytes | None:
        try:
            view = self._lookup(dialled)
            if view is None:
                return None
            if isinstance(view, UnrulyView):
                deliveries = view.talk(datagram, self._receive)
                if deliveries:
                    self._late.post(deliveries, dialled, self._datagrams.peer_of(datagram, dialled))
                return None
            return self._receive(datagram, view)
        except Exception:
            self.counters.failed += 1
            if self.counters.failed == 1:
                _log.exception("an SNMP request could not be answered; further failures are only counted")
            return None


def let_senders_finish() -> None:
    """Ask the system not to stop whoever sends in order to run this thread at once (SCHED_BATCH, where there is one).

    On a busy processor a burst would else come in datagram by datagram, each with a turn of the event loop of its own.
    A request may wait until the sender's turn is over. For a program that does nothing but answer.
    """
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _enlarge_receive_buffer(owned: socket.socket) -> None:
    """Room for a burst: beyond the system's limit where we may, else up to it."""
    try:
        owned.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
    except OSError:
        owned.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)


def _bind_remedy(error: OSError | OverflowError) -> str:
    match error.errno if isinstance(error, OSError) else None:
        case errno.EADDRINUSE:
            return "is in use by another program; stop that one or choose another port with --snmp-port"
        case errno.EACCES:
            return "may not be opened by this user; choose a port above 1023 with --snmp-port"
        case errno.EADDRNOTAVAIL:
            return "is not an address of this machine; choose one that is, or leave it out to listen on all"
        case _:
            return f"cannot be opened ({error}); choose another port with --snmp-port, from 1 to 65535"
