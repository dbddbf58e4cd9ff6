"""SET in every version: what may be written, what not, and that it is all or nothing."""

from collections.abc import Sequence

import pytest

from device_sim.core.acts.power import reset_by_manager
from device_sim.core.events import Acted, Effect
from device_sim.core.faults import NO_FAULTS, Faults
from device_sim.core.mib import printer_book, printer_view
from device_sim.core.snmp.access import Access, MibTree
from device_sim.core.snmp.responder import SnmpResponder
from snmp_format import ber
from snmp_format.pdu import GET_NEXT, SET, VERSION_1, VERSION_2C
from tests.support.device_sim import changed, printer
from tests.support.device_sim_snmp import MIB_2, Answer, read_answer, request

SYSTEM = (*MIB_2, 1)
CONTACT, NAME, LOCATION = ((*SYSTEM, number, 0) for number in (4, 5, 6))
GENERAL = (*MIB_2, 43, 5, 1, 1)
CONFIG_CHANGES, RESET, OPERATOR, SERIAL = ((*GENERAL, column, 1) for column in (1, 3, 4, 17))
INPUT_NAME = (*MIB_2, 43, 8, 2, 1, 13, 1, 2)
LIFE_COUNT = (*MIB_2, 43, 10, 2, 1, 4, 1, 1)
SYSTEM_ONLY = MibTree(name="system", included=(SYSTEM,), excluded=(LOCATION[:-1],))
ACCESS = {
    b"public": Access(),
    b"private": Access(writes=True),
    b"system": Access(tree=SYSTEM_ONLY, writes=True),
}

Value = tuple[ber.Oid, bytes]


class Room:
    """A printer that a manager may configure. resets: what was asked of prtGeneralReset."""

    def __init__(self, faults: Faults = NO_FAULTS) -> None:
        profile = changed("color-laserjet-m479")
        self.printer = printer(profile)
        self.state = self.printer.state
        self.resets: list[int] = []
        book = printer_book(
            profile,
            reset=lambda printer, how: self.resets.append(how),
            faults=faults,
        )
        self.view = printer_view(self.state, book)
        self.agent = SnmpResponder(ACCESS)

    def set(self, *values: Value, community: bytes = b"private", version: int = VERSION_2C) -> Answer:
        return read_answer(self.agent.receive(set_request(values, community, version), self.view))

    def get(self, *oids: ber.Oid, community: bytes = b"public", kind: int = 0xA0) -> Answer:
        return read_answer(self.agent.receive(request(*oids, community=community, kind=kind), self.view))


def set_request(values: Sequence[Value], community: bytes, version: int) -> bytes:
    bindings = b"".join(ber.varbind(ber.object_identifier(oid), value) for oid, value in values)
    pdu = ber.integer(9) + ber.integer(0) + ber.integer(0) + ber.wrap(ber.SEQUENCE, bindings)
    return ber.wrap(ber.SEQUENCE, ber.integer(version) + ber.octets(community) + ber.wrap(SET, pdu))


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.mark.parametrize("version", [VERSION_1, VERSION_2C])
def test_a_manager_names_a_printer_and_every_agent_shows_it(room: Room, version: int) -> None:
    before = room.state.version

    answer = room.set((NAME, ber.text("plotter-7")), (LOCATION, ber.text("Basement")), version=version)

    assert (answer.status, answer.index, answer.values) == (0, 0, [b"plotter-7", b"Basement"])
    assert room.get(NAME, LOCATION).values == [b"plotter-7", b"Basement"]
    assert (room.state.identity.hostname, room.state.identity.location) == ("plotter-7", "Basement")
    assert room.state.version > before


def test_what_is_written_into_the_printer_mib_counts_as_a_change_of_configuration(room: Room) -> None:
    before = room.state.config_changes

    room.set((OPERATOR, ber.text("Ada")), (INPUT_NAME, ber.text("Letterheads")))
    room.set((OPERATOR, ber.text("Ada")))
    room.set((CONTACT, ber.text("ada@example.org")))

    assert room.get(OPERATOR, INPUT_NAME, CONTACT).values == [b"Ada", b"Letterheads", b"ada@example.org"]
    assert room.get(CONFIG_CHANGES).values == [before + 2]


@pytest.mark.parametrize(
    "oid, value, in_v2c, in_v1",
    [
        ((*SYSTEM, 1, 0), ber.text("x"), 17, 2),
        (LIFE_COUNT, ber.counter32(1), 17, 2),
        ((*MIB_2, 99, 0), ber.text("x"), 17, 2),
        (NAME, ber.integer(1), 7, 3),
        (NAME, ber.NULL, 7, 3),
        (NAME, ber.octets(b"x" * 256), 8, 3),
        (OPERATOR, ber.octets(b"x" * 128), 8, 3),
        (NAME, ber.octets(b"caf\xc3\xa9"), 10, 3),
        (RESET, ber.integer(3), 10, 3),
        (RESET, ber.text("4"), 7, 3),
        ((*SYSTEM, 5, 1), ber.text("x"), 11, 2),
        ((*SYSTEM, 5, 1), ber.integer(1), 7, 3),
        (SERIAL, ber.text("OTHER"), 17, 2),
    ],
)
def test_a_refusal_names_its_reason_and_its_place_and_changes_nothing(
    room: Room, oid: ber.Oid, value: bytes, in_v2c: int, in_v1: int
) -> None:
    before = room.state.identity

    for version, status in ((VERSION_2C, in_v2c), (VERSION_1, in_v1)):
        answer = room.set((LOCATION, ber.text("Basement")), (oid, value), version=version)
        assert (answer.status, answer.index, answer.oids) == (status, 2, [LOCATION, oid])

    assert room.state.identity == before
    assert room.resets == []


def test_two_values_for_one_object_are_inconsistent_but_one_said_twice_is_not(room: Room) -> None:
    torn = room.set((NAME, ber.text("a")), (NAME, ber.text("b")))
    twice = room.set((NAME, ber.text("a")), (NAME, ber.text("a")))

    assert (torn.status, torn.index, twice.status) == (12, 2, 0)


def test_who_may_only_read_has_no_access_and_is_counted(room: Room) -> None:
    answer = room.set((NAME, ber.text("a")), community=b"public")
    in_v1 = room.set((NAME, ber.text("a")), community=b"public", version=VERSION_1)

    assert (answer.status, answer.index, in_v1.status) == (6, 1, 2)
    assert room.get((*MIB_2, 11, 5, 0)).values == [2]


def test_a_view_hides_from_get_walk_and_set(room: Room) -> None:
    assert room.get(LOCATION, LIFE_COUNT, NAME, community=b"system").kinds[:2] == ["NoSuchObject", "NoSuchObject"]
    walked: list[ber.Oid] = [NAME]
    while (found := room.get(walked[-1], community=b"system", kind=GET_NEXT)).kinds != ["EndOfMibView"]:
        walked += found.oids
    assert walked[1] == (*SYSTEM, 7, 0)
    assert all(oid[: len(SYSTEM)] == SYSTEM for oid in walked)
    assert room.set((LOCATION, ber.text("x")), community=b"system").status == 6
    assert room.set((OPERATOR, ber.text("x")), community=b"system").status == 6
    assert room.set((NAME, ber.text("x")), community=b"system").status == 0
    assert len(room.get(LOCATION, LIFE_COUNT).values) == 2


def test_an_unknown_community_is_silence_and_counted(room: Room) -> None:
    assert room.agent.receive(request(NAME, community=b"guess"), room.view) is None

    assert room.get((*MIB_2, 11, 4, 0)).values == [1]


def test_a_reset_is_what_the_manager_asked_for_and_reads_as_not_resetting(room: Room) -> None:
    for how in (4, 5, 6):
        assert room.set((RESET, ber.integer(how))).status == 0

    assert room.resets == [4, 5, 6]
    assert room.get(RESET).values == [3]


def test_an_answer_that_would_not_fit_is_too_big_and_nothing_is_written(room: Room) -> None:
    long = ber.text("x" * 250)
    values = [((*MIB_2, 43, 8, 2, 1, column, 1, 1), ber.text("y" * 60)) for column in (12, 13, 21, 22)] * 5
    before = room.state.config_changes

    answer = room.set((NAME, long), (LOCATION, long), (CONTACT, long), *values)

    assert (answer.status, answer.index, answer.varbinds) == (1, 0, [])
    assert room.state.config_changes == before


def test_a_serial_number_can_be_written_only_where_that_is_the_fault() -> None:
    lying = Room(Faults(serial_writable=True))

    assert lying.set((SERIAL, ber.text("OTHER"))).status == 0
    assert lying.state.identity.serial == "OTHER"


def test_an_asset_number_has_eight_characters(room: Room) -> None:
    asset = (1, 3, 6, 1, 4, 1, 11, 2, 3, 9, 4, 2, 1, 1, 3, 12, 0)

    assert room.set((asset, ber.text("123456789"))).status == 8
    assert room.set((asset, ber.text("INV-0042"))).status == 0
    assert room.get(asset).values == [b"INV-0042"]


def test_a_set_is_answered_from_the_printer_itself_where_a_copy_is_shown(room: Room) -> None:
    copy = printer("color-laserjet-m479").state
    view = printer_view(copy, printer_book(copy.profile), room.state)

    answer = read_answer(room.agent.receive(set_request([(NAME, ber.text("true"))], b"private", VERSION_2C), view))

    assert answer.status == 0
    assert room.state.identity.hostname == "true"
    assert copy.identity.hostname != "true"


def test_a_reset_boots_the_printer_anew_and_what_was_written_outlives_it(room: Room) -> None:
    boots, start_s = room.state.boots, room.state.now_s
    room.set((OPERATOR, ber.text("Ada")), (LOCATION, ber.text("Basement")))

    reset_by_manager(room.printer, 4)
    events = room.printer.advance(start_s + 600)

    assert Effect.BOOTED in [event.effect for event in events if isinstance(event, Acted)]
    assert (room.state.boots, room.state.booted_s) == (boots + 1, start_s)
    assert room.get(OPERATOR, LOCATION).values == [b"Ada", b"Basement"]


def test_a_reset_to_factory_defaults_forgets_what_was_written(room: Room) -> None:
    room.set((OPERATOR, ber.text("Ada")), (LOCATION, ber.text("Basement")))

    reset_by_manager(room.printer, 6)
    room.printer.advance(room.state.now_s + 600)

    assert room.get(OPERATOR, LOCATION).values == [b"", b""]
