"""Texts that are hostile to whoever stores, prints or exports them.

Octets that no text of ours can hold (NUL, broken UTF-8) stand in it as a marker of three octets in UTF-8, and become
themselves on the wire, `on_the_wire`: there as many octets, so that every length around them stays right.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LONG_CHARACTERS: Final = 65_536
_NUL, _NOT_UTF8 = "\ufdd0", "\ufdd1"
_MARKERS: Final = ((_NUL.encode(), b"\0\0\0"), (_NOT_UTF8.encode(), b"\xff\xfe\xc0"))

_STARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "nul": f"{_NUL}%s{_NUL}",
        "not-utf8": f"%s{_NOT_UTF8}",
        "bidi": "\u202e%s\u2066\u200f",
        "formula": '=HYPERLINK("http://192.0.2.1/","%s")',
        "html": "<script>alert(1)</script><b>%s</b>\"'>&amp;",
        "long": "%s",
    }
)
HOSTILE_WORDS: Final = tuple(_STARTS)


def hostile(word: str, honest: str) -> str:
    """The honest text made hostile in that way, with markers. word: of HOSTILE_WORDS."""
    text = _STARTS[word].replace("%s", honest)
    return (text * (LONG_CHARACTERS // max(len(text), 1) + 1))[:LONG_CHARACTERS] if word == "long" else text


def on_the_wire(message: bytes) -> bytes:
    """The message with its markers turned into the octets they stand for; its length stays."""
    for marker, octets in _MARKERS:
        message = message.replace(marker, octets)
    return message
