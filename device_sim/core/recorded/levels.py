"""Levels of supplies in documents and IPP answers, as far as it is known whose they are.

A recorded level is a supply's where colour, or description, and percentage are those that SNMP told of it; then it
is that supply's level of now. Any other stays as it was recorded.
"""

from collections.abc import Callable
from typing import Final

from device_sim.core.recorded.identity import Word
from device_sim.core.recorded.model import RecordedModel

COLORANTS: Final = {
    "k": "black", "c": "cyan", "m": "magenta", "y": "yellow", "pk": "photo black", "mk": "matte black",
    "g": "gray", "lc": "light cyan", "lm": "light magenta", "photoblack": "photo black", "matteblack": "matte black",
    "lightcyan": "light cyan", "lightmagenta": "light magenta",
}  # fmt: skip
"""What LEDM calls a colour, in small letters: ConsumableLabelCode and MarkerColor."""


class Levels:
    """The measured supplies of a recording."""

    def __init__(self, model: RecordedModel) -> None:
        self._specs: Final = model.profile.supplies
        self._percents: Final = {
            place: 100 * spec.born_amount // spec.amount_max
            for place, spec in enumerate(self._specs)
            if spec.born_amount is not None and spec.report == "measured"
        }

    def of_color(self, said: str, percent: int) -> int | None:
        """The place of the supply of that colour (LEDM's word, or nothing) at that level; None: of none."""
        colorant = COLORANTS.get(said.lower(), said.lower()) or None
        return self._place(lambda place: self._specs[place].colorant == colorant, percent)

    def of_description(self, said: str, percent: int) -> int | None:
        """The place of the supply with that description at that level; None: of none."""
        return self._place(lambda place: self._specs[place].description == said, percent)

    def percent(self, place: int) -> Word:
        """The percentage left, in digits."""
        return lambda printer: b"%d" % (printer.supply_percent(place) or 0)

    def level(self, place: int, capacity: int) -> Word:
        """What is left in units of which the full supply holds `capacity`, in digits."""
        amount_max = self._specs[place].amount_max
        return lambda printer: b"%d" % (capacity * printer.supply_amounts[place] // amount_max)

    def share(self, recorded: int, place: int) -> Word:
        """A recorded quantity that is used up with a supply, in digits."""
        born = self._specs[place].born_amount or 1
        return lambda printer: b"%d" % (recorded * printer.supply_amounts[place] // born)

    def _place(self, fits: Callable[[int], bool], percent: int) -> int | None:
        found = [place for place, recorded in self._percents.items() if recorded == percent and fits(place)]
        return found[0] if found else None
