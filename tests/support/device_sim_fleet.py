"""One printer of each profile on loopback, after a morning's work: for programs that read printers."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from device_sim.core.mib import printer_book, printer_view
from device_sim.core.printer import Printer
from device_sim.core.snmp.view import MibView
from device_sim.core.state import LivePrinter
from device_sim.http_endpoint import HttpEndpoint
from device_sim.ipp_server import start_ipp_server
from device_sim.population import Population
from device_sim.snmp_endpoint import SnmpEndpoint
from tests.support.device_sim import ALL_PROFILES, HOUR_S, MONDAY_7, StandingClock, free_port, printer
from tests.support.device_sim_printing import print_room

NETWORK = (127 << 24) + (9 << 16) + (7 << 8)


@dataclass(frozen=True, slots=True)
class StandingFleet:
    """Its ports. printers: by address, in the order of the profiles' names; nothing moves them any more."""

    snmp_port: int
    http_port: int
    ipp_port: int
    printers: dict[str, LivePrinter]


@contextlib.asynccontextmanager
async def standing_fleet(profiles: Sequence[str] = ALL_PROFILES) -> AsyncIterator[StandingFleet]:
    """A fleet whose time stands at noon, so that what is read can be compared with the state to the last impression."""
    made: dict[str, Printer] = {}
    views: dict[int, MibView] = {}
    for index, name in enumerate(profiles, 1):
        one = printer(name, seed=23, index=index, address=f"127.9.7.{index}")
        one.advance(MONDAY_7 + 5 * HOUR_S)
        made[f"127.9.7.{index}"] = one
        views[NETWORK + index] = printer_view(one.state, printer_book(one.state.profile))
    states = {address: one.state for address, one in made.items()}
    async with contextlib.AsyncExitStack() as opened:
        snmp = SnmpEndpoint.open(0, views.get)
        opened.callback(snmp.close)
        http, http_port = HttpEndpoint(states.get), free_port()
        await http.open("0.0.0.0", http_port)
        opened.push_async_callback(http.close)
        population = Population(list(made.values()), StandingClock(MONDAY_7 + 5 * HOUR_S))
        ipp = await start_ipp_server(0, await opened.enter_async_context(print_room(population)))
        opened.push_async_callback(ipp.close)
        yield StandingFleet(snmp.port, http_port, ipp.port, states)
