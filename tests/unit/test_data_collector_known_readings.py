"""What is remembered of a printer for short readings: for how long, of whom, over restarts and damage."""

from dataclasses import replace
from datetime import timedelta

import pytest

from data_collector.core import known_readings
from data_collector.core.evidence import Evidence, SnmpValue
from data_collector.core.known_readings import KnownReadings, WholeEvery, decode_readings
from data_collector.core.normalise import report
from tests.support.data_collector_core import ADDRESS, DEFINITIONS, NOON, PRINTER, evidence

CALM: dict[str, SnmpValue] = {
    **PRINTER, "1.3.6.1.2.1.43.5.1.1.1.1": 4, "1.3.6.1.2.1.43.5.1.1.19.1": 12,
    "1.3.6.1.2.1.2.2.1.6.1": b"\x02\x00\x5e\x00\x00\x07",
}  # fmt: skip
HOUR = timedelta(hours=1)


def noted(readings: KnownReadings, *tables: dict[str, SnmpValue], whole: bool = True, **changed: object) -> None:
    """A printer was read."""
    read: Evidence = replace(evidence(CALM, *tables), **changed)  # type: ignore[arg-type]
    readings.note(read, report(read, DEFINITIONS), DEFINITIONS, 1, whole=whole)


def remembering(policy: WholeEvery | None = None) -> KnownReadings:
    """A memory of one printer, read at noon."""
    readings = KnownReadings(policy or WholeEvery())
    noted(readings)
    return readings


def kept(readings: KnownReadings) -> dict[str, str]:
    """What is on the disk."""
    return {address: text for address, text in readings.news().items() if text is not None}


def test_a_printer_is_read_whole_every_so_many_readings() -> None:
    readings = remembering(WholeEvery(readings=3))

    assert readings.at(ADDRESS, NOON + HOUR) is not None
    readings.confirm(ADDRESS, NOON + HOUR, 1)
    assert readings.at(ADDRESS, NOON + 2 * HOUR) is not None
    readings.confirm(ADDRESS, NOON + 2 * HOUR, 2)
    assert readings.at(ADDRESS, NOON + 3 * HOUR) is None


def test_a_printer_is_read_whole_after_so_long_and_when_the_clock_was_set_back() -> None:
    readings = remembering(WholeEvery(after=timedelta(hours=24)))

    assert readings.at(ADDRESS, NOON + timedelta(hours=23)) is not None
    assert readings.at(ADDRESS, NOON + timedelta(hours=24)) is None
    assert readings.at(ADDRESS, NOON - HOUR) is None


def test_reading_what_moves_does_not_put_off_the_whole_reading() -> None:
    readings = remembering(WholeEvery(after=timedelta(hours=24)))
    noted(readings, whole=False, observed_at=NOON + timedelta(hours=23))

    assert readings.at(ADDRESS, NOON + timedelta(hours=24)) is None


def test_one_means_always_whole() -> None:
    assert len(remembering(WholeEvery(readings=1))) == 0


def test_a_printer_that_needed_another_protocol_is_read_whole() -> None:
    for other in (
        replace(evidence(CALM), ledm={"/DevMgmt/ProductConfigDyn.xml": b"<x/>"}),
        replace(evidence(CALM), ipp=b"\x02\x00"),
    ):
        readings = remembering()
        readings.note(other, report(other, DEFINITIONS), DEFINITIONS, 1, whole=True)

        assert readings.at(ADDRESS, NOON + HOUR) is None


def test_a_printer_with_anything_odd_is_read_whole_but_a_wrong_clock_is_nothing_odd() -> None:
    readings = KnownReadings(WholeEvery())
    noted(readings, {"1.3.6.1.2.1.43.10.2.1.4.1.1": 4_000_000_000})
    assert len(readings) == 0

    noted(readings, {"1.3.6.1.2.1.25.1.2.0": b"\x07\xb2\x01\x01\x00\x00\x00\x00+\x00\x00"})
    assert len(readings) == 1


def test_an_object_that_went_unanswered_is_asked_for_again() -> None:
    readings = remembering()
    noted(readings, unanswered=frozenset({(1, 3, 6, 1, 4, 1, 2435, 1, 0)}))

    assert readings.at(ADDRESS, NOON + HOUR) is None


def test_a_life_count_that_stood_once_is_doubted_also_after_a_reading_that_was_not_kept() -> None:
    hp: dict[str, SnmpValue] = {
        "1.3.6.1.2.1.1.2.0": (1, 3, 6, 1, 4, 1, 11, 2, 3, 9, 1), "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.6.0": 500,
    }  # fmt: skip
    readings = KnownReadings(WholeEvery())
    noted(readings, hp)
    assert readings.at(ADDRESS, NOON) is not None

    noted(readings, hp, {"1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.6.0": 501})
    noted(readings, hp, {"1.3.6.1.2.1.25.3.5.1.1.1": 4})
    noted(readings, hp, {"1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.6.0": 501})

    one = readings.at(ADDRESS, NOON)
    assert one is not None
    assert not one.life_counts
    assert (1, 3, 6, 1, 4, 1, 11, 2, 3, 9, 4, 2, 1, 4, 1, 2, 6, 0) in one.question.gets


def test_a_confirmation_moves_the_clock_and_writes_nothing() -> None:
    readings = remembering()
    kept(readings)
    readings.confirm(ADDRESS, NOON + HOUR, 77)

    one = readings.at(ADDRESS, NOON + 2 * HOUR)
    assert one is not None
    assert (one.since, one.read_at, one.uptime_ticks) == (NOON, NOON + HOUR, 77)
    assert readings.news() == {}


def test_the_memory_is_the_same_after_a_restart() -> None:
    readings = remembering()
    one = readings.at(ADDRESS, NOON)
    again = KnownReadings(WholeEvery(), decode_readings(kept(readings)))

    assert again.at(ADDRESS, NOON) == one
    assert one is not None
    assert dict(one.picture()) == dict(evidence(CALM).picture)
    assert again.news() == {}


def test_whatever_breaks_in_the_memory_only_makes_the_printer_be_read_whole() -> None:
    text = kept(remembering())[ADDRESS]
    for place in range(0, len(text), 7):
        for broken in (text[:place], text[:place] + "~" + text[place + 1 :]):
            for one in decode_readings({ADDRESS: broken}).values():
                assert one.question.gets
                assert len(one.picture())
    assert decode_readings({ADDRESS: "[]", "192.0.2.8": "null", "192.0.2.9": '{"read":1}'}) == {}


def test_a_memory_has_a_limit_and_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_readings, "READINGS_MAX", 2)
    readings = KnownReadings(WholeEvery())
    for host in (1, 2, 1, 3):
        noted(readings, address=f"192.0.2.{host}")

    assert readings.at("192.0.2.2", NOON) is None
    assert readings.at("192.0.2.1", NOON) is not None
    assert readings.news()["192.0.2.2"] is None


def test_what_nobody_asks_any_more_is_forgotten_on_the_disk_too() -> None:
    readings = remembering()
    readings.news()
    readings.retain(["192.0.2.99"])

    assert readings.news() == {ADDRESS: None}
