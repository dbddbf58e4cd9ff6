"""Rounds of measurement: ours and the yardsticks in turn, so that a noisy moment meets all of them.

1. A round asks each question in SLICES slices; in each slice every server gets its turn, in odd rounds the other
   way round.
2. What is measured is the CPU time of the serving process for each request answered, checked and counted.
3. Before the first round every printer of the fleet is asked each question once: what a first look costs is not what
   an answer costs, and is measured by itself (`size`).
4. No round begins RUN_S_MAX after the first; what was measured until then is shown.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from inkwire.bench.errors import BenchError
from inkwire.bench.load import BURST, LifeCounts, LoadGenerator
from inkwire.bench.questions import Question, secured_questions
from inkwire.bench.serving import Serving
from inkwire.bench.v3 import Naming, Timing

SLICES: Final = 4
RUN_S_MAX: Final = 70.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One server's part in one round of one question."""

    round: int
    question: str
    server: str
    requests: int
    cpu_s: float

    @property
    def cpu_us(self) -> float:
        """CPU microseconds for each request."""
        return self.cpu_s / self.requests * 1e6


def measure(
    servers: Sequence[Serving],
    asked: Sequence[Question],
    *,
    rounds: int,
    requests: int,
    lives: LifeCounts,
    say: Callable[[str], None],
    warmed: Callable[[], None] = lambda: None,
) -> list[Turn]:
    """All turns, in order.

    requests: of ours, in each round for each question; others get their share of it. warmed: called when every printer
    was asked each question once.
    Raises WrongReplyError for the first reply that is lost or not right.
    """
    generator = LoadGenerator()
    turns: list[Turn] = []
    try:
        _warm(generator, servers, [question for question in asked if not question.secured], lives)
        warmed()
        secured = [question for question in asked if question.secured]
        for server in servers if secured else ():
            discover(generator, server)
        _warm(generator, servers, secured, lives)
        end_s = time.monotonic() + RUN_S_MAX
        for number in range(rounds):
            if time.monotonic() > end_s:
                say(f"time is up: {number} of {rounds} rounds were measured")
                break
            say(f"round {number + 1} of {rounds}")
            for question in asked:
                able = [server for server in servers if server.way(question)]
                order = able if number % 2 == 0 else able[::-1]
                turns += _round(generator, order, question, number, requests, lives)
    finally:
        generator.close()
    return turns


def discover(generator: LoadGenerator, server: Serving) -> None:
    """Find out name and time of the engines of a server that speaks SNMPv3."""
    if server.secured is None:
        return
    for step in (Naming(server.secured), Timing(server.secured)):
        generator.ask(server.engines, secured_questions()[0], len(server.engines.addresses), step)


def _warm(generator: LoadGenerator, servers: Sequence[Serving], asked: Sequence[Question], lives: LifeCounts) -> None:
    """Ask every printer of the fleet each question once, and the yardsticks a few times."""
    for server in servers:
        for question in asked:
            if way := server.way(question):
                target, wire = way
                count = len(target.addresses) if server.lives else max(1, round(BURST * server.share))
                generator.ask(target, question, count, wire, lives if server.lives else None)


def _round(
    generator: LoadGenerator,
    order: Sequence[Serving],
    question: Question,
    number: int,
    requests: int,
    lives: LifeCounts,
) -> list[Turn]:
    answered = dict.fromkeys((server.name for server in order), 0)
    used_s = dict.fromkeys(answered, 0.0)
    for _ in range(SLICES):
        for server in order:
            count = max(1, round(requests * server.share / SLICES))
            way = server.way(question)
            assert way is not None
            target, wire = way
            before_s = server.cpu_s()
            answered[server.name] += generator.ask(target, question, count, wire, lives if server.lives else None)
            used_s[server.name] += server.cpu_s() - before_s
    for name, cpu_s in used_s.items():
        if cpu_s <= 0:
            raise BenchError(f"{name} used no CPU time that can be measured; ask more with --requests")
    return [
        Turn(round=number, question=question.name, server=name, requests=count, cpu_s=used_s[name])
        for name, count in answered.items()
    ]
