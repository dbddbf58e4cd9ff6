"""One knob of a fault, described beside the field it stands for.

Documentation, `inkwire sim faults`, FLEET.toml, the command line and the control API all read this description, so
that they cannot disagree. Model: pebble, an ACME server that is hard on its clients by named settings.
"""

from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

T = TypeVar("T")
Setting = bool | int | float | str
"""What a knob can be set to; None stands for "not set" where a knob's every value is a fault."""
Subject = Literal["identity", "values", "alerts", "clock", "snmp", "http", "ipp"]

DESCRIPTION: Final = "knob"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a knob is for.

    purpose: what the printer does. expect: what a collector should do with it. case: of domain.md (E1.., F3..) or
    security.md (S10..). example: a value to try. low, high: the range of a number, both included, in unit. words: the
    only values of a text.
    """

    subject: Subject
    purpose: str
    expect: str
    case: str
    example: Setting
    unit: str = ""
    low: float = 0
    high: float = 0
    words: tuple[str, ...] = ()


def knob(
    default: T,
    subject: Subject,
    purpose: str,
    *,
    expect: str,
    case: str,
    example: Setting = True,
    unit: str = "",
    low: float = 0,
    high: float = 0,
    words: tuple[str, ...] = (),
) -> T:
    """A field of a fault, for the body of a dataclass: its default, and its description as metadata."""
    described = Described(
        subject=subject,
        purpose=purpose,
        expect=expect,
        case=case,
        example=example,
        unit=unit,
        low=low,
        high=high,
        words=words,
    )
    return field(default=default, metadata={DESCRIPTION: described})
