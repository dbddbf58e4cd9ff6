"""The settings of a connection: the embedder's, and what a portal may change of them.

1. The embedder's values are the start. A portal's `desired` values replace the thresholds, within the bounds of
   `wire_format.settings` (60 s to one day, 1 to 1,000 jobs, 1 to 100,000 impressions); nothing else can be set
   from outside, so no portal can switch off TLS, change its address or ask for more than one push a minute: below
   the embedder's own counts, batches keep a minute's distance.
2. The job-name policy may only become stricter than the embedder's.
3. Desired settings are applied in order of version: an older version, from an answer that overtook another,
   is ignored.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from direct_connect.core.pace import PacePolicy
from direct_connect.core.privacy import JobNames, stricter
from direct_connect.core.proxy import Proxy
from direct_connect.core.renewal import RenewalPolicy
from direct_connect.core.triggers import TriggerPolicy
from wire_format.settings import Desired

INTERVAL_S_BOUNDS: Final = (60, 86_400)
JOBS_BOUNDS: Final = (1, 1_000)
IMPRESSIONS_BOUNDS: Final = (1, 100_000)
SPOOL_BYTES_DEFAULT: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """What the embedder decides.

    spool_bytes_max: cap of the spool file, when the connection opens its own. snapshot_s_max: how long a snapshot may
    take before batches go without it, real seconds. mask_addresses: leave out IP addresses, also inside texts of the
    device, before anything is stored.
    proxy: the way to the portal goes through it; None: straight, whatever the environment says.
    pace: how fast a backlog may leave; None: as fast as it goes, and no promise about the line is kept.
    renewal: how long a key is used.
    """

    triggers: TriggerPolicy = field(default_factory=TriggerPolicy)
    job_names: JobNames = JobNames.OFF
    spool_bytes_max: int = SPOOL_BYTES_DEFAULT
    agent: str = "inkwire-direct"
    snapshot_s_max: float = 10.0
    mask_addresses: bool = False
    proxy: Proxy | None = None
    pace: PacePolicy | None = field(default_factory=PacePolicy)
    renewal: RenewalPolicy = field(default_factory=RenewalPolicy)


def _within(value: int, bounds: tuple[int, int]) -> int:
    return max(bounds[0], min(bounds[1], value))


def with_desired(own: ConnectionSettings, desired: Desired | None) -> ConnectionSettings:
    """The settings in force: the embedder's own with the portal's wishes applied within the bounds."""
    if desired is None:
        return own
    wish, triggers = desired.settings, own.triggers
    if wish.interval_s is not None:
        triggers = replace(triggers, interval_s=_within(wish.interval_s, INTERVAL_S_BOUNDS))
    if wish.jobs_max is not None:
        triggers = replace(triggers, jobs_max=_within(wish.jobs_max, JOBS_BOUNDS))
    if wish.impressions_max is not None:
        triggers = replace(triggers, impressions_max=_within(wish.impressions_max, IMPRESSIONS_BOUNDS))
    triggers = replace(
        triggers,
        spacing_s=float(INTERVAL_S_BOUNDS[0]),
        jobs_at_once=own.triggers.jobs_max,
        impressions_at_once=own.triggers.impressions_max,
    )
    job_names = own.job_names if wish.job_names is None else stricter(own.job_names, JobNames(wish.job_names))
    return replace(own, triggers=triggers, job_names=job_names)


def newer(known: Desired | None, offered: Desired | None) -> Desired | None:
    """Which of two to keep. Equal versions: the one already known."""
    if offered is None or (known is not None and offered.version <= known.version):
        return known
    return offered
