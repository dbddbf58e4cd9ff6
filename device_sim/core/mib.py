"""A simulated printer's MIB: one layout for all printers of a profile, one view for each printer.

1. Values are made when they are asked for, from the state as it is then: bring the state to the present first. They
   are kept until the state changes.
2. What all printers of a profile share is encoded once.
3. A view is two references: a million of them are cheap, and so is making one for each datagram.
"""

from typing import Final

from device_sim.core.faults import NO_FAULTS, Faults
from device_sim.core.faulty.objects import bend
from device_sim.core.mibs.alerts import add_alerts
from device_sim.core.mibs.entity import ENTITY, add_entity
from device_sim.core.mibs.finisher import DEVICE_ENTRY, add_finishers
from device_sim.core.mibs.host import HOST, add_host_resources, add_system
from device_sim.core.mibs.hp import add_hp
from device_sim.core.mibs.hp_usage import add_hp_usage
from device_sim.core.mibs.imaging_counters import COUNTERS, add_imaging_counters
from device_sim.core.mibs.job_monitoring import JOB_MONITORING, add_job_monitoring
from device_sim.core.mibs.network import IF_X_ENTRY, IP, add_interface, add_ip
from device_sim.core.mibs.objects import MIB_2, ObjectList
from device_sim.core.mibs.port_monitor import PORT_MONITOR, add_port_monitor
from device_sim.core.mibs.printer import (
    add_console,
    add_covers,
    add_general,
    add_marker,
    add_supplies,
)
from device_sim.core.mibs.printer_data import add_channels, add_interpreters
from device_sim.core.mibs.printer_media import add_inputs, add_media_path, add_outputs
from device_sim.core.mibs.settings import Reset
from device_sim.core.mibs.snmp import add_engine, add_snmp, printer_engine
from device_sim.core.mibs.vendors import add_vendor
from device_sim.core.profile import Profile
from device_sim.core.snmp.engine import enterprise_number
from device_sim.core.snmp.memo import Memo
from device_sim.core.snmp.view import CopyView, PlanBook, SubjectView
from device_sim.core.state import LivePrinter
from snmp_format.ber import Oid

PrinterBook = PlanBook[LivePrinter]

_EVERYWHERE: Final[tuple[tuple[Oid, str], ...]] = (
    ((1, 3, 6, 1, 6, 3, 1), "SNMPv2-MIB: the management of SNMP entities"),
    (IF_X_ENTRY[:-3], "IF-MIB: network interfaces"),
    (IP, "IP-MIB: addresses"),
    ((*HOST, 7, 1), "HOST-RESOURCES-MIB: memory and devices"),
    ((*MIB_2, 43), "Printer-MIB: the printer"),
)
_MODULES: Final[dict[str, tuple[Oid, str]]] = {
    "entity": (ENTITY, "ENTITY-MIB: pieces of hardware"),
    "finisher": (DEVICE_ENTRY[:-2], "Finisher-MIB: what is done to printed sheets"),
    "imaging-counters": (COUNTERS[:-1], "PWG-IMAGING-COUNTER-MIB: meters by service and work"),
    "job-monitoring": (JOB_MONITORING[:-1], "Job-Monitoring-MIB: jobs and what they took"),
    "port-monitor": (PORT_MONITOR[:-1], "PRINTER-PORT-MONITOR-MIB: ports for a spooler"),
}
"""What sysORTable says of the standard modules a profile may name; a vendor's own are not in it."""


def printer_book(
    profile: Profile,
    *,
    device_index: int = 1,
    job_names: bool = False,
    faults: Faults = NO_FAULTS,
    keep: bool = True,
    reset: Reset | None = None,
) -> PrinterBook:
    """The MIB of a profile, to be made once and shared by all its printers.

    device_index: hrDeviceIndex of the printer. job_names: whether a vendor's job table shows names. faults: how its
    objects lie, which has its own say about the device's index. keep: make the values of an honest printer once for
    each change of it (see `memo`), not at each question. reset: what a manager does who writes prtGeneralReset.
    """
    device_index = faults.device_index or device_index
    objects = ObjectList()
    enterprise = enterprise_number(profile.sys_object_id)
    add_system(objects, profile, [*_EVERYWHERE, *(_MODULES[name] for name in _MODULES if name in profile.mibs)])
    add_interface(objects, profile)
    add_ip(objects)
    add_host_resources(objects, profile, device_index)
    add_general(objects, profile, device_index, reset=reset, serial_writable=faults.serial_writable)
    add_covers(objects, profile, device_index)
    add_inputs(objects, profile, device_index)
    add_outputs(objects, profile, device_index)
    add_marker(objects, profile, device_index)
    add_supplies(objects, profile, device_index)
    add_media_path(objects, profile, device_index)
    add_channels(objects, profile, device_index)
    add_interpreters(objects, profile, device_index)
    add_console(objects, device_index)
    add_alerts(objects, device_index)
    add_snmp(objects)
    add_engine(objects, enterprise)
    if "entity" in profile.mibs:
        add_entity(objects, profile)
    if "finisher" in profile.mibs:
        add_finishers(objects, profile, device_index)
    if "imaging-counters" in profile.mibs:
        add_imaging_counters(objects, profile)
    if "job-monitoring" in profile.mibs:
        add_job_monitoring(objects, profile, job_names)
    if "port-monitor" in profile.mibs:
        add_port_monitor(objects, profile, device_index)
    if "hp" in profile.mibs:
        add_hp(objects, profile, job_names)
        add_hp_usage(objects, profile)
    add_vendor(objects, profile)
    if faults is not NO_FAULTS:
        bend(objects, faults, device_index)
    return PlanBook(
        objects.layout(),
        lambda printer: printer_engine(printer, enterprise),
        Memo() if keep and faults is NO_FAULTS else None,
    )


def printer_view(
    printer: LivePrinter, book: PrinterBook, itself: LivePrinter | None = None
) -> SubjectView[LivePrinter]:
    """What an SNMP agent shows of one printer. book: `printer_book` of the printer's own profile.

    itself: the printer a SET changes and counters belong to, where what is shown is a copy.
    """
    return SubjectView(book, printer) if itself is None else CopyView(book, printer, itself)
