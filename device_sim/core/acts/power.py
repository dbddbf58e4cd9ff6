"""Acts on power, network and the electronics: plug, cable, firmware, formatter."""

from dataclasses import dataclass, replace
from functools import lru_cache

from device_sim.core.acts.act import Act, lasting_ms, param
from device_sim.core.birth import other_station
from device_sim.core.dice import Dice
from device_sim.core.events import Effect
from device_sim.core.printer import Printer
from device_sim.core.profile import Profile
from device_sim.core.state import LivePrinter, Power
from device_sim.core.troubles import NETWORK
from device_sim.core.typed_table import TableError, one_of

_LOST = "up to so many of the last duplex counts are lost with the memory"
RESET_TO_FACTORY_DEFAULTS = 6
_DUPLEX = "total.sheets.duplex"


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPower(Act):
    """The plug is pulled: the running job is aborted, and nothing answers until power is back and the boot done."""

    lasts: str = param("power is back after so long, such as 10m; else with `power-on`", "")
    loses: int = param(_LOST, 0)

    def __post_init__(self) -> None:
        lasting_ms(self.lasts)

    def apply(self, printer: Printer) -> None:
        lose_power(printer, lasting_ms(self.lasts), self.loses)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerOn(Act):
    """The plug is back: it boots, raises anew what is still wrong, and warms up."""

    def apply(self, printer: Printer) -> None:
        printer.power_on()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reboot(Act):
    """It restarts; as a power cut of no length."""

    loses: int = param(_LOST, 0)

    def apply(self, printer: Printer) -> None:
        lose_power(printer, 0, self.loses)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutNetwork(Act):
    """The network cable is pulled: it prints on, and nobody can ask."""

    lasts: str = param("plugged in after so long, such as 10m; else with `network-up`", "")

    def __post_init__(self) -> None:
        lasting_ms(self.lasts)

    def apply(self, printer: Printer) -> None:
        if printer.state.plugged:
            printer.state.plugged = False
            printer.tell(Effect.NETWORK_DOWN)
        printer.send_help(NETWORK, lasting_ms(self.lasts))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugNetwork(Act):
    """The network cable is plugged in."""

    def apply(self, printer: Printer) -> None:
        if not printer.state.plugged:
            printer.state.plugged = True
            printer.tell(Effect.NETWORK_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFirmware(Act):
    """New firmware: another version, one more change of configuration, and a reboot."""

    version: str = param("what it calls itself from now on")

    def __post_init__(self) -> None:
        if not self.version.strip():
            raise TableError("version", "must be a text such as 20261101_7")

    def apply(self, printer: Printer) -> None:
        state = printer.state
        before = state.profile.firmware
        state.profile = updated(state.profile, self.version)
        state.config_changes += 1
        printer.tell(Effect.FIRMWARE_UPDATED, before=before, version=self.version)
        lose_power(printer, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapFormatter(Act):
    """Service puts in another main board: a new MAC address, an empty job log, and counts as the board knows them."""

    meters: str = param('"zero": it counts from 0; "kept": restored', "zero")
    serial: str = param('"kept": written anew; "blank": XXXXXXXXXX; "new": another', "kept")

    def __post_init__(self) -> None:
        one_of("meters", self.meters, ("zero", "kept"))
        one_of("serial", self.serial, ("kept", "blank", "new"))

    def apply(self, printer: Printer) -> None:
        state = printer.state
        before = state.identity
        lose_power(printer, 0, 0)
        state.identity = other_station(state.profile, before, printer.seed, self.serial, int(state.now_s * 1000))
        if self.meters == "zero":
            count_from_zero(state)
        state.finished.clear()
        state.config_changes += 1
        serials = {"serial_before": before.serial, "serial": state.identity.serial}
        printer.tell(Effect.FORMATTER_SWAPPED, meters=self.meters, **serials)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactoryReset(Act):
    """Settings are as from the factory: names and places are gone, the job log is empty; then it reboots."""

    meters: bool = param("the counts are 0 again too, as after an NVRAM init", False)

    def apply(self, printer: Printer) -> None:
        state = printer.state
        lose_power(printer, 0, 0)
        state.identity = other_station(state.profile, state.identity, printer.seed, "reset", 0)
        if self.meters:
            count_from_zero(state)
        state.finished.clear()
        state.written = None
        state.config_changes = 1
        printer.tell(Effect.RESET, meters="zero" if self.meters else "kept")


def reset_by_manager(printer: Printer, how: int) -> None:
    """What writing prtGeneralReset does: powerCycleReset(4), resetToNVRAM(5), resetToFactoryDefaults(6)."""
    act: Act = FactoryReset() if how == RESET_TO_FACTORY_DEFAULTS else Reboot()
    act.apply(printer)


def lose_power(printer: Printer, back_ms: int | None, loses_max: int) -> None:
    """Power goes, with up to loses_max counts of the duplex meter, which is written to memory now and then only."""
    state = printer.state
    was_on = state.power is not Power.OFF
    printer.power_off(back_ms)
    place = state.profile.meter_place.get(_DUPLEX)
    if was_on and loses_max > 0 and place is not None:
        dice = Dice(printer.seed, state.identity.index, "nvram", int(state.now_s * 1000))
        before = state.meters[place]
        state.meters[place] = max(0, before - dice.between(1, loses_max))
        printer.tell(Effect.METER_SET, meter=_DUPLEX, before=before, value=state.meters[place])


def count_from_zero(state: LivePrinter) -> None:
    """Every lifetime count is 0."""
    for place in range(len(state.meters)):
        state.meters[place] = 0


@lru_cache(maxsize=64)
def updated(profile: Profile, firmware: str) -> Profile:
    """The model with other firmware; one value for all printers that have it."""
    return replace(profile, firmware=firmware)
