"""What the replay knows of the makers' objects agrees with what our collector and our profiles know of them."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import data_collector
import device_sim.profiles
from device_sim.core.recorded import known
from snmp_format.ber import Oid, parse_dotted

DEFINITIONS = sorted((Path(data_collector.__path__[0]) / "vendors").glob("*.toml"))
PROFILES = sorted(Path(device_sim.profiles.__path__[0]).glob("*.toml"))


def loaded(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text())


def within(oid: Oid, roots: tuple[Oid, ...]) -> bool:
    return any(oid[: len(root)] == root for root in roots)


def meters_read(definition: dict[str, Any]) -> Iterator[tuple[str, tuple[Oid, ...]]]:
    """Each object that a meter is read from, and where the replay must know it."""
    for meter in definition.get("meter", ()):
        for oid in meter.get("sum", ()):
            yield oid, known.LIFE_INTEGERS
        if "lookup" in meter:
            yield meter["lookup"]["values"], known.LIFE_INTEGERS
        if "record" in meter:
            yield meter["record"]["object"], known.COUNT_RECORDS


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_every_meter_and_serial_that_the_collector_reads_of_a_maker_is_alive_in_a_replay(path: Path) -> None:
    definition = loaded(path)
    missed = [oid for oid, roots in meters_read(definition) if not within(parse_dotted(oid), roots)]
    serials = [source["read"] for source in definition.get("serial", ()) if source["read"][0].isdigit()]

    assert missed == []
    assert [oid for oid in serials if not within(parse_dotted(oid), known.SERIALS)] == []


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_every_meter_of_a_profile_grows_and_no_other_object_is_taken_for_one_or_for_a_serial(path: Path) -> None:
    for item in loaded(path).get("vendor_objects", ()):
        oid, shows = parse_dotted(item["oid"]), item["shows"]
        # A constant 0 within a table of counts is a count all the same.
        is_count = shows == "meters" or (shows == "number" and not item.get("number"))
        assert within(oid, known.SERIALS) == (shows == "serial"), item
        assert within(oid, known.LIFE_INTEGERS) == is_count, item


def test_there_is_something_to_compare() -> None:
    assert sum(1 for path in DEFINITIONS for _ in meters_read(loaded(path))) > 60
    assert sum("vendor_objects" in loaded(path) for path in PROFILES) > 8
