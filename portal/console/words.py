"""The words of the wire as the words of the page."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from wire_format.printer_mib import ALERT_CODES

_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_GROUPS: Final = {
    "generalPrinter": "printer",
    "input": "input",
    "output": "output",
    "marker": "marker",
    "markerSupplies": "supplies",
    "markerColorant": "colorant",
    "mediaPath": "media path",
    "consoleDisplayBuffer": "display",
    "consoleLights": "lights",
    "hostResourcesMIBStorageTable": "storage",
    "hostResourcesMIBDeviceTable": "device",
}
_METERS: Final = {
    "total.impressions": "All impressions",
    "total.impressions.monochrome": "Mono impressions",
    "total.impressions.color": "Colour impressions",
    "print.impressions": "Printed impressions",
    "copy.impressions": "Copied impressions",
    "fax.impressions": "Faxed impressions",
    "scan.images": "Scanned images",
    "total.sheets": "All sheets",
    "total.sheets.duplex": "Duplex sheets",
    "print.area": "Printed area",
    "media.length": "Roll length",
}
_METER_ORDER: Final = tuple(_METERS)
_CATEGORIES: Final = {
    "mono-lines": "Mono lines",
    "color-lines": "Colour lines",
    "low-density": "Low density",
    "full-color": "Full colour",
    "premium": "Premium",
}
_DETECTED: Final = {
    "lowToner": "toner or ink low",
    "noToner": "toner or ink empty",
    "overduePreventMaint": "maintenance overdue",
}
"""Errors whose name in RFC 2790 says too little, or is not true of an ink printer."""
_RECEPTACLES: Final = frozenset({"wasteToner", "wasteInk", "wasteWax", "wasteWater", "wastePaper"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Swatch:
    """The ring that names an ink: its letter, its class in the style sheet, its word."""

    letter: str
    css: str
    word: str


_SWATCHES: Final = {
    "cyan": Swatch(letter="C", css="c", word="Cyan"),
    "magenta": Swatch(letter="M", css="m", word="Magenta"),
    "yellow": Swatch(letter="Y", css="y", word="Yellow"),
    "black": Swatch(letter="K", css="k", word="Black"),
}


def swatch(colorant: str | None, kind: str) -> Swatch:
    """The sign of a supply. Only cyan, magenta, yellow and black have a hue; all else is neutral."""
    if is_receptacle(kind):
        return Swatch(letter="W", css="w", word=kind_words(kind))
    name = (colorant or "").lower()
    if known := _SWATCHES.get(name):
        return known
    for ink, sign in _SWATCHES.items():
        if ink in name:
            css = "k" if ink == "black" else sign.css
            return Swatch(letter=sign.letter, css=css, word=capital(name.replace("-", " ")))
    word = capital(name.replace("-", " ")) if name else kind_words(kind)
    return Swatch(letter=word[:1].upper(), css="w", word=word)


def is_receptacle(kind: str) -> bool:
    """Whether the level is room left to fill, not stock left to use."""
    return kind in _RECEPTACLES


def kind_words(kind: str) -> str:
    """ "wasteToner" as "Waste toner"."""
    return capital(_spaced(kind))


def alert_code_words(code: int) -> str:
    """PrtAlertCodeTC 1105 as "ink almost empty"; an unknown number as "code 4711"."""
    label = ALERT_CODES.get(code)
    if label is None:
        return f"code {code}"
    words = _spaced(label)
    for prefix in ("marker ", "subunit ", "input media ", "media path "):
        if words.startswith(prefix) and len(words) > len(prefix):
            return words[len(prefix) :]
    return words


def alert_title(description: str | None, code: int) -> str:
    """What the device calls the alert, else the words of its code."""
    return description.strip() if description and description.strip() else capital(alert_code_words(code))


def group_words(group: str | None) -> str:
    """PrtAlertGroupTC label as people say it."""
    return "" if group is None else _GROUPS.get(group, _spaced(group))


def meter_words(name: str) -> str:
    """ "total.impressions.color" as "Colour impressions"; an unlisted meter by its own words."""
    if known := _METERS.get(name):
        return known
    if name.startswith("ink.volume."):
        return capital(f"{name.removeprefix('ink.volume.').replace('-', ' ')} ink used")
    return capital(name.replace(".", " ").replace("-", " "))


def meter_rank(name: str) -> tuple[int, str]:
    """The order meters stand in: the billable ones first, the rest by name."""
    return (_METER_ORDER.index(name) if name in _METERS else len(_METER_ORDER), name)


def category_words(category: str | None) -> str | None:
    """A print category as people say it."""
    return None if category is None else _CATEGORIES.get(category, category)


def capital(words: str) -> str:
    """The first letter large, the others as they are."""
    return words[:1].upper() + words[1:]


def _spaced(label: str) -> str:
    return _CAMEL.sub(" ", label).lower()


def detected_words(errors: Iterable[str]) -> list[str]:
    """What a printer detects (hrPrinterDetectedErrorState), in words."""
    return [_DETECTED.get(error) or _CAMEL.sub(" ", error).lower() for error in errors]
