"""A line into a command: `VERB`, `VERB PRINTER`, `VERB {...}` or `VERB PRINTER {...}`, one space between.

1. The verb says what must follow; nothing else may.
2. The object is one record of `wire_format`, closed like the wire: an unknown name is refused, `x-` ones are skipped.
3. A line that is no command gives a `Refusal` with code and place. Nothing is raised, whatever the bytes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from direct_connect.agent.lines import LINE_BYTES_MAX, Line, TooLong
from wire_format.codec import decode_record
from wire_format.errors import DecodeError
from wire_format.records import Alert, Config, Device, Job, Meter, Status, Supply
from wire_format.shapes import instant, integer, list_of, nested, text
from wire_format.strict_json import parse_json

PROTOCOL: Final = 1
"""The version that `hello` names. It changes when a line that was good becomes another one's."""
SENTENCE_LETTERS_MAX: Final = 400
_PRINTER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The protocol's version, and who speaks, for the log."""

    v: int = integer(0, required=True)
    client: str | None = text(64, pattern=r"[\x21-\x7e]+", wanted="a word of ASCII letters, such as gateway/1.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """claim: the code a portal made for this printer; needed until the portal has accepted it."""

    claim: str | None = text(256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a printer is and shows. observed_at: when, if not now."""

    device: Device | None = nested(Device)
    config: Config | None = nested(Config)
    status: Status | None = nested(Status)
    meters: tuple[Meter, ...] = list_of(Meter, 256)
    supplies: tuple[Supply, ...] = list_of(Supply, 128)
    observed_at: datetime | None = instant()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted:
    """A job began."""

    job_id: str = text(128, required=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Impressions:
    """Printed sides since the last time."""

    count: int = integer(0, 1_000_000_000, required=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCleared:
    """An alert ended. cleared_at: when, if not now."""

    alert_id: str = text(128, required=True)
    cleared_at: datetime | None = instant()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """What follows a verb. printer, record: None: it may be left out. kind: the record's class; None: there is none.

    event: it only tells, so that many share a commit.
    """

    printer: bool | None
    kind: type[Any] | None = None
    record: bool | None = True
    event: bool = False


VERBS: Final[Mapping[str, Grammar]] = {
    "hello": Grammar(printer=False, kind=Hello),
    "open": Grammar(printer=True, kind=Open, record=None),
    "snapshot": Grammar(printer=True, kind=Told, event=True),
    "job-started": Grammar(printer=True, kind=JobStarted, event=True),
    "impressions": Grammar(printer=True, kind=Impressions, event=True),
    "job-finished": Grammar(printer=True, kind=Job, event=True),
    "alert-raised": Grammar(printer=True, kind=Alert, event=True),
    "alert-cleared": Grammar(printer=True, kind=AlertCleared, event=True),
    "push": Grammar(printer=None),
    "status": Grammar(printer=None),
    "close": Grammar(printer=True),
    "quit": Grammar(printer=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A line that was understood. names: which names the object had, since an absent list and an empty one differ."""

    verb: str
    printer: str | None = None
    record: Any = None
    names: frozenset[str] = frozenset()

    @property
    def event(self) -> bool:
        """See `Grammar`."""
        return VERBS[self.verb].event


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a line did nothing: a code for the program, a sentence for its programmer."""

    code: str
    sentence: str

    @property
    def answer(self) -> str:
        """As one line, without its end."""
        return f"error {self.code} {one_line(self.sentence)}"


def one_line(sentence: str) -> str:
    """The sentence with nothing in it that could end a line or steer a terminal, and not too long."""
    seen = "".join(letter if letter.isprintable() else "?" for letter in sentence)
    return seen if len(seen) <= SENTENCE_LETTERS_MAX else seen[: SENTENCE_LETTERS_MAX - 3] + "..."


def read_command(line: Line) -> Command | Refusal:
    """The command of one line, or why it is none."""
    if isinstance(line, TooLong):
        return Refusal("line", f"the line is longer than {LINE_BYTES_MAX} bytes and was skipped; split what it tells")
    try:
        words = line.decode("utf-8")
    except UnicodeDecodeError as error:
        return Refusal("line", f"not UTF-8 at byte {error.start + 1}")
    verb, _, rest = words.partition(" ")
    grammar = VERBS.get(verb)
    if grammar is None:
        return Refusal("verb", f"a line begins with one of {', '.join(VERBS)}")
    printer: str | None = None
    if grammar.printer is not False and rest and not rest.startswith("{"):
        printer, _, rest = rest.partition(" ")
        if _PRINTER.fullmatch(printer) is None:
            return Refusal("line", "a printer's name is 1 to 64 of A-Z a-z 0-9 . _ - and begins with a letter or digit")
    if grammar.printer and printer is None:
        return Refusal("line", f"name the printer: {verb} PRINTER" + (" {...}" if grammar.kind is not None else ""))
    if grammar.kind is None:
        return (
            Refusal("line", f"nothing may follow here, after {verb}") if rest else Command(verb=verb, printer=printer)
        )
    if not rest:
        if grammar.record is None:
            return Command(verb=verb, printer=printer, record=grammar.kind())
        return Refusal("line", "one JSON object is wanted at the end of this line")
    return _with_record(verb, printer, grammar.kind, rest, place=len(words) - len(rest))


def _with_record(verb: str, printer: str | None, kind: type[Any], document: str, place: int) -> Command | Refusal:
    if not document.startswith("{"):
        return Refusal("line", f"a JSON object is wanted at character {place + 1}")
    try:
        parsed = parse_json(document)
        record = decode_record(kind, parsed)
    except DecodeError as error:
        where = f"at {error.pointer}: " if error.pointer else ""
        return Refusal("record", f"{where}{error.reason}")
    names = frozenset(parsed) if isinstance(parsed, dict) else frozenset()
    return Command(verb=verb, printer=printer, record=record, names=names)
