"""What a portal may set of a collector, and what the site keeps for itself.

1. A portal may set one thing: how often known printers are read (`interval_s`), within the site's bounds. What a site
   wrote of an interval is not moved: a portal sets it only where the site left it open.
2. Never: addresses, credentials, ports, rates, what is read, what is masked, where the portal is. `jobs_max` and
   `impressions_max` are of a printer that counts for itself; `job_names` is kept by reading none, whatever it says.
3. A range is never asked more often than its known printers are read, and never more often because of a portal.
4. Versions go up: an older one, from an answer that overtook another, is ignored. A newer one that says nothing of the
   interval takes the wish back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from data_collector.core.schedule import Rhythm
from wire_format.codec import decode_record, encode_record
from wire_format.errors import DecodeError
from wire_format.settings import Desired
from wire_format.strict_json import compact_json, parse_json

INTERVAL_S_MIN: Final = 900.0
INTERVAL_S_MAX: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Between what a portal may set the reading interval, seconds."""

    least_s: float = INTERVAL_S_MIN
    most_s: float = INTERVAL_S_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What comes of a wish. version: of the settings that were judged; None: no portal asked for any.

    rhythms: of each profile. told: what a person should know, in one sentence; empty when there is nothing to tell.
    """

    rhythms: Mapping[str, Rhythm]
    version: int | None = None
    told: str = ""


def in_force(
    own: Mapping[str, Rhythm], open_profiles: frozenset[str], bounds: Bounds | None, desired: Desired | None
) -> InForce:
    """The rhythms to scan by. own: of the configuration. open_profiles: whose interval the site left open.

    bounds: None: this site takes nothing from its portal.
    """
    if desired is None:
        return InForce(rhythms=own)
    version, wanted = desired.version, desired.settings.interval_s
    if bounds is None:
        return InForce(rhythms=own, version=version, told="the portal's settings are not taken: this site says so")
    if wanted is None:
        return InForce(rhythms=own, version=version, told="the portal asks for no interval: the site's own holds")
    if not open_profiles:
        told = f"the portal asks for {wanted:,} s; the site's own intervals hold"
        return InForce(rhythms=own, version=version, told=told)
    taken = max(bounds.least_s, min(bounds.most_s, float(wanted)))
    told = f"known printers are read every {taken:,.0f} s, as the portal asks"
    if taken != wanted:
        edge = "least" if taken > wanted else "most"
        told = f"known printers are read every {taken:,.0f} s, the {edge} this site allows: "
        told += f"the portal asks for {wanted:,} s"
    if len(open_profiles) < len(own):
        told += f" (profiles: {', '.join(sorted(open_profiles))})"
    rhythms = {
        name: Rhythm(focus_s=taken, range_s=max(taken, rhythm.range_s)) if name in open_profiles else rhythm
        for name, rhythm in own.items()
    }
    return InForce(rhythms=rhythms, version=version, told=told)


def newer(known: Desired | None, offered: Desired | None) -> Desired | None:
    """Which of two to keep. Equal versions: the one already known."""
    if offered is None or (known is not None and offered.version <= known.version):
        return known
    return offered


def encode_desired(desired: Desired) -> str:
    """As one text for the spool."""
    return compact_json(encode_record(desired))


def decode_desired(text: str | None) -> Desired | None:
    """What was kept; None of a text that is none."""
    try:
        return decode_record(Desired, parse_json(text.encode())) if text else None
    except DecodeError:
        return None
