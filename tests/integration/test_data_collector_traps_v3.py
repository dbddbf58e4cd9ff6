"""Notifications of version 3 as net-snmp sends them: informs are answered, replays count for nothing."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from data_collector.core.trap import PRINTER_ALERT, AlertGate
from data_collector.snmp.notified import WINDOW_S, Heard, Notified, OwnEngine
from data_collector.snmp.users import AuthProtocol, PrivProtocol, UsmUser
from data_collector.traps import TrapReceiver
from snmp_format.ber import integer, object_identifier, varbind, wrap
from snmp_format.manager import request_pdu
from snmp_format.usm import AUTH_PROTOCOLS, LocalKeys, localised_key, password_key
from snmp_format.v3_message import AUTH, REPORTABLE, ScopedPdu
from snmp_format.v3_seal import Seal, seal

PASSWORD = "correct horse"
OTHER = "battery staple"
USERS = (
    UsmUser(
        name="hidden",
        auth_protocol=AuthProtocol.SHA_256,
        auth_password=PASSWORD,
        priv_protocol=PrivProtocol.AES_128,
        priv_password=OTHER,
    ),
    UsmUser(name="signed", auth_protocol=AuthProtocol.SHA_1, auth_password=PASSWORD),
    UsmUser(name="open"),
)
LEVELS = {
    "hidden": ("-l", "authPriv", "-a", "SHA-256", "-A", PASSWORD, "-x", "AES", "-X", OTHER),
    "signed": ("-l", "authNoPriv", "-a", "SHA", "-A", PASSWORD),
    "open": ("-l", "noAuthNoPriv"),
}
ALERT = ".".join(map(str, PRINTER_ALERT))
PRINTER_ENGINE = "0x800007c7050102030405"


@asynccontextmanager
async def listening() -> AsyncIterator[TrapReceiver]:
    for tool in ("snmpinform", "snmptrap"):
        if shutil.which(tool) is None:
            pytest.skip(f"SKIPPED LOUDLY: {tool} of net-snmp is not installed")
    loop = asyncio.get_running_loop()
    engine = OwnEngine.of("the test", boots=7, started_s=loop.time() - 5_000)
    receiver = TrapReceiver(("127.0.0.1", 0), USERS, {"127.0.0.1"}.__contains__, loop.time, AlertGate(), engine)
    try:
        yield receiver
    finally:
        receiver.close()


async def tell(receiver: TrapReceiver, tool: str, user: str, *more: str) -> subprocess.CompletedProcess[str]:
    """One notification by net-snmp. It takes nothing from files of this machine."""
    words = [tool, "-v3", "-u", user, *more, f"127.0.0.1:{receiver.port}", "", ALERT]
    return await asyncio.to_thread(
        subprocess.run,
        words,
        capture_output=True,
        text=True,
        check=False,
        env={"SNMPCONFPATH": "/nonexistent", "MIBS": ""},
    )


@pytest.mark.parametrize("user", list(LEVELS))
async def test_an_inform_of_version_3_is_answered_and_its_printer_is_read(user: str) -> None:
    async with listening() as receiver:
        done = await tell(receiver, "snmpinform", user, "-t", "5", "-r", "0", *LEVELS[user])

    assert (done.returncode, done.stderr) == (0, "")
    assert receiver.counters.alerts == 1


@pytest.mark.parametrize(
    ("user", "options", "said"),
    [
        ("signed", ("-l", "authNoPriv", "-a", "SHA", "-A", "wrong horse"), "Authentication failure"),
        ("nobody", ("-l", "authNoPriv", "-a", "SHA", "-A", PASSWORD), "Unknown user name"),
        ("hidden", ("-l", "authNoPriv", "-a", "SHA-256", "-A", PASSWORD), "Unsupported security level"),
    ],
)
async def test_an_inform_that_proves_nothing_is_told_why_and_reads_nothing(
    user: str, options: tuple[str, ...], said: str
) -> None:
    async with listening() as receiver:
        done = await tell(receiver, "snmpinform", user, "-t", "5", "-r", "0", *options)

    assert done.returncode != 0
    assert said in done.stderr
    assert receiver.counters.alerts == 0
    assert not receiver.called.is_set()


async def test_a_trap_from_before_the_last_one_counts_for_nothing() -> None:
    async with listening() as receiver:
        heard: list[int] = []
        for boots_and_time in ("5,9000", "5,8000", "4,9500", "5,8990", "6,10"):
            options = ("-e", PRINTER_ENGINE, "-Z", boots_and_time, *LEVELS["hidden"])
            await tell(receiver, "snmptrap", "hidden", *options)
            before = len(heard)
            async with asyncio.timeout(10):
                while receiver.counters.alerts + receiver.counters.late == before:
                    await asyncio.sleep(0.01)
            heard.append(receiver.counters.alerts)

    assert heard == [1, 1, 1, 2, 3]
    assert receiver.counters.late == 2


OWN = OwnEngine.of("the test", boots=7, started_s=0.0)


def message(pdu_kind: int, engine_id: bytes, boots: int, time_s: int, number: int = 4711) -> bytes:
    """A notification of the user `signed`, as an engine at that time seals it."""
    named = varbind(object_identifier((1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)), object_identifier(PRINTER_ALERT))
    pdu = request_pdu(pdu_kind, number, 0, 0, wrap(0x30, named))
    protocol = AUTH_PROTOCOLS["SHA-1"]
    key = localised_key(protocol, password_key(protocol, PASSWORD.encode()), engine_id)
    how = Seal(AUTH | REPORTABLE, engine_id, boots, time_s, b"signed", LocalKeys(protocol, key, None))
    return seal(how, number, b"", ScopedPdu(engine_id, b"", pdu))


@pytest.mark.parametrize(
    ("boots", "time_s", "taken"),
    [(7, 1_000, True), (7, 1_000 - WINDOW_S, True), (7, 1_000 - WINDOW_S - 1, False), (7, 1_000 + WINDOW_S + 1, False),
     (6, 1_000, False), (8, 1_000, False)],
)  # fmt: skip
def test_an_inform_is_taken_within_the_time_window_of_the_collector_only(boots: int, time_s: int, taken: bool) -> None:
    heard = Notified(USERS, OWN).hear(message(0xA6, OWN.engine_id, boots, time_s), 1_000.0)

    assert (heard.trap is not None, heard.late) == (taken, not taken)
    assert heard.reply is not None


def test_a_trap_that_was_recorded_and_is_played_back_later_counts_for_nothing() -> None:
    notified, recorded = Notified(USERS, OWN), message(0xA7, b"\x80\0\0\1\5one", 5, 9_000)

    assert notified.hear(recorded, 0.0).trap is not None
    assert notified.hear(recorded, WINDOW_S).trap is not None
    assert notified.hear(recorded, WINDOW_S + 1.0) == Heard(late=True)


def test_a_forged_trap_moves_no_engines_time() -> None:
    notified, true = Notified(USERS, OWN), message(0xA7, b"\x80\0\0\1\5one", 5, 9_000)
    forged = bytearray(message(0xA7, b"\x80\0\0\1\5one", 2**31 - 1, 9_000))
    forged[-1] ^= 1
    assert notified.hear(true, 0.0).trap is not None

    assert notified.hear(bytes(forged), 1.0).trap is None
    assert notified.hear(true, 2.0).trap is not None


def test_the_engine_of_a_collector_is_the_same_after_a_restart_and_another_for_another_collector() -> None:
    once, again, other = (OwnEngine.of(name, boots, 0.0) for name, boots in (("a", 1), ("a", 2), ("b", 1)))

    assert once.engine_id == again.engine_id != other.engine_id
    assert 5 <= len(once.engine_id) <= 32
    assert integer(again.boots) == integer(2)
