"""SNMPv3 as the collector asks it, against net-snmp's agent and against our own fleet."""

import socket
from contextlib import closing
from pathlib import Path

import pytest

from data_collector.snmp import usm
from data_collector.snmp.native import Native
from data_collector.snmp.port import Agent, NotAllowedError, SilentError, SnmpSession, Version
from data_collector.snmp.users import AuthProtocol, PrivProtocol, UsmUser
from snmp_format.manager import ManagerCodec, request_pdu
from snmp_format.pdu import GET, REPORT
from snmp_format.usm import AuthProtocol as WireAuth
from snmp_format.usm import password_key
from snmp_format.v3_message import ScopedPdu, read_message
from snmp_format.v3_seal import Seal, seal
from tests.support.data_collector_snmpd import SYS_NAME, snmpd

SYSTEM = (1, 3, 6, 1, 2, 1, 1)
NOBODY = UsmUser(name="nobody")
SIGNING = UsmUser(name="signing", auth_protocol=AuthProtocol.SHA_256, auth_password="a-password")
HIDING = UsmUser(
    name="hiding",
    auth_protocol=AuthProtocol.SHA_512,
    auth_password="a-password",
    priv_protocol=PrivProtocol.AES_128,
    priv_password="b-password",
)
OLD = UsmUser(
    name="old",
    auth_protocol=AuthProtocol.MD5,
    auth_password="a-password",
    priv_protocol=PrivProtocol.DES,
    priv_password="b-password",
)
COMMON = UsmUser(
    name="common",
    auth_protocol=AuthProtocol.SHA_1,
    auth_password="a-password",
    priv_protocol=PrivProtocol.AES_128,
    priv_password="b-password",
)
USERS = (NOBODY, SIGNING, HIDING, OLD, COMMON)


def as_user(port: int, user: UsmUser, *, timeout_s: float = 2.0) -> Agent:
    """That agent on loopback, asked as that user."""
    return Agent(address="127.0.0.1", port=port, user=user, version=Version.V3, timeout_s=timeout_s, attempts=2)


async def name_of(session: SnmpSession) -> object:
    """sysName, as the agent tells it."""
    return dict(await session.get([SYS_NAME])).get(SYS_NAME)


async def test_net_snmp_answers_users_of_every_level_and_protocol(tmp_path: Path) -> None:
    async with snmpd(tmp_path / "snmpd", USERS) as port:
        native = Native()
        for user in USERS:
            with closing(native.open(as_user(port, user))) as session:
                assert await name_of(session) == b"net-snmp-under-test", user
                rows = [row.identifier async for row in session.walk(SYSTEM, 10) if row.identifier[:7] == SYSTEM]
                assert len(rows) > 5


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        (UsmUser(name="stranger"), "does not know this user"),
        (UsmUser(name="signing", auth_protocol=AuthProtocol.SHA_256, auth_password="wrong-password"), "authentication"),
        (UsmUser(name="signing", auth_protocol=AuthProtocol.MD5, auth_password="a-password"), "authentication"),
        (
            UsmUser(
                name="signing",
                auth_protocol=AuthProtocol.SHA_256,
                auth_password="a-password",
                priv_protocol=PrivProtocol.AES_128,
                priv_password="b-password",
            ),
            "security level",
        ),
        (UsmUser(
            name="common",
            auth_protocol=AuthProtocol.SHA_1,
            auth_password="a-password",
            priv_protocol=PrivProtocol.AES_128,
            priv_password="wrong-password",
        ), "privacy|no answer"),
    ],
    ids=["unknown user", "wrong password", "wrong protocol", "a level it has not", "wrong privacy password"],
)  # fmt: skip
async def test_a_user_that_is_not_allowed_is_told_why(tmp_path: Path, user: UsmUser, reason: str) -> None:
    async with snmpd(tmp_path / "snmpd", USERS) as port:
        with (
            closing(Native().open(as_user(port, user, timeout_s=0.5))) as session,
            pytest.raises((NotAllowedError, SilentError), match=reason),  # net-snmp drops what it cannot decrypt
        ):
            await name_of(session)


async def test_a_device_that_restarted_is_read_on_without_meeting_it_anew(tmp_path: Path) -> None:
    native, folder = Native(), tmp_path / "snmpd"
    async with snmpd(folder, USERS) as port:
        with closing(native.open(as_user(port, COMMON))) as session:
            assert await name_of(session)
        engine = native.engines.at(("127.0.0.1", port))
        assert engine is not None
        boots = engine.boots
    async with snmpd(folder, USERS, port=port):
        with closing(native.open(as_user(port, COMMON))) as session:
            assert await name_of(session) == b"net-snmp-under-test"
            assert engine.boots > boots


async def test_another_device_at_the_same_address_is_met_anew(tmp_path: Path) -> None:
    native = Native()
    async with snmpd(tmp_path / "one", USERS) as port:
        with closing(native.open(as_user(port, HIDING))) as session:
            assert await name_of(session)
        known = native.engines.at(("127.0.0.1", port))
    async with snmpd(tmp_path / "two", USERS, port=port, engine="02"):
        with closing(native.open(as_user(port, HIDING))) as session:
            assert await name_of(session)
        assert native.engines.at(("127.0.0.1", port)) is not known


async def test_an_engine_that_is_known_is_asked_in_one_packet(tmp_path: Path) -> None:
    native = Native()
    async with snmpd(tmp_path / "snmpd", USERS) as port:
        with native.holding() as box:
            for session in (native.open(as_user(port, COMMON)), native.open(as_user(port, COMMON))):
                sent = box.packets_sent
                with closing(session):
                    await name_of(session)
                packets = box.packets_sent - sent
            assert packets == 1


def test_a_password_is_hashed_once_for_all_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[bytes] = []

    def counted(protocol: WireAuth, password: bytes) -> bytes:
        hashed.append(password)
        return password_key(protocol, password)

    monkeypatch.setattr(usm, "password_key", counted)
    keyring = usm.Keyring()

    for number in range(50):
        keyring.keys(COMMON, b"engine-%d" % number)

    assert sorted(hashed) == [b"a-password", b"b-password"]


def test_a_report_that_nobody_signed_does_not_move_the_clock() -> None:
    message = read_message(usm.discovery(1 << 24))
    engine = usm.Engine(b"\x80\0\0\0\x01engine", 7, 100, 0.0)
    security = usm.UserSecurity(COMMON, engine, usm.Keyring().keys(COMMON, engine.engine_id))
    forged = seal(
        Seal(0, engine.engine_id, 2**31 - 1, 5, b"", None),
        1 << 24,
        b"",
        ScopedPdu(engine.engine_id, b"", _report(usm.NOT_IN_TIME)),
    )

    assert message.engine_id == b""
    assert security.opened(forged, ManagerCodec(), 1.0) is None
    assert (engine.boots, engine.time_s) == (7, 100)


def _report(kind: tuple[int, ...]) -> bytes:
    pdu = request_pdu(GET, 1 << 24, 0, 0, ManagerCodec().bindings([(*kind, 0)]))
    return bytes((REPORT,)) + pdu[1:]


async def test_a_community_agent_that_cannot_do_v3_is_silent() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        with (
            closing(Native().open(as_user(deaf.getsockname()[1], COMMON, timeout_s=0.1))) as session,
            pytest.raises(SilentError),
        ):
            await name_of(session)
