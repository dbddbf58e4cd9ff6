"""Words in place of words that identify: the same word always gets the same one, and nobody can go back.

1. A fake has the shape of the real word: digits for digits, letters for letters, and a serial its first three marks.
2. Fakes depend on a key that is drawn for one recording and kept nowhere.
3. Addresses and names are those reserved for documentation: RFC 5737, RFC 3849, RFC 2606; phone numbers: 555-01xx.
"""

import hmac
from typing import Final

SERIAL, STATION, ADDRESS, ADDRESS_6, UUID = "serial", "station address", "IPv4 address", "IPv6 address", "UUID"
NAME, LOCATION, CONTACT, ASSET, DOCUMENT = "name", "location", "contact", "asset number", "document or user name"
EMAIL, PHONE, HOST = "e-mail address", "phone number", "host name"

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HEX: Final = "0123456789abcdef"


class Fakes:
    """Fakes of one recording. key: of at least 16 unpredictable octets."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._made: dict[tuple[str, str], str] = {}
        self._fakes: set[str] = set()

    def __contains__(self, word: str) -> bool:
        """Whether a word is a fake of ours."""
        return word in self._fakes

    def counts(self) -> dict[str, int]:
        """How many different words of each kind were replaced."""
        found: dict[str, int] = {}
        for kind, _ in self._made:
            found[kind] = found.get(kind, 0) + 1
        return found

    def fake(self, kind: str, real: str) -> str:
        """The word for a real one, of that kind."""
        place = kind, real.lower()
        if place not in self._made:
            self._made[place] = self._make(kind, real, 1 + self.counts().get(kind, 0))
            self._fakes.add(self._made[place])
        return self._made[place]

    def _make(self, kind: str, real: str, number: int) -> str:
        match kind:
            case "IPv4 address":
                return f"192.0.2.{number}" if number < 255 else f"198.51.100.{number % 254 + 1}"
            case "IPv6 address":
                return f"2001:db8::{number:x}"
            case "station address":  # real: 12 hexadecimal digits; the maker's half tells the model, not the printer
                return real[:6].lower() + "".join(_HEX[octet % 16] for octet in self._octets(kind, real)[:6])
            case "UUID":
                digits = "".join(_HEX[octet % 16] for octet in self._octets(kind, real)[:32])
                return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
            case "e-mail address":
                return f"person{number}@example.com"
            case "phone number":
                return f"+1 202 555 01{number % 100:02d}"
            case "host name":
                return f"host{number}.example.com" if "." in real else f"host{number}"
            case "serial" | "asset number":
                return self._shaped(kind, real, 3 if kind == "serial" and len(real) > 6 else 0)
            case _:
                return f"{kind.split()[0]}-{number}"

    def _shaped(self, kind: str, real: str, kept: int) -> str:
        octets = self._octets(kind, real)
        varied = (_alike(mark, octets[place % len(octets)]) for place, mark in enumerate(real))
        made = real[:kept] + "".join(varied)[kept:]
        return made if made.lower() != real.lower() else self._shaped(kind + "'", real, kept)

    def _octets(self, kind: str, real: str) -> bytes:
        return hmac.digest(self._key, f"{kind}\0{real.lower()}".encode(), "sha512")


def _alike(mark: str, octet: int) -> str:
    if mark.isdecimal():
        return str(octet % 10)
    if mark.isalpha():
        letter = _LETTERS[octet % 26]
        return letter if mark.isupper() else letter.lower()
    return mark
