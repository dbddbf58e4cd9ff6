"""The trap receiver: a port that listens to known printers, and to nobody else.

1. A datagram from an address where no printer was read is dropped before it is decoded.
2. A printer that floods costs a look at each datagram, READ_AT_ONCE_MAX of them at a time, and one reading a minute.
3. v3 is taken from users of the profiles only, signed as they are. An inform of version 3 would need an engine of our
   own and is not answered; the printer tells it again as long as it likes.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from data_collector.core.trap import PRINTER_ALERT, AlertGate, Trap, answer, read_trap, read_trap_pdu
from data_collector.snmp.users import UsmUser
from data_collector.snmp.usm import Keyring
from data_collector.toml_table import ConfigError
from snmp_format.ber import DecodeError
from snmp_format.v3_message import AUTH, PRIV, is_version_3, read_message
from snmp_format.v3_seal import is_signed_by, opened

DATAGRAM_BYTES_MAX = 8192
READ_AT_ONCE_MAX = 64
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class TrapCounters:
    """Since the start. strange: from addresses of no known printer; unread: no notification, or of an unknown user."""

    alerts: int = 0
    others: int = 0
    strange: int = 0
    unread: int = 0


class TrapReceiver:
    """Listens on one port; known alerts go into the gate. Made inside the running event loop."""

    def __init__(
        self,
        listen: tuple[str, int],
        users: Sequence[UsmUser],
        known: Callable[[str], bool],
        now_s: Callable[[], float],
        gate: AlertGate,
    ) -> None:
        """Raises ConfigError when the port cannot be had."""
        self._users = {user.name.encode(): user for user in users}
        self._known, self._now_s, self._gate = known, now_s, gate
        self._keyring = Keyring()
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
        trap = None
        if len(datagram) <= DATAGRAM_BYTES_MAX:
            with suppress(DecodeError):
                trap = self._opened(datagram) if is_version_3(datagram) else read_trap(datagram)
        if trap is None:
            self.counters.unread += 1
            return
        reply = answer(datagram, trap)
        if reply is not None:
            with suppress(OSError):
                self._socket.sendto(reply, peer)
        if trap.kind != PRINTER_ALERT:
            self.counters.others += 1
            return
        self.counters.alerts += 1
        self._gate.note(peer[0], self._now_s())
        self.called.set()

    def _opened(self, datagram: bytes) -> Trap | None:
        message = read_message(datagram)
        user = self._users.get(message.user_name)
        if user is None:
            return None
        keys = self._keyring.keys(user, message.engine_id)
        level = 0 if keys is None else AUTH | PRIV if keys.hides else AUTH
        if message.flags & 3 != level or (keys is not None and not is_signed_by(datagram, message, keys)):
            return None
        scoped = opened(message, keys).pdu
        return Trap(kind=read_trap_pdu(scoped, 0, len(scoped)).kind)
