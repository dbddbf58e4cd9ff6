"""What a portal may ask of a sender, and the bounds that the sender keeps whatever it is asked."""

from dataclasses import dataclass
from typing import Final

from wire_format.shapes import choice, integer, nested

INTERVAL_S_DEFAULT: Final = 3 * 3600
JOBS_MAX_DEFAULT: Final = 19
IMPRESSIONS_MAX_DEFAULT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Thresholds of the triggers and the job-name policy. None: leave as it is.

    interval_s: 60 s to one day, so that no portal makes a printer push faster than once a minute.
    """

    interval_s: int | None = integer(60, 86_400)
    jobs_max: int | None = integer(1, 1_000)
    impressions_max: int | None = integer(1, 100_000)
    job_names: str | None = choice(("clear", "hash", "off"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """Settings with a version. A sender applies a version once; it may say so in `state.settings_version`."""

    version: int = integer(required=True)
    settings: Settings = nested(Settings, required=True)
