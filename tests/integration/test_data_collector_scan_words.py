"""`inkwire collect scan`: secrets that stay out of the list of processes, and what changed since an earlier scan."""

import asyncio
import io
import json
import os
import sys
from pathlib import Path

import pytest

from data_collector.cli import main
from data_collector.clock import Clock
from data_collector.config import load_config
from data_collector.runtime import run_service
from tests.integration.test_data_collector_local_cups import QUEUES
from tests.integration.test_data_collector_scan_users import RIGHT
from tests.support.cups import scheduler
from tests.support.data_collector import honest, snmp_agent
from tests.support.data_collector_devices import printer
from tests.support.data_collector_snmpd import snmpd
from tests.support.direct_connect import PortalDouble

ADDRESS, OTHER = "127.90.12.1", "127.90.12.2"
NOBODY = ("--http-port", "1", "--ipp-port", "1", "--timeout", "0.5", "--no-icmp")
USER = '[[user]]\nname = "ops"\nauth = "SHA-256"\nauth_password = "{}"\n'


def private(file: Path, text: str) -> Path:
    file.touch(mode=0o600)
    file.write_text(text)
    return file


async def collect(*words: object, stdin: str = "", **environment: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "data_collector.cli", "scan", *map(str, words)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
    return process.returncode, out.decode(), err.decode()


async def test_v3_users_come_from_a_private_file_or_from_standard_input(tmp_path: Path) -> None:
    right, wrong = USER.format(RIGHT.auth_password), USER.format("not-the-password")
    async with snmpd(tmp_path, [RIGHT]) as port:
        words = ("127.0.0.1", "--snmp-port", port, *NOBODY, "--user-file")
        told = [
            await collect(*words, private(tmp_path / "users", wrong + right)),
            await collect(*words, "-", stdin=right),
            await collect(*words, "-", stdin=wrong),
        ]

    for _code, _out, err in told[:2]:
        assert "answered SNMP, but is no printer" in err
    assert "turned" in told[2][2] and "not-the-password" not in told[2][2]


async def test_communities_are_tried_in_the_order_of_file_variable_or_standard_input(tmp_path: Path) -> None:
    file = private(tmp_path / "communities", "nobody\nsecret\n")
    async with snmp_agent(honest(printer("SN0001", 4711), community=b"secret"), ADDRESS) as agent:
        words = (ADDRESS, "--snmp-port", agent.port, *NOBODY, "--json")
        told = [
            await collect(*words, "--community-file", file),
            await collect(*words, "--community-file", "-", stdin="secret\n"),
            await collect(*words, INKWIRE_COMMUNITIES="nobody,secret"),
            await collect(*words, "--community", "nobody"),
        ]

    assert [out.count("SN0001") for _code, out, _err in told] == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("option", "text", "mode", "says"),
    [
        ("--user-file", USER.format("long-enough"), 0o644, "which others may read: chmod 600"),
        ("--user-file", "", 0o600, "has no [[user]]"),
        ("--user-file", USER.format("short"), 0o600, "cannot be used"),
        ("--user-file", "auth_password = open sesame", 0o600, "is not TOML, or a text in it is not in quotes"),
        ("--user-file", USER.format("long-enough") + 'prive = "DES"\n', 0o600, 'did you mean "priv"?'),
        ("--community-file", "\n \n", 0o600, "has no community"),
        ("--since", "no report\n", 0o600, "line 1 is no report of `scan --json`"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_none_of_its_text(
    option: str, text: str, mode: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text(text)
    file.chmod(mode)

    assert main(["scan", ADDRESS, option, str(file)]) == 2

    said = capsys.readouterr().err
    assert says in said
    assert not any(secret in said for secret in ("long-enough", "short", "sesame"))


async def test_what_changed_since_an_earlier_scan_is_told_on_stderr(tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.json"
    async with snmp_agent(honest(printer("SN0001", 4711)), ADDRESS) as agent:
        port = agent.port
        _code, out, _err = await collect(ADDRESS, "--snmp-port", port, *NOBODY, "--json")
    gone = json.loads(out)
    gone["device"] |= {"serial": "SN0009", "ip": "127.90.12.3"}
    gone["device"].pop("mac", None)
    earlier.write_text(out + json.dumps(gone) + "\n")
    async with snmp_agent(honest(printer("SN0001", 4712)), OTHER, port):
        code, out, err = await collect("127.90.12.1-3", "--snmp-port", port, *NOBODY, "--json", "--since", earlier)

    assert code == 0 and len(out.splitlines()) == 1
    lines = err.splitlines()
    assert any(line.startswith("gone   127.90.12.3") and "SN0009" in line for line in lines)
    assert any(line.startswith(f"moved  {OTHER}") and line.endswith(f"was at {ADDRESS}") for line in lines)
    assert any(line.startswith("since then: 0 new, 1 gone, 1 moved") for line in lines)


async def test_a_collectors_folder_is_a_memory_too_and_is_left_as_it_was(tmp_path: Path) -> None:
    portal, folder = PortalDouble.make(), tmp_path / "collector"
    async with snmp_agent(honest(printer("SN0001", 4711)), ADDRESS) as agent:
        with portal.running(portal.authority.server_files(tmp_path)) as url:
            file = tmp_path / "c.toml"
            file.write_text(
                f'[portal]\nurl = "{url}"\n[collector]\ndirectory = "{folder}"\n[[profile]]\nicmp = false\n'
                f'targets = ["{ADDRESS}"]\nsnmp_port = {agent.port}\nhttp_port = 1\nipp_port = 1\ntimeout_s = 0.3\n'
            )
            config = load_config(file, {"INKWIRE_CLAIM": portal.claim_code()})
            assert await asyncio.to_thread(run_service, config, Clock(), once=True) == 0
        before = {each: each.read_bytes() for each in folder.iterdir()}
        _code, _out, err = await collect(ADDRESS, "--snmp-port", agent.port, *NOBODY, "--since", folder)

    assert "since then: 0 new, 0 gone, 0 moved\n" in err
    assert {each: each.read_bytes() for each in folder.iterdir()} == before


def test_local_printers_are_explained_by_what_their_queue_says(capsys: pytest.CaptureFixture[str]) -> None:
    with scheduler(QUEUES) as cups:
        assert main(["scan", "--local", cups.server, "--explain"]) == 0

    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    serial = next(place for place, line in enumerate(lines) if line.startswith("device.serial "))
    assert lines[serial].endswith("PHBX123456")
    assert lines[serial + 1].startswith("< cups:device-uri = usb://HP/")


def test_standard_input_cannot_be_two_files(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    assert main(["scan", ADDRESS, "--user-file", "-", "--community-file", "-"]) == 2

    assert "cannot be both" in capsys.readouterr().err
