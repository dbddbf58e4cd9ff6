"""Takes out of everything that was recorded what says which printer it was, where it stood and who used it.

1. First everything is *learned*: words from places that are known to hold an identity. Then everything is rewritten:
   a learned word is replaced wherever it stands, in every spelling it is met in (octets, UTF-8, UTF-16, hexadecimal,
   in markup and in a URI; of a station address also with separators).
2. Words that always tell (addresses, UUIDs, e-mail, phone numbers) are found by their form as well.
3. A word that is the model's stays; one shorter than NAME_CHARACTERS_MIN is replaced where it stood, and only there.
4. Octets are read as Latin-1, so binary values are searched like texts.
"""

import ipaddress
import re
import urllib.parse
import xml.sax.saxutils
from collections.abc import Iterator
from typing import Final

from device_sim.core.recorder import fakes
from device_sim.core.recorder.fakes import Fakes

NAME_CHARACTERS_MIN: Final = 3
SERIAL_CHARACTERS_MIN: Final = 5
ANYWHERE_CHARACTERS_MIN: Final = 7
"""From this length on, a serial is replaced inside longer words too."""

_STATION: Final = re.compile(
    r"(?<![0-9A-Fa-f:.-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![0-9A-Fa-f:])"
)
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ADDRESS: Final = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_ADDRESS_6: Final = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4}){1,7}(?![\w:])|(?<![\w:])[Ff][Ee]80::[0-9A-Fa-f:]+"
)
_PHONE: Final = re.compile(r"(?<![\w+])\+\d[\d ()/.-]{6,18}\d(?!\w)")
_VERSION_BEFORE: Final = re.compile(r"(?:v|ver|version|rev|revision|firmware|fw)[\s.:=]*$", re.IGNORECASE)
_PARTS: Final = re.compile(r"\s*[,;/|<>()]+\s*")
PARTS_MAX: Final = 8
_BARE: Final = re.compile(r"[0-9A-Fa-f]{12}")


class Anonymiser:
    """Learns, then rewrites. public: what may stay, such as the model's name."""

    def __init__(self, key: bytes, public: str = "") -> None:
        self.fakes: Final = Fakes(key)
        self._public = public.lower()
        self._words: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def learn(self, kind: str, word: str) -> None:
        """A word that identifies. kind: of `fakes`."""
        word = word.strip(" \0")
        if kind == fakes.STATION:
            digits = re.sub(r"[^0-9A-Fa-f]", "", word).lower()
            if len(digits) == 12 and digits.strip("0f"):
                self._remember_station(digits)
        elif kind in (fakes.ADDRESS, fakes.ADDRESS_6):
            if _tells(word):
                self._words[word.lower()] = self._address(word)
        elif self._is_its_own(kind, word):
            made = self.fakes.fake(kind, word)
            for spelt in _spellings(word):
                self._words.setdefault(spelt.lower(), _respelt(spelt, word, made))
            if kind in (fakes.CONTACT, fakes.LOCATION):
                # "Erika, room 7; erika@house.example" may stand elsewhere as Erika alone.
                for part in _PARTS.split(word)[:PARTS_MAX]:
                    if part != word:
                        self.learn(fakes.EMAIL if _EMAIL.fullmatch(part) else kind, part)
        self._pattern = None

    def whole(self, kind: str, word: str) -> str:
        """What stands where `word` stood as the whole of a value that identifies."""
        bare = word.strip(" \0")
        if not bare or bare.lower() in self._public:
            return word
        found = self.text(word)
        return found if found != word else self.fakes.fake(kind, bare)

    def text(self, text: str) -> str:
        """A text with everything replaced. Octets in Latin-1 are a text, too."""
        if self._pattern is None:
            self._pattern = re.compile(
                "|".join(_pattern_of(word) for word in sorted(self._words, key=len, reverse=True)) or r"(?!)",
                re.IGNORECASE,
            )
        text = self._pattern.sub(lambda found: self._words[found[0].lower()], text)
        text = _EMAIL.sub(lambda found: self._once(fakes.EMAIL, found[0]), text)
        text = _UUID.sub(lambda found: self._once(fakes.UUID, found[0]), text)
        text = _PHONE.sub(lambda found: self._once(fakes.PHONE, found[0]), text)
        text = _STATION.sub(lambda found: self._station(found[0]), text)
        text = _ADDRESS.sub(self._found_address, text)
        return _ADDRESS_6.sub(lambda found: self._address(found[0]) if _tells(found[0]) else found[0], text)

    def octets(self, octets: bytes) -> bytes:
        """Octets with everything replaced."""
        return self.text(octets.decode("latin-1")).encode("latin-1", "replace")

    def address(self, octets: bytes) -> bytes:
        """The four octets of an IPv4 address; masks, loopback and nothing stay."""
        word = str(ipaddress.IPv4Address(octets))
        return ipaddress.IPv4Address(self._address(word)).packed if _tells(word) else octets

    def knows_address(self, arcs: tuple[int, ...]) -> bool:
        """Whether four numbers are an IPv4 address that was learned."""
        return ".".join(map(str, arcs)) in self._words

    def _is_its_own(self, kind: str, word: str) -> bool:
        enough = SERIAL_CHARACTERS_MIN if kind in (fakes.SERIAL, fakes.ASSET) else NAME_CHARACTERS_MIN
        return len(word) >= enough and len(set(word)) > 1 and word.lower() not in self._public

    def _remember_station(self, digits: str) -> None:
        made = self.fakes.fake(fakes.STATION, digits)
        raw = bytes.fromhex(digits).decode("latin-1")
        self._words[raw.lower()] = bytes.fromhex(made).decode("latin-1")
        for by in ("", ":", "-", " ", "."):
            self._words[_parted(digits, by)] = _parted(made, by)
        self._words[digits[:6] + "-" + digits[6:]] = made[:6] + "-" + made[6:]
        self._words[digits[6:]] = made[6:]  # host names are made of it

    def _station(self, word: str) -> str:
        by = word[2]
        digits = word.replace(by, "").lower()
        if digits in self.fakes or not digits.strip("0f"):
            return word
        return _parted(self.fakes.fake(fakes.STATION, digits), by)

    def _found_address(self, found: re.Match[str]) -> str:
        if _VERSION_BEFORE.search(found.string[max(0, found.start() - 12) : found.start()]) or not _tells(found[0]):
            return found[0]
        return self._address(found[0])

    def _address(self, word: str) -> str:
        return self._once(fakes.ADDRESS_6 if ":" in word else fakes.ADDRESS, word)

    def _once(self, kind: str, word: str) -> str:
        """The fake of a word, but a fake is not replaced again."""
        return word if word in self.fakes else self.fakes.fake(kind, word)


def _tells(word: str) -> bool:
    """Whether an address says where somebody is: no mask, no loopback, none of everybody."""
    try:
        address = ipaddress.ip_address(word)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not (address.is_loopback or address.is_multicast or address.packed[0] in (0, 255) or address in _FAKE)
    return not (address.is_loopback or address.is_unspecified or address.is_multicast or address in _FAKE_6)


_FAKE: Final = ipaddress.IPv4Network("192.0.2.0/24")
_FAKE_6: Final = ipaddress.IPv6Network("2001:db8::/32")


def _spellings(word: str) -> Iterator[str]:
    yield word
    for octets in {
        word.encode("utf-8"),
        word.encode("latin-1", "replace"),
        word.encode("utf-16-le"),
        word.encode("utf-16-be"),
    }:
        yield octets.decode("latin-1")
    yield xml.sax.saxutils.escape(word, {'"': "&quot;"}).encode().decode("latin-1")
    yield urllib.parse.quote(word)
    yield word.encode().hex()


def _respelt(spelt: str, word: str, made: str) -> str:
    """The fake in the spelling in which the word was met."""
    if spelt == word.encode().hex():
        return made.encode().hex()
    if spelt == word.encode("utf-16-le").decode("latin-1"):
        return made.encode("utf-16-le").decode("latin-1")
    if spelt == word.encode("utf-16-be").decode("latin-1"):
        return made.encode("utf-16-be").decode("latin-1")
    return urllib.parse.quote(made) if spelt == urllib.parse.quote(word) and spelt != word else made


def _pattern_of(word: str) -> str:
    pattern = re.escape(word)
    plain = word.isascii() and word[0].isalnum() and word[-1].isalnum()
    anywhere = (
        not plain
        or (len(word) >= ANYWHERE_CHARACTERS_MIN and any(mark.isdecimal() for mark in word))
        or _BARE.fullmatch(word)
    )
    return pattern if anywhere else rf"(?<![0-9A-Za-z]){pattern}(?![0-9A-Za-z])"


def _parted(digits: str, by: str) -> str:
    return by.join(digits[at : at + 2] for at in range(0, 12, 2))
