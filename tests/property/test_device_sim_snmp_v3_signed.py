"""What is signed cannot be altered, and what is hidden comes back: USM over arbitrary messages."""

from hypothesis import example, given
from hypothesis import strategies as st

from device_sim.core.mib import printer_book, printer_view
from device_sim.core.snmp.message import AUTHORIZATION_ERROR, REPORT
from device_sim.core.snmp.responder import SnmpResponder
from device_sim.core.snmp.usm import KeyCache, User
from device_sim.core.snmp.v3_message import AUTH, ScopedPdu, read_message
from device_sim.core.snmp.v3_seal import Seal, is_signed_by, opened, seal
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
