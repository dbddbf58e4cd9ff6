"""Vendor definitions: the shipped ones are sound, and a wrong one is refused with its remedy."""

import pytest

from data_collector.core.evidence import SnmpValue, oid
from data_collector.core.reading import IDENTIFY, is_printer, questions
from data_collector.core.vendors import DefinitionError, parse_definitions
from tests.support.data_collector_core import DEFINITIONS, PRINTER, picture

SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"


def bare(object_id: str | None = None, descr: bytes = b"") -> dict[str, SnmpValue]:
    """What a device answers that holds MIB-II only."""
    table: dict[str, SnmpValue] = {SYS_DESCR: descr}
    if object_id is not None:
        table[SYS_OBJECT_ID] = oid(object_id)
    return table


def test_every_shipped_definition_can_be_found_by_its_own_object_id() -> None:
    for definition in DEFINITIONS:
        for prefix in definition.object_ids:
            table: dict[str, SnmpValue] = {SYS_OBJECT_ID: (*prefix, 1)}
            assert DEFINITIONS.find(picture(table)) is definition


def test_the_longest_object_id_wins_over_a_description() -> None:
    both = parse_definitions(
        {
            "a.toml": 'object_ids = ["1.3.6.1.4.1.7"]\ndescriptions = ["Acme"]',
            "b.toml": 'object_ids = ["1.3.6.1.4.1.7.1"]',
        }
    )

    assert both.find(picture(bare("1.3.6.1.4.1.7.1.9", b"Acme"))).name == "b"
    assert both.find(picture(bare("1.3.6.1.4.1.7.2", b"other"))).name == "a"
    assert both.find(picture(bare("1.3.6.1.4.1.8", b"ACME Press"))).name == "a"
    assert both.find(picture(bare("1.3.6.1.4.1.8", b"nobody"))).name == "generic"


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("object_ids = 7", "object_ids: write a list of texts"),
        ('object_ids = ["1.3.x"]', "no object identifier"),
        ('descriptions = ["("]', "no regular expression"),
        ('manufactorer = "Acme"', "nobody reads this key"),
        ("[[meter]]\nname = 'Total Pages'\nsum = ['1.3']", "no meter name"),
        ("[[meter]]\nname = 'total.impressions'", "exactly one of sum, lookup and record"),
        ("[[meter]]\nname = 'total.impressions'\nunit = 'pages'\nsum = ['1.3']", "'pages' is no unit"),
        ("[[serial]]\nwalk = true", "serial[1].read: this key is missing"),
        ("[[supply]]\nobject = '1.3'\nkey = 999\nkind = 'toner'\ndescription = 'x'", "one octet"),
        ("[[supply]]\nobject = '1.3'\nkey = 9\nkind = 'paint'\ndescription = 'x'", "no kind of supply"),
        ("[[jobs]]\nroot = '1.3'", "jobs[1].impressions: this key is missing"),
        ("serial_first = 'yes'", "write true or false"),
        ("this is not toml", "this is not TOML"),
    ],
)
def test_a_wrong_definition_is_refused_with_file_key_and_remedy(document: str, complaint: str) -> None:
    with pytest.raises(DefinitionError) as error:
        parse_definitions({"acme.toml": document})

    assert "acme.toml" in str(error.value)
    assert complaint in str(error.value)


def test_private_objects_are_asked_of_their_maker_only() -> None:
    private = oid("1.3.6.1.4.1.367")

    ricoh = questions(picture(PRINTER, bare("1.3.6.1.4.1.367.1.1")), DEFINITIONS)
    other = questions(picture(PRINTER), DEFINITIONS)

    assert any(walk.root[: len(private)] == private for walk in ricoh.walks)
    assert not any(root[: len(private)] == private for root in (*other.gets, *(w.root for w in other.walks)))


def test_nothing_is_asked_twice() -> None:
    for definition in DEFINITIONS:
        table: dict[str, SnmpValue] = {SYS_OBJECT_ID: definition.object_ids[0]}
        asked = questions(picture(PRINTER, table), DEFINITIONS)
        roots = [walk.root for walk in asked.walks]

        assert len(set(asked.gets)) == len(asked.gets)
        assert not set(asked.gets) & set(IDENTIFY)
        assert not any(a != b and b[: len(a)] == a for a in roots for b in roots)
        assert all(walk.rows_max > 0 for walk in asked.walks)


def test_a_usable_serial_spares_the_private_one() -> None:
    hp = bare("1.3.6.1.4.1.11.2.3.9.1")
    private = oid("1.3.6.1.4.1.11.2.3.9.4.2.1.1.3.3.0")

    assert private not in questions(picture(PRINTER, hp), DEFINITIONS).gets
    xxx: dict[str, SnmpValue] = {"1.3.6.1.2.1.43.5.1.1.17.1": b"XXXXXXXXXX"}
    assert private in questions(picture(PRINTER, hp, xxx), DEFINITIONS).gets


def test_a_computer_with_printer_queues_is_no_printer() -> None:
    queue: dict[str, SnmpValue] = {
        "1.3.6.1.2.1.25.3.2.1.2.1": oid("1.3.6.1.2.1.25.3.1.5"),
        "1.3.6.1.2.1.25.3.5.1.1.1": 3,
    }

    assert not is_printer(picture(bare("1.3.6.1.4.1.311.1.1.3.1.2"), queue), DEFINITIONS)
    assert is_printer(picture(bare("1.3.6.1.4.1.99999"), queue), DEFINITIONS)


def test_a_printer_is_known_by_its_makers_name_alone() -> None:
    assert is_printer(picture(bare("1.3.6.1.4.1.1602.4.7")), DEFINITIONS)
    assert is_printer(picture(bare(descr=b"SHARP MX-1")), DEFINITIONS)
    assert not is_printer(picture(bare("1.3.6.1.4.1.9.1.1", b"Cisco IOS")), DEFINITIONS)
    assert not is_printer(picture(), DEFINITIONS)


def test_what_a_maker_sells_besides_printers_is_no_printer() -> None:
    assert not is_printer(picture(bare("1.3.6.1.4.1.1248.4.1", b"EPSON Projector")), DEFINITIONS)
    assert is_printer(picture(bare("1.3.6.1.4.1.1248.1.1", b"EPSON Built-in Print Server")), DEFINITIONS)
