"""A replay's IPP printer answers whatever octets come."""

from hypothesis import given
from hypothesis import strategies as st

from device_sim.core import ipp
from device_sim.core.recorded.printer import FIRST, recorded_printer
from device_sim.core.recorded.rows import Rows
from device_sim.core.snmprec import read_recording
from device_sim.core.walk import walk_lines
from tests.support.device_sim import printer
from tests.support.device_sim_ipp import answer_ipp, ipp_request, read_ipp_answer

URI = "ipp://127.1.0.9:8631/ipp/print"
ASKED = ipp_request(ipp.GET_PRINTER_ATTRIBUTES)
_STATE = printer("designjet-t1600").state
_ROWS = Rows(read_recording("\n".join(walk_lines(_STATE)).encode("latin-1")).leaves)
RECORDING = recorded_printer(_ROWS, "recorded", (), answer_ipp(ASKED, _STATE, URI))
STATE = printer(RECORDING.profiles()[FIRST]).state


@given(st.binary(max_size=200))
def test_no_octets_of_a_peer_make_a_replay_fail(octets: bytes) -> None:
    assert RECORDING.ipp is not None
    for content in (octets, ASKED + octets, ASKED[:8] + octets + ASKED[8:], octets[:8] + b"\x01" + octets[8:]):
        read_ipp_answer(RECORDING.ipp.answer(STATE, URI, content))
