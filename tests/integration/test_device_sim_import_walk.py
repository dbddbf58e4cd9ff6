"""A walk of net-snmp's own snmpwalk becomes the recording that the printer's own objects would make."""

import asyncio
from pathlib import Path

import pytest

from device_sim.cli import main
from device_sim.embedded import EmbeddedFleet
from tests.support.device_sim_snmp import net_snmp

OF_TIME = ("1.3.6.1.2.1.1.3.0|", "1.3.6.1.2.1.25.1.1.0|", "1.3.6.1.2.1.25.1.2.0|", "1.3.6.1.6.3.10.2.1.3.0|")


@pytest.mark.parametrize("how", ["-On", "-Onx", "-One", "-Ont", "-OnU"])
def test_snmpwalk_and_import_walk_lose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str) -> None:
    words = ["--profile", "color-laserjet-m479", "--first-address", "127.9.5.1"]
    with EmbeddedFleet.start(words, ports={"http_port": 0, "ipp_port": 0}) as fleet:
        fleet.rest()
        at = f"{fleet.addresses[0]}:{fleet.snmp_port}"
        printed = asyncio.run(net_snmp("snmpwalk", "-v2c", "-c", "public", "-m", "", how, at, ".1"))
        recorded = tmp_path / "recorded"
        ports = ["--snmp-port", str(fleet.snmp_port), "--http-port", "0", "--ipp-port", "0", "--keep-identity"]
        assert main(["record", fleet.addresses[0], *ports, "-o", str(recorded)]) == 0
    walk = tmp_path / "printer.walk"
    walk.write_text("\n".join(printed) + "\n", encoding="latin-1")
    capsys.readouterr()

    assert main(["import-walk", str(walk)]) == 0

    said = capsys.readouterr()
    assert "0 lines not read" in said.err
    known = (recorded / "walk.snmprec").read_text().splitlines()
    lost = [line for line in known if line not in set(said.out.splitlines()) and not line.startswith(OF_TIME)]
    assert lost == [] and len(known) > 300


def test_a_walk_with_names_is_refused_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    walk = tmp_path / "printer.walk"
    walk.write_text("SNMPv2-MIB::sysDescr.0 = STRING: x\n")

    assert main(["import-walk", str(walk)]) == 2

    assert "walk with snmpwalk -On" in capsys.readouterr().err
