"""One client of the agent: its lines in order, exactly one answer for each, in the same order.

1. `ok` is said after the commit. Events that are here already share one: up to EVENTS_MAX commands, never waited for.
2. When a shared commit fails, each command whose effect was taken back is answered so, and can be repeated.
3. A client is read no faster than it takes its answers; it only ever holds up itself.
4. Nothing that a line holds ends the session, but `quit`.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from direct_connect.agent.commands import PROTOCOL, Command, Refusal, read_command
from direct_connect.agent.lines import Line, LineCutter
from direct_connect.agent.printers import NoPrinterError, Printers, TooManyPrintersError
from direct_connect.errors import (
    ClosedError,
    ConfigError,
    DirectConnectError,
    InvalidRecordError,
    SpoolFullError,
    SpoolStorageError,
)

EVENTS_MAX: Final = 128
"""In one commit: a block is to be short."""
_LOG: Final = logging.getLogger(__name__)
_CODES: Final[tuple[tuple[type[DirectConnectError], str], ...]] = (
    (NoPrinterError, "printer"),
    (TooManyPrintersError, "limit"),
    (InvalidRecordError, "record"),
    (SpoolFullError, "full"),
    (SpoolStorageError, "disk"),
    (ClosedError, "closing"),
    (ConfigError, "config"),
)


def refusal_of(error: Exception) -> Refusal:
    """The code and sentence of what went wrong; of a fault of ours, without what the line held."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            return Refusal(code, str(error))
    _LOG.error("command failed by a fault of the agent", exc_info=error)
    return Refusal("agent", f"a fault of the agent ({type(error).__name__}), which its log tells; report it")


@dataclass(slots=True)
class Counts:
    """What an agent did, over all its clients. answers: by verb (or "none") and code (or "ok"). Thread-safe."""

    answers: dict[tuple[str, str], int] = field(default_factory=dict)
    clients: int = 0
    clients_total: int = 0
    peers_refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, verb: str, code: str) -> None:
        """One more."""
        with self.lock:
            self.answers[verb, code] = self.answers.get((verb, code), 0) + 1


class Session:
    """The protocol with one client, without a socket: bytes in, answers out."""

    def __init__(
        self,
        printers: Printers,
        version: str,
        *,
        counts: Counts | None = None,
        tell_status: Callable[[str | None], str],
    ) -> None:
        """tell_status: what `status` answers, of one printer or of all, on one line."""
        self._printers, self._version, self._tell_status = printers, version, tell_status
        self._counts = counts or Counts()
        self._cutter = LineCutter()
        self.greeted: str | None = None
        self.ended = False

    def receive(self, received: bytes) -> Iterator[bytes]:
        """The answers to the lines that end in what was received, whole lines, as they become true."""
        for answers in self._answers(self._cutter.feed(received)):
            if answers:
                yield b"".join(f"{answer}\n".encode() for answer in answers)

    def end(self) -> bytes:
        """The stream ended. What was left of a line is no command, and is not passed over in silence."""
        if self.ended or not self._cutter.unfinished:
            return b""
        refusal = Refusal("line", "the stream ended within this line, so it was not carried out; end each line with LF")
        return f"{self._counted('none', refusal)}\n".encode()

    def _answers(self, lines: Iterable[Line]) -> Iterator[list[str]]:
        group: list[Command | Refusal] = []
        for line in lines:
            command = read_command(line)
            shared = isinstance(command, Refusal) or (command.event and self.greeted is not None)
            if not shared or len(group) >= EVENTS_MAX:
                yield self._together(group)
                group = []
            if shared:
                group.append(command)
                continue
            yield [self._one(command)]
            if self.ended:
                return
        yield self._together(group)

    def _together(self, group: list[Command | Refusal]) -> list[str]:
        if sum(isinstance(command, Command) for command in group) < 2:
            return [self._one(command) for command in group]
        said: list[tuple[str, Refusal | None]] = []
        try:
            with self._printers.spool.together() as block:
                for command in group:
                    said.append(self._done(command))
                    block.mark()
        except DirectConnectError as error:
            # What was answered `ok` after the last kept mark was taken back.
            lost = refusal_of(error)
            said = [
                (verb, refused or (lost if place >= block.kept else None)) for place, (verb, refused) in enumerate(said)
            ]
            _LOG.error("commit failed; what it held can be repeated", extra={"why": str(error), "commands": len(group)})
        return [self._counted(verb, refused) for verb, refused in said]

    def _one(self, command: Command | Refusal) -> str:
        if isinstance(command, Refusal) or command.verb not in ("hello", "open", "status", "quit"):
            return self._counted(*self._done(command))
        try:
            more = self._spoken(command)
        except Exception as error:
            return self._counted(command.verb, refusal_of(error))
        if isinstance(more, Refusal):
            return self._counted(command.verb, more)
        return f"{self._counted(command.verb, None)} {more}".rstrip()

    def _spoken(self, command: Command) -> str | Refusal:
        """Carry out what is answered by more than `ok`, and say it."""
        match command.verb:
            case "hello" if command.record.v != PROTOCOL:
                return Refusal("version", f'this agent speaks version {PROTOCOL}; say: hello {{"v":{PROTOCOL}}}')
            case "hello":
                self.greeted = command.record.client or "?"
                return f"{PROTOCOL} {self._version}"
            case "quit":
                self.ended = True
                return ""
            case _ if self.greeted is None:
                return _GREET
            case "open":
                return self._printers.open(command.printer or "", command.record).connection.sender
            case _:
                return self._tell_status(command.printer)

    def _done(self, command: Command | Refusal) -> tuple[str, Refusal | None]:
        """Carry it out; its verb, and why it was refused. Raises nothing."""
        if isinstance(command, Refusal):
            return "none", command
        if self.greeted is None:
            return command.verb, _GREET
        try:
            self._carry_out(command)
        except Exception as error:  # one bad line never ends the session
            return command.verb, refusal_of(error)
        return command.verb, None

    def _carry_out(self, command: Command) -> None:
        record = command.record
        if command.verb == "push" and command.printer is None:
            for printer in self._printers.all().values():
                printer.connection.push()
            return
        printer = self._printers.of(command.printer)
        connection = printer.connection
        match command.verb:
            case "snapshot":
                printer.tell(record, command.names)
            case "job-started":
                connection.job_started(record.job_id)
            case "impressions":
                connection.impressions_made(record.count)
            case "job-finished":
                connection.job_finished(record)
            case "alert-raised":
                connection.alert_raised(record)
            case "alert-cleared":
                connection.alert_cleared(record.alert_id, record.cleared_at)
            case "push":
                connection.push()
            case "close":
                self._printers.close(printer.name)
            case _:
                raise AssertionError(f"{command.verb} is carried out elsewhere")

    def _counted(self, verb: str, refused: Refusal | None) -> str:
        self._counts.answered(verb, refused.code if refused else "ok")
        return refused.answer if refused else "ok"


_GREET: Final = Refusal("hello", f'say hello first: hello {{"v":{PROTOCOL}}}')
