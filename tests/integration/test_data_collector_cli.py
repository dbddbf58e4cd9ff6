"""The collector as a person and a pipe see it: what goes where, and the exit code."""

import asyncio
import os
import pty
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from data_collector.cli import main
from tests.support.data_collector import Agent, honest, snmp_agent
from tests.support.data_collector_devices import SWITCH, printer
from wire_format.codec import decode_batch, decode_report

ADDRESS = "127.90.4.1"
NOBODY = ("--http-port", "1", "--ipp-port", "1", "--timeout", "0.3")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int | None
    out: str
    err: str


async def collect(*arguments: str, stderr: int = asyncio.subprocess.PIPE) -> Ran:
    """The command as a process of its own, so that its streams are real."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "data_collector.cli", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
        env={**os.environ, "COLUMNS": "100"},
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return Ran(process.returncode, out.decode(), (err or b"").decode())


@pytest.fixture
async def agent() -> AsyncIterator[Agent]:
    """One printer on loopback."""
    async with snmp_agent(honest(printer("SN0001", 4711)), ADDRESS) as live:
        yield live


async def test_json_is_one_report_a_line_on_stdout_and_nothing_else(agent: Agent) -> None:
    ran = await collect("scan", "127.90.4.0/30", "--snmp-port", str(agent.port), *NOBODY, "--json")

    (line,) = ran.out.splitlines()
    report = decode_report(line)
    assert (report.device.serial, report.device.ip) == ("SN0001", ADDRESS)
    assert ran.code == 0
    assert "2 addresses, 1 printer" in ran.err


async def test_without_json_stdout_is_a_table_and_stderr_the_summary(agent: Agent) -> None:
    ran = await collect("scan", ADDRESS, "--snmp-port", str(agent.port), *NOBODY)

    assert [line.split()[0] for line in ran.out.splitlines()] == ["ADDRESS", ADDRESS]
    assert "4,711" in ran.out
    assert "\x1b" not in ran.out + ran.err
    assert ran.err.startswith("1 address, 1 printer, ")
    assert ran.code == 0


async def test_progress_is_shown_on_a_terminal(agent: Agent) -> None:
    terminal, theirs = pty.openpty()
    try:
        await collect("scan", ADDRESS, "--snmp-port", str(agent.port), *NOBODY, stderr=theirs)
        shown = os.read(terminal, 65536).decode()
    finally:
        os.close(theirs)
        os.close(terminal)

    assert " addresses, " in shown.split("\r")[1]
    assert "1 address, 1 printer" in shown


async def test_nothing_found_is_said_clearly_and_is_no_failure() -> None:
    ran = await collect("scan", ADDRESS, "--snmp-port", "1", *NOBODY, "--json", "--no-icmp")

    assert (ran.code, ran.out) == (0, "")
    assert "No printer found, and nothing answered" in ran.err


async def test_a_reader_that_goes_away_is_no_traceback(agent: Agent) -> None:
    process = await asyncio.create_subprocess_shell(
        f'"{sys.executable}" -m data_collector.cli scan {ADDRESS} --snmp-port {agent.port} --json | true',
        stderr=asyncio.subprocess.PIPE,
    )
    _out, err = await asyncio.wait_for(process.communicate(), 60)

    assert b"Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scan", "10.0.0.300"], "300 is above 255"),
        (["scan", "10.0.0.0/8"], "name smaller networks"),
        (["scan", "10.0.0.1", "--exclude", "10.0.0.9-1"], "the range ends before it begins"),
    ],
)
def test_a_wrong_target_is_one_clear_text_and_exit_code_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2

    out, err = capsys.readouterr()
    assert says in err
    assert "^" in err.splitlines()[-1]
    assert out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["scan", "10.0.0.1", "--explain", "--json"],
        ["scan", "10.0.0.1", "--snmp-port", "0"],
        ["scan", "10.0.0.1", "--timeout", "-1"],
        ["scan", "10.0.0.1", "--concurrency", "0"],
        ["scan", "10.0.0.1", "--snmp-library", "other"],
        ["run", "c.toml", "--clock", "now"],
    ],
)
def test_wrong_usage_ends_with_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["scan"], ["run"]])
def test_help_shows_an_example_with_the_name_the_command_was_called_by(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"], prog="inkwire collect")

    assert ended.value.code == 0
    assert "example:" in (said := capsys.readouterr().out)
    assert "inkwire collect" in said


def test_a_configuration_that_is_not_there_is_one_clear_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(tmp_path / "nowhere.toml")]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert "nowhere.toml cannot be read" in line


async def test_explain_shows_each_value_with_the_object_that_said_it(agent: Agent) -> None:
    ran = await collect("scan", ADDRESS, "--snmp-port", str(agent.port), *NOBODY, "--explain")

    lines = [line.strip() for line in ran.out.splitlines()]
    serial = next(place for place, line in enumerate(lines) if line.startswith("device.serial "))
    assert lines[serial].endswith("SN0001")
    assert lines[serial + 1] == "< prtGeneralSerialNumber.1 (1.3.6.1.2.1.43.5.1.1.17.1) = SN0001"
    meter = next(place for place, line in enumerate(lines) if line.startswith("meters.total.impressions"))
    assert lines[meter].endswith("4,711 impressions")
    assert lines[meter + 1] == "< prtMarkerLifeCount.1.1 (1.3.6.1.2.1.43.10.2.1.4.1.1) = 4711"
    supply = next(place for place, line in enumerate(lines) if line.startswith("supplies.1 "))
    assert lines[supply].endswith("Black Toner: 40 %")
    assert lines[supply + 1].endswith("(1.3.6.1.2.1.43.11.1.1.9.1.1) = 40")
    assert ran.code == 0


async def test_what_answered_and_gave_no_report_is_told_with_the_reason() -> None:
    async with snmp_agent(honest(SWITCH), "127.90.4.9") as switch:
        ran = await collect("scan", "127.90.4.9", "--snmp-port", str(switch.port), *NOBODY)

    assert "1 address answered SNMP, but is no printer: 127.90.4.9" in ran.err


async def test_a_dry_run_prints_one_masked_batch_and_leaves_nothing_behind(agent: Agent, tmp_path: Path) -> None:
    os.environ["TMPDIR"] = str(tmp_path)
    try:
        ran = await collect(
            "scan", ADDRESS, "--snmp-port", str(agent.port), *NOBODY, "--dry-run", "--mask-addresses", "--no-icmp"
        )
    finally:
        del os.environ["TMPDIR"]

    batch = decode_batch(ran.out.encode())
    assert [(report.device.serial, report.device.ip) for report in batch.reports] == [("SN0001", None)]
    assert ADDRESS not in ran.out
    assert list(tmp_path.iterdir()) == []
    assert "nothing was sent, nothing kept" in ran.err
