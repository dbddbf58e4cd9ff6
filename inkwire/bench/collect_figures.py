"""The figures of `inkwire bench collect`, for people and for programs."""

from typing import Final

from inkwire.bench.collect import Measured, Turn

ADDRESSES_OF_GOAL: Final = 65_534
SWEEP_S_MAX: Final = 10.0
SWEEP_BYTES_MAX: Final = 30 * 1024 * 1024
READS_MIN: Final = {"GET 40, v2c": 5_000, "all of it, v2c": 5_000, "GET 40, v3": 3_000, "all of it, v3": 3_000}
"""Printers a core-second. Goal P3 of the design."""


def table(made: Measured) -> str:
    """One line a program and task."""
    lines = [f"{'':17}{'':30}{'units':>8}{'found':>7}{'wall s':>9}{'CPU us each':>13}{'a core-second':>15}"]
    for turn in made.turns:
        found = "" if turn.found is None else str(turn.found)
        lines.append(
            f"{turn.task:17}{turn.program:30}{turn.units:8}{found:>7}{turn.wall_s:9.2f}{turn.cpu_us:13.1f}"
            f"{turn.units / max(turn.cpu_s, 1e-9):15.0f}{_goal(turn, made)}"
        )
    lines += [
        f"{turn.task} by {turn.program}: {turn.packets / turn.units:.2f} packets a printer, and "
        f"{turn.report_s / turn.units * 1e6:.0f} us of it for the report"
        for turn in made.turns
        if turn.packets is not None and turn.report_s
    ]
    lines.append(
        f"the sweep made the process {made.grown_bytes / 2**20:.0f} MiB larger: "
        f"{'met' if made.grown_bytes <= SWEEP_BYTES_MAX else 'MISSED'}, {SWEEP_BYTES_MAX / 2**20:.0f} MiB"
    )
    lines.append(f"{made.printers} printers among {made.addresses} addresses; none missed, every serial number right")
    lines += [f"missed by {one.program}: {one.missed} printers" for one in made.turns if one.missed]
    lines += [f"skipped: {each.name}: {each.reason}" for each in made.skipped]
    return "\n".join(lines)


def _goal(turn: Turn, made: Measured) -> str:
    if turn.program != "inkwire":
        return ""
    if turn.task == "sweep":
        if made.addresses < ADDRESSES_OF_GOAL:
            return ""
        return f"   {'met' if turn.wall_s <= SWEEP_S_MAX else 'MISSED'}, {SWEEP_S_MAX:g} s"
    least = READS_MIN[turn.task]
    return f"   {'met' if turn.units / turn.cpu_s >= least else 'MISSED'}, {least}"


def as_json(made: Measured) -> dict[str, object]:
    """The same for programs."""
    return {
        "bench": "collect",
        "printers": made.printers,
        "addresses": made.addresses,
        "sweep_grown_bytes": made.grown_bytes,
        "turns": [
            {
                "task": turn.task,
                "program": turn.program,
                "units": turn.units,
                "found": turn.found,
                "missed": turn.missed,
                "cpu_s": round(turn.cpu_s, 4),
                "wall_s": round(turn.wall_s, 3),
                "cpu_us": round(turn.cpu_us, 2),
                "packets": turn.packets,
                "report_us": round(turn.report_s / turn.units * 1e6, 2),
            }
            for turn in made.turns
        ],
        "skipped": [{"program": each.name, "reason": each.reason} for each in made.skipped],
    }
