"""Acts on who and where a printer is: its address and its names."""

import ipaddress
from dataclasses import dataclass, replace

from device_sim.core.acts.act import Act, param
from device_sim.core.errors import ActError
from device_sim.core.events import Effect
from device_sim.core.printer import Printer
from device_sim.core.typed_table import TableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(Act):
    """It has another address from now on, as DHCP gave it one. Who stood there is not heard any more."""

    address: str = param("IPv4, such as 127.1.0.9")

    def __post_init__(self) -> None:
        try:
            ipaddress.IPv4Address(self.address)
        except ValueError as error:
            raise TableError("address", "must be an IPv4 address such as 127.1.0.9") from error

    def apply(self, printer: Printer) -> None:
        before = printer.state.identity
        printer.state.identity = replace(before, address=str(ipaddress.IPv4Address(self.address)))
        printer.tell(Effect.MOVED, before=before.address, address=self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapAddress(Act):
    """It and another printer of the fleet change addresses."""

    other: int = param("number of the other printer, from 0")

    def apply(self, printer: Printer) -> None:
        raise ActError("other", "two printers change addresses only within a running fleet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename(Act):
    """Somebody gives it another host name or location."""

    hostname: str = param("sysName; nothing: as it is", "")
    location: str = param("sysLocation; nothing: as it is", "")

    def __post_init__(self) -> None:
        if not self.hostname and not self.location:
            raise TableError("hostname", "or location must be given")

    def apply(self, printer: Printer) -> None:
        state, known = printer.state, printer.state.identity
        hostname, location = self.hostname or known.hostname, self.location or known.location
        state.identity = replace(known, hostname=hostname, location=location)
        state.config_changes += 1
        printer.tell(Effect.RENAMED, hostname=hostname, location=location)
