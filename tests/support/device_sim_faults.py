"""A manager's talk with printers that lie: questions over SNMP's own octets, answers read by pysnmp."""

from typing import Any

from device_sim.core.faults import FaultSetting, faults_of, read_setting
from device_sim.core.faulty.liars import Agents
from device_sim.core.printer import Printer
from device_sim.core.snmp.responder import SnmpResponder
from device_sim.core.state import LivePrinter
from snmp_format import ber
from snmp_format.pdu import GET, GET_NEXT
from tests.support.device_sim import HOUR_S, MONDAY_7, profile
from tests.support.device_sim_snmp import Answer, read_answer, request

HP = "color-laserjet-m479"
PLOTTER = "designjet-t1600"
PAGEWIDE = "pagewide-xl-5100"
KYOCERA = "ecosys-p3155"

LIFE_COUNT = "1.3.6.1.2.1.43.10.2.1.4.1.1"
COUNTER_UNIT = "1.3.6.1.2.1.43.10.2.1.3.1.1"
HP_TOTAL = "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5.0"
SERIAL = "1.3.6.1.2.1.43.5.1.1.17.1"
SUPPLY_LEVEL = "1.3.6.1.2.1.43.11.1.1.9.1.1"
SUPPLY_CAPACITY = "1.3.6.1.2.1.43.11.1.1.8.1.1"
SUPPLY_UNIT = "1.3.6.1.2.1.43.11.1.1.7.1.1"
ERROR_STATE = "1.3.6.1.2.1.25.3.5.1.2.1"
DATE = "1.3.6.1.2.1.25.1.2.0"
UPTIME = "1.3.6.1.2.1.1.3.0"
SYS_NAME = "1.3.6.1.2.1.1.5.0"
MAC = "1.3.6.1.2.1.2.2.1.6.1"
ALERT_INDEX = "1.3.6.1.2.1.43.18.1.1.1"
ALERT_SEVERITY = "1.3.6.1.2.1.43.18.1.1.2"


def faulty(*words: str, of: str = HP, index: int = 0, at_s: float = MONDAY_7 + 4 * HOUR_S) -> Printer:
    """A printer with these faults, as `--fault` takes them, on a Monday at eleven after a morning's work."""
    settings: tuple[FaultSetting, ...] = tuple(map(read_setting, words))
    one = Printer(
        profile(of), seed=1, index=index, address=f"127.1.0.{index + 1}", at_s=MONDAY_7,
        faults=faults_of(settings, 1, index),
    )  # fmt: skip
    one.advance(at_s)
    return one


class Manager:
    """Asks printers of the shipped profiles; remembers, as the fleet's agents do, between questions."""

    def __init__(self) -> None:
        self.agents = Agents([profile(name) for name in (HP, PLOTTER, PAGEWIDE, KYOCERA)], seed=1)
        self._responder = SnmpResponder()

    def datagram(self, state: LivePrinter, *oids: str, kind: int = GET, **more: Any) -> bytes | None:
        """The raw reply to a request."""
        question = request(*(ber.parse_dotted(oid) for oid in oids), kind=kind, **more)
        return self._responder.receive(question, self.agents.view(state))

    def ask(self, state: LivePrinter, *oids: str, kind: int = GET, **more: Any) -> Answer:
        """The reply to a request as pysnmp reads it."""
        return read_answer(self.datagram(state, *oids, kind=kind, **more))

    def get(self, state: LivePrinter, oid: str) -> Any:
        """One value."""
        return self.ask(state, oid).values[0]

    def column(self, state: LivePrinter, oid: str, steps_max: int = 100) -> dict[ber.Oid, Any]:
        """What a walk under that OID finds."""
        root = at = ber.parse_dotted(oid)
        found: dict[ber.Oid, Any] = {}
        for _ in range(steps_max):
            ((at, _kind, value),) = self.ask(state, ber.dotted(at), kind=GET_NEXT).varbinds
            if at[: len(root)] != root:
                break
            found[at] = value
        return found
