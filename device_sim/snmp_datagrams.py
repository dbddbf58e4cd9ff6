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

        None received: nothing waits.
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
_FLAGS_AT: Final = _MessageHeader.flags.offset
_SIZE_AT: Final = _Message.size.offset
_FLAGS_AND_SIZE: Final = f"{_FLAGS_AT}xI{_SIZE_AT - _FLAGS_AT - 4}xI{_MESSAGE_BYTES - _SIZE_AT - 4}x"
_DIALLED_AND_REST: Final = f"{_PKTINFO_AT + 8}xI{_CONTROL_BYTES - _PKTINFO_AT - 12}x"


def _batch_calls() -> tuple[Call, SendCall] | None:
    """recvmmsg and sendmmsg of the C library, or None where it has none that we know the structures of."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "recvmmsg") or not hasattr(library, "sendmmsg"):
        return None
    library.sendmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
    return library.recvmmsg, library.sendmmsg


class BatchSocket:
    """One system call for up to BATCH_MAX datagrams, and one for their replies.

    1. All memory that the kernel sees is allocated once; message i owns the i-th part of each block.
    2. A reply reuses the peer's address and the control message of its request, in place.
    3. What can be read or written for a whole batch at once is: a look at one number costs Python as much as at 64.
    4. Outgoing message i answers request i as long as every request has a reply; where one has none, the later ones
       move up, and are put back for the next batch.
    """

    _WORDS: Final = tuple(struct.Struct("=" + count * _FLAGS_AND_SIZE) for count in range(BATCH_MAX + 1))
    _DIALLED: Final = tuple(struct.Struct(">" + count * _DIALLED_AND_REST) for count in range(BATCH_MAX + 1))

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
        self._outgoing_straight: Final = bytes(self._outgoing)
        self._incoming_octets: Final = memoryview(self._incoming).cast("B")
        self._outgoing_octets: Final = memoryview(self._outgoing).cast("B")
        self._inbox_octets: Final = memoryview(self._inbox)
        self._outbox_octets: Final = memoryview(self._outbox)
        self._reply_sizes: Final = memoryview(self._vectors_out).cast("B").cast("L")
        self._interfaces: Final = memoryview(self._control).cast("I")[_PKTINFO_AT // 4 :: _CONTROL_BYTES // 4]
        self._starts: Final = tuple(range(0, BATCH_MAX * DATAGRAM_BYTES_MAX, DATAGRAM_BYTES_MAX))

    def exchange(self, answer: Answer) -> Exchanged:
        self._incoming_octets[:] = self._incoming_blank
        received = self._receive(self._number, self._incoming, BATCH_MAX, _DO_NOT_WAIT, None)
        if received <= 0:
            return _NOTHING
        words = self._WORDS[received].unpack_from(self._incoming_octets)
        dialled_at = self._DIALLED[received].unpack_from(self._control)
        inbox, outbox, sizes = self._inbox_octets, self._outbox_octets, self._reply_sizes
        requests = zip(self._starts, words[::2], words[1::2], dialled_at, strict=False)
        answered = []
        dropped = 0
        for place, (start, flags, size, dialled) in enumerate(requests):
            if flags & _TRUNCATED:
                dropped += 1
                continue
            reply = answer(bytes(inbox[start : start + size]), dialled)
            if reply is None:
                continue
            size = len(reply)
            if size > DATAGRAM_BYTES_MAX:
                dropped += 1
                continue
            outbox[start : start + size] = reply
            sizes[2 * place + 1] = size
            answered.append(place)
        self._interfaces[:] = _ANY_INTERFACE
        replied = self._post_those(answered)
        return Exchanged(received, replied, dropped + len(answered) - replied)

    def _post_those(self, answered: list[int]) -> int:
        """Send the replies at these places; how many went out."""
        count = len(answered)
        if not count or answered[-1] == count - 1:
            return self._post(count)
        straight = self._outgoing_straight
        for at, place in enumerate(answered):
            message = straight[place * _MESSAGE_BYTES : (place + 1) * _MESSAGE_BYTES]
            self._outgoing_octets[at * _MESSAGE_BYTES : (at + 1) * _MESSAGE_BYTES] = message
        replied = self._post(count)
        self._outgoing_octets[:] = straight
        return replied

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


_ANY_INTERFACE: Final = memoryview(bytes(4 * BATCH_MAX)).cast("I")
_NOTHING: Final = Exchanged(0, 0, 0)


def _address(block: bytearray) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(block))
