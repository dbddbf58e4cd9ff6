"""Words of profiles as IPP's syntaxes."""

import re
from typing import Final

from device_sim.core.ipp import Values, keywords, names

_KEYWORD: Final = re.compile(r"[a-z][a-z0-9._-]*")


def keyword_or_name(*values: str) -> Values:
    """Some attributes may be either: keywords where all are written like one, else names."""
    return keywords(*values) if all(map(_KEYWORD.fullmatch, values)) else names(*values)


def as_keyword(value: str) -> str:
    """A name as a keyword: lower case, hyphens between words."""
    return re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-") or "other"
