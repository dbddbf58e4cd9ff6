"""Traps and informs as managers get them: net-snmp's snmptrapd, and bare sockets with pysnmp's codec and ours."""

import asyncio
import contextlib
import os
import re
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyasn1.codec.ber import decoder
from pysnmp.proto.api import v1, v2c

from device_sim.core.acts.power import reset_by_manager
from device_sim.core.clockwork import Happening
from device_sim.core.errors import ConfigError
from device_sim.core.events import AlertRaised
from device_sim.core.fleet_snmp import Sink, TrapSinkSpec, parse_sink, snmp_access
from device_sim.core.mib import printer_book, printer_view
from device_sim.core.printer import Printer
from device_sim.core.snmp.responder import SnmpResponder
from device_sim.core.snmp.usm import KeyCache
from device_sim.notices import INFORM_TRIES, WAITING_MAX, NoticeSender
from snmp_format import ber
from snmp_format.v3_message import read_message
from snmp_format.v3_seal import is_signed_by, opened
from tests.support.device_sim import MONDAY_7, changed, free_port, live, printer
from tests.support.device_sim_v3 import AUTH_PASSWORD, PRIV_PASSWORD, user_spec

ADDRESS = "127.9.5.7"
ALERT_OID = (1, 3, 6, 1, 2, 1, 43, 18, 2, 0, 1)
SPECS = (user_spec(), user_spec("bob", "SHA-1", private=False), user_spec("eve", None))


def jammed() -> Happening:
    """A printer on whose first morning something critical has happened."""
    model = changed("color-laserjet-m479", trouble={"impressions_per_jam": 5})
    one = printer(model, address=ADDRESS)
    for hour in range(1, 100):
        events = live(one, MONDAY_7 + hour * 900)
        raised = tuple(event for event in events if isinstance(event, AlertRaised) and event.alert.critical)
        if raised:
            return Happening(printer=one, events=raised[:1])
    raise AssertionError("nothing happened")


JAM = jammed()
ALERT = JAM.events[0].alert  # type: ignore[union-attr]  # it is an AlertRaised
TOLD = [ALERT.index, ALERT.severity, ALERT.group, ALERT.group_index, ALERT.location, ALERT.code]


def sink(port: int, version: str = "v2c", user: str = "", *, inform: bool = False) -> Sink:
    spec = TrapSinkSpec(address="127.0.0.1", port=port, version=version, user=user, inform=inform)  # type: ignore[arg-type]
    return snmp_access(("public",), SPECS, (), "the test", [spec]).sinks[0]


@asynccontextmanager
async def sending(*sinks: Sink) -> AsyncIterator[NoticeSender]:
    sender = NoticeSender(sinks)
    task = asyncio.create_task(sender.run())
    yield sender
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await sender.close()


class Manager:
    """A port where notifications arrive."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]

    async def take(self) -> tuple[bytes, tuple[str, int]]:
        async with asyncio.timeout(10):
            return await asyncio.get_running_loop().sock_recvfrom(self.socket, 8192)


@pytest.fixture
def manager() -> Any:
    made = Manager()
    yield made
    made.socket.close()


def decoded(datagram: bytes, version: Any) -> tuple[Any, Any]:
    """Message and PDU as pysnmp reads them."""
    decode: Any = decoder.decode
    message, rest = decode(datagram, asn1Spec=version.Message())
    assert not rest
    return message, version.apiMessage.get_pdu(message)


async def test_a_v2c_trap_comes_from_the_printers_own_address_with_the_standards_objects(manager: Manager) -> None:
    async with sending(sink(manager.port)) as sender:
        sender.hear(JAM)
        datagram, peer = await manager.take()

    api: Any = v2c
    message, pdu = decoded(datagram, api)
    bindings = [(tuple(oid), value) for oid, value in api.apiTrapPDU.get_varbinds(pdu)]
    assert peer[0] == ADDRESS
    assert bytes(api.apiMessage.get_community(message)) == b"public"
    assert tuple(bindings[1][1]) == ALERT_OID
    assert [oid[:11] for oid, _ in bindings[2:]] == [(1, 3, 6, 1, 2, 1, 43, 18, 1, 1, n) for n in (1, 2, 4, 5, 6, 7)]
    assert [int(value) for _, value in bindings[2:]] == TOLD
    assert (sender.counters.told, sender.counters.sent) == (1, 1)


async def test_a_boot_is_a_cold_start(manager: Manager) -> None:
    one = printer("color-laserjet-m479", address=ADDRESS)
    reset_by_manager(one, 4)
    booted = Happening(printer=one, events=tuple(one.advance(MONDAY_7 + 600)))
    async with sending(sink(manager.port), sink(manager.port, "v1")) as sender:
        sender.hear(booted)
        in_v2c, in_v1 = (await manager.take())[0], (await manager.take())[0]

    api2: Any = v2c
    api1: Any = v1
    name = api2.apiTrapPDU.get_varbinds(decoded(in_v2c, api2)[1])[1][1]
    assert tuple(name) == (1, 3, 6, 1, 6, 3, 1, 1, 5, 1)
    _, trap = decoded(in_v1, api1)
    assert (int(api1.apiTrapPDU.get_generic_trap(trap)), api1.apiTrapPDU.get_varbinds(trap)) == (0, [])


async def test_a_v1_trap_names_the_printer_and_the_alert(manager: Manager) -> None:
    async with sending(sink(manager.port, "v1")) as sender:
        sender.hear(JAM)
        datagram, _ = await manager.take()

    api: Any = v1
    _, pdu = decoded(datagram, api)
    trap = api.apiTrapPDU
    assert tuple(trap.get_enterprise(pdu)) == ALERT_OID[:-2]
    assert (int(trap.get_generic_trap(pdu)), int(trap.get_specific_trap(pdu))) == (6, 1)
    assert trap.get_agent_address(pdu).prettyPrint() == ADDRESS
    assert [int(value) for _, value in trap.get_varbinds(pdu)] == TOLD


@pytest.mark.parametrize("name", ["alice", "bob", "eve"])
async def test_a_v3_trap_is_secured_by_the_printers_engine(manager: Manager, name: str) -> None:
    told = sink(manager.port, "v3", name)
    async with sending(told) as sender:
        sender.hear(JAM)
        datagram, _ = await manager.take()

    state, user = JAM.printer.state, told.user
    engine = printer_view(state, printer_book(state.profile)).engine()
    message = read_message(datagram)
    assert user is not None and engine is not None
    assert (message.engine_id, message.boots, message.flags) == (engine.engine_id, engine.boots, user.level)
    keys = KeyCache().keys(user, engine.engine_id) if user.auth else None
    assert keys is None or is_signed_by(datagram, message, keys)
    pdu = opened(message, keys).pdu
    assert pdu[0] == 0xA7
    assert ber.oid_name(ALERT_OID) in pdu


async def test_an_inform_is_repeated_until_it_is_acknowledged(
    manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_sim.notices.INFORM_WAIT_S", 0.05)
    async with sending(sink(manager.port, inform=True)) as sender:
        sender.hear(JAM)
        first, peer = await manager.take()
        second, same_peer = await manager.take()
        assert (first, peer) == (second, same_peer)
        assert first[first.index(b"public") + 6] == 0xA6
        acknowledgement = first.replace(b"public\xa6", b"public\xa2")
        manager.socket.sendto(b"\x30\x03\2\1\1", peer)
        manager.socket.sendto(acknowledgement, peer)
        await _counted(lambda: sender.counters.acknowledged == 1)

    assert sender.counters.lost == 0


async def test_an_inform_nobody_acknowledges_is_lost_and_counted(
    manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_sim.notices.INFORM_WAIT_S", 0.01)
    async with sending(sink(manager.port, inform=True)) as sender:
        sender.hear(JAM)
        for _ in range(INFORM_TRIES):
            await manager.take()
        await _counted(lambda: sender.counters.lost == 1)

    assert sender.counters.acknowledged == 0


async def test_a_v3_inform_learns_the_managers_engine_and_time_first(manager: Manager) -> None:
    told = sink(manager.port, "v3", "alice", inform=True)
    assert told.user is not None
    # A manager is an engine as an agent is one: ours answers discovery and time; an inform it does not know.
    state = printer("ecosys-p3155").state
    view, agent = printer_view(state, printer_book(state.profile)), SnmpResponder(users=[told.user])
    engine = view.engine()
    assert engine is not None
    async with sending(told) as sender:
        sender.hear(JAM)
        discovery, peer = await manager.take()
        report = agent.receive(discovery, view)
        assert report is not None
        manager.socket.sendto(report, peer)
        datagram, _ = await manager.take()

        message = read_message(datagram)
        keys = KeyCache().keys(told.user, engine.engine_id)
        assert (message.engine_id, message.boots) == (engine.engine_id, engine.boots)
        assert is_signed_by(datagram, message, keys)
        assert opened(message, keys).pdu[0] == 0xA6


async def test_a_queue_that_is_full_drops_and_counts(manager: Manager) -> None:
    sender = NoticeSender([sink(manager.port)])
    many = replace(JAM, events=JAM.events * (WAITING_MAX + 3))

    sender.hear(many)

    assert (sender.counters.told, sender.counters.dropped) == (WAITING_MAX + 3, 3)


async def test_a_printer_without_an_address_of_this_machine_costs_its_own_notifications_only(
    manager: Manager, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = Printer(JAM.printer.state.profile, seed=1, index=0, address="192.0.2.1", at_s=MONDAY_7)
    async with sending(sink(manager.port)) as sender:
        sender.hear(replace(JAM, printer=elsewhere))
        sender.hear(JAM)
        await manager.take()

    assert (sender.counters.failed, sender.counters.sent) == (1, 1)
    assert "could not be sent" in caplog.text


async def test_warnings_are_told_to_nobody(manager: Manager) -> None:
    sender = NoticeSender([sink(manager.port)])
    event = AlertRaised(at_s=0.0, alert=replace(ALERT, severity=4))

    sender.hear(replace(JAM, events=(event,)))

    assert sender.counters.told == 0


@pytest.mark.parametrize(
    "spec, remedy",
    [
        (TrapSinkSpec(address=""), "address: must be a host name"),
        (TrapSinkSpec(address="127.0.0.1", port=0), "port: must be a port"),
        (TrapSinkSpec(address="127.0.0.1", version="v1", inform=True), "inform: needs version"),
        (TrapSinkSpec(address="127.0.0.1", version="v3", user="nobody"), "user: must be one of the users"),
        (TrapSinkSpec(address="127.0.0.1", user="alice"), 'user: needs version "v3"'),
    ],
)
def test_a_sink_that_cannot_be_is_refused_with_the_remedy(spec: TrapSinkSpec, remedy: str) -> None:
    with pytest.raises(ConfigError, match=r"trap_sinks\[1\]." + remedy):
        snmp_access(("public",), SPECS, (), "f.toml", [spec])


async def test_a_sink_without_an_address_is_refused_in_one_sentence() -> None:
    assert parse_sink("127.0.0.1", "--trap-to") == TrapSinkSpec(address="127.0.0.1", port=162)
    with pytest.raises(ConfigError, match="must be HOST:PORT"):
        parse_sink("127.0.0.1:trap", "--trap-to")
    with pytest.raises(ConfigError, match="has no IPv4 address"):
        NoticeSender([replace(sink(162), address="no-such-host.invalid")])


@pytest.mark.parametrize(
    "version, user, inform",
    [
        ("v1", "", False),
        *(("v2c", "", inform) for inform in (False, True)),
        *(("v3", user, inform) for user in ("alice", "bob") for inform in (False, True)),
    ],
)
async def test_snmptrapd_takes_it(tmp_path: Path, version: str, user: str, inform: bool) -> None:
    port = free_port(socket.SOCK_DGRAM)
    told = sink(port, version, user, inform=inform)
    async with snmptrapd(tmp_path, port) as said, sending(told) as sender:
        sender.hear(JAM)
        line = await said("43.18.2")
        if inform:
            await _counted(lambda: sender.counters.acknowledged == 1)

    assert re.search(r"43\.18\.1\.1\.7\.1\.\d+ = INTEGER: \d+", line)
    if not inform:
        assert ADDRESS in line


@asynccontextmanager
async def snmptrapd(place: Path, port: int) -> AsyncIterator[Callable[[str], Any]]:
    """net-snmp's receiver, which knows our users; gives a function that waits for a line with some text in it."""
    path = shutil.which("snmptrapd") or shutil.which("snmptrapd", path="/usr/sbin")
    if path is None:
        pytest.skip("SKIPPED LOUDLY: snmptrapd of net-snmp is not installed (Debian package snmptrapd)")
    state = JAM.printer.state
    engine = printer_view(state, printer_book(state.profile)).engine()
    assert engine is not None
    users = [
        f'alice SHA-256 {AUTH_PASSWORD} AES "{PRIV_PASSWORD}"',
        f"bob SHA {AUTH_PASSWORD}",
    ]
    config = place / "snmptrapd.conf"
    lines = [f"createUser {user}\ncreateUser -e 0x{engine.engine_id.hex()} {user}" for user in users]
    config.write_text("\n".join(["disableAuthorization yes", *lines]) + "\n")
    process = await asyncio.create_subprocess_exec(
        path, "-f", "-n", "-On", "-m", "", "-Lo", "-C", "-c", str(config), "-F", "%b %B %N %w %q %v\\n",
        f"udp:127.0.0.1:{port}", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "SNMP_PERSISTENT_DIR": str(place), "MIBS": ""},
    )  # fmt: skip
    assert process.stdout is not None
    output = process.stdout

    async def said(text: str) -> str:
        async with asyncio.timeout(20):
            while text not in (line := (await output.readline()).decode()):
                assert line, "snmptrapd has ended"
            return line

    try:
        await said("NET-SNMP version")
        yield said
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _counted(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not reached():
            await asyncio.sleep(0)
