"""What a printer's agent shows, as pysnmp reads it: values of instances, and whole subtrees."""

from device_sim.core.mib import printer_book, printer_view
from device_sim.core.snmp.responder import SnmpResponder
from device_sim.core.state import LivePrinter
from snmp_format.ber import Oid
from snmp_format.pdu import GET_BULK
from tests.support.device_sim_snmp import read_answer, request

AGENT = SnmpResponder()


def get(state: LivePrinter, *oids: Oid, job_names: bool = False, device_index: int = 1) -> list[object]:
    """The values of these instances."""
    book = printer_book(state.profile, device_index=device_index, job_names=job_names)
    return read_answer(AGENT.receive(request(*oids), printer_view(state, book))).values


def walk(state: LivePrinter, root: Oid, *, job_names: bool = False) -> dict[Oid, object]:
    """Every instance under root with its value, in the order of the walk."""
    view = printer_view(state, printer_book(state.profile, job_names=job_names))
    found: dict[Oid, object] = {}
    oid = root
    while True:
        answer = read_answer(AGENT.receive(request(oid, kind=GET_BULK, second=40), view))
        for oid, kind, value in answer.varbinds:
            if kind == "EndOfMibView" or oid[: len(root)] != root:
                return found
            assert oid not in found
            found[oid] = value


def column(table: dict[Oid, object], entry: Oid, number: int) -> dict[Oid, object]:
    """One column of a walked table: value by index."""
    name = (*entry, number)
    return {oid[len(name) :]: value for oid, value in table.items() if oid[: len(name)] == name}
