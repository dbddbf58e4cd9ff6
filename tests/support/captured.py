"""Packets on loopback as the kernel saw them, with the kernel's own times. Needs root."""

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

import pytest

_ETH_P_ALL = 3
_SO_TIMESTAMPNS = 35
_OUTGOING = 4


@dataclass(slots=True)
class Capture:
    """What left for the network of devices. times_s: of each packet; protocols: of IP, by packet."""

    times_s: list[float] = field(default_factory=list)
    protocols: list[int] = field(default_factory=list)

    def most_in(self, window_s: float) -> int:
        """The most packets that left within any stretch of so many seconds."""
        times, first, most = sorted(self.times_s), 0, 0
        for last, at_s in enumerate(times):
            while at_s - times[first] > window_s:
                first += 1
            most = max(most, last - first + 1)
        return most


@contextmanager
def captured(to: str) -> Iterator[Capture]:
    """Every packet to a network on loopback while the block runs. Skips the test where that is not allowed."""
    network, capture = IPv4Network(to), Capture()
    try:
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL))
    except PermissionError:
        pytest.skip("SKIPPED LOUDLY: a capture needs root")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    raw.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    raw.bind(("lo", 0))
    raw.settimeout(0.1)
    ended = threading.Event()

    def listen() -> None:
        while not ended.is_set():
            try:
                packet, ancillary, _flags, source = raw.recvmsg(64, 64)
            except TimeoutError:
                continue
            if source[2] == _OUTGOING and len(packet) >= 20 and IPv4Address(packet[16:20]) in network:
                capture.times_s.append(_time_s(ancillary))
                capture.protocols.append(packet[9])

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield capture
    finally:
        ended.set()
        thread.join()
        raw.close()


def _time_s(ancillary: Sequence[tuple[int, int, bytes]]) -> float:
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("ll", content)
            return float(seconds + nanoseconds / 1e9)
    raise AssertionError("the kernel gave no time")
