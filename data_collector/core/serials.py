"""Serial numbers: what is one, what only looks like one, and when two spellings are the same.

1. A serial is printable, holds no space, and has at least one letter or digit that tells devices apart.
2. Placeholders are never used: two printers with "XXXXXXXXXX" must not become one.
3. A definition may say which spellings of its maker mean the same (canonical_serial).
"""

import re
from collections.abc import Iterable
from typing import Final

from data_collector.core.text import shorten

LENGTH_MAX: Final = 64
LENGTH_MIN: Final = 4

PLACEHOLDER: Final = re.compile(
    r"(.)\1*"  # one character, however often: XXXXXXXXXX, 00000000, -------, ffffffff
    r"|(n[/.]?a\.?|none|nil|null|unknown|undefined|default|invalid|empty|test|private|redacted)"
    r"|not?[ _-]?(available|applicable|set|specified|supported|assigned|defined|present|programmed|yet).*"
    r"|(no[ _-]?)?serial[ _-]?(number|no\.?|num)?|s/?n|sn:?"
    r"|to be filled.*|default string|system serial number|enter.*here"
    r"|0?123456789(0|a.*)?|abcdefg.*"
    r"|[<\[({].*[>\])}]",
    re.IGNORECASE,
)


def canonical_serial(text: str, patterns: Iterable[re.Pattern[str]] = ()) -> str | None:
    """The serial number in text as it identifies a device, or None when it is none.

    patterns: spellings of one maker; the first group of the first that fits is the serial.
    """
    serial = "".join(text.split())
    for pattern in patterns:
        if found := pattern.search(serial):
            serial = found[1] if pattern.groups else found[0]
            break
    if len(serial) < LENGTH_MIN or PLACEHOLDER.fullmatch(text.strip()) or PLACEHOLDER.fullmatch(serial):
        return None
    if not any(character.isdigit() for character in serial) and len(set(serial)) < LENGTH_MIN:
        return None
    return shorten(serial, LENGTH_MAX)
