"""A meter keeps its source as long as that answers, and says so when it has to take another."""

from dataclasses import replace
from datetime import timedelta

import pytest

from data_collector.core.evidence import Evidence, SnmpValue, oid
from data_collector.core.known_meters import decode_known, encode_known, heard_before, judged, meters_key
from data_collector.core.normalise import report
from data_collector.core.shared_serials import SERIAL_PREFIX, Claims, encode_claims
from tests.support.data_collector_core import (
    DEFINITIONS,
    INTEGER,
    NOON,
    PRINTER,
    evidence,
    ipp_reply,
    ipp_value,
)
from wire_format.records import Device, Meter, Report, Unit

HP: dict[str, SnmpValue] = {"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.11.2.3.9.1")}
STANDARD = "1.3.6.1.2.1.43.10.2.1.4.1.1"
VENDOR = "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5.0"
MONO_ENGINE = "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.6.0"
MONO_INKJET = "1.3.6.1.4.1.11.2.3.9.4.2.1.1.16.4.1.1.1.0"
UPTIME = "1.3.6.1.2.1.1.3.0"
DAY_TICKS = 8_640_000
TOTAL = "total.impressions"


class House:
    """A collector's memory, read before a report is made of what a printer says, and written after it."""

    def __init__(self) -> None:
        self.memory: dict[str, str] = {}
        self.days = 0

    def read(self, seen: Evidence) -> Report:
        """What is sent of it, a day after the reading before."""
        self.days += 1
        seen = replace(seen, observed_at=NOON + timedelta(days=self.days))
        made = report(seen, DEFINITIONS, lambda device: heard_before(device, self.memory.get))
        name = meters_key(made.device) or ""
        sent, known = judged(made, decode_known(self.memory.get(name)))
        self.memory[name] = encode_known(known)
        return sent

    def snmp(self, *tables: dict[str, SnmpValue], name: str = TOTAL) -> tuple[object, ...]:
        """The value and the source that is sent of one meter, and the first words said of it."""
        clock: dict[str, SnmpValue] = {UPTIME: DAY_TICKS * (self.days + 10)}
        return told(self.read(evidence(PRINTER, HP, clock, *tables)), name)


def told(sent: Report, name: str = TOTAL) -> tuple[object, ...]:
    """The value and the source that is sent of one meter, and the first words said of it."""
    meter = next((one for one in sent.meters if one.name == name), None)
    words = [one.reason.partition(":")[0] for one in sent.findings if one.field == f"meters/{name}"]
    return (None, None, words) if meter is None else (meter.value, meter.source, words)


def counts(standard: int | None, vendor: int | None) -> dict[str, SnmpValue]:
    """What the two counts of the total say; None: noSuchInstance."""
    said: dict[str, SnmpValue] = {STANDARD: b"" if standard is None else standard}
    return said if vendor is None else {**said, VENDOR: vendor}


def test_a_total_that_was_the_makers_stays_the_makers_when_the_standards_count_comes_back() -> None:
    house = House()

    assert house.snmp(counts(None, 6_462)) == (6_462, VENDOR, ["this should be a number"])
    assert house.snmp(counts(6_470, 6_466)) == (6_466, VENDOR, ["sources-disagree"])
    assert house.snmp(counts(6_474, 6_470)) == (6_470, VENDOR, ["sources-disagree"])


def test_a_source_that_falls_silent_is_followed_by_another_which_is_named_and_then_kept() -> None:
    house = House()

    assert house.snmp(counts(6_470, 6_462)) == (6_470, STANDARD, ["sources-disagree"])
    assert house.snmp(counts(None, 6_463)) == (6_463, VENDOR, ["this should be a number", "source-changed"])
    assert house.snmp(counts(6_472, 6_464)) == (6_464, VENDOR, ["sources-disagree"])
    assert house.snmp(counts(6_472, None)) == (6_472, STANDARD, ["source-changed"])


def test_a_finding_says_that_a_source_is_used_because_it_was_before() -> None:
    house = House()
    house.snmp(counts(None, 6_462))

    sent = house.read(evidence(PRINTER, HP, counts(6_470, 6_466)))

    assert [one.reason for one in sent.findings if one.reason.startswith("sources")] == [
        f"sources-disagree: differs from 6466 of {VENDOR}, which is used as before"
    ]


def test_a_rule_behind_another_of_its_name_keeps_its_meter_when_the_first_begins_to_answer() -> None:
    house, name = House(), "total.impressions.monochrome"

    assert house.snmp({MONO_INKJET: 300}, name=name) == (300, MONO_INKJET, [])
    assert house.snmp({MONO_INKJET: 301, MONO_ENGINE: 7}, name=name)[:2] == (301, MONO_INKJET)
    assert House().snmp({MONO_INKJET: 301, MONO_ENGINE: 7}, name=name)[:2] == (7, MONO_ENGINE)


def test_a_count_read_by_ipp_stays_ipps_while_ipp_is_read() -> None:
    house = House()
    by_ipp = ipp_reply(ipp_value(INTEGER, "printer-impressions-completed", 12_340))
    without: dict[str, SnmpValue] = {STANDARD: b""}

    first = house.read(replace(evidence(PRINTER, without), ipp=by_ipp))
    both = house.read(replace(evidence(PRINTER), ipp=by_ipp))
    only_snmp = house.read(evidence(PRINTER))

    assert told(first)[0] == told(both)[0] == 12_340
    assert told(both)[2] == ["sources-disagree"]
    assert told(only_snmp) == (12_345, STANDARD, ["source-changed"])


def test_a_kept_source_that_says_nonsense_is_passed_over() -> None:
    house = House()
    house.snmp(counts(None, 6_462))

    assert house.snmp(counts(6_470, 2_000_000_000))[:2] == (6_470, STANDARD)


SUM = ("1.3.6.1.4.1.1347.42.3.1.1.1.1.1", "1.3.6.1.4.1.1347.42.3.1.1.1.1.2")


def kyocera(house: House, *parts: tuple[str, int]) -> tuple[object, ...]:
    """What becomes of a total that is the sum of these objects, read by this house."""
    meter = Meter(
        name=TOTAL,
        unit=Unit.IMPRESSIONS,
        value=sum(value for _, value in parts),
        source="+".join(source for source, _ in parts),
    )
    house.days += 1
    device = Device(serial="K1", model="K")
    made = Report(observed_at=NOON + timedelta(days=house.days), device=device, meters=(meter,))
    name = meters_key(device) or ""
    sent, known = judged(made, decode_known(house.memory.get(name)))
    house.memory[name] = encode_known(known)
    value, _, words = told(sent)
    return value, words


def test_a_sum_that_lost_a_part_in_one_answer_is_no_new_source() -> None:
    house, copies, prints = House(), (SUM[0], 1_000), (SUM[1], 50_000)

    assert kyocera(house, copies, prints) == (51_000, [])
    assert kyocera(house, prints) == (None, ["source-changed"])
    assert kyocera(house, copies, prints) == (51_000, [])


def test_a_sum_that_lost_a_part_for_good_is_sent_and_named() -> None:
    house, copies, prints = House(), (SUM[0], 1_000), (SUM[1], 50_000)
    kyocera(house, copies, prints)

    assert [kyocera(house, prints) for _ in range(3)] == [
        (None, ["source-changed"]), (50_000, ["source-changed"]), (50_000, []),
    ]  # fmt: skip


def test_printers_that_share_a_serial_number_keep_the_sources_of_their_own_cards() -> None:
    memory = {SERIAL_PREFIX + "S1": encode_claims(Claims(shared=True))}
    for device, source in ((Device(serial="S1"), "of-serial"), (Device(mac="00:00:5e:00:53:01"), "of-card")):
        meter = Meter(name=TOTAL, unit=Unit.IMPRESSIONS, value=1, source=source)
        _, known = judged(Report(observed_at=NOON, device=device, meters=(meter,)), None)
        memory[meters_key(device) or ""] = encode_known(known)

    assert heard_before(Device(serial="S1", mac="00:00:5e:00:53:01"), memory.get) == {TOTAL: "of-card"}


@pytest.mark.parametrize("device", [Device(ip="192.0.2.7"), Device(hostname="p1", model="New"), Device(serial="S9")])
def test_a_device_that_is_not_known_has_no_sources(device: Device) -> None:
    old = Device(hostname="p1", model="Old")
    meter = Meter(name=TOTAL, unit=Unit.IMPRESSIONS, value=1, source=STANDARD)
    _, known = judged(Report(observed_at=NOON, device=old, meters=(meter,)), None)
    memory = {meters_key(old) or "": encode_known(known)}

    assert heard_before(device, memory.get) == {}
