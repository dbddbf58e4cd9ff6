"""Acts that begin and end conditions: jams, covers, media, supplies, and any alert of RFC 3805."""

from dataclasses import dataclass

from device_sim.core.acts.act import Act, lasting_ms, param, place_of
from device_sim.core.errors import ActError
from device_sim.core.printer import Printer
from device_sim.core.trouble import CODE_OF, Cause, wording
from device_sim.core.typed_table import TableError

_LASTS = "mended after so long, such as 10m; else when people come"
_INPUT = "input, from 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Jam(Act):
    """Media jams; printing stops until somebody clears it."""

    lasts: str = param(_LASTS, "")

    def __post_init__(self) -> None:
        lasting_ms(self.lasts)

    def apply(self, printer: Printer) -> None:
        printer.begin(Cause("jam"), lasts_ms=lasting_ms(self.lasts))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCover(Act):
    """Somebody opens a cover; printing stops until it is closed."""

    cover: int = param("cover, from 1", 1)
    lasts: str = param(_LASTS, "")

    def __post_init__(self) -> None:
        lasting_ms(self.lasts)

    def apply(self, printer: Printer) -> None:
        place = place_of(printer.state.profile.covers, self.cover, "cover", "covers")
        printer.state.covers_open[place] = True
        printer.begin(Cause("cover", place), lasts_ms=lasting_ms(self.lasts))


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCover(Act):
    """Somebody closes a cover."""

    cover: int = param("cover, from 1", 1)

    def apply(self, printer: Printer) -> None:
        place = place_of(printer.state.profile.covers, self.cover, "cover", "covers")
        end(printer, Cause("cover", place))


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperOut(Act):
    """An input is empty."""

    input: int = param(_INPUT, 1)
    lasts: str = param(_LASTS, "")

    def __post_init__(self) -> None:
        lasting_ms(self.lasts)

    def apply(self, printer: Printer) -> None:
        place = place_of(printer.state.profile.inputs, self.input, "input", "inputs")
        begin(printer, Cause("input-empty", place), lasting_ms(self.lasts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refill(Act):
    """Somebody fills an input."""

    input: int = param(_INPUT, 1)

    def apply(self, printer: Printer) -> None:
        place = place_of(printer.state.profile.inputs, self.input, "input", "inputs")
        end(printer, Cause("input-empty", place))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offline(Act):
    """Somebody takes the printer offline at its panel; it answers, and prints nothing."""

    lasts: str = param("online again after so long, such as 10m; else with `online`", "")

    def __post_init__(self) -> None:
        lasting_ms(self.lasts)

    def apply(self, printer: Printer) -> None:
        printer.begin(Cause("offline"), call=False, lasts_ms=lasting_ms(self.lasts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Online(Act):
    """Somebody takes it online again."""

    def apply(self, printer: Printer) -> None:
        printer.end(Cause("offline"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseAlert(Act):
    """An alert begins, by its name in RFC 3805; with it whatever it speaks of: a level, a cover, a jam."""

    alert: str = param("PrtAlertCodeTC label, such as markerTonerEmpty")
    part: int = param("row of the part it speaks of; 0: the first that fits", 0)
    lasts: str = param(_LASTS, "")

    def __post_init__(self) -> None:
        lasting_ms(self.lasts)
        _check_label(self.alert)

    def apply(self, printer: Printer) -> None:
        begin(printer, _cause_of(printer, self.alert, self.part), lasting_ms(self.lasts))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearAlert(Act):
    """Alerts of one name end, and what they speak of is mended; without a name all of them."""

    alert: str = param("PrtAlertCodeTC label, such as jam; nothing: every alert", "")
    part: int = param("row of the part it speaks of; 0: any", 0)

    def __post_init__(self) -> None:
        if self.alert:
            _check_label(self.alert)

    def apply(self, printer: Printer) -> None:
        for cause in printer.wrong:
            code = wording(printer.state.profile, cause).code
            if (not self.alert or code == CODE_OF[self.alert]) and self.part in (0, cause.place + 1):
                end(printer, cause)


def begin(printer: Printer, cause: Cause, lasts_ms: int | None) -> None:
    """A condition begins, with the level or cover that it comes from."""
    state, place = printer.state, cause.place
    match cause.what:
        case "cover":
            state.covers_open[place] = True
        case "input-empty" | "input-low":
            part = state.profile.inputs[place]
            state.input_amounts[place] = 0 if cause.what == "input-empty" else _low(part.amount_max, part.low_percent)
        case "supply-empty" | "supply-low":
            supply = state.profile.supplies[place]
            empty = cause.what == "supply-empty"
            state.supply_amounts[place] = 0 if empty else _low(supply.amount_max, supply.low_percent)
    printer.begin(cause, lasts_ms=lasts_ms)


def end(printer: Printer, cause: Cause) -> None:
    """A condition ends, and what it came from is mended: filled, closed, cleared."""
    state, place = printer.state, cause.place
    match cause.what:
        case "cover":
            state.covers_open[place] = False
            printer.end(cause)
        case "input-empty" | "input-low":
            state.input_amounts[place] = state.profile.inputs[place].amount_max
            printer.end(Cause("input-low", place), Cause("input-empty", place))
        case "supply-empty" | "supply-low":
            state.supply_amounts[place] = state.profile.supplies[place].amount_max
            printer.end(Cause("supply-low", place), Cause("supply-empty", place))
        case _:
            printer.end(cause)


def _low(amount_max: int, low_percent: int) -> int:
    return amount_max * low_percent // 100


def _check_label(label: str) -> None:
    if label not in CODE_OF:
        near = [known for known in CODE_OF if label.lower() in known.lower()][:4] or ["jam", "coverOpen", "doorOpen"]
        raise TableError("alert", f"{label!r} is no alert code of RFC 3805; write for example {', '.join(near)}")


def _cause_of(printer: Printer, label: str, part: int) -> Cause:
    """The cause that this printer reports under that label; one of its own conditions where it has such."""
    profile = printer.state.profile
    own = [Cause("jam"), Cause("offline")]
    own += [Cause("cover", place) for place in range(len(profile.covers))]
    for what, parts in (("input", profile.inputs), ("supply", profile.supplies)):
        own += [Cause(f"{what}-{level}", place) for level in ("low", "empty") for place in range(len(parts))]
    fitting = [cause for cause in own if wording(profile, cause).code == CODE_OF[label]]
    if not fitting:
        return Cause(label, max(part - 1, 0))
    chosen = next((cause for cause in fitting if part in (0, cause.place + 1)), None)
    if chosen is None:
        parts_said = ", ".join(str(cause.place + 1) for cause in fitting)
        raise ActError("part", f"this printer tells {label} of part {parts_said} only")
    return chosen
