"""The MIB of a recording, alive: what was recorded at rest, and each printer's own name, count and status in it.

1. What tells who the printer is (serial, station address, name, IPv4 address) is each one's own, wherever it stands.
2. Lifetime counts grow together: prtMarkerLifeCount, every number that equals it, and every count of the makers keeps
   its share of it. Counters of the network grow with time.
3. Levels follow the printer where it measures; times follow its boot; status shows the recorded value at rest.
4. Alerts that were recorded stand for ever, before those that the printer has now.
5. All else is as it was recorded. The first printer of a fleet begins with the recorded counts and levels.
"""

from collections.abc import Callable
from typing import Final

from device_sim.core.mibs.alerts import ALERT_ENTRY, add_alerts
from device_sim.core.mibs.host import date_and_time, detected_error_state, printer_status
from device_sim.core.mibs.objects import ObjectList
from device_sim.core.mibs.snmp import printer_engine
from device_sim.core.recorded import known
from device_sim.core.recorded.growth import Growth
from device_sim.core.recorded.identity import Namesakes, woven
from device_sim.core.recorded.model import RecordedModel
from device_sim.core.recorded.rows import COUNTING, Rows, content_of, number_of
from device_sim.core.snmp.engine import enterprise_number
from device_sim.core.snmp.layout import ComingAndGoing, Layout, Leaf
from device_sim.core.snmp.view import PlanBook
from device_sim.core.state import LivePrinter
from snmp_format.ber import (
    COUNTER64,
    INTEGER,
    IP_ADDRESS,
    LIVE_BYTES_MAX,
    OCTET_STRING,
    Oid,
    integer,
    octets,
    time_ticks,
    unsigned,
    wrap,
)
from wire_format.printer_mib import PrinterState

Value = Callable[[LivePrinter], bytes]


def recorded_book(rows: Rows, model: RecordedModel, namesakes: Namesakes, growth: Growth) -> PlanBook[LivePrinter]:
    """The MIB of all printers of that recording."""
    enterprise = enterprise_number(model.profile.sys_object_id)
    return PlanBook(
        _Binding(rows, model, namesakes, growth).layout(), lambda printer: printer_engine(printer, enterprise)
    )


def own_address(rows: Rows) -> bytes:
    """The recorded printer's IPv4 address: the first of ipAddrTable that is none of loopback; or nothing."""
    for _, tlv in rows.under((*known.IP_ADDR_ENTRY, 1)):
        if tlv[0] == IP_ADDRESS and content_of(tlv)[0] not in (0, 127):
            return content_of(tlv)
    return b""


class _Binding:
    def __init__(self, rows: Rows, model: RecordedModel, namesakes: Namesakes, growth: Growth) -> None:
        self._rows, self._model = rows, model
        self._address = own_address(rows)
        self._namesakes, self._growth = namesakes, growth
        self._uptime = max(rows.number(known.SYS_UPTIME) or 0, 100)

    def layout(self) -> Layout[LivePrinter]:
        tables = [table for table in (self._addresses(), self._alerts()) if table is not None]
        inside = tuple(table.entry for table in tables)
        leaves = [
            Leaf(oid, self._value(oid, tlv))
            for oid, tlv in self._rows.values.items()
            if not any(oid[: len(entry)] == entry for entry in inside)
        ]
        return Layout(leaves, tables)

    def _value(self, oid: Oid, tlv: bytes) -> bytes | Value:
        return self._bound(oid, tlv) or self._counted(oid, tlv) or self._records(oid, tlv) or self._named(tlv) or tlv

    def _bound(self, oid: Oid, tlv: bytes) -> Value | None:
        """Objects that follow the state."""
        column, index = oid[:-2], oid[-2:]
        if oid in (known.SYS_UPTIME, known.HR_UPTIME):
            return lambda printer: time_ticks(printer.uptime_ticks)
        if oid == known.HR_DATE:
            return date_and_time
        if oid[:-1] == known.HR_PRINTER_STATUS:
            return lambda printer: tlv if printer.status is PrinterState.IDLE else printer_status(printer)
        if oid[:-1] == known.HR_PRINTER_ERRORS:
            return _errors(content_of(tlv))
        if column == (*known.SUPPLIES, 9) and (place := self._model.supplies.get(index)) is not None:
            if self._model.profile.supplies[place].report != "measured":
                return None
            return lambda printer: integer(printer.supply_level(place))
        if column == (*known.INPUT, 10) and (tray := self._model.inputs.get(index)) is not None:
            return lambda printer: integer(printer.input_level(tray))
        return None

    def _counted(self, oid: Oid, tlv: bytes) -> Value | None:
        """Objects that grow."""
        count = number_of(tlv)
        if count is None or count <= 0:
            return None
        tag = tlv[0]
        top = 1 << (63 if tag == COUNTER64 else 31 if tag == INTEGER else 32)
        if any(oid[: len(group)] == group for group in known.IF_COUNTERS):
            uptime = self._uptime
            return (
                (lambda printer: _number(tag, count * printer.uptime_ticks // uptime % top))
                if tag in COUNTING
                else None
            )
        if not self._growth.of_object(oid, tlv):
            return None
        growth = self._growth
        return lambda printer: _number(tag, growth.now(count, printer) % top)

    def _records(self, oid: Oid, tlv: bytes) -> Value | None:
        """Counts in an octet string of records."""
        if tlv[0] != OCTET_STRING or not any(oid[: len(root)] == root for root in known.COUNT_RECORDS):
            return None
        template = woven(content_of(tlv), self._growth.of_records(content_of(tlv)))
        return None if template is None else lambda printer: octets(template.render(printer))

    def _named(self, tlv: bytes) -> Value | None:
        """Objects that tell who the printer is."""
        if tlv[0] == IP_ADDRESS and content_of(tlv) == self._address:
            return _own_address
        if tlv[0] != OCTET_STRING or len(tlv) > LIVE_BYTES_MAX // 2:
            return None
        template = self._namesakes.template(content_of(tlv))
        return None if template is None else lambda printer: octets(template.render(printer))

    def _addresses(self) -> ComingAndGoing[LivePrinter] | None:
        """ipAddrTable, whose index is the address: each printer has a row for its own."""
        entry = known.IP_ADDR_ENTRY
        if not self._address:
            return None
        cells: dict[Oid, bytes | Value] = {}
        cells.update((rest, self._named(tlv) or tlv) for rest, tlv in self._rows.under(entry) if len(rest) == 5)
        return _AddressTable(entry, tuple(self._address), cells)

    def _alerts(self) -> ComingAndGoing[LivePrinter] | None:
        """prtAlertTable: the recorded rows, then the printer's own behind the last of them."""
        device = next((index[0] for index in self._rows.indices(known.MARKER)), 1)
        objects = ObjectList()
        add_alerts(objects, device)
        (live,) = objects.tables
        recorded = dict(self._rows.under(ALERT_ENTRY))
        return _RecordedThenLive(live, recorded) if recorded else live


class _AddressTable:
    """A table indexed by IPv4 address, in which each printer's own address stands for the recorded one."""

    def __init__(self, entry: Oid, recorded: Oid, cells: dict[Oid, bytes | Value]) -> None:
        self._own, self._cells = recorded, cells
        self.entry: Final = entry
        self.objects: Final = tuple({(*entry, oid[0]) for oid in cells})

    def value(self, subject: LivePrinter, oid: Oid) -> bytes | None:
        return self._here(subject).get(oid[len(self.entry) :])

    def after(self, subject: LivePrinter, oid: Oid) -> tuple[Oid, bytes] | None:
        rest = oid[len(self.entry) :] if oid > self.entry else ()
        here = self._here(subject)
        found = min((key for key in here if key > rest), default=None)
        return None if found is None else ((*self.entry, *found), here[found])

    def _here(self, subject: LivePrinter) -> dict[Oid, bytes]:
        address = tuple(int(part) for part in subject.identity.address.split("."))
        return {
            (key[0], *(address if key[1:] == self._own else key[1:])): cell
            if isinstance(cell, bytes)
            else cell(subject)
            for key, cell in self._cells.items()
        }


class _RecordedThenLive:
    """A table with rows that never go, and behind them the rows of another one, with higher indices."""

    def __init__(self, live: ComingAndGoing[LivePrinter], recorded: dict[Oid, bytes]) -> None:
        self._live, self._recorded = live, recorded
        self._order = sorted(recorded)
        self._last = max(oid[-1] for oid in recorded)
        self.entry: Final = live.entry
        self.objects: Final = tuple({*live.objects, *((*live.entry, oid[0]) for oid in recorded)})

    def value(self, subject: LivePrinter, oid: Oid) -> bytes | None:
        rest = oid[len(self.entry) :]
        if rest in self._recorded:
            return self._recorded[rest]
        return self._live.value(subject, self._lowered(oid)) if len(rest) == 3 and rest[-1] > self._last else None

    def after(self, subject: LivePrinter, oid: Oid) -> tuple[Oid, bytes] | None:
        size = len(self.entry)
        rest = oid[size:] if oid > self.entry else ()
        found = next(((*self.entry, *key) for key in self._order if key > rest), None)
        lived = self._live_after(subject, rest)
        if found is not None and (lived is None or found < lived[0]):
            return found, self._recorded[found[size:]]
        return lived

    def _live_after(self, subject: LivePrinter, rest: Oid) -> tuple[Oid, bytes] | None:
        if len(rest) >= 3:
            oid = (*self.entry, *rest[:2], max(rest[2] - self._last, 0), *rest[3:])
        else:
            oid = (*self.entry, *rest)
        found = self._live.after(subject, oid)
        return None if found is None else ((*found[0][:-1], found[0][-1] + self._last), found[1])

    def _lowered(self, oid: Oid) -> Oid:
        return (*oid[:-1], oid[-1] - self._last)


def _number(tag: int, number: int) -> bytes:
    return integer(number) if tag == INTEGER else unsigned(tag, number)


def _own_address(printer: LivePrinter) -> bytes:
    return wrap(IP_ADDRESS, bytes(int(part) for part in printer.identity.address.split(".")))


def _errors(recorded: bytes) -> Value:
    """The recorded bits and the printer's own."""

    def value(printer: LivePrinter) -> bytes:
        now = detected_error_state(printer.error_bits) if printer.error_bits else b""
        size = max(len(recorded), len(now))
        pairs = zip(recorded.ljust(size, b"\0"), now.ljust(size, b"\0"), strict=True)
        return octets(bytes(one | other for one, other in pairs))

    return value
