"""SNMPv3 users of a profile, in their order, against net-snmp's agent; and why an address gave no report."""

from dataclasses import replace
from pathlib import Path

import pytest

from data_collector.clock import Clock
from data_collector.core.targets import parse_targets
from data_collector.scan import Scan, ScanPlan, choose_library
from data_collector.snmp.users import AuthProtocol, UsmUser
from data_collector.vendor_files import load_definitions
from data_collector.visit import Dialling, Unread
from tests.support.data_collector_snmpd import snmpd

RIGHT = UsmUser(name="ops", auth_protocol=AuthProtocol.SHA_256, auth_password="a-password")
WRONG = replace(RIGHT, auth_password="not-the-password")
STRANGER = replace(RIGHT, name="stranger")


@pytest.mark.parametrize(
    ("users", "why"),
    [
        ((RIGHT,), Unread.NO_PRINTER),
        ((WRONG, RIGHT), Unread.NO_PRINTER),
        ((WRONG,), Unread.TURNED_AWAY),
        ((STRANGER,), Unread.TURNED_AWAY),
    ],
)
async def test_users_are_tried_in_order_and_one_that_is_turned_away_is_told(
    tmp_path: Path, users: tuple[UsmUser, ...], why: Unread
) -> None:
    async with snmpd(tmp_path, [RIGHT]) as port:
        dialling = Dialling(snmp_port=port, http_port=1, ipp_port=1, communities=(), users=users, timeout_s=1.0)
        plan = ScanPlan(targets=parse_targets(["127.0.0.1"]), dialling=dialling, icmp=False)
        scan = Scan(plan, choose_library("native"), load_definitions(), Clock().utc_now)

        assert [report async for report in scan.reports()] == []

    assert scan.unread == {why: ["127.0.0.1"]}
