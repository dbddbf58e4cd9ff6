"""A fleet with real addresses in a network namespace, asked from outside. Needs root."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_collector.icmp import Echo
from device_sim import netns
from device_sim.cli import main
from device_sim.core.errors import ConfigError
from tests.integration.test_device_sim_cli import running
from tests.support.device_sim_snmp import net_snmp

NETWORK = "198.19.64.0/24"


@pytest.fixture
def name() -> Iterator[str]:
    """A name for a namespace, which is removed whatever happens."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("SKIPPED LOUDLY: network namespaces need root and iproute2")
    word = f"t{os.getpid() % 10**9}"
    try:
        netns.add_namespace(word, NETWORK)
    except ConfigError as error:
        if "Operation not permitted" in str(error):
            pytest.skip(f"SKIPPED LOUDLY: no network namespace can be made here: {error}")
        raise
    yield word
    netns.remove_namespace(word)


async def answers(*addresses: str) -> list[bool]:
    async with Echo() as echo:
        assert echo.allowed
        return list(await asyncio.gather(*(echo.ping(address, 1.0) for address in addresses)))


async def test_ping_and_snmp_are_answered_where_a_printer_stands_and_nowhere_else(tmp_path: Path, name: str) -> None:
    blank = "198.19.64.4"
    with running(tmp_path, "--netns", name, "--count", "3"):
        assert await answers("198.19.64.1", "198.19.64.3", blank, "198.19.64.200") == [True, True, False, False]
        (line,) = await net_snmp("snmpget", "-v2c", "-c", "public", "198.19.64.3", ".1.3.6.1.2.1.1.5.0")
        assert "STRING" in line
        refused = await asyncio.to_thread(
            subprocess.run,
            ["snmpget", "-v2c", "-c", "public", "-t", "0.3", "-r", "0", blank, ".1.3.6.1.2.1.1.5.0"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "Timeout" in refused.stderr
        with pytest.raises(ConfigError, match="is in use by the programs with pid"):
            netns.remove_namespace(name)


async def becomes(address: str, answered: bool) -> bool:
    """Whether within some seconds a ping to the address is answered, or is not."""
    for _ in range(200):
        if (await answers(address))[0] is answered:
            return True
        await asyncio.sleep(0.1)
    return False


async def test_a_printer_without_power_or_network_answers_no_ping_and_its_neighbours_do(
    tmp_path: Path, name: str
) -> None:
    scenario = tmp_path / "cuts.toml"
    acts = (("+60s", 1, "power-cut", ""), ("+60s", 2, "network-down", ""), ("+140s", 1, "power-on", ""),
            ("+140s", 2, "network-up", ""), ("+200s", 0, "move", 'address = "198.19.64.9"\n'))  # fmt: skip
    scenario.write_text(
        "".join(f'[[scenario]]\nat = "{at}"\nprinters = {of}\nact = "{act}"\n{more}' for at, of, act, more in acts)
    )
    with running(tmp_path, "--netns", name, "--count", "4", "--speed", "10", "--scenario", str(scenario)):
        assert await answers("198.19.64.1", "198.19.64.2", "198.19.64.3", "198.19.64.4") == [True] * 4
        assert await becomes("198.19.64.2", False) and await becomes("198.19.64.3", False)
        assert await answers("198.19.64.1", "198.19.64.4") == [True, True]
        assert await becomes("198.19.64.2", True) and await becomes("198.19.64.3", True)
        assert await becomes("198.19.64.9", True) and await becomes("198.19.64.1", False)
        left = await asyncio.to_thread(routes_of, name)
        assert "blackhole" in left
    again = tmp_path / "again"
    again.mkdir()
    with running(again, "--netns", name, "--count", "4"):
        assert await answers("198.19.64.1", "198.19.64.2", "198.19.64.9") == [True, True, False]


def routes_of(name: str) -> str:
    words = ["ip", "-n", f"inkwire-{name}", "route", "show", "table", "local"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


async def test_what_a_killed_run_left_is_gone_with_the_next_run(tmp_path: Path, name: str) -> None:
    with running(tmp_path, "--netns", name, "--count", "5"):
        assert await answers("198.19.64.5") == [True]
    again = tmp_path / "again"
    again.mkdir()
    with running(again, "--netns", name, "--count", "2"):
        assert await answers("198.19.64.2", "198.19.64.5") == [True, False]


def test_a_fleet_larger_than_its_network_is_refused(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "inkwire", "sim", "run", "--netns", name, "--count", "255"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 2 and "198.19.64.255 is not in 198.19.64.0/24" in done.stderr


def test_adding_twice_is_adding_once_and_the_list_tells(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["netns", "add", name, "--network", NETWORK]) == 0
    assert main(["netns", "list"]) == 0

    said = capsys.readouterr()
    assert "is there already" in said.err and f"{name:<12} {NETWORK}" in said.out.splitlines()


def test_a_half_made_namespace_is_made_anew(name: str) -> None:
    subprocess.run(["ip", "link", "delete", f"ikw-{name}"], check=True)
    assert {space.name: space.network for space in netns.namespaces()}[name] is None

    assert netns.add_namespace(name, NETWORK)

    assert str({space.name: space.network for space in netns.namespaces()}[name]) == NETWORK


def test_a_network_the_machine_reaches_is_refused_and_nothing_is_left(name: str) -> None:
    with pytest.raises(ConfigError, match="which this machine reaches already"):
        netns.add_namespace("other", NETWORK)

    assert "other" not in {space.name for space in netns.namespaces()}


def test_a_command_runs_inside(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "inkwire", "sim", "netns", "exec", name, "--", "ip", "-brief", "link"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "inkwire0" in done.stdout and "eth0" not in done.stdout


def test_without_such_a_namespace_one_sentence_says_how_to_make_it(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--netns", "nowhere"]) == 2

    assert "make it: inkwire sim netns add nowhere" in capsys.readouterr().err
