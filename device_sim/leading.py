"""What may be done with a running fleet: acts on its printers, faults, and its time. Without a socket.

1. Everything is done at the present moment; what a scenario plans is another matter.
2. One printer that cannot do an act does not keep the others from it: it is told among the refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from device_sim.clock import SPEED_MAX, ScaledClock, at_utc
from device_sim.core.account import account_of, line_of
from device_sim.core.acts.act import Act
from device_sim.core.acts.identity import Move, SwapAddress
from device_sim.core.acts.registry import act_of
from device_sim.core.dice import Dice
from device_sim.core.errors import ActError
from device_sim.core.faults import FaultError, FaultSetting, knob_of, read_setting, with_fault
from device_sim.core.fleet import Places
from device_sim.core.printer import Printer
from device_sim.core.scenario import chosen_of
from device_sim.core.typed_table import TableError
from device_sim.population import Population
from wire_format.codec import format_instant, parse_instant
from wire_format.errors import DecodeError

LISTED_MAX = 10_000


class LeadingError(Exception):
    """What was asked cannot be understood. key: of the request, "" for all of it."""

    def __init__(self, key: str, remedy: str) -> None:
        super().__init__(f"{key}: {remedy}" if key else remedy)
        self.key = key
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Leader:
    """Leads one running fleet."""

    population: Population
    places: Places
    clock: ScaledClock
    seed: int

    def printers(self, chosen: str) -> list[dict[str, object]]:
        """A line of each of those printers. Raises LeadingError."""
        return [line_of(self.population.at_index(index)) for index in self._chosen(chosen)]

    def printer(self, index: int) -> dict[str, object]:
        """All of one printer. Raises LeadingError."""
        self._chosen(str(index))
        return account_of(self.population.at_index(index))

    def act(self, chosen: str, name: str, parameters: Mapping[str, object]) -> dict[str, object]:
        """Do an act to each of those printers; who did it, with the job it made, who refused. Raises LeadingError."""
        try:
            act = act_of(name, parameters)
        except TableError as error:
            raise LeadingError(error.key, error.remedy) from error
        done: list[dict[str, object]] = []
        refused: list[dict[str, object]] = []
        for index in self._chosen(chosen):
            try:
                done.append({"printer": index, "job": self._do(index, act)})
            except ActError as error:
                refused.append({"printer": index, "why": str(error)})
        return {"done": done, "refused": refused}

    def set_fault(self, chosen: str, setting: str) -> dict[str, object]:
        """Let those printers misbehave so from now on: NAME or NAME=VALUE. Raises LeadingError."""
        try:
            wanted: FaultSetting = read_setting(setting)
        except FaultError as error:
            raise LeadingError("set", str(error)) from error
        return self._with_fault(chosen, wanted.name, wanted)

    def clear_fault(self, chosen: str, name: str) -> dict[str, object]:
        """Let those printers not misbehave so any more. Raises LeadingError."""
        try:
            knob = knob_of(name)
        except FaultError as error:
            raise LeadingError("clear", str(error)) from error
        return self._with_fault(chosen, knob.name, None)

    def time(self) -> dict[str, object]:
        """How time passes."""
        now = format_instant(at_utc(self.clock.now_s()))
        return {"now": now, "speed": self.clock.speed, "frozen": self.clock.frozen}

    def lead_time(self, what: str, value: object) -> dict[str, object]:
        """freeze, resume, speed X or jump TIME; how time passes then. Raises LeadingError."""
        match what:
            case "freeze":
                self.clock.freeze()
            case "resume":
                self.clock.resume()
            case "speed":
                if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= SPEED_MAX:
                    raise LeadingError("value", f"must be a number above 0 and at most {SPEED_MAX:g}")
                self.clock.run_at(float(value))
            case "jump":
                self.clock.jump(self._later_s(value))
            case _:
                raise LeadingError("do", "must be one of: freeze, resume, speed, jump")
        return self.time()

    def _later_s(self, value: object) -> float:
        try:
            at_s = parse_instant(str(value)).timestamp()
        except DecodeError as error:
            raise LeadingError("value", "must be a virtual time in UTC such as 2026-11-16T18:00:00Z") from error
        if at_s < self.clock.now_s():
            now = self.time()["now"]
            raise LeadingError("value", f"has passed: it is {now}; a fleet lives forward only")
        return at_s

    def _do(self, index: int, act: Act) -> int | None:
        if isinstance(act, SwapAddress):
            self._swap(index, act.other)
            return None
        return self.population.act_on(index, act.apply)

    def _swap(self, index: int, other: int) -> None:
        """Two printers change addresses; of one that lives in another part of the fleet only the place is known."""
        if not 0 <= other < self.places.whole_count:
            raise ActError("other", f"must be a printer from 0 to {self.places.whole_count - 1}")
        here = self.population.at_index(index).identity.address
        if self.places.of_index(other) is None:
            self.population.act_on(index, Move(address=self.places.address_of(other)).apply)
            return
        there = self.population.at_index(other).identity.address
        self.population.act_on(index, Move(address=there).apply)
        self.population.act_on(other, Move(address=here).apply)

    def _with_fault(self, chosen: str, name: str, setting: FaultSetting | None) -> dict[str, object]:
        def change(printer: Printer) -> None:
            printer.state.faults = with_fault(printer.state.faults, name, None if setting is None else setting.value)
            printer.state.touch()

        indices = self._chosen(chosen)
        for index in indices:
            self.population.act_on(index, change)
        return {"done": [{"printer": index, "job": None} for index in indices], "refused": []}

    def _chosen(self, text: str) -> Sequence[int]:
        """The printers of this run that a text names. Raises LeadingError."""
        try:
            chosen = chosen_of(text, "printers")
        except TableError as error:
            raise LeadingError("printers", error.remedy) from error
        known, last = self.places.indices, self.places.whole_count - 1
        if chosen.share is not None:
            at_ms = int(self.clock.now_s() * 1000)
            return [index for index in known if Dice(self.seed, index, "led", at_ms).unit() < chosen.share]
        found: list[int] = []
        for first, end in chosen.ranges:
            if first > last or (first == end and first not in known):
                raise LeadingError("printers", f"there is no printer {first} here; they are {known[0]} to {known[-1]}")
            found += [index for index in range(max(first, known[0]), min(end, known[-1]) + 1) if index in known]
        return list(dict.fromkeys(found))[:LISTED_MAX]
