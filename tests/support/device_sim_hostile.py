"""Malformed SNMP, without end and from a seed: what a fuzzer, a broken manager or an attacker may send.

Two families: well-formed BER that says what no manager should (`odd_values`), and octets that are hardly BER any more
(`broken_ber`), each in v1, v2c and v3, there with good, bad and no secrets.
"""

from collections.abc import Callable, Iterator
from random import Random

from device_sim.core.snmp.usm import User
from snmp_format import ber
from snmp_format.v3_message import AUTH, PRIV, REPORTABLE
from tests.support.device_sim_v3 import Asking

MIB_ROOTS: tuple[ber.Oid, ...] = (
    (1, 3, 6, 1, 2, 1, 1),
    (1, 3, 6, 1, 2, 1, 43),
    (1, 3, 6, 1, 4, 1, 11),
    (1, 3),
    (2, 999),
)
KINDS = (0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0x30)
INTEGERS = (0, 1, -1, 127, 128, 255, 256, 32767, 65535, 2**31 - 1, -(2**31), 2**31, 2**32 - 1, 2**63, -(2**63), 2**70)
TAGS = (
    0x00,
    0x01,
    0x02,
    0x04,
    0x05,
    0x06,
    0x09,
    0x30,
    0x31,
    0x40,
    0x41,
    0x42,
    0x43,
    0x44,
    0x46,
    0x47,
    0x80,
    0x81,
    0x82,
)
ENGINES = (b"", b"\0", b"\x80\0\0\0\1x", b"\xff" * 32, b"\xff" * 33)
NAMES = (b"", b"alice", b"mallory", b"a" * 32, b"a" * 33, b"\0", b"\xff\xfe")
HEADS = (b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x85\1\1\1\1\1", b"\x30\xff", b"\x30\x82\0\0", b"\x1f\x82\x01")


class Hostile:
    """Messages of one seed. engine: the asked printer's name, boots and time, as who attacks it may know them."""

    def __init__(self, seed: int, user: User, engine: tuple[bytes, int, int]) -> None:
        self._dice = Random(seed)
        self._user = user
        self._engine = engine

    def odd_values(self) -> Iterator[bytes]:
        """Good BER, bad sense."""
        while True:
            yield self._community_message() if self._dice.random() < 0.5 else self._v3_message()

    def broken_ber(self) -> Iterator[bytes]:
        """Octets that were a message once, and some that never were."""
        breakers: tuple[Callable[[bytes], bytes], ...] = (
            self._cut, self._flipped, self._flipped, self._swollen, self._relabelled, self._doubled, self._beheaded,
            self._nested, self._noise, lambda good: self.garbage_inside(),
        )  # fmt: skip
        while True:
            good = self._community_message() if self._dice.random() < 0.5 else self._v3_message()
            yield self._dice.choice(breakers)(good)

    def _oid(self) -> bytes:
        dice = self._dice
        arcs = (
            *dice.choice(MIB_ROOTS),
            *(dice.choice((0, 1, 5, 127, 128, 2**32 - 1)) for _ in range(dice.randrange(12))),
        )
        name = ber.oid_name(arcs)
        if dice.random() < 0.1:
            name = dice.choice(
                (b"", b"\x80", b"\x80\x01", b"\xff" * 9, b"\x2b" + b"\x81" * 5 + b"\1", b"\x2b" * 127, name * 20)
            )
        return ber.wrap(ber.OBJECT_IDENTIFIER, name)

    def _value(self) -> bytes:
        dice = self._dice
        if dice.random() < 0.5:
            return ber.NULL
        return ber.wrap(dice.choice(TAGS), dice.randbytes(dice.choice((0, 1, 4, 5, 8, 9, 30))))

    def _pdu(self) -> bytes:
        dice = self._dice
        count = dice.choice((0, 1, 1, 2, 3, 40, 100))
        bindings = b"".join(
            ber.wrap(dice.choice((0x30, 0x30, 0x30, 0x31)), self._oid() + self._value()) for _ in range(count)
        )
        numbers = [ber.integer(dice.choice(INTEGERS)) for _ in range(3)]
        body = b"".join(numbers) + ber.wrap(0x30, bindings)
        return ber.wrap(dice.choice(KINDS[:6] if dice.random() < 0.7 else KINDS), body)

    def _community_message(self) -> bytes:
        dice = self._dice
        version = ber.integer(dice.choice((0, 0, 1, 1, 1, 2, 3, -1, 2**31, 2**40)))
        community = dice.choice((b"public", b"public", b"private", b"", b"\xff", b"x" * 300))
        return ber.wrap(0x30, version + ber.octets(community) + self._pdu())

    def _v3_message(self) -> bytes:
        dice, (engine_id, boots, time_s) = self._dice, self._engine
        flags = dice.choice((0, AUTH, AUTH | PRIV, AUTH | PRIV, PRIV)) | dice.choice((0, REPORTABLE))
        asking = Asking(
            user=self._user,
            engine_id=engine_id,
            boots=boots,
            time_s=time_s,
            pdu=self._pdu(),
            flags=flags if flags & AUTH else flags & ~PRIV,
            message_id=dice.choice((0, 1, 2**31 - 1, -1, 2**31)),
            size_max=dice.choice((484, 1472, 65507, 0, 483, -1, 2**31 - 1, 2**31)),
            salt=dice.randbytes(8),
        )
        match dice.randrange(8):
            case 0:
                asking = asking.but(context_engine_id=dice.choice(ENGINES), context_name=dice.choice(NAMES))
            case 1:
                asking = asking.but(boots=dice.choice((0, 1, 2**31 - 1)), time_s=dice.choice((0, 2**31 - 1)))
            case 2:
                asking = asking.but(engine_id=dice.choice(ENGINES), flags=flags & REPORTABLE)
            case 3:
                stranger = User(name=dice.choice(NAMES), access=self._user.access)
                asking = asking.but(user=stranger, flags=flags & REPORTABLE)
            case 4:
                return asking.datagram().replace(b"\2\1\3\4", b"\2\1" + dice.randbytes(1) + b"\4", 1)
            case _:
                pass
        return asking.datagram()

    def _cut(self, good: bytes) -> bytes:
        return good[: self._dice.randrange(len(good))]

    def _flipped(self, good: bytes) -> bytes:
        octets = bytearray(good)
        for _ in range(self._dice.randrange(1, 6)):
            octets[self._dice.randrange(len(octets))] ^= 1 << self._dice.randrange(8)
        return bytes(octets)

    def _swollen(self, good: bytes) -> bytes:
        """One of the first lengths says something else."""
        octets = bytearray(good)
        octets[self._dice.randrange(1, min(60, len(octets)))] = self._dice.choice(
            (0, 0x7F, 0x80, 0x81, 0x84, 0x89, 0xFF)
        )
        return bytes(octets)

    def _relabelled(self, good: bytes) -> bytes:
        octets = bytearray(good)
        octets[self._dice.randrange(len(octets))] = self._dice.choice(TAGS)
        return bytes(octets)

    def _doubled(self, good: bytes) -> bytes:
        at = self._dice.randrange(len(good))
        return good[:at] + good[: self._dice.randrange(len(good))] + good[at:]

    def _beheaded(self, good: bytes) -> bytes:
        return self._dice.choice(HEADS) + good[self._dice.randrange(1, 4) :]

    def _nested(self, good: bytes) -> bytes:
        inner = good[:50]
        for _ in range(self._dice.choice((10, 200, 800))):
            inner = ber.wrap(0x30, inner)
        return inner

    def _noise(self, good: bytes) -> bytes:
        return self._dice.randbytes(self._dice.choice((0, 1, 2, 5, 60, 1400, 8000)))

    def garbage_inside(self) -> bytes:
        """Signed by a user, but what is hidden in it is no PDU."""
        engine_id, boots, time_s = self._engine
        asking = Asking(user=self._user, engine_id=engine_id, boots=boots, time_s=time_s, pdu=b"")
        return asking.but(pdu=self._dice.randbytes(self._dice.randrange(1, 80))).datagram()
