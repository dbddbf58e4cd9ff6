"""What is signed cannot be altered, and what is hidden comes back: USM over arbitrary messages."""

from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import example, given
from hypothesis import strategies as st

from device_sim.core.mib import printer_book, printer_view
from device_sim.core.snmp.responder import SnmpResponder
from device_sim.core.snmp.usm import KeyCache, User
from snmp_format.ber import DecodeError
from snmp_format.pdu import AUTHORIZATION_ERROR, REPORT
from snmp_format.usm import AUTH_PROTOCOLS, localised_key
from snmp_format.v3_message import AUTH, MessageReader, ScopedPdu, V3Message, read_message
from snmp_format.v3_seal import Seal, is_signed_by, opened, seal
from tests.support.device_sim import printer
from tests.support.device_sim_snmp import MIB_2
from tests.support.device_sim_v3 import Asking, get_pdu, read_v3, user_spec, users

ALICE, BOB, EVE = users(user_spec(), user_spec("bob", "SHA-1", private=False), user_spec("eve", None))
STATE = printer("ecosys-p3155").state
VIEW = printer_view(STATE, printer_book(STATE.profile))
ENGINE = VIEW.engine()
assert ENGINE is not None
AGENT = SnmpResponder(users=(ALICE, BOB, EVE))
GOOD = {
    user.name: Asking(
        user=user,
        engine_id=ENGINE.engine_id,
        boots=ENGINE.boots,
        time_s=ENGINE.time_s,
        pdu=get_pdu((*MIB_2, 1, 5, 0)),
    ).datagram()
    for user in (ALICE, BOB)
}
KEYS = KeyCache().keys(ALICE, b"engine")
OCTETS = st.binary(max_size=300)


@example(BOB, GOOD[b"bob"].index(b"\4\1\5\2\1\3") + 2, AUTH)
@given(st.sampled_from([ALICE, BOB]), st.integers(0, 10_000), st.integers(1, 255))
def test_a_signed_question_that_was_altered_is_never_answered(user: User, place: int, change: int) -> None:
    octets = bytearray(GOOD[user.name])
    octets[place % len(octets)] ^= change

    answer = AGENT.receive(bytes(octets), VIEW)

    if answer is not None:
        said = read_v3(answer, user)
        # Without its flag of a signature it is a question of nobody's, which is refused.
        assert said.kind == REPORT or said.status == AUTHORIZATION_ERROR


@given(OCTETS, st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1), st.binary(min_size=8, max_size=8))
def test_what_is_hidden_comes_back(plain: bytes, boots: int, time_s: int, salt: bytes) -> None:
    hidden = KEYS.encrypt(boots, time_s, salt, plain)

    assert len(hidden) == len(plain)
    assert KEYS.decrypt(boots, time_s, salt, hidden) == plain


@given(
    st.binary(min_size=5, max_size=32), OCTETS, st.sampled_from([ALICE, BOB, EVE]), st.binary(min_size=8, max_size=8)
)
def test_a_sealed_message_opens_to_what_was_sealed(engine_id: bytes, name: bytes, user: User, salt: bytes) -> None:
    keys = KeyCache().keys(user, engine_id) if user.auth else None
    context = ScopedPdu(engine_id, name, get_pdu((*MIB_2, 1, 1, 0)))

    datagram = seal(Seal(user.level, engine_id, 3, 4, user.name, keys), 99, salt, context)

    message = read_message(datagram)
    assert keys is None or is_signed_by(datagram, message, keys)
    assert opened(message, keys) == context


@given(st.lists(st.tuples(OCTETS, st.binary(min_size=8, max_size=8)), min_size=2, max_size=5))
def test_one_message_after_another_is_hidden_as_the_standard_says(messages: list[tuple[bytes, bytes]]) -> None:
    for plain, salt in messages:
        assert KEYS.encrypt(3, 4, salt, plain) == by_hand(b"\0\0\0\3\0\0\0\4" + salt, plain)


def by_hand(block: bytes, plain: bytes) -> bytes:
    """CFB128-AES-128, block by block, from an IV. Source: RFC 3826, 3.1.3."""
    key = localised_key(AUTH_PROTOCOLS["SHA-256"], ALICE.priv_key, b"engine")[:16]
    enciphered = Cipher(AES(key), ECB()).encryptor()
    hidden = b""
    for start in range(0, len(plain), 16):
        block = bytes(one ^ other for one, other in zip(plain[start:], enciphered.update(block), strict=False))
        hidden += block
    return hidden


READER = MessageReader()


@given(st.sampled_from(sorted(GOOD)), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=3))
def test_a_message_is_read_alike_whether_its_like_was_met_before_or_not(
    name: bytes, changes: list[tuple[int, int]]
) -> None:
    octets = bytearray(GOOD[name])
    for place, change in changes:
        octets[place % len(octets)] ^= change
    READER.read(GOOD[name])

    assert outcome(READER.read, bytes(octets)) == outcome(read_message, bytes(octets))


def outcome(read: Callable[[bytes], V3Message], datagram: bytes) -> V3Message | type[DecodeError]:
    try:
        return read(datagram)
    except DecodeError as error:
        return type(error)
