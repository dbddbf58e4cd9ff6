"""What is recorded of a printer does not say which one it was; the same word becomes the same one everywhere."""

import re
import tomllib
from collections.abc import Callable, Iterator

import pytest

from device_sim.core import ipp
from device_sim.core.mib import printer_book
from device_sim.core.printer import Printer
from device_sim.core.profile_rules import parse_profile
from device_sim.core.recorded.rows import Rows
from device_sim.core.recorder.anonymiser import Anonymiser
from device_sim.core.recorder.fakes import CONTACT, NAME, SERIAL, STATION
from device_sim.core.recorder.ipp_identity import IppRecordingError, rewrite_ipp
from device_sim.core.recorder.recording import IPP, PROFILE, WALK, Document, Recorded, Told, recorded
from device_sim.core.resources import resource
from device_sim.core.snmp.manager import CommunitySecurity, Walk
from device_sim.core.snmprec import read_recording
from snmp_format import ber
from snmp_format.pdu import VERSION_2C
from tests.support.device_sim import ALL_PROFILES, printer
from tests.support.device_sim_ipp import answer_ipp, ipp_request, read_ipp_answer

KEY = b"sixteen octets or more, drawn anew for each recording"
ADDRESS = "10.20.30.40"
PATHS = ("/", "/jobs", "/DevMgmt/ProductConfigDyn.xml", "/DevMgmt/ProductUsageDyn.xml", "/Accounting/JobAccounting.xml")


def told_of(one: Printer, *more: tuple[str, bytes]) -> Told:
    """Everything that a network would say of a printer, and more objects (dotted OID, TLV)."""
    state = one.state
    rows = [(ber.parse_dotted(oid), tlv) for oid, tlv in more]
    name = ber.oid_name((1, 3))
    layout = printer_book(state.profile).layout
    while (found := layout.walk(state, name))[1] != ber.END_OF_MIB_VIEW:
        start, end = ber.read_header(found[0], 0, ber.OBJECT_IDENTIFIER, len(found[0]))
        name = found[0][start:end]
        rows.append((ber.read_oid(name), found[1]))
    documents = tuple(
        Document(path=path, kind=made.kind, body=made.body) for path in PATHS if (made := resource(state, path))
    )
    request = ipp_request(ipp.GET_PRINTER_ATTRIBUTES, uri=f"ipp://{ADDRESS}:631/ipp/print")
    answer = answer_ipp(request, state, f"ipp://{ADDRESS}:631/ipp/print")
    return Told(host=ADDRESS, rows=tuple(sorted(rows)), documents=documents, ipp=answer)


PERSONAL = (
    ("1.3.6.1.2.1.1.4.0", ber.octets(b"Erika Mustermann, erika@house.example.org, +49 30 901820")),
    ("1.3.6.1.2.1.4.20.1.1.10.20.30.40", ber.wrap(ber.IP_ADDRESS, bytes((10, 20, 30, 40)))),
    ("1.3.6.1.2.1.4.22.1.2.1.10.20.30.1", ber.octets(bytes.fromhex("001122aabbcc"))),
    ("1.3.6.1.4.1.2699.1.1.1.4.1.1.4.7.29.1", ber.octets("Kündigung Müller.docx".encode())),
    ("1.3.6.1.4.1.99.1.0", ber.octets(b"Ask Erika Mustermann, at 10.20.30.40 or fe80::1234:5678:9abc")),
    ("1.3.6.1.4.1.99.2.0", ber.octets(b"UUID 4509a320-00a0-008f-00b6-002507510eca, K\xfcndigung M\xfcller.docx")),
)
SECRETS = ("Erika", "erika@", "901820", "10.20.30.40", "001122aabbcc", "Müller", "9abc", "002507510eca")


def lower(content: bytes) -> Iterator[str]:
    """A file as a searcher would read it: as text, as other text, with what is hexadecimal in it decoded."""
    latin = content.decode("latin-1").lower()
    yield latin
    yield content.decode("utf-8", "replace").lower()
    for line in latin.splitlines():
        if re.search(r"\|\w*x\|([0-9a-f]+)$", line):
            octets = bytes.fromhex(line.rpartition("|")[2])
            yield octets.decode("latin-1").lower()
            yield octets.decode("utf-8", "replace").lower()
            yield octets.decode("utf-16-le", "replace").lower()


def contains(made: Recorded, secret: str) -> list[str]:
    return [name for name, content in made.files.items() if any(secret.lower() in text for text in lower(content))]


@pytest.mark.parametrize("name", ALL_PROFILES)
def test_no_identity_survives_in_any_file(name: str) -> None:
    one = printer(name, seed=3, index=5, address=ADDRESS)
    who = one.state.identity
    known = tuple(row for row in told_of(one).rows if row[0] == (1, 3, 6, 1, 2, 1, 1, 4, 0))
    told = told_of(one, *(row for row in PERSONAL if not known or row[0] != "1.3.6.1.2.1.1.4.0"))
    identities = [who.serial, who.mac, who.mac.replace(":", ""), who.hostname, who.location, ADDRESS]
    if who.asset_number and contains(recorded(told, None), who.asset_number):
        identities.append(who.asset_number)

    kept, made = recorded(told, None), recorded(told, KEY)

    assert contains(kept, who.serial) and contains(kept, ADDRESS)  # so the search finds what is there
    for secret in identities:
        assert not contains(made, secret), secret
    assert not contains(made, bytes.fromhex(who.mac.replace(":", "")).decode("latin-1"))


def test_people_neighbours_and_documents_are_gone_too() -> None:
    one = printer("color-laserjet-m479", address=ADDRESS)
    told = told_of(one)
    rows = [row for row in told.rows if row[0] != (1, 3, 6, 1, 2, 1, 1, 4, 0)]
    told = Told(
        host=ADDRESS, rows=tuple(sorted([*rows, *((ber.parse_dotted(o), v) for o, v in PERSONAL)])), ipp=told.ipp
    )

    kept, made = recorded(told, None), recorded(told, KEY)

    for secret in SECRETS:
        assert contains(kept, secret), secret
        assert not contains(made, secret), secret
    assert made.left_out >= 1 and made.replaced["e-mail address"] == 1


def test_the_same_serial_is_the_same_fake_in_snmp_ipp_and_xml() -> None:
    one = printer("color-laserjet-m479", address=ADDRESS)
    made = recorded(told_of(one), KEY)
    rows = Rows(read_recording(made.files[WALK]).leaves)

    serial = rows.text((1, 3, 6, 1, 2, 1, 43, 5, 1, 1, 17, 1))

    assert serial != one.state.identity.serial and serial.startswith(one.state.identity.serial[:3])
    assert len(serial) == len(one.state.identity.serial)
    told = read_ipp_answer(made.files[IPP]).only(ipp.PRINTER_GROUP)
    assert f"SN:{serial}" in str(told["printer-device-id"][0]) or told.get("printer-serial-number") == [serial]
    assert any(f"SerialNumber>{serial}<" in body.decode() for name, body in made.files.items() if name.endswith("xml"))


@pytest.mark.parametrize("name", ALL_PROFILES)
def test_the_profile_of_a_recording_is_a_profile(name: str) -> None:
    one = printer(name, address=ADDRESS)
    made = recorded(told_of(one), KEY)

    profile = parse_profile(made.files[PROFILE].decode(), "profile.toml")

    assert profile.family is one.state.profile.family and profile.color == one.state.profile.color
    assert [s.description for s in profile.supplies] == [s.description for s in one.state.profile.supplies]
    assert profile.serial_pattern[:3] == one.state.profile.serial_pattern[:3]
    assert tomllib.loads(made.files[PROFILE].decode())["name"] == profile.name


def test_another_recording_of_the_same_printer_has_other_fakes() -> None:
    told = told_of(printer("ecosys-p3155", address=ADDRESS))

    assert recorded(told, KEY).files[WALK] == recorded(told, KEY).files[WALK]
    assert recorded(told, KEY).files[WALK] != recorded(told, b"another key, for another recording").files[WALK]


def test_a_station_address_keeps_its_maker_in_every_spelling() -> None:
    anonymiser = Anonymiser(KEY)
    anonymiser.learn(STATION, "00:15:99:7d:b1:6a")

    colons, dashes, bare, name = anonymiser.text(
        "00:15:99:7D:B1:6A 00-15-99-7d-b1-6a 0015997DB16A SEC0015997DB16A"
    ).split()

    digits = bare.lower()
    assert digits.startswith("001599") and digits != "0015997db16a"
    assert colons.replace(":", "") == dashes.replace("-", "") == digits and name.lower() == f"sec{digits}"


def test_the_models_name_and_versions_and_masks_stay() -> None:
    anonymiser = Anonymiser(KEY, "Laser 500")
    anonymiser.learn(NAME, "Laser 500")
    anonymiser.learn(CONTACT, "IT")

    text = "Laser 500 firmware 1.2.3.4, v20.5.1.7, mask 255.255.255.0, 127.0.0.1, ITEM"

    assert anonymiser.text(text) == text


def test_a_replaced_word_is_not_replaced_again() -> None:
    anonymiser = Anonymiser(KEY)
    anonymiser.learn(SERIAL, "ABC1234567")
    once = anonymiser.text("S/N ABC1234567 at 10.1.2.3, a@b.example")

    assert anonymiser.text(once) == once


@pytest.mark.parametrize("cut", [1, 9, 40, 200])
def test_a_broken_ipp_answer_is_told_and_never_guessed_at(cut: int) -> None:
    answer = told_of(printer("ecosys-p3155")).ipp

    with pytest.raises(IppRecordingError):
        rewrite_ipp(answer[:-cut], lambda name, tag, value: value)


def test_an_ipp_answer_that_nobody_changes_stays_octet_by_octet() -> None:
    answer = told_of(printer("pagewide-xl-5100")).ipp

    assert rewrite_ipp(answer, lambda name, tag, value: value) == answer


Bindings = list[tuple[ber.Oid, bytes]]


def walked(answer: Callable[[ber.Oid], Bindings], rows_max: int = 1000) -> Walk:
    """A walk of an agent that answers each request with these bindings."""
    security = CommunitySecurity(version=VERSION_2C, community=b"public")
    walk = Walk(security, lambda below: 41, rows_max=rows_max)
    last: ber.Oid = (1, 3, 6, 1)
    for _ in range(1000):
        if walk.finished:
            return walk
        walk.request()
        found = answer(last)
        pdu = ber.integer(42) + ber.integer(0) + ber.integer(0)
        pdu += ber.wrap(ber.SEQUENCE, b"".join(ber.varbind(ber.object_identifier(o), v) for o, v in found))
        assert walk.receive(security.sealed(ber.wrap(0xA2, pdu), 1))
        last = walk.rows[-1][0] if walk.rows else last
    raise AssertionError("the walk never ends")


def test_an_agent_that_goes_in_circles_ends_the_walk() -> None:
    walk = walked(lambda last: [((1, 3, 6, 1, 2, 1), ber.NULL)])

    assert len(walk.rows) == 1 and "goes back to 1.3.6.1.2.1" in walk.cut_short


def test_an_agent_without_an_end_is_left_at_the_limit() -> None:
    walk = walked(lambda last: [((*last[:5], (last[5] if len(last) > 5 else 0) + 1), ber.NULL)], rows_max=50)

    assert len(walk.rows) == 50 and "more than 50 objects" in walk.cut_short


def test_more_than_was_asked_for_and_what_lies_elsewhere_is_not_taken() -> None:
    flood: Bindings = [((1, 3, 6, 1, 2, 1, number), ber.NULL) for number in range(1, 400)]
    walk = walked(lambda last: flood if last == (1, 3, 6, 1) else [((1, 3, 7), ber.NULL)])

    assert len(walk.rows) == 20 and walk.cut_short == ""


@pytest.mark.parametrize("datagram", [b"", b"\x30", b"\x30\x02\x05\x00", b"\xff" * 9000])
def test_what_is_no_answer_is_passed_over(datagram: bytes) -> None:
    walk = Walk(CommunitySecurity(version=VERSION_2C, community=b"public"), lambda below: 41)
    walk.request()

    assert not walk.receive(datagram) and not walk.finished
