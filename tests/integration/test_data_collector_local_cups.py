"""Printers on ports of this machine, through a real print scheduler (CUPS) of the test's own."""

import json
from pathlib import Path

import pytest

from data_collector.cli import main
from data_collector.clock import Clock
from data_collector.config import parse_config
from data_collector.core.known_printers import KnownPrinters
from data_collector.rounds import Rounds
from tests.support.cups import scheduler
from tests.support.data_collector_core import DEFINITIONS

QUEUES = "\n".join(
    f"<Printer {name}>\nMakeModel {model}\nDeviceURI {uri}\nState Idle\nAccepting Yes\nShared No\n"
    f"Info {name}, call +49 711 1234567\nLocation Room 7\n{more}</Printer>"
    for name, model, uri, more in (
        ("desk", "HP LaserJet Pro M404dn, hpcups 3.22.10", "usb://HP/LaserJet%20Pro%20M404dn?serial=PHBX123456",
         'Attribute marker-names "Black Cartridge"\nAttribute marker-types toner-cartridge\n'
         'Attribute marker-levels 42\nAttribute marker-colors \\#000000\n'),
        ("hall", "Far Printer 9", "socket://192.0.2.9:9100", ""),
        ("fax", "HP Fax", "hpfax:/usb/HP_LaserJet?serial=PHBX999999", ""),
    )
)  # fmt: skip


def test_the_queue_on_usb_is_reported_and_the_one_in_the_network_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    with scheduler(QUEUES) as cups:
        for where in (cups.server, str(cups.socket)):
            assert main(["scan", "--local", where, "--json"]) == 0
            told = capsys.readouterr()
            (report,) = [json.loads(line) for line in told.out.splitlines()]

            assert report["device"]["serial"] == "PHBX123456"
            assert report["device"]["model"] == "LaserJet Pro M404dn"
            assert "ip" not in report["device"]
            assert not report.get("meters")
            assert [supply["percent"] for supply in report["supplies"]] == [42]
            assert "1 local printer" in told.err


async def test_the_service_masks_local_printers_like_all_others() -> None:
    with scheduler(QUEUES) as cups:
        text = f'[portal]\nurl = "https://p.example/"\n[local]\ncups = "{cups.socket}"\n[[profile]]\n'
        config = parse_config(text + 'targets = ["127.9.6.1"]\n', {})
        rounds = Rounds(config, DEFINITIONS, Clock().utc_now, KnownPrinters())
        going = await rounds.scan({}, lambda _going: None)

    (report,) = going.reports
    assert report.device.serial == "PHBX123456"
    assert report.device.description == "desk, call [tel]"
    assert (going.counters.printers, going.notes) == (1, [])


def test_a_scheduler_with_no_queue_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    with scheduler() as cups:
        assert main(["scan", "--local", cups.server]) == 0
    assert capsys.readouterr().err == "0 local printers\n"


def test_a_scheduler_that_is_not_there_is_told_with_a_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", "--local", str(tmp_path / "cups.sock")]) == 1
    assert "told no local printers (UnixClientConnectorError): check that it runs" in capsys.readouterr().err
