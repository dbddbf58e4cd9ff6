"""A steady run for people and for programs."""

from inkwire.bench.steady import Steady


def steady_text(made: Steady, percent: int, load_average: float) -> str:
    """What became of the requests, for people."""
    lines = [
        f"{made.most:.0f} requests a second at most; asked at {percent} %: {made.wanted:.0f} a second wanted, "
        f"{made.kept:.0f} kept",
        f"{made.printers} printers: asked {made.asked}, answered {made.answered}, lost {made.lost}, from a wrong "
        f"source {made.wrong_source}, a wrong value {made.wrong_value}, replies to nobody {made.unasked}",
        f"serial number and station address compared with seed and index in each; {made.lives_checked} life counts "
        "with the printer's life, lived again",
        *made.complaints,
        f"{'none wrong, none lost' if made.right else 'NOT RIGHT'}; load {load_average:.1f}",
    ]
    return "\n".join(lines)


def steady_json(made: Steady, percent: int, load_average: float) -> dict[str, object]:
    """What became of the requests, for programs."""
    return {
        "bench": "sim steady",
        "printers": made.printers,
        "percent": percent,
        "most_per_s": round(made.most, 1),
        "wanted_per_s": round(made.wanted, 1),
        "kept_per_s": round(made.kept, 1),
        "asked": made.asked,
        "answered": made.answered,
        "lost": made.lost,
        "wrong_source": made.wrong_source,
        "wrong_value": made.wrong_value,
        "unasked": made.unasked,
        "lives_checked": made.lives_checked,
        "complaints": made.complaints,
        "load_average": load_average,
    }
