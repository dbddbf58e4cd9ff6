"""Octets from a printer become text a person can read, whatever charset the firmware thinks in.

1. A first NUL ends the text; a prefix that names a symbol set (HP) is taken off and believed.
2. UTF-8 is tried first, since it cannot be mistaken; then the charset the device declares; then a guess.
3. Control, bidirectional and invisible characters never reach a report: names travel into logs and consoles.
"""

import unicodedata
from functools import lru_cache
from typing import Final

from data_collector.core.evidence import SnmpValue

SYMBOL_SETS: Final = {
    b"\xfd\xe8": "utf-8",
    b"\x01\x15": "hp-roman8",  # 8U
    b"\x00\x0e": "latin-1",  # 0N
    b"\x02\x75": "cp1252",  # 19U
}
"""Two leading octets of a string in HP's private MIB: the number of the PCL symbol set it is written in."""

CHARSETS: Final = {
    3: "ascii", 4: "latin-1", 5: "iso-8859-2", 6: "iso-8859-3", 7: "iso-8859-4", 8: "iso-8859-5",
    9: "iso-8859-6", 10: "iso-8859-7", 11: "iso-8859-8", 12: "iso-8859-9", 13: "iso-8859-10",
    17: "shift_jis", 18: "euc_jp", 37: "iso2022_kr", 38: "euc_kr", 39: "iso2022_jp", 106: "utf-8",
    109: "iso-8859-13", 111: "iso-8859-15", 113: "gbk", 114: "gb18030", 1013: "utf-16-be",
    1014: "utf-16-le", 1015: "utf-16", 2004: "hp-roman8", 2009: "cp850", 2010: "cp852", 2011: "cp437",
    2024: "cp932", 2025: "gb2312", 2026: "big5", 2046: "cp855", 2084: "koi8-r", 2086: "cp866",
    2088: "koi8-u", 2101: "big5hkscs", 2250: "cp1250", 2251: "cp1251", 2252: "cp1252",
    2253: "cp1253", 2254: "cp1254", 2255: "cp1255", 2256: "cp1256", 2257: "cp1257", 2258: "cp1258",
    2259: "tis-620",
}  # fmt: skip
"""IANACharset (prtLocalizationCharacterSet) to a codec."""

GUESSES: Final = ("gb2312", "cp932", "euc_kr", "big5")
"""Double-byte charsets tried when nothing was declared and the octets come in pairs."""

OCTETS_MAX: Final = 2048
"""No text a report is made of is longer; patterns are never let loose on more."""

PAIRED_RUN_MIN: Final = 4
"""So many high octets in a row are no accented letters: two double-byte characters at least."""

INVISIBLE: Final = frozenset(["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
"""Unicode categories that are dropped (white space among them becomes a space first)."""


KEPT_MAX: Final = 8192
KEPT_OCTETS_MAX: Final = 256
"""Texts are kept as they were decoded, since printers say the same ones at each reading; long ones are not."""


def decode_text(raw: bytes, charset: str | None = None) -> str:
    """What raw says, cleaned; "" when it says nothing. charset: the codec the device declares, if any."""
    return _kept(raw, charset) if len(raw) <= KEPT_OCTETS_MAX else _read(raw, charset)


@lru_cache(KEPT_MAX)
def _kept(raw: bytes, charset: str | None) -> str:
    return _read(raw, charset)


def _read(raw: bytes, charset: str | None) -> str:
    if len(raw) > OCTETS_MAX:
        raw = raw[:OCTETS_MAX].decode("utf-8", "ignore").encode() if _is_utf8(raw) else raw[:OCTETS_MAX]
    prefix = SYMBOL_SETS.get(raw[:2])
    if prefix is not None:
        raw, charset = raw[2:], prefix
    wide = charset is not None and charset.startswith("utf-16")
    if not wide:
        raw = raw.lstrip(b"\x00").split(b"\x00", 1)[0]
    return clean(_decode(raw, charset))


def text_of(value: SnmpValue | None, charset: str | None = None) -> str:
    """An octet string as text; "" for anything else."""
    return decode_text(value, charset) if isinstance(value, bytes) else ""


def clean(text: str) -> str:
    """Text without control and invisible characters, and with single spaces."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    spaced = "".join(" " if character.isspace() else character for character in text)
    visible = "".join(c for c in spaced if unicodedata.category(c) not in INVISIBLE)
    return " ".join(visible.split())


def shorten(text: str, length_max: int) -> str:
    """The first length_max characters, without a torn end of white space."""
    return text[:length_max].rstrip()


def raw_text(value: SnmpValue | None, length_max: int = 200) -> str | None:
    """A raw value for a finding: printable text as it is, other octets in hex, all of it bounded."""
    if value is None:
        return None
    if isinstance(value, bytes):
        printable = all(32 <= octet < 127 for octet in value)
        return (value.decode("ascii") if printable else value[:length_max].hex())[:length_max]
    if isinstance(value, tuple):
        return ".".join(str(arc) for arc in value)[:length_max]
    return str(value)[:length_max]


def _decode(raw: bytes, charset: str | None) -> str:
    tried = ("utf-8",) if charset is None else (charset,) if charset.startswith("utf-16") else ("utf-8", charset)
    for codec in tried:
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    if charset is None and _longest_high_run(raw) >= PAIRED_RUN_MIN:
        for codec in GUESSES:
            try:
                return raw.decode(codec)
            except UnicodeDecodeError:
                continue
    return raw.decode("latin-1")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _longest_high_run(raw: bytes) -> int:
    longest = run = 0
    for octet in raw:
        run = run + 1 if octet >= 0x80 else 0
        longest = max(longest, run)
    return longest
