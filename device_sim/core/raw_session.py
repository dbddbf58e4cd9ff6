"""What comes over a raw port (JetDirect, 9100), taken apart into jobs and questions.

1. A job is what stands between @PJL JOB and @PJL EOJ; without them, a document up to the next universal exit. The end
   of the connection ends a job too. Several follow each other on one connection.
2. Settings before a document belong to it; DEFAULT stays for the connection, SET goes with its job.
3. Each job is passed on as a print stream of its own, PJL included: who counts it reads it again.
Source: HP, Printer Job Language Technical Reference Manual, chapters 4 to 8.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from device_sim.core.documents.pjl import Command, Data, Exit, Piece, PjlStream
from device_sim.core.documents.sense import UNIVERSAL_EXIT
from device_sim.core.state import LivePrinter
from wire_format.printer_mib import PrinterState

SETTINGS_MAX: Final = 100
REPLY_CHARACTERS_MAX: Final = 200
_BLANK: Final = b"\x00\x04 \t\r\n"
_NAME: Final = re.compile(r'NAME\s*=\s*"([^"]{0,255})"', re.IGNORECASE)
_CODES: Final = {3: 40021, 8: 40022, 807: 10001, 808: 41100, 1101: 40010, 1102: 40010}
"""PrtAlertCodeTC to PJL's status codes; what is not here needs service (40000)."""
_READY, _WARMING, _PRINTING, _SERVICE = 10001, 10003, 10023, 40000


@dataclass(frozen=True, slots=True)
class Begin:
    """A job begins."""

    name: str


@dataclass(frozen=True, slots=True)
class Feed:
    """Octets of the job that has begun."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The job is whole."""


@dataclass(frozen=True, slots=True)
class Question:
    """A command that wants an answer, such as `INFO STATUS`."""

    text: str


Act = Begin | Feed | End | Question


class RawSession:
    """One connection."""

    def __init__(self) -> None:
        self._stream = PjlStream()
        self._defaults: list[str] = []
        self._settings: list[str] = []
        self._name = ""
        self._in_job = self._begun = False

    def feed(self, chunk: bytes) -> Iterator[Act]:
        """What these octets bring. Read all of it."""
        for piece in self._stream.feed(chunk):
            yield from self._piece(piece)

    def finish(self) -> Iterator[Act]:
        """What the end of the connection brings."""
        for piece in self._stream.finish():
            yield from self._piece(piece)
        yield from self._end()

    def _piece(self, piece: Piece) -> Iterator[Act]:
        match piece:
            case Data(octets):
                # Blanks before a document are no document, and no part of one: packets may be cut anywhere.
                octets = octets if self._begun else octets.lstrip(_BLANK)
                if octets:
                    yield from self._begin()
                    yield Feed(octets)
            case Exit() if self._begun and self._in_job:
                yield Feed(UNIVERSAL_EXIT)
            case Exit():
                yield from self._end()
            case Command(text):
                yield from self._command(text)

    def _command(self, text: str) -> Iterator[Act]:
        word = text.partition(" ")[0].upper()
        match word:
            case "JOB":
                yield from self._end()
                self._in_job = True
                found = _NAME.search(text)
                self._name = found[1] if found else ""
            case "EOJ" | "RESET":
                yield from self._end()
                self._in_job, self._name = False, ""
                self._settings.clear()
            case "DEFAULT" if len(self._defaults) < SETTINGS_MAX:
                self._defaults.append(text)
            case "SET" | "ENTER":
                if self._begun:
                    yield Feed(_line(text))
                elif len(self._settings) < SETTINGS_MAX:
                    self._settings.append(text)
            case "INFO" | "INQUIRE" | "DINQUIRE" | "ECHO" | "USTATUS":
                yield Question(text[:REPLY_CHARACTERS_MAX])

    def _begin(self) -> Iterator[Act]:
        if self._begun:
            return
        self._begun = True
        yield Begin(self._name)
        said = [*self._defaults, *self._settings]
        if said or self._in_job:
            # A job may bring several documents: its stream says where each begins.
            if not said or not said[-1].upper().startswith("ENTER"):
                said.append("ENTER LANGUAGE=AUTO")
            yield Feed(UNIVERSAL_EXIT + b"".join(map(_line, said)))

    def _end(self) -> Iterator[Act]:
        if self._begun:
            yield End()
        self._begun = False
        if not self._in_job:
            self._settings.clear()
        else:
            self._settings = [text for text in self._settings if not text.upper().startswith("ENTER")]


def pjl_answer(state: LivePrinter, question: str) -> bytes:
    """The answer to a question, form feed included; nothing for USTATUS that is switched off.

    `USTATUS DEVICE = ON` is answered with the status of now; later changes are not told unasked.
    """
    words = question.split()
    kind, about = words[0].upper(), words[1].upper() if len(words) > 1 else ""
    head = f"@PJL {' '.join(words)}"
    match kind, about:
        case "INFO", "ID":
            lines = [f'"{state.profile.model}"']
        case "INFO", "STATUS":
            lines = _status(state)
        case "INFO", "PAGECOUNT":
            lines = [f"PAGECOUNT={state.meter('total.impressions') or 0}"]
        case "INFO", "PRODINFO":
            lines = [f'ProductName = "{state.profile.model}"', f'SerialNumber = "{state.identity.serial}"']
        case "INFO", "MEMORY":
            lines = [f"TOTAL={state.profile.memory_bytes}", f"LARGEST={state.profile.memory_bytes}"]
        case (("INQUIRE" | "DINQUIRE"), _):
            duplex = "OFF" if state.profile.duplex else '"?"'
            lines = [{"COPIES": "1", "DUPLEX": duplex, "LANG": "ENGLISH"}.get(about, '"?"')]
        case "USTATUS", "DEVICE" if "ON" in question.upper().replace("=", " ").split():
            head, lines = "@PJL USTATUS DEVICE", _status(state)
        case "USTATUS", _:
            return b""
        case "ECHO", _:
            lines = []
        case _:
            lines = ['"?"']
    return "".join(f"{line}\r\n" for line in (head, *lines)).encode("latin-1", "replace") + b"\f"


def _status(state: LivePrinter) -> list[str]:
    critical = next((alert for alert in state.alerts if alert.critical), None)
    code = _READY
    if critical is not None:
        code = _CODES.get(critical.code, _SERVICE)
    elif state.status is PrinterState.WARMING_UP:
        code = _WARMING
    elif state.status is PrinterState.PRINTING:
        code = _PRINTING
    online = "FALSE" if critical is not None or state.status is PrinterState.OFFLINE else "TRUE"
    display = state.console_text.replace('"', "'")
    return [f"CODE={code}", f'DISPLAY="{display}"', f"ONLINE={online}"]


def _line(text: str) -> bytes:
    return b"@PJL " + text.encode("latin-1", "replace") + b"\r\n"
