"""What `inkwire bench connect` measured, against the promises P5, P6 and P9: a table, and JSON."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from inkwire.bench.connect import Measured
from inkwire.bench.connect_relay import Carried

PUSH_BYTES_MAX: Final = 6000
DAY_BYTES_MAX: Final = 8 * 675_000 // 100
"""One per cent of 0.01 % of 5 Mbit/s, which is 675,000 B in 3 hours."""
RSS_BYTES_MAX: Final = 25 * 1024 * 1024
JOB_FINISHED_S_MAX: Final = 0.005
SEEN_S_MAX: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure. goal: the most it may be; None: it is told for comparison."""

    name: str
    value: float
    unit: str
    goal: float | None = None

    @property
    def verdict(self) -> str:
        """met, missed, or nothing."""
        if self.goal is None:
            return ""
        return "met" if self.value <= self.goal else "missed"


def rows(made: Measured) -> tuple[Row, ...]:
    """Every figure; of several rounds the worst one is held against the goal."""
    worst = max(made.pushes, key=lambda each: each.payload_bytes)
    fsync_p50_s = statistics.median(made.fsync_s)
    return (
        Row(name="P5 19-job push, full TLS handshake", value=worst.payload_bytes, unit="B", goal=PUSH_BYTES_MAX),
        Row(name="   the same with IP and TCP headers (estimate)", value=worst.packet_bytes, unit="B"),
        Row(name="P5 day of 8 pushes with 200 jobs", value=_sum(made.day_of_8), unit="B", goal=DAY_BYTES_MAX),
        Row(name=f"   as the triggers make it, resumed: {len(made.day)} pushes", value=_sum(made.day), unit="B",
            goal=DAY_BYTES_MAX),
        Row(name="P6 memory above a bare interpreter, after 5 pushes",
            value=(made.rss_bytes - made.bare_rss_bytes) / 2**20, unit="MiB", goal=RSS_BYTES_MAX / 2**20),
        Row(name=f"   the same after {made.jobs} jobs", value=(made.rss_after_bytes - made.bare_rss_bytes) / 2**20,
            unit="MiB", goal=RSS_BYTES_MAX / 2**20),
        Row(name="P6 job_finished p99", value=percentile(made.took_s, 99) * 1000, unit="ms",
            goal=JOB_FINISHED_S_MAX * 1000),
        Row(name="   p50", value=statistics.median(made.took_s) * 1000, unit="ms"),
        Row(name="   longest", value=max(made.took_s) * 1000, unit="ms"),
        Row(name="   bare fsync in the same run, p50", value=fsync_p50_s * 1000, unit="ms"),
        Row(name="   bare fsync in the same run, p99", value=percentile(made.fsync_s, 99) * 1000, unit="ms"),
        Row(name="   p50 as a multiple of fsync's", value=statistics.median(made.took_s) / fsync_p50_s, unit="x"),
        Row(name="P6 listening sockets", value=made.listening, unit="", goal=0),
        Row(name=f"P6 wake-ups in {made.idle_s:g} s of idleness", value=made.wakes, unit="", goal=0),
        Row(name="P9 19th job's end to row in the portal, worst", value=max(made.job_seen_s), unit="s",
            goal=SEEN_S_MAX),
        Row(name="P9 alert to row in the portal, worst", value=max(made.alert_seen_s), unit="s", goal=SEEN_S_MAX),
    )  # fmt: skip


def table(made: Measured) -> str:
    """The figures for a person."""
    lines = [f"{'':55} {'measured':>12} {'goal':>12}"]
    for row in rows(made):
        goal = "" if row.goal is None else f"<= {_number(row.goal)} {row.unit}"
        lines.append(f"{row.name:55} {f'{_number(row.value)} {row.unit}':>12} {goal:>12}  {row.verdict}".rstrip())
    lines.append(
        f"{made.jobs} jobs and {made.alerts} alerts, each in the portal once. Bytes are TCP payload of both "
        f"directions, counted by a relay. Spool on {made.filesystem}; {len(made.took_s)} calls."
    )
    return "\n".join(lines)


def as_json(made: Measured) -> dict[str, object]:
    """The figures for a machine."""
    return {
        "figures": [
            {"name": row.name.strip(), "value": row.value, "unit": row.unit, "goal": row.goal, "verdict": row.verdict}
            for row in rows(made)
        ],
        "jobs": made.jobs,
        "alerts": made.alerts,
        "calls": len(made.took_s),
        "filesystem": made.filesystem,
    }


def percentile(values: Sequence[float], share: int) -> float:
    """The value that so many per cent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def _sum(carried: Sequence[Carried]) -> int:
    return sum(each.payload_bytes for each in carried)


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.3f}" if value < 10 else f"{value:,.1f}"
