"""UDP datagrams for many local addresses through one socket, many at a time where the system can.

IP_PKTINFO tells which address was dialled, and makes the reply leave from it. `BatchSocket` uses Linux' recvmmsg and
sendmmsg; `PlainSocket` does the same one by one. Both keep the promise of `DatagramSocket`.
"""

import ctypes
import errno
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

DATAGRAM_BYTES_MAX: Final = 8192
BATCH_MAX: Final = 32
IP_PKTINFO: Final = 8
"""Linux' number; Python names it only from 3.14 on."""

_TRUNCATED: Final = int(socket.MSG_TRUNC)
_DO_NOT_WAIT: Final = int(socket.MSG_DONTWAIT)
"""Plain numbers: an operation on Python's flags costs a microsecond, and there is one for each datagram."""

Answer = Callable[[bytes, int], bytes | None]
"""From a datagram and the dialled address (as a number, 127.0.0.1 is 0x7F000001) to a reply, or None for silence."""


Peer = tuple[str, int]
"""IPv4 address and port of whoever asked."""


class Exchanged(NamedTuple):
    """What one exchange did, in datagrams. dropped: too long to read, or a reply that could not be sent."""

    received: int
    replied: int
    dropped: int


class DatagramSocket(Protocol):
    """Whatever waits, answered from the address that was dialled."""

    def exchange(self, answer: Answer) -> Exchanged:
        """Take up to BATCH_MAX waiting datagrams, answer each, send the replies. Never waits, never raises OSError.

        Fewer than BATCH_MAX received: nothing else waits.
        """

    def peer_of(self, datagram: bytes, dialled: int) -> "Peer":
        """Who sent a datagram that is being answered just now. Costs nothing where it is not asked."""


def datagram_socket(owned: socket.socket) -> DatagramSocket:
    """The fastest exchange this system has for a bound, non-blocking UDP socket; sets IP_PKTINFO on it."""
    owned.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    calls = _batch_calls()
    return PlainSocket(owned) if calls is None else BatchSocket(owned, *calls)


class PlainSocket:
    """One system call for each datagram and for each reply."""

    _PKTINFO: Final = struct.Struct("=I4s4s")

    def __init__(self, owned: socket.socket) -> None:
        self._socket = owned
        self._control_size = socket.CMSG_SPACE(self._PKTINFO.size)
        self._peer: Peer = ("", 0)

    def peer_of(self, datagram: bytes, dialled: int) -> Peer:
        return self._peer

    def exchange(self, answer: Answer) -> Exchanged:
        received = replied = dropped = 0
        while received < BATCH_MAX:
            try:
                datagram, control, flags, peer = self._socket.recvmsg(DATAGRAM_BYTES_MAX, self._control_size)
            except OSError:
                break
            received += 1
            self._peer = peer
            _, local, dialled = self._PKTINFO.unpack(control[0][2])
            if flags & _TRUNCATED:
                dropped += 1
                continue
            reply = answer(datagram, int.from_bytes(dialled, "big"))
            if reply is None:
                continue
            pktinfo = self._PKTINFO.pack(0, local, b"\0\0\0\0")
            try:
                self._socket.sendmsg([reply], [(socket.IPPROTO_IP, IP_PKTINFO, pktinfo)], 0, peer)
                replied += 1
            except OSError:
                dropped += 1
        return Exchanged(received, replied, dropped)


class _IoVector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


class _MessageHeader(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_size", ctypes.c_uint),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """struct mmsghdr."""

    _fields_ = (("header", _MessageHeader), ("size", ctypes.c_uint))


Call = Callable[[int, ctypes.Array[_Message], int, int, None], int]
SendCall = Callable[[int, ctypes.c_void_p, int, int], int]

_NAME_BYTES: Final = 16  # struct sockaddr_in
_CONTROL_BYTES: Final = 64
_PKTINFO_AT: Final = ctypes.sizeof(ctypes.c_size_t) + 8  # behind struct cmsghdr: size_t and two ints
_CMSG_BYTES: Final = _PKTINFO_AT + 12
_MESSAGE_BYTES: Final = ctypes.sizeof(_Message)


def _batch_calls() -> tuple[Call, SendCall] | None:
    """recvmmsg and sendmmsg of the C library, or None where it has none that we know the structures of."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "recvmmsg") or not hasattr(library, "sendmmsg"):
        return None
    library.sendmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
    return library.recvmmsg, library.sendmmsg


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the parts of one message lie.

    start: in inbox and outbox. flags, size: in the words of the incoming messages. interface, dialled: in the control
    block (struct in_pktinfo: interface, local address, dialled address). reply_size: in the outgoing vectors.
    outgoing: the message that sends what is in the outbox to where the datagram came from.
    """

    start: int
    flags: int
    size: int
    interface: int
    dialled: int
    reply_size: int
    outgoing: bytes


class BatchSocket:
    """One system call for up to BATCH_MAX datagrams, and one for their replies.

    All memory that the kernel sees is allocated once; message i owns the i-th part of each block. A reply reuses the
    peer's address and the control message of its request, in place.
    """

    def __init__(self, owned: socket.socket, receive: Call, send: SendCall) -> None:
        self._number: Final = owned.fileno()
        self._receive: Final = receive
        self._send: Final = send
        self._inbox: Final = bytearray(BATCH_MAX * DATAGRAM_BYTES_MAX)
        self._outbox: Final = bytearray(BATCH_MAX * DATAGRAM_BYTES_MAX)
        self._names: Final = bytearray(BATCH_MAX * _NAME_BYTES)
        self._control: Final = bytearray(BATCH_MAX * _CONTROL_BYTES)
        self._vectors_in: Final = self._vectors(self._inbox)
        self._vectors_out: Final = self._vectors(self._outbox)
        self._incoming: Final = self._messages(self._vectors_in, _CONTROL_BYTES)
        self._outgoing: Final = self._messages(self._vectors_out, _CMSG_BYTES)
        self._incoming_blank: Final = bytes(self._incoming)
        self._incoming_octets: Final = memoryview(self._incoming).cast("B")
        self._incoming_words: Final = self._incoming_octets.cast("I")
        self._outgoing_octets: Final = memoryview(self._outgoing).cast("B")
        self._inbox_octets: Final = memoryview(self._inbox)
        self._reply_sizes: Final = memoryview(self._vectors_out).cast("B").cast("L")
        self._places: Final = tuple(self._place(number) for number in range(BATCH_MAX))

    def exchange(self, answer: Answer) -> Exchanged:
        self._incoming_octets[:] = self._incoming_blank
        received = self._receive(self._number, self._incoming, BATCH_MAX, _DO_NOT_WAIT, None)
        if received <= 0:
            return Exchanged(0, 0, 0)
        waiting = dropped = 0
        words, inbox, control = self._incoming_words, self._inbox_octets, self._control
        for place in self._places[:received]:
            if words[place.flags] & _TRUNCATED:
                dropped += 1
                continue
            datagram = bytes(inbox[place.start : place.start + words[place.size]])
            reply = answer(datagram, int.from_bytes(control[place.dialled : place.dialled + 4], "big"))
            if reply is None:
                continue
            size = len(reply)
            if size > DATAGRAM_BYTES_MAX:
                dropped += 1
                continue
            control[place.interface : place.interface + 4] = _ANY_INTERFACE
            self._outbox[place.start : place.start + size] = reply
            self._reply_sizes[place.reply_size] = size
            at = waiting * _MESSAGE_BYTES
            self._outgoing_octets[at : at + _MESSAGE_BYTES] = place.outgoing
            waiting += 1
        replied = self._post(waiting)
        return Exchanged(received, replied, dropped + waiting - replied)

    def peer_of(self, datagram: bytes, dialled: int) -> Peer:
        """Found by looking for the datagram in the batch: equal ones to one address may be taken for each other."""
        at_dialled = dialled.to_bytes(4, "big")
        for number in range(BATCH_MAX):
            pktinfo, start = number * _CONTROL_BYTES + _PKTINFO_AT, number * DATAGRAM_BYTES_MAX
            if self._control[pktinfo + 8 : pktinfo + 12] != at_dialled:
                continue
            if self._incoming[number].size == len(datagram) and self._inbox.startswith(datagram, start):
                port, octets = struct.unpack_from(">xxH4s", self._names, number * _NAME_BYTES)
                return socket.inet_ntoa(octets), port
        raise LookupError("the datagram is not of this batch")

    def _place(self, number: int) -> "_Place":
        message, pktinfo = number * _MESSAGE_BYTES, number * _CONTROL_BYTES + _PKTINFO_AT
        return _Place(
            start=number * DATAGRAM_BYTES_MAX,
            flags=(message + _MessageHeader.flags.offset) // 4,
            size=(message + _Message.size.offset) // 4,
            interface=pktinfo,
            dialled=pktinfo + 8,
            reply_size=number * 2 + 1,
            outgoing=bytes(self._outgoing_octets[message : message + _MESSAGE_BYTES]),
        )

    def _post(self, count: int) -> int:
        """Send the first `count` outgoing messages; one that fails is skipped, and a full buffer ends it."""
        at = replied = 0
        base = ctypes.addressof(self._outgoing)
        while at < count:
            sent = self._send(self._number, ctypes.c_void_p(base + at * _MESSAGE_BYTES), count - at, _DO_NOT_WAIT)
            if sent > 0:
                at += sent
                replied += sent
            elif ctypes.get_errno() in (errno.EAGAIN, errno.ENOBUFS):
                break
            else:
                at += 1
        return replied

    def _vectors(self, block: bytearray) -> "ctypes.Array[_IoVector]":
        base = _address(block)
        vectors = (_IoVector * BATCH_MAX)()
        for place in range(BATCH_MAX):
            vectors[place].base = base + place * DATAGRAM_BYTES_MAX
            vectors[place].size = DATAGRAM_BYTES_MAX
        return vectors

    def _messages(self, vectors: "ctypes.Array[_IoVector]", control_size: int) -> "ctypes.Array[_Message]":
        names, control = _address(self._names), _address(self._control)
        messages = (_Message * BATCH_MAX)()
        for place in range(BATCH_MAX):
            header = messages[place].header
            header.name, header.name_size = names + place * _NAME_BYTES, _NAME_BYTES
            header.vectors = ctypes.addressof(vectors) + place * ctypes.sizeof(_IoVector)
            header.vector_count = 1
            header.control, header.control_size = control + place * _CONTROL_BYTES, control_size
        return messages


_ANY_INTERFACE: Final = bytes(4)


def _address(block: bytearray) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(block))
