"""Numbers as people read them: thousands, decimals, units. An unknown number is a dash, never 0.

1. Thousands are split by a comma, decimals by a dot, minus is U+2212.
2. A column keeps one number of decimals, so every function says how many it gives.
3. Rounding is half to even, once, at the edge; what is stored stays whole.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

UNKNOWN: Final = "–"
MINUS: Final = "−"
_MM2_IN_M2: Final = 1_000_000
_MM_IN_M: Final = 1_000
_UL_IN_ML: Final = 1_000


def whole(value: int | None) -> str:
    """48217 as "48,217"; None as a dash."""
    return UNKNOWN if value is None else f"{value:,}".replace("-", MINUS)


def scaled(value: int | None, divisor: int, places: int) -> str:
    """value / divisor with that many decimals; None as a dash."""
    if value is None:
        return UNKNOWN
    rounded = (Decimal(value) / divisor).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    return f"{rounded:,}".replace("-", MINUS)


def area(mm2: int | None, places: int = 1) -> str:
    """Square millimetres as square metres: 1 decimal in sums and lists, 2 for one job."""
    return scaled(mm2, _MM2_IN_M2, places)


def length(mm: int | None) -> str:
    """Millimetres as metres with 1 decimal."""
    return scaled(mm, _MM_IN_M, 1)


def volume(ul: int | None) -> str:
    """Microlitres as millilitres with 2 decimals."""
    return scaled(ul, _UL_IN_ML, 2)


def change_percent(now: int, before: int) -> str | None:
    """How far now is from before, as "+2.9" or "−5.1"; None when before is 0 and nothing can be said."""
    if before == 0:
        return None
    tenths = (Decimal(1000) * (now - before) / before).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    text = f"{abs(tenths) / 10:.1f}"
    return f"{MINUS if tenths < 0 else '+'}{text}"


def meter_value(value: int | None, unit: str) -> tuple[str, str]:
    """A meter's figure and the unit to set behind it; counts carry no unit sign."""
    match unit:
        case "mm2":
            return area(value), "m²"
        case "mm":
            return length(value), "m"
        case "ul":
            return volume(value), "ml"
        case _:
            return whole(value), ""


def hash8(digest: str) -> str:
    """The first 8 hex digits in two groups, for the eye; a click copies the whole."""
    return f"{digest[:4]} {digest[4:8]}"


def elided(key: str) -> str:
    """A thumbprint as its first and last four characters."""
    return key if len(key) <= 12 else f"{key[:4]}…{key[-4:]}"


def known_sum(values: Iterable[int | None]) -> int | None:
    """The sum of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
