"""The trap receiver: a port that listens to known printers, and to nobody else.

1. A datagram from an address where no printer was read is dropped before it is decoded.
2. A printer that floods costs a look at each datagram, READ_AT_ONCE_MAX of them at a time, and one reading a minute.
3. v3 is taken from users of the profiles only, signed as they are and no replay; informs of all versions are answered
   (snmp/notified.py).
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from data_collector.core.trap import PRINTER_ALERT, AlertGate, answer, read_trap
from data_collector.snmp.notified import Heard, Notified, OwnEngine
from data_collector.snmp.users import UsmUser
from data_collector.toml_table import ConfigError
from snmp_format.ber import DecodeError
from snmp_format.v3_message import is_version_3

DATAGRAM_BYTES_MAX = 8192
READ_AT_ONCE_MAX = 64
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class TrapCounters:
    """Since the start. strange: from addresses of no known printer; unread: no notification, or of an unknown user.

    late: signed, but of another time: replays, and informs of who does not know our time yet.
    """

    alerts: int = 0
    others: int = 0
    strange: int = 0
    unread: int = 0
    late: int = 0


class TrapReceiver:
    """Listens on one port; known alerts go into the gate. Made inside the running event loop."""

    def __init__(
        self,
        listen: tuple[str, int],
        users: Sequence[UsmUser],
        known: Callable[[str], bool],
        now_s: Callable[[], float],
        gate: AlertGate,
        engine: OwnEngine,
    ) -> None:
        """engine: whom informs of version 3 are for. Raises ConfigError when the port cannot be had."""
        self._known, self._now_s, self._gate = known, now_s, gate
        self._notified = Notified(users, engine)
        self.counters = TrapCounters()
        self.called = asyncio.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.bind(listen)
        except OSError as error:
            self._socket.close()
            raise ConfigError(
                f"traps.listen {listen[0]}:{listen[1]} cannot be had ({error.strerror}): below 1024 the service needs "
                "CAP_NET_BIND_SERVICE, and snmptrapd must not hold the port"
            ) from error
        self.port: int = self._socket.getsockname()[1]
        asyncio.get_running_loop().add_reader(self._socket, self._receive)

    def close(self) -> None:
        """Stop listening. Idempotent."""
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()

    def _receive(self) -> None:
        for _ in range(READ_AT_ONCE_MAX):
            try:
                datagram, peer = self._socket.recvfrom(DATAGRAM_BYTES_MAX + 1)
            except OSError:  # nothing more, or an ICMP error of an answer nobody wanted
                return
            self._take(datagram, peer)

    def _take(self, datagram: bytes, peer: tuple[str, int]) -> None:
        if not self._known(peer[0]):
            self.counters.strange += 1
            return
        heard = Heard()
        if len(datagram) <= DATAGRAM_BYTES_MAX:
            with suppress(DecodeError):
                heard = self._heard(datagram)
        if heard.reply is not None:
            with suppress(OSError):
                self._socket.sendto(heard.reply, peer)
        trap = heard.trap
        if trap is None:
            self.counters.late += heard.late
            self.counters.unread += not heard.late
            return
        if trap.kind != PRINTER_ALERT:
            self.counters.others += 1
            return
        self.counters.alerts += 1
        self._gate.note(peer[0], self._now_s())
        self.called.set()

    def _heard(self, datagram: bytes) -> Heard:
        if is_version_3(datagram):
            return self._notified.hear(datagram, self._now_s())
        trap = read_trap(datagram)
        return Heard(trap, answer(datagram, trap))
