"""How far a scan is, in one line."""

from typing import Final

_SURE_AFTER_S: Final = 2.0
_SURE_PART: Final = 50
"""An end is foretold once a fiftieth is done: before that it would jump about."""


def progress_line(visited: int, addresses: int, printers: int, passed_s: float) -> str:
    """The counts, and how long it will take at this pace. passed_s: since the scan began."""
    line = f"{visited:,} of {addresses:,} addresses, {printers:,} printers"
    if passed_s < _SURE_AFTER_S or not 0 < visited < addresses or visited * _SURE_PART < addresses:
        return line
    return f"{line}, about {_long(passed_s * (addresses - visited) / visited)} left"


def _long(seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole < 100:
        return f"{whole} s"
    if whole < 100 * 60:
        return f"{round(whole / 60)} min"
    return f"{whole / 3600:.1f} h"
