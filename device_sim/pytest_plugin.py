"""A pytest fixture: simulated printers in the tests of anybody's collector.

    def test_mine(printer_fleet):
        fleet = printer_fleet(50, profile="color-laserjet-m479", seed=7)
        assert my_scan(fleet.addresses, port=fleet.snmp_port) == {p.address: p.serial for p in fleet.printers}

Nothing but this file is imported until a test asks for the fixture.
"""

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from device_sim.embedded import EmbeddedFleet

FIRST_ADDRESS = "127.1.0.1"


class PrinterFleet(Protocol):
    """What the fixture gives: a function that starts a fleet."""

    def __call__(
        self,
        count: int | None = None,
        *,
        fleet: Path | str | None = None,
        profile: Path | str | None = None,
        seed: int = 1,
        faults: str | Sequence[str] = (),
        ports: dict[str, int] | None = None,
        **options: object,
    ) -> "EmbeddedFleet":
        """A fleet that answers until the test ends.

        count and profile, or fleet (a FLEET.toml). faults: each as for `--fault`. ports: snmp_port, http_port,
        ipp_port, 0 for none; free ones are found for those that are not named. options: any other option of
        `inkwire sim run`, with _ for -, such as speed=600, hours="office", first_address="127.5.0.1"; True for
        one without a value, a list for one that may be repeated. Addresses of a second fleet follow the first's.
        Raises ConfigError when it cannot start.
        """


@pytest.fixture
def printer_fleet() -> Iterator[PrinterFleet]:
    """Starts fleets of simulated printers, which end with the test. See `PrinterFleet` for what it takes."""
    try:
        from device_sim.embedded import EmbeddedFleet
    except ModuleNotFoundError as error:
        pytest.fail(f"printer_fleet needs the simulator: pip install 'inkwire[sim]' ({error})", pytrace=False)
    started: list[EmbeddedFleet] = []

    def start(
        count: int | None = None,
        *,
        fleet: Path | str | None = None,
        profile: Path | str | None = None,
        seed: int = 1,
        faults: str | Sequence[str] = (),
        ports: dict[str, int] | None = None,
        **options: object,
    ) -> EmbeddedFleet:
        known: dict[str, object] = {"count": count, "profile": profile, "seed": seed}
        known |= {"fault": [faults] if isinstance(faults, str) else list(faults)}
        if fleet is None and "first_address" not in options:
            taken = [ipaddress.IPv4Address(one.addresses[-1]) for one in started]
            known["first_address"] = str(max(taken) + 1) if taken else FIRST_ADDRESS
        words = [] if fleet is None else [str(fleet)]
        started.append(EmbeddedFleet.start([*words, *_flags(known | options)], ports=ports))
        return started[-1]

    try:
        yield start
    finally:
        _stop_all([fleet.stop for fleet in reversed(started)])


def _stop_all(stops: Sequence[Callable[[], None]]) -> None:
    """Every fleet is stopped, also after one that fails; the first failure is raised then."""
    failures: list[Exception] = []
    for stop in stops:
        try:
            stop()
        except Exception as error:
            failures.append(error)
    if failures:
        raise failures[0]


def _flags(options: dict[str, object]) -> Iterator[str]:
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        for one in value if isinstance(value, (list, tuple)) else (value,):
            if one is True:
                yield flag
            elif one is not None and one is not False:
                yield from (flag, str(one))
