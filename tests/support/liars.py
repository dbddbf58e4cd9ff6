"""A fleet of liars in this process, scanned three times into a real outbox, and what each lie must leave behind.

Sunday night: nobody prints, so the truth stands still but for what the test itself does. Time leaps between the scans.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Final

from data_collector.clock import Clock
from data_collector.core.known_readings import KnownReadings
from data_collector.core.targets import parse_targets
from data_collector.delivery import SPOOL_FILE, Delivery
from data_collector.scan import Scan, ScanPlan, choose_library
from data_collector.vendor_files import load_definitions
from data_collector.visit import Dialling
from device_sim.core.acts.registry import act_of
from device_sim.core.faults import KNOBS, set_faults, with_fault
from device_sim.core.printer import Printer
from device_sim.embedded import EmbeddedFleet, FleetPrinter
from direct_connect.spool import Lane, SqliteSpoolFile
from direct_connect.uplink import IdentityFolder
from tests.support.device_sim_snmp import REPOSITORY
from wire_format.codec import decode_batch
from wire_format.records import Meter, Reason, Report, Unit

FLEET: Final = REPOSITORY / "fixtures" / "fleets" / "liars.toml"
TOTAL: Final = "total.impressions"
MONOCHROME: Final = "total.impressions.monochrome"
COLOR: Final = "total.impressions.color"

SAYS: Final[Mapping[str, frozenset[str]]] = {
    "serial_says": frozenset({"weak-identity"}),
    "serial_shared": frozenset({"shared-serial"}),
    "mac_says": frozenset({"zeros are no hardware address"}),
    "community": frozenset({"silent"}),
    "total_rolls_over_at": frozenset({"wrap"}),
    "counter_wrap_left": frozenset({"sources-disagree", "implausible"}),
    "counter_jitter": frozenset({"jitter"}),
    "life_count_off": frozenset({"sources-disagree"}),
    "nvram_loss": frozenset({"nvram-loss"}),
    "supply_over_percent": frozenset({"the level is above the capacity of 4000"}),
    "stale_minutes": frozenset({"uptime-stuck"}),
    "alerts_vanish_s": frozenset({"unexplained"}),
    "alerts_empty": frozenset({"unexplained"}),
    "alert_severity_swapped": frozenset({"unexplained"}),
    "clock_off_s": frozenset({"clock-off"}),
    "clock_at_boot": frozenset({"clock-off"}),
    "clock_jumps_s": frozenset({"clock-off"}),
    "uptime_says_s": frozenset({"uptime-stuck"}),
    "snmp_silent": frozenset({"silent"}),
    "snmp_delay_ms": frozenset({"silent"}),
    "snmp_other_address": frozenset({"silent"}),
    "snmp_wrong_request_id": frozenset({"silent"}),
    "snmp_cut_octets": frozenset({"unreadable"}),
    "snmp_broken_ber": frozenset({"unreadable"}),
    "snmp_endless_walk": frozenset({"more rows than any printer needs"}),
    "snmp_repeats": frozenset({"the device repeated or went back in its own table"}),
    "snmp_more_varbinds": frozenset({"unreadable"}),
    "snmp_reply_octets": frozenset({"unreadable"}),
    "snmp_wrong_types": frozenset({"this should be a number"}),
    "snmp_gen_err_percent": frozenset({"refused"}),
    "snmp_no_such_name_percent": frozenset({"refused", "source-changed", "passing"}),
    "http_silent": frozenset({"no complete answer in time"}),
    "http_status": frozenset({"status"}),
    "http_login": frozenset({"password"}),
    "http_redirect": frozenset({"redirect", "the exchange failed"}),
    "http_html_instead": frozenset({"page"}),
    "http_length_off": frozenset({"the exchange failed", "no complete answer in time"}),
    "http_half": frozenset({"the exchange failed", "no complete answer in time"}),
    "http_drip_ms": frozenset({"no complete answer in time"}),
    "http_endless": frozenset({"a body of more than 1048576 bytes", "no complete answer in time"}),
    "http_gzip_bomb_mib": frozenset({"a body that unpacks to more than 2097152 bytes", "no complete answer in time"}),
    "xml_entity_bomb": frozenset({"unreadable"}),
    "xml_truncated": frozenset({"unreadable"}),
    "ipp_truncated": frozenset({"the reply is cut off within a value", "the reply ends without an end tag"}),
}
"""What one of the three reports must say, in the first words of a finding."""

BY_CHANCE: Final = frozenset({"snmp_no_such_name_percent"})
"""They strike a share of the questions, and how many are asked depends on what the machine lets through in time."""

UNSEEN: Final[Mapping[str, str]] = {
    "serial_zeros": "both spellings are one canonical serial number",
    "serial_writable": "nobody writes one here; serial-changed is tested with the memory of serials",
    "hostname_empty": "a printer needs no host name",
    "device_index": "the index is looked for, so that nothing is read otherwise",
    "other_devices": "the printer is found by its type",
    "counter_unit_meters": "the unit is the standard's; the length goes under its own name",
    "supply_level_code": "codes of RFC 3805, told as words",
    "supply_capacity": "the unit is percent, so the level alone says it",
    "supply_steps": "every level by itself is right; days left are the portal's",
    "receptacle_inverted": "no reading by itself is wrong; the alert of a full one is believed",
    "job_log_last": "this model's jobs are not asked for",
    "status_display_empty": "the console lines say the same",
    "error_state_octets": "missing bits are not set",
    "hostile_text": "texts are cleaned",
    "alert_index_reused": "an alert's id is made without its index",
    "clock_told_after_s": "the clock was set before the first reading",
    "clock_absent": "nothing is there to be read",
    "date_without_zone": "a date without a zone is right within the zones of the world",
    "snmp_v1_only": "version 1 answers all that is asked",
    "snmp_loss_percent": "asked again; what stays lost is told as such",
    "snmp_answers_every": "asked again",
    "snmp_duplicates": "the first copy counts",
    "snmp_too_big_above": "asked in smaller parts",
    "snmp_no_bulk": "walked by GETNEXT",
    "snmp_engine_shared": "of version 3 only",
    "snmp_engine_boots": "of version 3 only",
    "snmp_engine_time_off_s": "of version 3 only",
    "http_delay_ms": "later, and the same; beyond the deadline it is told",
    "http_content_type": "judged by the content",
    "http_headers_kib": "headers are not read",
    "http_server_header": "nobody is recognised by it",
    "http_etag_missing": "not used",
    "http_old_pages": "the older pages are read",
    "ledm_prefixes": "matched by local names",
    "ledm_namespace_dates": "matched by local names",
    "ledm_more_totals": "the printer's own place counts",
    "ledm_peid": "attributes are not read",
    "ledm_level": "255 is unknown by convention, decimals are levels",
    "ipp_silent": "nothing answers on any protocol: no printer is found",
    "ipp_wrong_request_id": "nothing valid answers on any protocol: no printer is found",
    "ipp_unknown_tags": "skipped; the other attributes stand",
    "ipp_latin1": "decoded or replaced",
}
"""What changes nothing that is read, or nothing that anybody could know, and why."""
MUTE: Final = frozenset({"ipp_silent", "ipp_wrong_request_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Liar:
    """One printer: its faults, what was true at each scan, and its reports (None: not found)."""

    address: str
    faults: frozenset[str]
    truths: tuple[dict[str, int], ...]
    reports: tuple[Report | None, ...]

    def told(self) -> frozenset[str]:
        """Its faults that must leave a finding."""
        known = self.faults & set(SAYS)
        return known - {"clock_at_boot"} if "clock_told_after_s" in self.faults else known

    def whole(self) -> bool:
        """Whether every scan read the same meters: nothing that mattered was struck."""
        return len({frozenset(meter.name for meter in report.meters) for report in self.reports if report}) == 1

    def words(self) -> set[str]:
        """The first words of all its findings."""
        return {
            finding.reason.partition(":")[0] for report in self.reports if report for finding in report.findings
        }  # fmt: skip

    def wrong(self) -> Iterator[str]:
        """Every meter that was sent as right and was not."""
        lost = 0
        for scan, (report, truth) in enumerate(zip(self.reports, self.truths, strict=True)):
            if report is None:
                continue
            named = {finding.field for finding in report.findings}
            for meter in report.meters:
                true = truth.get(meter.name)
                if true is None and meter.name == MONOCHROME and COLOR not in truth:
                    true = truth.get(TOTAL)  # a black printer counts everything in black
                if f"meters/{meter.name}" in named:
                    if any(finding.reason.startswith("nvram-loss:") for finding in report.findings):
                        lost = (true or 0) - meter.value  # told, and the printer's own count from here on
                elif not _same(meter, true) and (meter.name != TOTAL or true is None or true - meter.value != lost):
                    yield f"scan {scan}: {self.address} {set(self.faults)}: {meter} instead of {true}"


def _same(meter: Meter, true: int | None) -> bool:
    if true is not None and meter.unit is Unit.MM and meter.value % 1000 == 0:
        return 0 <= true - meter.value < 1000  # a counter of whole metres
    return meter.value == true


def knobs() -> frozenset[str]:
    """Every fault the simulator has."""
    return frozenset(KNOBS)


async def scanned_thrice(
    folder: Path, only: Sequence[int], timeout_s: float, readings: KnownReadings | None = None
) -> list[Liar]:
    """The printers with these indices (all, when there is none), scanned at 02:00, 02:11 and 03:12 of a Sunday.

    readings: the memory for short readings; without it, each scan reads everybody whole.
    """
    with EmbeddedFleet.start([str(FLEET), "--clock", f"2026-11-15T02:00:00Z,{time():.0f},1"]) as fleet:
        printers = [fleet.printers[index] for index in only] or list(fleet.printers)
        truths: list[dict[str, dict[str, int]]] = []
        counts: list[int] = []
        _before(printers)
        with closing(Delivery(folder, "https://127.0.0.1:1", Clock(), claim=None)) as delivery:
            for leap_s, act in ((660, _between), (3_660, None), (0, None)):
                at = datetime.fromtimestamp(fleet.plan.clock.now_s(), UTC)
                addresses = [printer.address for printer in printers]
                reports = await _scanned(fleet, addresses, timeout_s, readings)
                truths.append({printer.address: printer.meters for printer in printers})
                counts.append(delivery.store(reports, Reason.INTERVAL, at))
                if act is not None:
                    act(printers)
                fleet.plan.clock.jump(fleet.plan.clock.now_s() + leap_s)
        faults = {
            printer.address: frozenset(printer.read(lambda state: set_faults(state.faults))) for printer in printers
        }
    told = _told(folder, counts)
    return [
        Liar(
            address=address,
            faults=faults[address],
            truths=tuple(truth[address] for truth in truths),
            reports=tuple(scan.get(address) for scan in told),
        )
        for address in faults
    ]


async def caught_between(folder: Path) -> list[Report]:
    """What is sent of one printer whose SNMP sleeps while it is read a second time, and is back the third time."""
    with EmbeddedFleet.start(["--count", "1", "--profile", "color-laserjet-m479"]) as fleet:
        (printer,) = fleet.printers
        counts = []
        with closing(Delivery(folder, "https://127.0.0.1:1", Clock(), claim=None)) as delivery:
            for asleep in (False, True, False):
                printer.act(lambda one, asleep=asleep: _sleep(one, asleep=asleep))  # type: ignore[misc]
                reports = await _scanned(fleet, fleet.addresses, 0.5)
                at = datetime.fromtimestamp(fleet.plan.clock.now_s(), UTC)
                counts.append(delivery.store(reports, Reason.INTERVAL, at))
    return [report for scan in _told(folder, counts) for report in scan.values()]


def _sleep(printer: Printer, *, asleep: bool) -> None:
    printer.state.faults = with_fault(printer.state.faults, "snmp_silent", asleep)


async def _scanned(
    fleet: EmbeddedFleet, addresses: Sequence[str], timeout_s: float, readings: KnownReadings | None = None
) -> list[Report]:
    dialling = Dialling(
        snmp_port=fleet.snmp_port, http_port=fleet.http_port, ipp_port=fleet.ipp_port, timeout_s=timeout_s
    )
    plan = ScanPlan(targets=parse_targets(addresses, []), dialling=dialling, icmp=False, readings=readings)
    scan = Scan(
        plan,
        choose_library("native"),
        load_definitions(),
        lambda: datetime.fromtimestamp(fleet.plan.clock.now_s(), UTC),
    )
    reports = [report async for report in scan.reports()]
    assert scan.counters.failed == 0
    return reports


def _before(printers: Sequence[FleetPrinter]) -> None:
    for printer in printers:
        if "total_rolls_over_at" in _faults(printer):
            _act(printer, "set-meter", meter=TOTAL, value=999_990)


def _between(printers: Sequence[FleetPrinter]) -> None:
    """What happens after the first scan: power cycles, counts that go on, and trouble that alerts should tell."""
    for printer in printers:
        faults = _faults(printer)
        if "nvram_loss" in faults:
            _act(printer, "reboot")
        if "total_rolls_over_at" in faults:
            _act(printer, "set-meter", meter=TOTAL, value=1_000_020)
        if "counter_wrap_left" in faults:
            _act(printer, "set-meter", meter=TOTAL, value=printer.meters[TOTAL] + 100)
        if any(name.startswith("alert") for name in faults):
            _act(printer, "jam", lasts="9h")


def _faults(printer: FleetPrinter) -> frozenset[str]:
    return printer.read(lambda state: frozenset(set_faults(state.faults)))


def _act(printer: FleetPrinter, name: str, **parameters: object) -> None:
    act = act_of(name, parameters)
    printer.act(lambda one: act.apply(one))


def _told(folder: Path, counts: Sequence[int]) -> list[dict[str, Report]]:
    """The reports of each scan by address, as they wait for the portal."""
    scans: list[dict[str, Report]] = []
    with SqliteSpoolFile.open(folder / SPOOL_FILE) as file:
        spool = file.of(IdentityFolder(folder).current().sender)
        for count in counts:
            scan: dict[str, Report] = {}
            for _ in range(count):
                batch = spool.oldest(Lane.NORMAL)
                assert batch is not None
                scan |= {report.device.ip or "": report for report in decode_batch(batch.body).reports}
                spool.ack(batch.stream, batch.sequence, datetime.now(UTC))
            scans.append(scan)
    return scans
