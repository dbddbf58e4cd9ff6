"""ICMP echo, where the system allows it: one socket for all addresses.

A datagram socket needs the group in net.ipv4.ping_group_range, a raw one needs privileges; with neither the scan
goes on without. An answer proves life; silence proves nothing, because many networks drop ICMP.
"""

import asyncio
import secrets
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

_ECHO_REQUEST: Final = 8
_ECHO_REPLY: Final = 0
_IDENTIFIER: Final = 0x1A4B
_RECEIVED_MAX: Final = 512


def checksum(octets: bytes) -> int:
    """The Internet checksum of an even number of octets. Source: RFC 1071."""
    total: int = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Echo:
    """Pings addresses. `allowed` is False where the system permits no ICMP socket; then nothing is sent."""

    def __init__(self) -> None:
        self._token = secrets.token_bytes(8)
        self._sum = ~checksum(struct.pack("!BBHHH", _ECHO_REQUEST, 0, 0, _IDENTIFIER, 0) + self._token) & 0xFFFF
        self._waiting: dict[tuple[str, int], asyncio.Future[bool]] = {}
        self._heard: dict[str, Callable[[], None]] = {}
        self._sequence = secrets.randbelow(0x10000)
        self._socket: socket.socket | None = None
        self._raw = False

    @property
    def allowed(self) -> bool:
        """Whether echo requests can be sent at all."""
        return self._socket is not None

    async def __aenter__(self) -> Self:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
            with suppress(PermissionError, OSError):
                self._socket = socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP)
                self._socket.setblocking(False)
                self._raw = kind == socket.SOCK_RAW
                asyncio.get_running_loop().add_reader(self._socket.fileno(), self._receive)
                break
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    async def ping(self, address: str, timeout_s: float) -> bool:
        """Whether the address answered in time. False too where ICMP is not allowed."""
        if self._socket is None:
            return False
        self._sequence = (self._sequence + 1) & 0xFFFF
        key = address, self._sequence
        answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[key] = answered
        try:
            self._socket.sendto(self._request(self._sequence), (address, 0))
            async with asyncio.timeout(timeout_s):
                return await answered
        except OSError:  # TimeoutError is one; so are a full buffer and no route
            return False
        finally:
            self._waiting.pop(key, None)

    def listen(self, address: str, heard: Callable[[], None]) -> None:
        """Ping an address once, and call `heard` should it answer before `unlisten`. For sweeps: no timer, no task."""
        if self._socket is None:
            return
        self._heard[address] = heard
        self._sequence = (self._sequence + 1) & 0xFFFF
        with suppress(OSError):  # a full buffer, or no route: silence, which proves nothing
            self._socket.sendto(self._request(self._sequence), (address, 0))

    def unlisten(self, address: str) -> None:
        """Nobody wants to know any more."""
        self._heard.pop(address, None)

    def _request(self, sequence: int) -> bytes:
        # The sum of all but the sequence is always the same, and ones' complement sums add up.
        total = self._sum + sequence
        sum_of_all = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
        return struct.pack("!BBHHH", _ECHO_REQUEST, 0, sum_of_all, _IDENTIFIER, sequence) + self._token

    def _receive(self) -> None:
        while self._socket is not None:
            try:
                packet, source = self._socket.recvfrom(_RECEIVED_MAX)
            except OSError:
                return
            if self._raw and packet:
                packet = packet[(packet[0] & 0x0F) * 4 :]
            if len(packet) < 16 or packet[0] != _ECHO_REPLY or packet[8:16] != self._token:
                continue
            heard = self._heard.pop(source[0], None)
            if heard is not None:
                heard()
            waiting = self._waiting.get((source[0], int.from_bytes(packet[6:8], "big")))
            if waiting is not None and not waiting.done():
                waiting.set_result(True)
