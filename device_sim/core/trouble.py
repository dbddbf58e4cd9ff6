"""What can go wrong with a printer, and how it is said in prtAlertTable.

One cause stands for one condition; while it holds, one alert of it is active. Beside the conditions that have a
life of their own (jam, cover, offline, input-*, supply-*), a cause may be any label of PrtAlertCodeTC.
"""

from dataclasses import dataclass
from typing import Final

from device_sim.core.profile import Profile, SupplySpec
from wire_format.printer_mib import ALERT_CODES, DETECTED_ERRORS

CRITICAL = 3
WARNING = 4
UNTRAINED = 3
TRAINED = 4
GENERAL, COVER, INPUT, MEDIA_PATH, SUPPLIES = 5, 6, 8, 13, 11


@dataclass(frozen=True, slots=True)
class Cause:
    """A condition: what, and of which part (0-based place in the profile's list)."""

    what: str
    place: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How a cause is reported: numbers of RFC 3805, and words for a person."""

    severity: int
    training: int
    group: int
    code: int
    description: str
    console_text: str
    error: int | None


_WET = {"ink", "inkCartridge", "wasteInk"}
_DRY = {"toner", "tonerCartridge", "wasteToner"}
_WORN = {"opc": (1111, 1112), "developer": (1113, 1114)}
"""PrtAlertCodeTC of a wearing supply that is near its end, and of one at its end."""


def wording(profile: Profile, cause: Cause) -> Wording:
    """What the printer says of a cause."""
    match cause.what:
        case "supply-low" | "supply-empty":
            return _of_supply(profile.supplies[cause.place], cause.what == "supply-empty")
        case "input-low" | "input-empty":
            name = profile.inputs[cause.place].name
            empty = cause.what == "input-empty"
            return Wording(
                severity=CRITICAL if empty else WARNING,
                training=UNTRAINED,
                group=INPUT,
                code=808 if empty else 807,
                description=f"{name} is empty" if empty else f"{name} is low",
                console_text=f"Load {name}" if empty else f"{name} low",
                error=_bit("noPaper" if empty else "lowPaper"),
            )
        case "cover":
            name = profile.covers[cause.place]
            return Wording(
                severity=CRITICAL, training=UNTRAINED, group=COVER, code=3, description=f"{name} is open",
                console_text=f"Close {name.lower()}", error=_bit("doorOpen"),
            )  # fmt: skip
        case "offline":
            return Wording(
                severity=CRITICAL, training=UNTRAINED, group=GENERAL, code=22, description="Printer is offline",
                console_text="Offline", error=_bit("offline"),
            )  # fmt: skip
        case "jam":
            return Wording(
                severity=CRITICAL, training=TRAINED, group=MEDIA_PATH, code=8, description="Media is jammed",
                console_text="Clear jam", error=_bit("jammed"),
            )  # fmt: skip
        case label:
            return _of_label(label)


CODE_OF: Final = {label: code for code, label in ALERT_CODES.items()}
_STOPPING = ("Open", "Empty", "Full", "Missing", "Over", "Failure", "Exhausted", "AtLimit", "Error", "Request")
_GROUPS = ((500, COVER), (800, GENERAL), (900, INPUT), (1000, 9), (1100, 10), (1300, SUPPLIES), (1500, MEDIA_PATH))


def _of_label(label: str) -> Wording:
    """Any alert code of RFC 3805, in the group its number belongs to; what stops a printer is critical."""
    code = CODE_OF[label]
    said = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in label).capitalize()
    stops = label.endswith(_STOPPING) and "Almost" not in label and "Recoverable" not in label
    subunit = 8 < code < 500
    return Wording(
        severity=CRITICAL if stops else WARNING,
        training=UNTRAINED,
        group=GENERAL if subunit else next((group for below, group in _GROUPS if code < below), 15),
        code=code,
        description=said,
        console_text=said,
        error=_bit("serviceRequested") if stops else None,
    )


def _of_supply(spec: SupplySpec, empty: bool) -> Wording:
    name = spec.description
    if spec.colorant and spec.kind in _DRY | _WET:
        name = f"{spec.colorant.capitalize()} cartridge"
    if spec.receptacle:
        code = {True: (1107, 1109), False: (1108, 1110)}[spec.kind in _DRY][empty]
        said = "is full" if empty else "is almost full"
        error = _bit("serviceRequested") if empty else None
    elif spec.kind in _DRY | _WET:
        code = {True: (1104, 1101), False: (1105, 1102)}[spec.kind in _DRY][empty]
        said = "is empty" if empty else "is low"
        error = _bit("noToner" if empty else "lowToner")
    else:
        code = _WORN.get(spec.kind, (10, 11))[empty]
        said = "is worn out" if empty else "is near the end of its life"
        error = _bit("serviceRequested") if empty else None
    return Wording(
        severity=CRITICAL if empty else WARNING,
        training=UNTRAINED,
        group=SUPPLIES,
        code=code,
        description=f"{name} {said}",
        console_text=f"Replace {name}" if empty else f"{name} low",
        error=error,
    )


def _bit(label: str) -> int:
    return DETECTED_ERRORS.index(label)
