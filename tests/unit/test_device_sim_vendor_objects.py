"""A vendor's private objects: what a profile may list, and what they show. OIDs: the domain's notes, F3."""

from array import array
from dataclasses import replace
from pathlib import Path

import pytest

from device_sim.core.agent_spec import Record, VendorObject
from device_sim.core.birth import born
from device_sim.core.errors import ConfigError
from device_sim.core.mib import printer_book, printer_view
from device_sim.core.profile import Profile
from device_sim.core.profile_rules import parse_profile
from device_sim.core.snmp.responder import SnmpResponder
from device_sim.core.state import LivePrinter
from tests.support.device_sim import MONDAY_7, profile
from tests.support.device_sim_snmp import Answer, read_answer, request

MONO = (Path(__file__).parents[2] / "device_sim" / "profiles" / "ecosys-p3155.toml").read_text(encoding="utf-8")
HERE = (1, 3, 6, 1, 4, 1, 99999, 1, 0)


def asked(model: Profile, *oids: tuple[int, ...], state: LivePrinter | None = None) -> Answer:
    printer = state or born(model, seed=1, index=0, address="127.1.0.1", at_s=MONDAY_7)
    return read_answer(SnmpResponder().receive(request(*oids), printer_view(printer, printer_book(model))))


def listing(**keys: object) -> Profile:
    spec = VendorObject(oid=".".join(map(str, HERE)), **keys)  # type: ignore[arg-type]  # a mixed bag of keys
    return replace(profile("brother-mfc-9340"), vendor_objects=(spec,))


def state_of(model: Profile) -> LivePrinter:
    state = born(model, seed=1, index=0, address="127.1.0.1", at_s=MONDAY_7)
    state.meters[:3] = array("q", [1000, 700, 300])
    state.supply_amounts[0] = model.supplies[0].amount_max // 4
    return state


@pytest.mark.parametrize(
    "keys, kind, value",
    [
        ({"shows": "meters", "meters": ("total.impressions",)}, "Counter32", 1000),
        ({"shows": "meters", "meters": ("total.impressions.monochrome", "total.impressions.color")}, "Counter32", 1000),
        ({"shows": "meters", "meters": ("total.impressions",), "type": "integer"}, "Integer", 1000),
        ({"shows": "number", "number": 870, "type": "gauge"}, "Gauge32", 870),
        ({"shows": "text", "text": "C250i"}, "OctetString", b"C250i"),
        ({"shows": "object-id", "text": "1.3.6.1"}, "ObjectIdentifier", (1, 3, 6, 1)),
        ({"shows": "model"}, "OctetString", b"Brother MFC-9340CDW"),
        ({"shows": "supply-percent", "supply": 1, "type": "integer"}, "Integer", 25),
        ({"shows": "supply-capacity", "supply": 1, "type": "integer"}, "Integer", 100),
        ({"shows": "supply-level", "supply": 8, "type": "integer"}, "Integer", -3),
        ({"shows": "supply-description", "supply": 8}, "OctetString", b"Waste Toner Box"),
    ],
)
def test_an_object_shows_what_the_profile_says(keys: dict[str, object], kind: str, value: object) -> None:
    model = listing(**keys)

    assert asked(model, HERE, state=state_of(model)).varbinds == [(HERE, kind, value)]


def test_an_address_of_the_network_board_is_six_octets() -> None:
    model = listing(shows="mac")
    state = state_of(model)

    assert asked(model, HERE, state=state).values == [bytes.fromhex(state.identity.mac.replace(":", ""))]


def test_records_are_key_length_and_number_and_end() -> None:
    records = (
        Record(key=0x00, shows="meters", meters=("total.impressions",)),
        Record(key=0x6F, shows="supply-hundredths", supply=1),
        Record(key=0x31, shows="supply-status", supply=1),
        Record(key=0x90, shows="number", number=7),
    )
    model = listing(shows="records", records=records)
    state = state_of(model)

    (full,) = asked(model, HERE, state=state).values
    state.supply_amounts[0] = model.supplies[0].amount_max // 20
    state.touch()
    (low,) = asked(model, HERE, state=state).values

    assert isinstance(full, bytes) and isinstance(low, bytes)
    assert full.hex() == "000104000003e8" + "6f0104000009c4" + "31010400000001" + "90010400000007" + "ff"
    assert low.hex()[28:42] == "31010400000002"


@pytest.mark.parametrize(
    "line, key, remedy",
    [
        ('shows = "serial", oid = "1.3.6.1.2.1.1.5.0"', "oid", "under 1.3.6.1.4.1"),
        ('shows = "serial", oid = "1.3.6.1.4.1.2699.1.2.1.0"', "oid", "the PWG's"),
        ('shows = "serial", oid = "1.3.6.1.4.1.1347.43.5.1.1.28.1"', "oid", "is that of vendor_objects[1], too"),
        ('shows = "serial", oid = "ours"', "oid", "the whole OID"),
        ('shows = "meters", oid = "1.3.6.1.4.1.9.1.0"', "meters", 'is what shows = "meters" needs'),
        ('shows = "meters", oid = "1.3.6.1.4.1.9.1.0", meters = ["pages"]', "meters", "keeps total.impressions,"),
        ('shows = "serial", oid = "1.3.6.1.4.1.9.1.0", meters = ["total.impressions"]', "meters", "only that"),
        ('shows = "supply-level", oid = "1.3.6.1.4.1.9.1.0", type = "integer"', "supply", "is the row"),
        ('shows = "supply-level", oid = "1.3.6.1.4.1.9.1.0", supply = 1', "type", "a level may be -2 or -3"),
        ('shows = "supply-level", oid = "1.3.6.1.4.1.9.1.0", type = "integer", supply = 3', "supply", "from 1 to 2"),
        ('shows = "text", oid = "1.3.6.1.4.1.9.1.0"', "text", "needs"),
        ('shows = "object-id", oid = "1.3.6.1.4.1.9.1.0", text = "x"', "text", "a dotted OID"),
        ('shows = "records", oid = "1.3.6.1.4.1.9.1.0"', "records", "at least one entry"),
        (
            'shows = "records", oid = "1.3.6.1.4.1.9.1.0", records = [{ key = 255, shows = "number" }]',
            "records[1].key",
            "255 ends the records",
        ),
        ('shows = "toner", oid = "1.3.6.1.4.1.9.1.0"', "shows", "must be one of: meters, serial,"),
    ],
)
def test_an_object_that_cannot_be_names_its_key_and_the_remedy(line: str, key: str, remedy: str) -> None:
    text = MONO.replace("vendor_objects = [", f"vendor_objects = [\n    {{ {line} }},", 1)

    with pytest.raises(ConfigError) as caught:
        parse_profile(text, "mine.toml")

    assert caught.value.where == "mine.toml" and remedy in str(caught.value)
    assert caught.value.key.removeprefix("vendor_objects[").partition("].")[2] == key


def test_an_object_that_a_module_serves_already_is_refused() -> None:
    text = MONO.replace('oid = "1.3.6.1.4.1.1347.43.5.1.1.1.1"', 'oid = "1.3.6.1.4.1.11.2.3.9.4.2.1.1.3.3.0"')

    with pytest.raises(ConfigError, match=r"vendor_objects: .*1\.3\.6\.1\.4\.1\.11\.2\.3\.9\.4\.2\.1\.1\.3\.3\.0"):
        parse_profile(text.replace('mibs = ["', 'mibs = ["hp", "'), "mine.toml")


@pytest.mark.parametrize(
    "name, oid, meter",
    [
        ("ecosys-p3155", "1347.43.10.1.1.12.1.1", "total.impressions"),
        ("taskalfa-3554ci", "1347.42.3.1.2.1.1.2.3", "copy.impressions.color"),
        ("ricoh-im-c3000", "367.3.2.1.2.19.5.1.9.6", "print.impressions.monochrome"),
        ("imagerunner-c5535", "1602.1.11.1.3.1.4.501", "scan.images"),
        ("workcentre-7830", "253.8.53.13.2.1.6.1.20.33", "total.impressions.color"),
        ("bizhub-c250i", "18334.1.1.1.5.7.2.1.3.0", "total.sheets.duplex"),
        ("lexmark-cx725", "641.6.4.2.1.1.4.1.1", "total.impressions"),
        ("workforce-c20590", "1248.1.2.2.27.6.1.5.1.1.2", "copy.impressions.color"),
    ],
)
def test_each_maker_s_meter_is_the_state_s(name: str, oid: str, meter: str) -> None:
    model = profile(name)
    state = born(model, seed=5, index=2, address="127.1.0.3", at_s=MONDAY_7)

    assert asked(model, (1, 3, 6, 1, 4, 1, *map(int, oid.split("."))), state=state).values == [state.meter(meter)]
