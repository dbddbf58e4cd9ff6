"""What to scan: texts that people type, turned into addresses.

1. A target is one IPv4 address, a range (10.0.0.1-10.0.0.9, 10.0.0.1-9, 10.10.10.*), a network (10.0.0.0/24)
   or a host name.
2. One text may name several, separated by commas or spaces. An exclusion is written like a target.
3. A network means its hosts: the network and broadcast address are left out of /30 and larger.
4. Order is as typed; an address named twice is scanned once, where it was named first.
5. Ranges stay ranges until they are walked, so a /16 costs no memory. Host names are resolved by the shell.
6. Everything wrong is found before the first packet, with the place in the text and the remedy.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

ADDRESSES_MAX: Final = 262_144
"""At most a /14 in one scan: beyond it somebody mistyped, or wants several collectors."""

_HOST_NAME: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*\.?", re.I
)
_LETTER: Final = re.compile(r"[a-z_]", re.I)
_WORD: Final = re.compile(r"[^\s,]+")


class TargetError(ValueError):
    """A target that cannot be scanned.

    text: what was typed; at, length: the part of it that is wrong; remedy: what to type instead.
    """

    def __init__(self, text: str, at: int, length: int, reason: str, remedy: str) -> None:
        super().__init__(f'target "{text}": {reason} (character {at + 1}); {remedy}')
        self.text, self.at, self.length, self.reason, self.remedy = text, at, length, reason, remedy

    def pointed(self) -> str:
        """The text with a line under it that points at the wrong part."""
        return f"  {self.text}\n  {' ' * self.at}{'^' * max(1, self.length)}"


@dataclass(frozen=True, slots=True)
class Span:
    """Addresses first..last, both inside, as 32-bit numbers."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One address to probe. hostname: the name that led here, when a name was typed."""

    address: str
    hostname: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What to scan and what to leave out, still unexpanded."""

    wanted: tuple[Span | str, ...]
    excluded: tuple[Span | str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Host names that must be resolved before `walk`."""
        return tuple(dict.fromkeys(one for one in self.wanted + self.excluded if isinstance(one, str)))

    def walk(self, resolved: Mapping[str, Sequence[str]]) -> Iterator[Target]:
        """Each address once, in the order typed. resolved: the IPv4 addresses of each name; a name may have none."""
        for span, name in self._left(resolved):
            for number in range(span.first, span.last + 1):
                yield Target(address=dotted_quad(number), hostname=name)

    def count(self, resolved: Mapping[str, Sequence[str]]) -> int:
        """How many addresses `walk` gives, without walking."""
        return sum(len(span) for span, _name in self._left(resolved))

    def holds(self, address: str, resolved: Mapping[str, Sequence[str]]) -> bool:
        """Whether `walk` gives this address."""
        number = address_number(address)
        inside, outside = (
            any(span.first <= number <= span.last for one in side for span in _spans(one, resolved))
            for side in (self.wanted, self.excluded)
        )
        return inside and not outside

    def singles(self) -> tuple[Span | str, ...]:
        """What names one device: an address by itself, or a host name."""
        return tuple(one for one in self.wanted if isinstance(one, str) or len(one) == 1)

    def _left(self, resolved: Mapping[str, Sequence[str]]) -> Iterator[tuple[Span, str | None]]:
        gone = _Gone()
        for one in self.excluded:
            for span in _spans(one, resolved):
                gone.add(span)
        for one in self.wanted:
            name = one if isinstance(one, str) else None
            for span in _spans(one, resolved):
                for left in gone.rest_of(span):
                    yield left, name
                gone.add(span)


class _Gone:
    """Addresses that are not walked (again): spans in order, none touching another."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def add(self, span: Span) -> None:
        low = bisect_left(self._lasts, span.first - 1)
        high = bisect_right(self._firsts, span.last + 1)
        first = min([span.first, *self._firsts[low : low + 1]]) if low < high else span.first
        last = max([span.last, *self._lasts[high - 1 : high]]) if low < high else span.last
        self._firsts[low:high] = [first]
        self._lasts[low:high] = [last]

    def all(self) -> tuple[Span, ...]:
        return tuple(map(Span, self._firsts, self._lasts))

    def rest_of(self, span: Span) -> list[Span]:
        """What is left of a span, in order."""
        left, first = [], span.first
        for place in range(bisect_left(self._lasts, span.first), len(self._firsts)):
            if self._firsts[place] > span.last:
                break
            if first < self._firsts[place]:
                left.append(Span(first, self._firsts[place] - 1))
            first = max(first, self._lasts[place] + 1)
        if first <= span.last:
            left.append(Span(first, span.last))
        return left


def spans_of(addresses: Iterable[str]) -> tuple[Span, ...]:
    """These addresses as few spans, in ascending order."""
    gone = _Gone()
    for number in sorted({address_number(address) for address in addresses}):
        gone.add(Span(number, number))
    return gone.all()


def parse_targets(texts: Sequence[str], exclude: Sequence[str] = (), *, addresses_max: int = ADDRESSES_MAX) -> Targets:
    """The plan for these texts. Raises TargetError for the first text that is wrong or too large."""
    wanted = tuple(_parse_all(texts))
    if not wanted:
        raise TargetError(
            "", 0, 0, "nothing to scan", "name an address, a range or a network, for example 192.168.1.0/24"
        )
    total = 0
    for text, at, one in wanted:
        total += len(one) if isinstance(one, Span) else 1
        if total > addresses_max:
            held = (
                f"{len(one):,} addresses"
                if isinstance(one, Span) and len(one) > addresses_max
                else f"{total:,} addresses in all"
            )
            raise TargetError(
                text,
                at,
                len(text) - at,
                f"that is {held}, more than the {addresses_max:,} of one scan",
                "name smaller networks, for example a /16 or the /24s in use",
            )
    return Targets(
        wanted=tuple(one for _text, _at, one in wanted),
        excluded=tuple(one for _text, _at, one in _parse_all(exclude)),
    )


def dotted_quad(number: int) -> str:
    """A 32-bit address as people write it."""
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def address_number(address: str) -> int:
    """The 32-bit number of a dotted quad. Raises TargetError for anything else."""
    return _quad(address, address, 0)


def _parse_all(texts: Sequence[str]) -> Iterator[tuple[str, int, Span | str]]:
    for text in texts:
        for word in _WORD.finditer(text):
            yield text, word.start(), _parse(text, word.group(), word.start())


def _parse(text: str, word: str, at: int) -> Span | str:
    if "://" in word:
        raise TargetError(text, at, len(word), "this is a URL", "give the address or the host name alone")
    if ":" in word:
        raise TargetError(
            text,
            at,
            len(word),
            "IPv6 and host:port cannot be scanned",
            "give an IPv4 address or a host name, and ports by --snmp-port and its sisters",
        )
    if "/" in word:
        return _network(text, word, at)
    left, dash, right = word.partition("-")
    numeric = not _LETTER.search(left) and "." in left
    if dash and numeric:
        return _range(text, left, right, at)
    if "*" in word:
        return _asterisk(text, word, at)
    if not _LETTER.search(word):
        number = _quad(text, word, at)
        return Span(number, number)
    if not _HOST_NAME.fullmatch(word):
        wrong = next((place for place, letter in enumerate(word) if not re.match(r"[a-z0-9._-]", letter, re.I)), 0)
        raise TargetError(
            text,
            at + wrong,
            1,
            "this is neither an address nor a host name",
            "write for example 10.0.0.7, 10.0.0.1-99, 10.0.0.0/24 or printer.example.com",
        )
    return word.lower().removesuffix(".")


def _quad(text: str, word: str, at: int) -> int:
    parts = word.split(".")
    place, number = at, 0
    for part in parts:
        if not (part.isascii() and part.isdigit()):
            raise TargetError(
                text,
                place,
                len(part),
                f'"{part}" is not a number' if part else "a number is missing",
                "an address has four numbers, for example 10.0.0.7",
            )
        if len(part) > 3 or int(part) > 255:
            raise TargetError(text, place, len(part), f"{part} is above 255", "each of the four numbers is 0 to 255")
        number = number << 8 | int(part)
        place += len(part) + 1
    if len(parts) != 4:
        raise TargetError(
            text,
            at,
            len(word),
            f"{len(parts)} numbers where an address has four",
            "write for example 10.0.0.7, or 10.0.0.* for all of 10.0.0",
        )
    return number


def _range(text: str, left: str, right: str, at: int) -> Span:
    first = _quad(text, left, at)
    place = at + len(left) + 1
    if "." not in right:
        if not (right.isascii() and right.isdigit()) or len(right) > 3 or int(right) > 255:
            raise TargetError(
                text,
                place,
                len(right),
                f'"{right}" is no end of a range',
                f"write the last number, 0 to 255, or a whole address, for example {left}-{dotted_quad(first | 255)}",
            )
        last = first & ~255 | int(right)
    else:
        last = _quad(text, right, place)
    if last < first:
        raise TargetError(
            text,
            at,
            len(left) + 1 + len(right),
            "the range ends before it begins",
            f"write {dotted_quad(last)}-{dotted_quad(first)}",
        )
    return Span(first, last)


def _network(text: str, word: str, at: int) -> Span:
    address, _slash, bits = word.partition("/")
    number = _quad(text, address, at)
    place = at + len(address) + 1
    if not (bits.isascii() and bits.isdigit()) or len(bits) > 2 or int(bits) > 32:
        raise TargetError(
            text,
            place,
            len(bits),
            f'"{bits}" is no prefix length',
            f"write 0 to 32 after the slash, for example {address}/24",
        )
    mask = (1 << 32 - int(bits)) - 1
    first, last = number & ~mask, number | mask
    return Span(first + 1, last - 1) if int(bits) <= 30 else Span(first, last)


def _asterisk(text: str, word: str, at: int) -> Span:
    parts = word.split(".")
    stars = len(parts) - next(place for place, part in enumerate(parts) if "*" in part)
    if len(parts) != 4 or any(part != "*" for part in parts[-stars:]):
        star = at + word.index("*")
        raise TargetError(
            text,
            star,
            1,
            "an asterisk stands for whole numbers at the end",
            "write for example 10.10.10.* or 10.10.*.*",
        )
    low = ".".join([*parts[:-stars], *["0"] * stars])
    number = _quad(text, low, at)
    bits = 8 * stars
    span = Span(number, number | (1 << bits) - 1)
    return Span(span.first + 1, span.last - 1)


def _spans(one: Span | str, resolved: Mapping[str, Sequence[str]]) -> list[Span]:
    if isinstance(one, Span):
        return [one]
    numbers = [address_number(address) for address in resolved.get(one, ())]
    return [Span(number, number) for number in numbers]
