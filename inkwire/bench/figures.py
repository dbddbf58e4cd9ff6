"""From turns to figures: medians, ratios of one and the same round, the table, the JSON."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from inkwire.bench.rounds import Turn
from inkwire.bench.serving import ECHO_C, OURS, PYSNMP, SNMPSIM, Skipped

GOALS: Final[Mapping[tuple[str, str], float]] = MappingProxyType(
    {(SNMPSIM, "GET 1"): 75.0, (SNMPSIM, "GET 40"): 400.0, (SNMPSIM, "GETBULK 25"): 400.0}
    | {(ECHO_C, question): 0.3 for question in ("GET 1", "GET 40", "GETBULK 25")}
    | {(PYSNMP, question): 25.0 for question in ("v3 GET 1", "v3 GET 40")}
)
"""The least ratio of the worst round (goal P1 of the design)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One server at one question. ratios: of its CPU time to ours, round by round; of ours itself, 1."""

    question: str
    server: str
    cpu_us: tuple[float, ...]
    ratios: tuple[float, ...]
    requests: int

    @property
    def median_us(self) -> float:
        return statistics.median(self.cpu_us)

    @property
    def worst(self) -> float:
        """The smallest ratio: the round that was worst for us."""
        return min(self.ratios)

    @property
    def median(self) -> float:
        return statistics.median(self.ratios)

    @property
    def goal(self) -> float | None:
        return GOALS.get((self.server, self.question))


FIRST_ANSWER_S_MAX: Final = 2.0
RSS_BYTES_MAX: Final = 256 * 1024 * 1024
PRINTERS_OF_GOAL: Final = 65_536
"""Goal P2 of the design."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What the fleet itself took. first_answer_s: from the start of its process. rss_bytes: after every printer was
    asked every question once."""

    first_answer_s: float
    rss_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Under which a run was made. life_counts_grown: how much the meters that were read grew meanwhile."""

    measured_at: str
    printers: int
    rounds: int
    requests: int
    processors: int
    load_average: float
    python: str
    life_counts_grown: int


def figures(turns: Sequence[Turn]) -> list[Figure]:
    """One for each question and server, ours first, each in order of appearance."""
    spent = {(turn.question, turn.server, turn.round): turn for turn in turns}
    rounds = sorted({turn.round for turn in turns})
    asked = dict.fromkeys(turn.question for turn in turns)
    servers = dict.fromkeys((OURS, *(turn.server for turn in turns)))
    made = []
    for question in asked:
        for server in servers:
            if (question, server, rounds[0]) not in spent:
                continue
            theirs = [spent[question, server, number] for number in rounds]
            ours = [spent[question, OURS, number] for number in rounds]
            made.append(
                Figure(
                    question=question,
                    server=server,
                    cpu_us=tuple(turn.cpu_us for turn in theirs),
                    ratios=tuple(their.cpu_us / our.cpu_us for their, our in zip(theirs, ours, strict=True)),
                    requests=sum(turn.requests for turn in theirs),
                )
            )
    return made


def table(made: Sequence[Figure], skipped: Sequence[Skipped], under: Circumstances, size: Size) -> str:
    """The figures for people."""
    lines = [f"{'':12}{'':13}{'CPU us a reply':>16}{'ratio to ours':>20}{'goal':>16}"]
    lines.append(f"{'':12}{'':13}{'median':>8}{'worst':>8}{'median':>10}{'worst':>10}{'':>16}")
    for figure in made:
        worst_us = max(figure.cpu_us) if figure.server == OURS else min(figure.cpu_us)
        ratio = "" if figure.server == OURS else f"{_short(figure.median):>10}{_short(figure.worst):>10}"
        spent = f"{figure.median_us:8.1f}{worst_us:8.1f}"
        lines.append(f"{figure.question:12}{figure.server:13}{spent}{ratio}{_verdict(figure):>16}".rstrip())
    lines.append("")
    started = _within(size.first_answer_s, FIRST_ANSWER_S_MAX, under)
    held = _within(size.rss_bytes, RSS_BYTES_MAX, under)
    lines.append(f"first answer {size.first_answer_s:.2f} s after the start: {started}, {FIRST_ANSWER_S_MAX:g} s")
    lines.append(f"{size.rss_bytes / 2**20:.0f} MiB when every printer was asked everything: {held}, "
                 f"{RSS_BYTES_MAX / 2**20:g} MiB")  # fmt: skip
    lines += [f"skipped: {each.name}: {each.reason}" for each in skipped]
    replies = sum(figure.requests for figure in made)
    lines.append(f"{replies} replies checked, none lost, none wrong; the fleet's life counts grew by "
                 f"{under.life_counts_grown} meanwhile")  # fmt: skip
    lines.append(f"{under.printers} printers, {under.rounds} rounds, {under.processors} processors, load "
                 f"{under.load_average:.1f}, Python {under.python}, {under.measured_at}")  # fmt: skip
    return "\n".join(lines)


def as_json(made: Sequence[Figure], skipped: Sequence[Skipped], under: Circumstances, size: Size) -> dict[str, object]:
    """The figures for programs."""
    return {
        "bench": "sim",
        "measured_at": under.measured_at,
        "printers": under.printers,
        "rounds": under.rounds,
        "requests": under.requests,
        "processors": under.processors,
        "load_average": under.load_average,
        "python": under.python,
        "first_answer_s": round(size.first_answer_s, 3),
        "rss_bytes": size.rss_bytes,
        "life_counts_grown": under.life_counts_grown,
        "figures": [
            {
                "question": figure.question,
                "server": figure.server,
                "cpu_us": [round(each, 3) for each in figure.cpu_us],
                "ratio_to_ours": [round(each, 4) for each in figure.ratios],
                "ratio_median": round(figure.median, 4),
                "ratio_worst": round(figure.worst, 4),
                "goal": figure.goal,
                "requests": figure.requests,
            }
            for figure in made
        ],
        "skipped": [{"server": each.name, "reason": each.reason} for each in skipped],
    }


def _within(value: float, most: float, under: Circumstances) -> str:
    """A goal is for 65,536 printers: of fewer it says nothing when it is met."""
    if value > most:
        return "MISSED"
    return "met" if under.printers >= PRINTERS_OF_GOAL else "within the goal for 65,536"


def _short(ratio: float) -> str:
    return f"{ratio:.0f} x" if ratio >= 20 else f"{ratio:.2f} x"


def _verdict(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    return f"{'met' if figure.worst >= figure.goal else 'MISSED'}, {figure.goal:g} x"
