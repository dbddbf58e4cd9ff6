"""What is known of a document once it is counted, and the tally that every counter fills.

1. A face is one page of a document as its author made it; copies, ranges and number-up decide later how many
   impressions it becomes.
2. Equal faces in a row are one entry, and there are at most RUNS_MAX entries: memory does not grow with a document.
3. Nothing a document says in words is kept: only counts, sizes and whether there is colour.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Protocol

PDF_MEDIA_TYPE: Final = "application/pdf"
"""Named here: who only asks for the type need not load a library that reads such documents."""
FACES_MAX: Final = 1_000_000
COPIES_MAX: Final = 9_999
RUNS_MAX: Final = 2_000
SIZE_MM_MAX: Final = 100_000


class ColorUse(enum.Enum):
    """Whether a face has colour, as far as the document says."""

    MONOCHROME = "monochrome"
    COLOR = "color"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Faces:
    """Equal faces in a row. Sizes in millimetres, None where the document does not say; images: it has pictures."""

    count: int = 1
    width_mm: int | None = None
    length_mm: int | None = None
    color: ColorUse = ColorUse.UNKNOWN
    images: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedDocument:
    """A document after its octets are gone.

    media_type: the MIME type it was counted as. copies and duplex: what the document itself asks for, None where it
    does not. guess: why the count is a guess, one clause; None where the document was understood.
    """

    media_type: str
    faces: tuple[Faces, ...]
    copies: int | None = None
    duplex: bool | None = None
    guess: str | None = None

    @property
    def count(self) -> int:
        """Faces in all."""
        return sum(run.count for run in self.faces)

    def within(self, ranges: tuple[tuple[int, int], ...]) -> tuple[Faces, ...]:
        """The faces whose numbers, from 1, stand in one of the ranges; all of them where there are no ranges."""
        if not ranges:
            return self.faces
        return tuple(_within(self.faces, ranges))


class FaceCounter(Protocol):
    """A document read once, in pieces of any size: where the pieces are cut makes no difference.

    Promise: no octets make it raise, and its memory has a limit of its own.
    """

    def feed(self, chunk: bytes) -> None:
        """Take the next octets."""

    def finish(self) -> CountedDocument:
        """The count, after the last octet. Called once."""


class Tally:
    """Faces in the order they come, with the limits of rule 2."""

    __slots__ = ("_count", "_runs")

    def __init__(self) -> None:
        self._runs: list[Faces] = []
        self._count = 0

    @property
    def count(self) -> int:
        """Faces so far."""
        return self._count

    def add(self, faces: Faces) -> None:
        """Count these too; what is above FACES_MAX is not counted."""
        count = min(faces.count, FACES_MAX - self._count)
        if count <= 0:
            return
        self._count += count
        last = self._runs[-1] if self._runs else None
        if last is not None and (len(self._runs) >= RUNS_MAX or replace(faces, count=last.count) == last):
            self._runs[-1] = replace(last, count=last.count + count)
        else:
            self._runs.append(replace(faces, count=count))

    def document(self, media_type: str, *, copies: int | None = None, duplex: bool | None = None) -> CountedDocument:
        """The document, of which every face was counted; one without any has one face, and that is a guess."""
        if not self._runs:
            return guessed(media_type, "it shows nothing that is printed")
        kept = None if copies is None else max(1, min(copies, COPIES_MAX))
        return CountedDocument(media_type=media_type, faces=tuple(self._runs), copies=kept, duplex=duplex)


def guessed(media_type: str, why: str, count: int = 1) -> CountedDocument:
    """A document that could not be understood: so many faces of which nothing is known."""
    return CountedDocument(media_type=media_type, faces=(Faces(count=max(1, min(count, FACES_MAX))),), guess=why)


def millimetres(value: float, per_inch: float) -> int | None:
    """A length given in units of which an inch has so many, or None where it makes no sense."""
    if not 0 < value < 1e9 or not 0 < per_inch < 1e6:
        return None
    found = round(value / per_inch * 25.4)
    return found if 0 < found <= SIZE_MM_MAX else None


def _within(faces: tuple[Faces, ...], ranges: tuple[tuple[int, int], ...]) -> Iterator[Faces]:
    first = 1
    for run in faces:
        last = first + run.count - 1
        kept, at = 0, first
        for low, high in sorted(ranges):
            start, stop = max(low, at), min(high, last)
            if start <= stop:
                kept += stop - start + 1
                at = stop + 1
        if kept:
            yield replace(run, count=kept)
        first = last + 1
