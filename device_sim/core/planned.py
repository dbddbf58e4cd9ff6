"""What will befall a printer at moments already known."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a printer keeps what will befall it, and what befalls it works on the printer
    from device_sim.core.printer import Printer


class Befalling(Protocol):
    """Something that will befall a printer."""

    def apply(self, printer: "Printer", /) -> object:
        """Let it happen now. Raises ActError where it cannot."""


Agenda = Iterator[tuple[int, Befalling]]
"""What will befall a printer and when (virtual milliseconds), in order; may be endless."""


class Planned:
    """The rest of an agenda. A moment before now_ms is passed over."""

    __slots__ = ("_agenda", "_next")

    def __init__(self, agenda: Agenda, now_ms: int) -> None:
        self._agenda = agenda
        self._next = next((one for one in agenda if one[0] >= now_ms), None)

    @property
    def next_ms(self) -> int | None:
        """When the next thing befalls; None: nothing will."""
        return None if self._next is None else self._next[0]

    def take_due(self, now_ms: int) -> Iterator[Befalling]:
        """What befalls until now_ms, each once."""
        while self._next is not None and self._next[0] <= now_ms:
            befalling = self._next[1]
            self._next = next(self._agenda, None)
            yield befalling
