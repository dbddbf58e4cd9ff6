"""Acts on cartridges, and on the counters that only count up by themselves."""

from dataclasses import dataclass

from device_sim.core.acts.act import Act, param, place_of
from device_sim.core.errors import ActError
from device_sim.core.events import Effect
from device_sim.core.printer import Printer
from device_sim.core.trouble import Cause
from device_sim.core.typed_table import TableError

_SUPPLY = "supply, from 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyLevel(Act):
    """A supply holds so much from now on; for a waste receptacle, so much room."""

    supply: int = param(_SUPPLY, 1)
    percent: int = param("0 to 100")

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100:
            raise TableError("percent", "must be from 0 to 100")

    def apply(self, printer: Printer) -> None:
        place = place_of(printer.state.profile.supplies, self.supply, "supply", "supplies")
        fill(printer, place, printer.state.profile.supplies[place].amount_max * self.percent // 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceSupply(Act):
    """Somebody puts in a new cartridge."""

    supply: int = param(_SUPPLY, 1)

    def apply(self, printer: Printer) -> None:
        place = place_of(printer.state.profile.supplies, self.supply, "supply", "supplies")
        fill(printer, place, printer.state.profile.supplies[place].amount_max)
        printer.tell(Effect.SUPPLY_REPLACED, supply=self.supply)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShakeSupply(Act):
    """Somebody shakes a cartridge: its level rises a little, and it is no new one."""

    supply: int = param(_SUPPLY, 1)
    percent: int = param("how much it rises, 1 to 20", 3)

    def __post_init__(self) -> None:
        if not 1 <= self.percent <= 20:
            raise TableError("percent", "must be from 1 to 20; more is a new cartridge (replace-supply)")

    def apply(self, printer: Printer) -> None:
        place = place_of(printer.state.profile.supplies, self.supply, "supply", "supplies")
        full = printer.state.profile.supplies[place].amount_max
        fill(printer, place, min(full, printer.state.supply_amounts[place] + full * self.percent // 100))
        printer.tell(Effect.SUPPLY_SHAKEN, supply=self.supply, percent=self.percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMeter(Act):
    """A lifetime count is another from now on: tampered with, or restored from a backup."""

    meter: str = param("its name, such as total.impressions")
    value: int = param("from 0")

    def __post_init__(self) -> None:
        if not 0 <= self.value < 1 << 53:
            raise TableError("value", "must be a count from 0")

    def apply(self, printer: Printer) -> None:
        state = printer.state
        place = state.profile.meter_place.get(self.meter)
        if place is None:
            raise ActError("meter", f"this printer counts only {', '.join(state.profile.meter_place)}")
        before, state.meters[place] = state.meters[place], self.value
        printer.tell(Effect.METER_SET, meter=self.meter, before=before, value=self.value)


def fill(printer: Printer, place: int, amount: int) -> None:
    """A supply holds that amount; the conditions low and empty hold or not, as it says."""
    state = printer.state
    spec = state.profile.supplies[place]
    state.supply_amounts[place] = amount
    low, empty = Cause("supply-low", place), Cause("supply-empty", place)
    if amount == 0:
        printer.end(low)
        printer.begin(empty)
    elif amount * 100 <= spec.amount_max * spec.low_percent:
        printer.end(empty)
        printer.begin(low)
    else:
        printer.end(low, empty)
