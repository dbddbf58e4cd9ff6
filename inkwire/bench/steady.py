"""A steady run: every printer is asked at a fixed rate below saturation, and every reply is judged, not believed.

1. The most that the fleet answers is measured first, in bursts; the rate is a share of it.
2. Nothing stops at what is wrong: it is counted, and the first complaints are kept.
3. Serial number and station address are compared at once. Life counts are compared when the run is over, with the
   printer's life lived again up to the sysUpTime of the same reply (see `lives`).
"""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from inkwire.bench.datagrams import Sender
from inkwire.bench.errors import WrongReplyError
from inkwire.bench.lives import Lives
from inkwire.bench.load import BURST, ID_COUNT, ID_FIRST, REPLY_S_MAX, LoadGenerator, Plain, Target, asked_with, id_of
from inkwire.bench.questions import Value, read_reply, read_values, who_and_how_far

PASSES: Final = 2
RUN_S_MIN: Final = 2.0
_MOST_S: Final = 2.0
_STEP_S: Final = 0.0005
_COMPLAINTS_MAX: Final = 5


@dataclass(slots=True, kw_only=True)
class Steady:
    """What became of the requests. most, wanted, kept: requests a second: the most, those meant, and those made.

    unasked: replies that nobody waited for, such as a second one. lives_checked: life counts compared with a life.
    """

    printers: int
    most: float
    wanted: float
    kept: float = 0.0
    asked: int = 0
    answered: int = 0
    wrong_source: int = 0
    wrong_value: int = 0
    lost: int = 0
    unasked: int = 0
    lives_checked: int = 0
    complaints: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Whether every request was answered once, by who was asked, with what is true."""
        return not (self.wrong_source or self.wrong_value or self.lost or self.unasked)

    def complain(self, sentence: str) -> None:
        """Keep what is wrong, if it is among the first."""
        if len(self.complaints) < _COMPLAINTS_MAX:
            self.complaints.append(sentence)


def most_a_second(target: Target, say: Callable[[str], None]) -> float:
    """How many requests a second the fleet answers when it is asked burst upon burst, after each printer was once.

    Raises WrongReplyError.
    """
    generator = LoadGenerator()
    wire, question = Plain(read_reply), who_and_how_far()
    try:
        say("asking every printer once")
        generator.ask(target, question, len(target.addresses), wire)
        say("measuring the most it answers")
        started_s, answered = time.monotonic(), 0
        while time.monotonic() < started_s + _MOST_S:
            answered += generator.ask(target, question, 4 * BURST, wire)
        return answered / (time.monotonic() - started_s)
    finally:
        generator.close()


class SteadyRun:
    """One run. reply_s_max: after how long a request without a reply is lost."""

    def __init__(self, target: Target, lives: Lives, made: Steady, *, reply_s_max: float = REPLY_S_MAX) -> None:
        self._target: Final = target
        self._lives: Final = lives
        self._reply_s_max: Final = reply_s_max
        self._made: Final = made
        self._question: Final = who_and_how_far()
        self._who: Final = [lives.who(index) for index in range(len(target.addresses))]
        self._waiting: Final[dict[int, tuple[int, float]]] = {}
        self._told: Final[dict[int, list[tuple[int, int]]]] = defaultdict(list)

    def run(self, total: int) -> None:
        """Ask so many times, each printer in its turn, and judge what comes."""
        made, sender = self._made, Sender(self._reply_s_max)
        started_s = time.monotonic()
        try:
            while made.asked < total or self._waiting:
                due = min(total, int((time.monotonic() - started_s) * made.wanted) + 1) - made.asked
                if due > 0:
                    self._ask(sender, min(due, BURST))
                    made.kept = made.asked / (time.monotonic() - started_s)
                if not self._take(sender) and due <= 0:
                    self._give_up()
                    time.sleep(_STEP_S)
        finally:
            sender.close()

    def judge_lives(self) -> None:
        """Compare the life counts that were told with the lives, lived again."""
        made = self._made
        for index, told in self._told.items():
            spans = self._lives.life_counts(index, {ticks for ticks, _ in told})
            for ticks, count in told:
                least, most = spans[ticks]
                made.lives_checked += 1
                if not least <= count <= most:
                    made.wrong_value += 1
                    address = self._target.addresses[index]
                    made.complain(f"{address} counts {count} after {ticks / 100:.2f} s, not {least} to {most}")

    def _ask(self, sender: Sender, count: int) -> None:
        made, addresses = self._made, self._target.addresses
        places = [(made.asked + step) % len(addresses) for step in range(count)]
        first = ID_FIRST + made.asked % ID_COUNT
        datagrams = [asked_with(self._question, first + step) for step in range(count)]
        now_s = time.monotonic()
        self._waiting.update((first + step, (place, now_s)) for step, place in enumerate(places))
        sender.post(self._target.port, [addresses[place] for place in places], datagrams)
        made.asked += count

    def _take(self, sender: Sender) -> bool:
        """Judge what waits; whether anything did."""
        for number in range(4 * BURST):
            received = sender.receive()
            if received is None:
                return number > 0
            self._judge(*received)
        return True

    def _judge(self, reply: bytes, source: tuple[str, int]) -> None:
        made = self._made
        request_id = id_of(reply)
        waited = self._waiting.pop(request_id, None)
        if waited is None:
            made.unasked += 1
            made.complain(f"nobody waits for request-id {request_id:#010x} from {source[0]}")
            return
        index, _ = waited
        made.answered += 1
        address = self._target.addresses[index]
        if source != (address, self._target.port):
            made.wrong_source += 1
            made.complain(f"{source[0]}:{source[1]} answered for {address}:{self._target.port}")
            return
        try:
            self._compare(index, read_values(self._question, reply, request_id))
        except WrongReplyError as error:
            made.wrong_value += 1
            made.complain(f"{address}: {error}")

    def _compare(self, index: int, values: list[Value]) -> None:
        ticks, serial, station, count = (value for _, value in values)
        if (serial, station) != self._who[index]:
            raise WrongReplyError(f"says it is {serial!r} {station.hex()} instead of {self._who[index]}")
        self._told[index].append((int.from_bytes(ticks, "big"), int.from_bytes(count, "big")))

    def _give_up(self) -> None:
        """Count as lost what waits too long. The oldest come first."""
        before_s = time.monotonic() - self._reply_s_max
        late = []
        for request_id, (_, asked_s) in self._waiting.items():
            if asked_s > before_s:
                break
            late.append(request_id)
        for request_id in late:
            index, _ = self._waiting.pop(request_id)
            self._made.lost += 1
            self._made.complain(f"{self._target.addresses[index]} did not answer within {self._reply_s_max:g} s")


def steady(target: Target, lives: Lives, percent: int, say: Callable[[str], None]) -> Steady:
    """Ask every printer of the target PASSES times or more, at that share of the most it answers.

    Raises WrongReplyError for a wrong reply before the run itself.
    """
    most = most_a_second(target, say)
    made = Steady(printers=len(target.addresses), most=most, wanted=most * percent / 100)
    run = SteadyRun(target, lives, made)
    total = max(PASSES * len(target.addresses), round(made.wanted * RUN_S_MIN))
    say(f"asking {total} times, {made.wanted:.0f} a second")
    run.run(total)
    say("living the lives again")
    run.judge_lives()
    return made
