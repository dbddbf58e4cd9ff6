"""A profile's rate, counted on the wire over all protocols."""

import socket
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from data_collector.core.targets import parse_targets
from data_collector.scan import Scan, ScanPlan, choose_library
from data_collector.visit import Dialling
from tests.support.captured import captured
from tests.support.data_collector import honest, snmp_agent
from tests.support.data_collector_core import DEFINITIONS
from tests.support.data_collector_devices import printer
from tests.support.data_collector_web import web_server
from tests.support.silent_printer import PAGES

NET = "127.92.3"
RATE = 120
PROTOCOLS = {1: "ICMP", 6: "TCP", 17: "UDP"}


async def test_all_packets_of_a_scan_together_keep_the_rate() -> None:
    async with AsyncExitStack() as stack:
        snmp_port = http_port = 0
        for last in range(1, 7):
            agent = await stack.enter_async_context(snmp_agent(honest(printer(f"S{last}")), f"{NET}.{last}", snmp_port))
            snmp_port = agent.port
        for last in range(11, 19):
            deaf = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            deaf.bind((f"{NET}.{last}", snmp_port))
            web = await stack.enter_async_context(web_server(PAGES, f"{NET}.{last}", http_port))
            http_port = web.port
        dialling = Dialling(snmp_port=snmp_port, http_port=http_port, https_port=1, ipp_port=1, timeout_s=0.3)
        plan = ScanPlan(targets=parse_targets([f"{NET}.1-{NET}.24"], []), dialling=dialling, rate=RATE)
        scan = Scan(plan, choose_library("native", RATE), DEFINITIONS, lambda: datetime.now(UTC))
        with captured(f"{NET}.0/24") as capture:
            reports = [report async for report in scan.reports()]

    assert len(reports) == 14
    assert {PROTOCOLS[number] for number in capture.protocols} == {"ICMP", "TCP", "UDP"}
    assert capture.protocols.count(6) > RATE
    assert capture.most_in(1.0) <= 1.5 * RATE, "a loop that was late sends what was due, no more"
    assert capture.most_in(2.0) <= 2.5 * RATE
