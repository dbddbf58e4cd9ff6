"""What the effects of a truth mean for a comparison: who could not tell, which counts fell, whose job log was emptied.

An effect that is not known here means nothing, like an unknown kind of line.
"""

from datetime import datetime, timedelta
from typing import Final

from inkwire.verify.facts import MadeBy

_GOES: Final = {"power-off": "power", "network-down": "network"}
_COMES: Final = {"booted": "power", "network-up": "network"}
_EMPTIES: Final = frozenset({"formatter-swapped", "reset"})


def away_spans(made: MadeBy) -> list[tuple[datetime, datetime | None]]:
    """When the printer had no power or no network: from, until; None: it still has not."""
    spans: list[tuple[datetime, datetime | None]] = []
    lacks: set[str] = set()
    since: datetime | None = None
    for effect in made.effects:
        if effect.effect in _GOES:
            since = since or effect.at
            lacks.add(_GOES[effect.effect])
        elif effect.effect in _COMES:
            lacks.discard(_COMES[effect.effect])
            if not lacks and since is not None:
                spans.append((since, effect.at))
                since = None
    if since is not None:
        spans.append((since, None))
    return spans


def away_between(made: MadeBy, since: datetime, until: datetime) -> timedelta:
    """For how long of that span the printer could tell nobody anything."""
    shares = (min(end or until, until) - max(start, since) for start, end in away_spans(made))
    return sum((share for share in shares if share > timedelta(0)), timedelta(0))


def is_away(made: MadeBy, at: datetime) -> bool:
    """Whether the printer had no power or no network at that moment."""
    return any(start <= at and (end is None or at < end) for start, end in away_spans(made))


def set_at(made: MadeBy, meter: str) -> list[datetime]:
    """When that count became another by something else than printing, so that it may be lower than before."""
    return [effect.at for effect in made.effects if effect.zeroed or effect.meter == meter]


def emptied_at(made: MadeBy) -> list[datetime]:
    """When the printer's own job log was emptied."""
    return [effect.at for effect in made.effects if effect.effect in _EMPTIES]
