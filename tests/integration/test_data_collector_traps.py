"""Printers that call: the simulator's notifications in all versions, strangers, floods."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from data_collector.core.trap import AlertGate
from data_collector.snmp.notified import OwnEngine
from data_collector.snmp.users import AuthProtocol, PrivProtocol, UsmUser
from data_collector.toml_table import ConfigError
from data_collector.traps import TrapReceiver
from tests.integration.test_device_sim_notices import ADDRESS, JAM, sending, sink
from tests.support.device_sim_v3 import AUTH_PASSWORD, PRIV_PASSWORD
from tests.unit.test_data_collector_trap import v2

ENGINE = OwnEngine.of("the test", boots=3, started_s=-1_000.0)
USERS = (
    UsmUser(
        name="alice",
        auth_protocol=AuthProtocol.SHA_256,
        auth_password=AUTH_PASSWORD,
        priv_protocol=PrivProtocol.AES_128,
        priv_password=PRIV_PASSWORD,
    ),
    UsmUser(name="bob", auth_protocol=AuthProtocol.SHA_1, auth_password=AUTH_PASSWORD),
    UsmUser(name="eve"),
)


@asynccontextmanager
async def listening(
    *, known: str = ADDRESS, users: tuple[UsmUser, ...] = USERS
) -> AsyncIterator[tuple[TrapReceiver, AlertGate]]:
    gate = AlertGate()
    receiver = TrapReceiver(("127.0.0.1", 0), users, {known}.__contains__, lambda: 0.0, gate, ENGINE)
    try:
        yield receiver, gate
    finally:
        receiver.close()


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not reached():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("version", "user"), [("v1", ""), ("v2c", ""), ("v3", "alice"), ("v3", "bob"), ("v3", "eve")])
async def test_an_alert_of_a_simulated_printer_is_heard_in_every_version(version: str, user: str) -> None:
    async with listening() as (receiver, gate), sending(sink(receiver.port, version, user)) as sender:
        sender.hear(JAM)
        await until(receiver.called.is_set)

    assert gate.take(0.0) == (ADDRESS,)
    assert receiver.counters.alerts == 1


async def test_an_inform_is_acknowledged() -> None:
    async with listening() as (receiver, gate), sending(sink(receiver.port, inform=True)) as sender:
        sender.hear(JAM)
        await until(lambda: sender.counters.acknowledged == 1)

    assert gate.take(0.0) == (ADDRESS,)


@pytest.mark.parametrize("users", [(), (UsmUser(name="alice"),)])
async def test_a_v3_trap_of_an_unknown_user_or_below_its_level_counts_for_nothing(users: tuple[UsmUser, ...]) -> None:
    async with listening(users=users) as (receiver, gate), sending(sink(receiver.port, "v3", "alice")) as sender:
        sender.hear(JAM)
        await until(lambda: receiver.counters.unread == 1)

    assert gate.wake_at() is None


async def test_a_stranger_is_dropped_and_gets_no_answer() -> None:
    async with listening(known="127.0.0.99") as (receiver, gate):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.1", 0))
            stranger.setblocking(False)
            stranger.sendto(v2(tag=0xA6), ("127.0.0.1", receiver.port))
            await until(lambda: receiver.counters.strange == 1)
            with pytest.raises(BlockingIOError):
                stranger.recv(100)

    assert gate.wake_at() is None


async def test_rubbish_and_floods_of_a_known_printer_are_one_reading() -> None:
    async with listening(known="127.0.0.1") as (receiver, gate):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hostile:
            for _ in range(100):
                before = receiver.counters.alerts
                for datagram in (b"", b"\x30" * 50, bytes(9_000), v2()[:-3], b"\x30\x03\2\1\3"):
                    hostile.sendto(datagram, ("127.0.0.1", receiver.port))
                hostile.sendto(v2(), ("127.0.0.1", receiver.port))
                await until(lambda before=before: receiver.counters.alerts > before)  # type: ignore[misc]

    assert receiver.counters.unread == 500
    assert gate.take(0.0) == ("127.0.0.1",)
    assert gate.wake_at() is None


async def test_a_port_that_is_taken_is_told_with_the_remedy() -> None:
    async with listening() as (receiver, _gate):
        with pytest.raises(ConfigError, match=r"traps.listen 127.0.0.1:\d+ cannot be had .*CAP_NET_BIND_SERVICE"):
            TrapReceiver(("127.0.0.1", receiver.port), (), {ADDRESS}.__contains__, lambda: 0.0, AlertGate(), ENGINE)
