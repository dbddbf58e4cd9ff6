"""Printers and fleets for tests: a Monday morning, a profile, a life."""

import dataclasses
import functools
import json
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from device_sim.core.events import Event, ImpressionsMade, JobFinished
from device_sim.core.printer import Printer
from device_sim.core.profile import Profile
from device_sim.profiles_shelf import load_profile, profile_names

MONDAY_7 = datetime(2026, 11, 16, 7, 0, tzinfo=UTC).timestamp()
HOUR_S = 3600.0
ALL_PROFILES = profile_names()


class StandingClock:
    """Virtual time that stands until a test moves it, only forward."""

    def __init__(self, now_s: float) -> None:
        self._now_s = now_s

    def now_s(self) -> float:
        return self._now_s

    def move(self, to_s: float) -> None:
        self._now_s = max(self._now_s, to_s)


@functools.cache
def profile(name: str) -> Profile:
    """A profile that comes with the simulator."""
    return load_profile(name)


def changed(name: str, **changes: Any) -> Profile:
    """A profile with other values; `workload={...}` and `trouble={...}` change fields of those parts."""
    known = profile(name)
    for part in ("workload", "trouble", "pace"):
        if part in changes:
            changes[part] = dataclasses.replace(getattr(known, part), **changes[part])
    return dataclasses.replace(known, **changes)


def printer(
    of: Profile | str, *, seed: int = 1, index: int = 0, at_s: float = MONDAY_7, chunk: int = 0, address: str = ""
) -> Printer:
    """A printer on a Monday morning."""
    model = profile(of) if isinstance(of, str) else of
    return Printer(model, seed=seed, index=index, address=address or f"127.1.0.{index + 1}", at_s=at_s, chunk=chunk)


def live(one: Printer, until_s: float, step_s: float | None = None) -> list[Event]:
    """What happens until then; step_s: looking in so often, else only at its own events."""
    if step_s is None:
        return one.advance(until_s)
    events: list[Event] = []
    at_s = one.state.now_s
    while at_s < until_s:
        at_s = min(at_s + step_s, until_s)
        events += one.advance(at_s)
    return events


def impressions(events: Sequence[Event]) -> int:
    """How many impressions these events tell of."""
    return sum(event.count for event in events if isinstance(event, ImpressionsMade))


def finished(events: Sequence[Event]) -> list[JobFinished]:
    """The jobs that ended among these events."""
    return [event for event in events if isinstance(event, JobFinished)]


def rows(lines: Sequence[str], kind: str) -> list[dict[str, Any]]:
    """The truth's lines of one kind, decoded."""
    decoded = [json.loads(line) for line in lines]
    return [row for row in decoded if row["kind"] == kind]


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
