"""Acts of people who print, and who change their minds."""

from dataclasses import dataclass

from device_sim.core.acts.act import Act, param
from device_sim.core.dice import Dice
from device_sim.core.errors import ActError
from device_sim.core.printer import Printer
from device_sim.core.state import Power
from device_sim.core.typed_table import TableError, one_of
from device_sim.core.workload import Wish, order_of
from wire_format.records import Service

IMPRESSIONS_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Print(Act):
    """Somebody prints, copies or scans a document."""

    impressions: int = param("of one copy; for a scan, images", 1)
    copies: int = param("so many times", 1)
    service: str = param("print, copy or scan", "print")
    color: bool = param("in colour, where the printer can", True)
    duplex: bool = param("on both sides, where the printer can", False)
    media: str = param("name of one of the formats that the model's people print; nothing: the first", "")
    name: str = param("of the document", "Test document")

    def __post_init__(self) -> None:
        one_of("service", self.service, ("print", "copy", "scan"))
        for key in ("impressions", "copies"):
            if not 1 <= getattr(self, key) <= IMPRESSIONS_MAX:
                raise TableError(key, f"must be from 1 to {IMPRESSIONS_MAX}")

    def apply(self, printer: Printer) -> int:
        state = printer.state
        if self.service not in state.profile.services:
            raise ActError("service", f"this printer does only {', '.join(state.profile.services)}")
        if state.power is not Power.ON:
            raise ActError("", "it has no power, or is not booted yet; use power-on, or wait")
        formats = {entry.name: entry for entry in state.profile.workload.formats}
        if self.media and self.media not in formats:
            raise ActError("media", f"here people print only {', '.join(formats)}")
        wish = Wish(
            name=self.name,
            service=Service(self.service),
            impressions=self.impressions,
            copies=self.copies,
            color=self.color,
            duplex=self.duplex,
            format=formats.get(self.media),
            submitted_by="network" if self.service == "print" else "front-panel",
        )
        dice = Dice(printer.seed, state.identity.index, "wish", int(state.now_s * 1000))
        return printer.submit(order_of(state.profile, wish, dice))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(Act):
    """Somebody cancels a job; what was really printed is counted."""

    job: int = param("its number; 0: the running one", 0)

    def apply(self, printer: Printer) -> None:
        running = printer.state.job
        number = self.job or (running.number if running else 0)
        if not printer.cancel(number):
            raise ActError("job", "runs or waits no more; `sim ctl show` tells which do")
