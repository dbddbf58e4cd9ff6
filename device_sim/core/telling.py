"""Which events of a fleet its firmware stores, and how many fewer tell the same.

1. A job's record brings its start, so that a job began needs no storing.
2. Impressions of a printer are added up within a group. They are told first, so none is missing when its job is told.
"""

from collections.abc import Sequence
from dataclasses import replace

from device_sim.core.events import Event, ImpressionsMade, JobStarted

Told = tuple[int, Event]
"""The index of a printer, and what happened to it."""


def folded(events: Sequence[Told]) -> list[Told]:
    """The same story in fewer events; in order for each printer but for its impressions."""
    story: list[Told] = []
    counted: dict[int, int] = {}
    for index, event in events:
        if isinstance(event, JobStarted):
            continue
        if isinstance(event, ImpressionsMade):
            if (place := counted.get(index)) is not None:
                before = story[place][1]
                assert isinstance(before, ImpressionsMade)
                story[place] = (index, replace(event, count=before.count + event.count))
                continue
            counted[index] = len(story)
        story.append((index, event))
    return story
