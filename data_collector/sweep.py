"""Stage one of a scan: one cheap question to every address, thousands in flight, and who is worth a visit.

1. The first question is one SNMP object: in the way that worked at this address before, else in the first way there is
   (the v3 users, v2c with each community, version 1 with each).
2. Silence: after a timeout every other way is asked at once, and an ICMP echo beside them; in scans of up to
   SMALL_SCAN_MAX addresses the first way once more too, in larger ones version 1 is that second chance.
3. Who let an echo or "port closed" be heard is alive: it is asked in every way once more, because datagrams get lost
   and printers wake up slowly, and then visited even if SNMP stays silent. So a silent SNMP hides nobody who is alive.
4. In scans of up to SMALL_SCAN_MAX addresses every silent address is visited, as networks may drop ICMP: two TCP
   connects each. In larger ones that would cost more than all the rest; `look` chooses who is (core/second_look.py).
5. An address that was blank in the scan before is asked once and let be, but for each BLANK_TRUST-th time: most
   addresses are blank for ever, and that is where the bytes of a scan go. So it is asked in the fewest there are, for
   whatever comes first in its tree.
6. Of several ways that answer, the first in order is kept.
7. A printer whose last reading is known is asked the short question (core/short_reading.py) at once: it costs no probe.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final

from data_collector.core.evidence import Varbind
from data_collector.core.known_readings import KnownReading
from data_collector.core.reading import FIRST, PROBE
from data_collector.core.targets import Target
from data_collector.icmp import Echo
from data_collector.snmp.native import Native
from data_collector.snmp.one_socket import OneSocket, Question
from data_collector.snmp.port import Agent, Version
from data_collector.snmp.users import UsmUser
from data_collector.snmp.usm import discovery, read_discovery
from data_collector.sweep_memory import BLANK_TRUST, SweepMemory, Way, ways
from snmp_format.ber import DecodeError
from snmp_format.manager import NUMBER_MIN, community_message, request_pdu
from snmp_format.pdu import GET, GET_NEXT, RESPONSE, VERSION_1, VERSION_2C

SMALL_SCAN_MAX: Final = 1_024
IN_FLIGHT_MAX: Final = 32_768
_NUMBERS: Final = {Version.V1: VERSION_1, Version.V2C: VERSION_2C}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An address worth a visit.

    way: how SNMP answered, None when it was silent. alive: something was heard. malformed: the answer was no SNMP.
    answers: to the short question, where it was asked and answered.
    """

    target: Target
    way: Way | None
    alive: bool
    malformed: bool = False
    answers: tuple[Varbind, ...] | None = None

    def agents(self, port: int, timeout_s: float, users: Sequence[UsmUser], communities: Sequence[str]) -> list[Agent]:
        """Who to be there, in order: one community; or every v3 user, then communities should all be turned away."""
        if self.way is None:
            return []
        asked: list[tuple[Way, UsmUser | None]] = [(self.way, None)]
        if self.way.version is Version.V3:
            asked = [(self.way, user) for user in users]
            asked += [(way, None) for way in ways(communities, ())] if communities else []
        return [
            Agent(
                address=self.target.address,
                port=port,
                community=way.community,
                user=user,
                version=way.version,
                timeout_s=timeout_s,
            )
            for way, user in asked
        ]


def _around_number(way: Way, kind: int, bindings: bytes) -> tuple[bytes, bytes]:
    if way.version is Version.V3:
        return b"", b""
    pdu = request_pdu(kind, NUMBER_MIN, 0, 0, bindings)
    whole = community_message(_NUMBERS[way.version], way.community.encode(), pdu)
    at = len(whole) - len(pdu) + pdu.index(NUMBER_MIN.to_bytes(4, "big"))
    return whole[:at], whole[at + 4 :]


class _Knock(Question):
    """One question to one address in one way. short: it is the short question."""

    __slots__ = ("door", "rank", "short")

    def __init__(self, door: "_Door", rank: int, number: int, datagram: bytes, *, short: bool = False) -> None:
        super().__init__(door.peer, number, datagram, door.sweep.timeout_s)
        self.door, self.rank, self.short = door, rank, short

    def answered(self, datagram: bytes | None) -> bool:
        if not self.door.sweep.is_answer(self, datagram):
            return False
        self.door.heard(self.rank)
        return True

    def refused(self, reason: str) -> None:
        # A device that wakes up refuses at first: its time runs on as if it had been silent.
        self.door.refused = self.door.refused or reason == "port closed"
        if self.due_s == 0.0:
            self.due_s = monotonic() + self.timeout_s
        self.door.sweep.box.hold(self)

    def expired(self) -> None:
        self.door.silent(self)


class _Door:
    """One address while it is asked."""

    __slots__ = (
        "alive",
        "answers",
        "knocks",
        "malformed",
        "peer",
        "rank",
        "refused",
        "round",
        "sweep",
        "target",
        "trusted",
    )

    def __init__(self, sweep: "Sweep", target: Target) -> None:
        self.sweep, self.target = sweep, target
        self.peer = (target.address, sweep.port)
        self.round = 0
        self.rank: int | None = None
        self.knocks: list[_Knock] = []
        self.alive = False
        self.malformed = False
        self.answers: tuple[Varbind, ...] | None = None
        self.refused = False
        self.trusted = sweep.memory.trusts_blank(target.address)

    def heard(self, rank: int) -> None:
        """An answer: the best one, unless a better way may still answer."""
        self.alive = True
        self.rank = rank if self.rank is None else min(rank, self.rank)
        self.knocks = [one for one in self.knocks if one.rank != rank]
        if all(one.rank > self.rank for one in self.knocks):
            self._close()

    def silent(self, knock: _Knock) -> None:
        """One question went unanswered."""
        self.knocks.remove(knock)
        if self.knocks:
            return
        if self.rank is not None:
            self._close()
        elif (self.round == 1 and not self.trusted) or (self.round == 2 and (self.alive or self.refused)):
            self.sweep.again(self)
        else:
            self._close()

    def _close(self) -> None:
        for one in self.knocks:
            self.sweep.box.forget(one)
        self.knocks = []
        self.sweep.closed(self)


class Sweep:
    """Every address of one scan. small: see rule 4. memory: of earlier scans, added to.

    known: the last reading there, if it may be relied on. found: called for each address worth a visit; blank: for each
    that is not.
    """

    def __init__(
        self,
        targets: Iterator[Target],
        *,
        library: Native,
        box: OneSocket,
        echo: Echo | None,
        ways: Sequence[Way],
        port: int,
        timeout_s: float,
        small: bool,
        memory: SweepMemory,
        found: Callable[[Contact], None],
        blank: Callable[[], None],
        look: Callable[[str], bool] = lambda _address: False,
        known: Callable[[str], KnownReading | None] = lambda _address: None,
    ) -> None:
        self.box, self.port, self.timeout_s, self.memory = box, port, timeout_s, memory
        self._targets, self._library, self._echo, self._ways = targets, library, echo, ways
        self._small, self._known, self._found, self._blank = small, known, found, blank
        # All but its number is the same in each question of one way.
        self._written = [_around_number(way, GET, library.codec.bindings(PROBE)) for way in self._ways]
        self._least = [_around_number(way, GET_NEXT, library.codec.bindings(FIRST)) for way in self._ways]
        self._ready: deque[_Knock] = deque()
        self._in_flight = 0
        self._exhausted = False
        self._look = look
        self._over = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Ask all; returns when the last address is known."""
        self.box.feed(self._next)
        try:
            await self._over
        finally:
            self.box.unfeed(self._next)

    def again(self, door: _Door) -> None:
        """The rounds after the first: several ways at once."""
        first = door.round == 1
        door.round += 1
        ranks = list(range(len(self._ways)))
        if first and not self._small and len(self._ways) > 1:
            asked = self._rank_of(door, self._known(door.target.address))
            ranks = [rank for rank in ranks if rank != asked]
        if first and self._echo is not None:
            self._echo.listen(door.target.address, lambda: self._echoed(door))
            self.box.spend(1)
        door.knocks = [self._knock(door, rank) for rank in ranks]
        self._ready += door.knocks
        self.box.wake()

    def closed(self, door: _Door) -> None:
        """An address is known."""
        if self._echo is not None and door.round > 1:
            self._echo.unlisten(door.target.address)
        way = None if door.rank is None else self._ways[door.rank]
        somebody = door.alive or door.refused
        self.memory.note(door.peer, way, alive=somebody)
        if way is not None or somebody or (not door.trusted if self._small else self._look(door.target.address)):
            self._found(
                Contact(target=door.target, way=way, alive=door.alive, malformed=door.malformed, answers=door.answers)
            )
        else:
            self._blank()
        self._in_flight -= 1
        if not self._in_flight and self._exhausted and not self._over.done():
            self._over.set_result(None)
        else:
            self.box.wake()

    def is_answer(self, knock: _Knock, datagram: bytes | None) -> bool:
        """Whether somebody who speaks SNMP sent that; odd answers count, the visit will say what is odd."""
        if datagram is None:
            return True
        way = self._ways[knock.rank]
        if way.version is Version.V3:
            message = read_discovery(datagram)
            if message is not None:
                self._library.engines.learn(knock.peer, message, monotonic())
            return message is not None
        try:
            response = self._library.codec.read_message(datagram, _NUMBERS[way.version])
            if knock.short and not response.status:
                knock.door.answers = tuple((name, value) for name, value in response.bindings if value is not None)
            return response.kind == RESPONSE
        except DecodeError:
            knock.door.malformed = True
            return True

    def _next(self) -> Question | None:
        if self._ready:
            return self._ready.popleft()
        if self._exhausted or self._in_flight >= IN_FLIGHT_MAX:
            return None
        target = next(self._targets, None)
        if target is None:
            self._exhausted = True
            if not self._in_flight and not self._over.done():
                self._over.set_result(None)
            return None
        self._in_flight += 1
        door = _Door(self, target)
        door.round = 1
        known = self._known(target.address)
        rank = self._rank_of(door, known)
        knock = self._knock(door, rank) if known is None else self._short(door, rank, known)
        door.knocks.append(knock)
        return knock

    def _rank_of(self, door: _Door, reading: KnownReading | None = None) -> int:
        known = self.memory.answered.get(door.peer)
        if known is not None:
            with suppress(ValueError):
                return self._ways.index(known)
        return reading.rank if reading is not None and reading.rank < len(self._ways) else 0

    def _short(self, door: _Door, rank: int, reading: KnownReading) -> _Knock:
        way, number = self._ways[rank], self.box.number()
        if way.version is Version.V3:
            return self._knock(door, rank)
        bindings = self._library.codec.bindings(reading.question.gets)
        pdu = request_pdu(GET, number, 0, 0, bindings)
        return _Knock(
            door, rank, number, community_message(_NUMBERS[way.version], way.community.encode(), pdu), short=True
        )

    def _knock(self, door: _Door, rank: int) -> _Knock:
        way, number = self._ways[rank], self.box.number()
        if way.version is Version.V3:
            return _Knock(door, rank, number, discovery(number))
        before, behind = (self._least if door.trusted else self._written)[rank]
        return _Knock(door, rank, number, before + number.to_bytes(4, "big") + behind)

    def _echoed(self, door: _Door) -> None:
        door.alive = True


__all__ = ["BLANK_TRUST", "Contact", "Sweep", "SweepMemory", "Way", "ways"]
