"""Printer Job Language: commands around documents, taken apart from them wherever the pieces are cut.

1. The universal exit (UEL) always ends a document; what follows it is commands until ENTER LANGUAGE, or until a line
   that is no command, which belongs to a document already.
2. Before the first UEL there are commands only if the first octets are @PJL.
3. Of a command line at most LINE_BYTES_MAX octets are kept.
Source: HP, Printer Job Language Technical Reference Manual, chapters 2 to 4.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from device_sim.core.documents.sense import UNIVERSAL_EXIT

LINE_BYTES_MAX: Final = 1024
_PREFIX: Final = b"@PJL"


@dataclass(frozen=True, slots=True)
class Data:
    """Octets of a document."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """A command line without @PJL, such as `SET COPIES=2`; decoded as Latin-1, blanks at the ends removed."""

    text: str


@dataclass(frozen=True, slots=True)
class Exit:
    """A universal exit: the document, if any, ends here."""


Piece = Data | Command | Exit


class PjlStream:
    """A print stream on its way in."""

    __slots__ = ("_commands", "_held", "_started")

    def __init__(self) -> None:
        self._held = b""
        self._commands = False
        self._started = False

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        """The pieces in these octets. Read all of them."""
        data = self._held + chunk
        self._held = b""
        if not self._started and data:
            if len(data) < len(_PREFIX) and _PREFIX.startswith(data):
                self._held = data
                return
            self._started, self._commands = True, data.startswith(_PREFIX)
        while data:
            pieces, data, more = self._command(data) if self._commands else self._document(data)
            yield from pieces
            if not more:
                self._held = data
                return

    def finish(self) -> Iterator[Piece]:
        """What is left when the stream has ended."""
        data, self._held = self._held, b""
        if not data:
            return
        if self._commands and data.startswith(_PREFIX):
            yield _command(data)
        else:
            yield Data(data)

    def _document(self, data: bytes) -> tuple[list[Piece], bytes, bool]:
        stop = data.find(UNIVERSAL_EXIT)
        if stop >= 0:
            self._commands = True
            pieces: list[Piece] = [Data(data[:stop])] if stop else []
            return [*pieces, Exit()], data[stop + len(UNIVERSAL_EXIT) :], True
        kept = _begun(data)
        whole = len(data) - kept
        return ([Data(data[:whole])] if whole else []), data[whole:], False

    def _command(self, data: bytes) -> tuple[list[Piece], bytes, bool]:
        if data.startswith(UNIVERSAL_EXIT):
            return [Exit()], data[len(UNIVERSAL_EXIT) :], True
        if UNIVERSAL_EXIT.startswith(data) or (len(data) < len(_PREFIX) and _PREFIX.startswith(data)):
            return [], data, False
        if data[:1] in (b"\r", b"\n"):
            return [], data[1:], True
        if not data.startswith(_PREFIX):
            self._commands = False
            return [], data, True
        end, leave = data.find(b"\n"), data.find(UNIVERSAL_EXIT)
        if leave >= 0 and (end < 0 or leave < end):
            return [_command(data[:leave])], data[leave:], True
        if end < 0:
            # Too long a line for a command is cut, not kept: nobody needs its end.
            kept = _begun(data)
            return [], data[: len(data) - kept][:LINE_BYTES_MAX] + data[len(data) - kept :], False
        command = _command(data[:end])
        self._commands = not _enters(command.text)
        return [command], data[end + 1 :], True


def _begun(data: bytes) -> int:
    """How many octets at the end may be the beginning of a UEL."""
    for size in range(min(len(data), len(UNIVERSAL_EXIT) - 1), 0, -1):
        if UNIVERSAL_EXIT.startswith(data[-size:]):
            return size
    return 0


def _command(line: bytes) -> Command:
    return Command(line[len(_PREFIX) : LINE_BYTES_MAX].decode("latin-1").strip())


def _enters(text: str) -> bool:
    words = text.upper().split()
    return words[:1] == ["ENTER"]
