"""Printers that announce themselves by DNS-SD: one question to all, and who answers it.

1. The question asks for the three services printers have; it is sent from a port of our own, so that who knows an
   answer sends it to us alone (one-shot query, RFC 6762, 5.1 and 6.7).
2. Nothing in an answer is believed but that it answers this question: the address it came from is the hint. So a device
   can only announce itself, and nothing of its records can hurt.
"""

import struct
from typing import Final

GROUP: Final = "224.0.0.251"
PORT: Final = 5353
SERVICES: Final = ("_ipp._tcp.local", "_pdl-datastream._tcp.local", "_printer._tcp.local")
_HEADER: Final = struct.Struct(">6H")
_PTR, _IN, _UNICAST = 12, 1, 0x8000
_RESPONSE: Final = 0x8000
_LABELS_MAX: Final = 64


def question(number: int) -> bytes:
    """The query. number: 1 to 65,535, what the answers carry."""
    asked = b"".join(_name(service) + struct.pack(">2H", _PTR, _IN | _UNICAST) for service in SERVICES)
    return _HEADER.pack(number, 0, len(SERVICES), 0, 0, 0) + asked


def is_answer(datagram: bytes, number: int) -> bool:
    """Whether a datagram names one of the services in answer to the question of this number."""
    if len(datagram) < _HEADER.size:
        return False
    carried, flags, questions, answers, _authority, _more = _HEADER.unpack_from(datagram)
    if carried != number or not flags & _RESPONSE or not answers or questions > len(SERVICES):
        return False
    at = _HEADER.size
    for _ in range(questions):
        _skipped, at = _read_name(datagram, at)
        at += 4
    name, at = _read_name(datagram, at)
    return name in SERVICES and datagram[at : at + 2] == _PTR.to_bytes(2, "big")


def _name(text: str) -> bytes:
    return b"".join(bytes((len(label),)) + label.encode() for label in text.split(".")) + b"\0"


def _read_name(datagram: bytes, at: int) -> tuple[str, int]:
    """A name and where it ends; "" for what is none. A pointer is followed backwards only, so this ends."""
    labels: list[str] = []
    end = limit = None
    for _ in range(_LABELS_MAX):
        if at >= len(datagram):
            return "", at
        size = datagram[at]
        if size == 0:
            return ".".join(labels).lower(), end if end is not None else at + 1
        if size >= 0xC0:
            if at + 1 >= len(datagram):
                return "", at
            target = (size & 0x3F) << 8 | datagram[at + 1]
            end = at + 2 if end is None else end
            if target >= (at if limit is None else limit):
                return "", end
            at = limit = target
            continue
        labels.append(datagram[at + 1 : at + 1 + size].decode("ascii", "replace"))
        at += 1 + size
    return "", at
