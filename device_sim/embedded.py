"""A fleet inside another program: it runs in a thread of its own, with ports nobody else has.

1. What is asked of a fleet is asked in its own thread, so that no printer is read while it changes.
2. A fleet that cannot start, or dies, says why to whoever starts, asks or stops it.
3. Sockets are on 127.0.0.0/8 unless the caller chose other addresses; ports are free ones, tried anew when another
   program was faster.
"""

import asyncio
import contextlib
import dataclasses
import io
import json
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from device_sim.cli import parser
from device_sim.core.dice import Dice
from device_sim.core.errors import ConfigError, DeviceSimError
from device_sim.core.fleet import FleetSpec
from device_sim.core.printer import Printer
from device_sim.core.state import ActiveAlert, FinishedJob, LivePrinter
from device_sim.core.workload import Wish, order_of
from device_sim.options import RunPlan, run_plan
from device_sim.runtime import FleetRuntime
from wire_format.printer_mib import PrinterState

R = TypeVar("R")

START_S_MAX: Final = 60.0
STOP_S_MAX: Final = 30.0
PORT_TRIES_MAX: Final = 5
PORTS: Final = tuple(field.name for field in dataclasses.fields(FleetSpec) if field.name.endswith("_port"))
"""The ports of a fleet: snmp_port, which is UDP, http_port and others, which are TCP."""


class FleetDiedError(DeviceSimError):
    """The fleet's thread has ended; the cause says why."""


@dataclass(frozen=True, slots=True)
class FleetPrinter:
    """One printer of a fleet in a thread. Everything but index and address is as of the moment it is read."""

    fleet: "EmbeddedFleet"
    index: int
    address: str

    def read(self, look: Callable[[LivePrinter], R]) -> R:
        """What `look` makes of this printer's state, which it must not keep."""
        return self.fleet.read(self.address, look)

    def submit(self, wish: Wish) -> int:
        """Send it a job as somebody wishes it; the job's number, with which it will stand in `jobs`."""
        return self.act(
            lambda printer: printer.submit(
                order_of(printer.state.profile, wish, Dice(self.fleet.seed, self.index, wish.name))
            )
        )

    def act(self, act: Callable[[Printer], R]) -> R:
        """What `act` returns when it does something to this printer, through its methods, as of now."""
        population = self.fleet.runtime.population
        return self.fleet.call(lambda: population.act_on(self.index, act))

    @property
    def serial(self) -> str:
        return self.read(lambda state: state.identity.serial)

    @property
    def mac(self) -> str:
        return self.read(lambda state: state.identity.mac)

    @property
    def hostname(self) -> str:
        return self.read(lambda state: state.identity.hostname)

    @property
    def model(self) -> str:
        return self.read(lambda state: state.profile.model)

    @property
    def meters(self) -> dict[str, int]:
        """Lifetime counts by name, such as total.impressions."""
        return self.read(lambda s: {spec.name: value for spec, value in zip(s.profile.meters, s.meters, strict=True)})

    @property
    def supplies(self) -> dict[str, int | None]:
        """Percent left by description; None where the printer does not measure."""
        return self.read(
            lambda s: {spec.description: s.supply_percent(place) for place, spec in enumerate(s.profile.supplies)}
        )

    @property
    def status(self) -> PrinterState:
        return self.read(lambda state: state.status)

    @property
    def alerts(self) -> tuple[ActiveAlert, ...]:
        """The alerts that stand."""
        return self.read(lambda state: tuple(state.alerts))

    @property
    def jobs(self) -> tuple[FinishedJob, ...]:
        """The finished jobs in the printer's own log, the oldest first."""
        return self.read(lambda state: tuple(state.finished))

    @property
    def truth(self) -> list[dict[str, object]]:
        """The truth's lines about this printer: itself, its jobs, meters and alerts."""
        return [line for line in self.fleet.truth() if line.get("printer") == self.index]


class EmbeddedFleet:
    """A running fleet. Use `start`, and `stop` or a with block. said: what `inkwire sim run` says to a person."""

    def __init__(self, plan: RunPlan) -> None:
        self.plan: Final = plan
        self.said: Final[list[str]] = []
        self.runtime: Final = FleetRuntime(plan, self.said.append)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._live, name="inkwire fleet", daemon=True)
        self.printers: Final = tuple(FleetPrinter(self, place.index, place.address) for place in plan.places)

    @classmethod
    def start(cls, words: Sequence[str] = (), *, ports: Mapping[str, int] | None = None) -> Self:
        """A fleet that answers. words: of `inkwire sim run`. ports: by their names in PORTS; free ones for the others.

        Raises ConfigError when it cannot start.
        """
        chosen = dict(ports or {})
        for attempt in range(PORT_TRIES_MAX):
            ports_now = {key: _free_port(key) for key in PORTS} | chosen
            if not ports_now["ipp_port"]:
                ports_now["ipps_port"] = 0  # it is the TLS side of ipp_port
            plan = planned(words, ports_now)
            fleet = cls(plan)
            try:
                fleet._start()
            except ConfigError as error:
                # Another program may have taken a port since it was found free.
                if "in use" not in str(error) or attempt == PORT_TRIES_MAX - 1 or set(chosen) == set(PORTS):
                    raise
            else:
                return fleet
        raise AssertionError("the last try returns or raises")

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the printers stand, by index."""
        return tuple(printer.address for printer in self.printers)

    @property
    def snmp_port(self) -> int:
        """UDP, on every address; 0: none."""
        return self.plan.fleet.snmp_port

    @property
    def http_port(self) -> int:
        """TCP, on every address; 0: none."""
        return self.plan.fleet.http_port

    @property
    def ipp_port(self) -> int:
        """TCP, on every address; 0: none."""
        return self.plan.fleet.ipp_port

    @property
    def ports(self) -> dict[str, int]:
        """Every port by its name in PORTS; 0: none."""
        return {key: getattr(self.plan.fleet, key) for key in PORTS}

    @property
    def seed(self) -> int:
        """What makes the same fleet again."""
        return self.plan.fleet.seed

    def read(self, address: str, look: Callable[[LivePrinter], R]) -> R:
        """What `look` makes of the printer at an address, brought to this moment. Raises KeyError where none stands."""

        def in_fleet() -> R:
            state = self.runtime.population.at_address(address)
            if state is None:
                raise KeyError(f"no printer of this fleet stands at {address}")
            return look(state)

        return self.call(in_fleet)

    def truth(self) -> list[dict[str, object]]:
        """What really happened up to now, line by line, as `inkwire sim run --truth` writes it."""
        return [json.loads(line) for line in self.call(lambda: list(self.runtime.truth_lines()))]

    def write_truth(self, path: Path) -> None:
        """The same as a file, for `inkwire verify`."""
        lines = self.call(lambda: list(self.runtime.truth_lines()))
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def rest(self, patience_s: float = 60.0) -> None:
        """No new jobs are taken and the running ones are finished: from then on no meter moves.

        Raises TimeoutError when that takes more than patience_s real seconds.
        """
        loop = self._alive()
        self.call(self.runtime.freeze)
        waiting = asyncio.run_coroutine_threadsafe(self.runtime.quiet.wait(), loop)
        try:
            waiting.result(patience_s)
        except TimeoutError as error:
            waiting.cancel()
            raise TimeoutError(f"printers still print after {patience_s:g} s; raise speed or patience_s") from error

    def call(self, act: Callable[[], R]) -> R:
        """What `act` returns when it is run in the fleet's thread; after `stop`, in the caller's.

        Raises what `act` raises, and FleetDiedError.
        """
        if self._stopped_well():
            return act()
        loop = self._alive()

        async def run() -> R:
            return act()

        return asyncio.run_coroutine_threadsafe(run(), loop).result(STOP_S_MAX)

    def stop(self) -> None:
        """Nothing answers any more, and every port is free. Idempotent. Raises FleetDiedError when it had died."""
        if self._loop is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # it ended by itself between the two looks
                self._loop.call_soon_threadsafe(self.runtime.stop)
            self._thread.join(STOP_S_MAX)
            if self._thread.is_alive():
                raise FleetDiedError(f"the fleet does not end within {STOP_S_MAX:g} s")
        if self._error is not None:
            raise FleetDiedError(f"the fleet ended with an error: {self._error}") from self._error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        self._thread.start()
        if not self._ready.wait(START_S_MAX):
            raise FleetDiedError(f"the fleet is not ready after {START_S_MAX:g} s")
        if self._error is not None:
            self._thread.join(STOP_S_MAX)
            raise self._error

    def _live(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:
            self._error = error
        finally:
            self._ready.set()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.runtime.run(embedded=self._ready.set)

    def _stopped_well(self) -> bool:
        return self._ready.is_set() and not self._thread.is_alive() and self._error is None

    def _alive(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or not self._thread.is_alive():
            raise FleetDiedError(f"the fleet has ended: {self._error or 'it was stopped'}") from self._error
        return self._loop


def planned(words: Sequence[str], ports: Mapping[str, int]) -> RunPlan:
    """The plan of `inkwire sim run WORDS`. Raises ConfigError where that would end with a message."""
    flags = [word for key, port in ports.items() for word in (f"--{key.replace('_', '-')}", str(port))]
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            arguments = parser("inkwire sim").parse_args(["run", *words, *flags])
    except SystemExit as error:
        last = said.getvalue().strip().splitlines()[-1:] or [f"exit {error.code}"]
        raise ConfigError("printer_fleet", "", last[0].partition("error: ")[2] or last[0]) from None
    return run_plan(arguments)


def _free_port(key: str) -> int:
    kind = socket.SOCK_DGRAM if key == "snmp_port" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("0.0.0.0", 0))
        number: int = probe.getsockname()[1]
        return number
