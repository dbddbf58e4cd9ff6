"""The machine's own IPv4 addresses, asked of the Linux kernel. Source: netdevice(7)."""

import array
import fcntl
import socket
import struct
from typing import Final

from data_collector.core.own_networks import Interface

_SIOCGIFCONF: Final = 0x8912
_SIOCGIFFLAGS: Final = 0x8913
_SIOCGIFNETMASK: Final = 0x891B
_IFF_UP, _IFF_LOOPBACK, _IFF_POINTOPOINT = 0x1, 0x8, 0x10
_IFREQ: Final = struct.Struct("16s16s8x" if struct.calcsize("P") == 8 else "16s16s")
_IFREQS_MAX: Final = 512


def interfaces() -> tuple[Interface, ...]:
    """Every IPv4 address of this machine, in the kernel's order. Raises OSError where the kernel tells none."""
    room = array.array("B", bytes(_IFREQ.size * _IFREQS_MAX))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        told = fcntl.ioctl(asking, _SIOCGIFCONF, struct.pack("iP", len(room), room.buffer_info()[0]))
        length: int = struct.unpack("iP", told)[0]
        return tuple(_interface(asking, name, address) for name, address in _IFREQ.iter_unpack(room.tobytes()[:length]))


def _interface(asking: socket.socket, name: bytes, address: bytes) -> Interface:
    asked = _IFREQ.pack(name, address)
    flags: int = struct.unpack_from("H", fcntl.ioctl(asking, _SIOCGIFFLAGS, asked), 16)[0]
    # With an address in the question the kernel answers for that address, not for the interface's first.
    mask = fcntl.ioctl(asking, _SIOCGIFNETMASK, asked)[20:24]
    return Interface(
        name=name.split(b"\0", 1)[0].decode(errors="replace"),
        address=socket.inet_ntoa(address[4:8]),
        prefix=int.from_bytes(mask, "big").bit_count(),
        up=bool(flags & _IFF_UP),
        loopback=bool(flags & _IFF_LOOPBACK),
        point_to_point=bool(flags & _IFF_POINTOPOINT),
    )
