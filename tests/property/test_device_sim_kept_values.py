"""What an agent keeps of a printer never shows: at any moment it answers as one that makes every value anew."""

import dataclasses
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from device_sim.core.birth import other_station
from device_sim.core.fleet import at_work
from device_sim.core.mib import PrinterBook, printer_book, printer_view
from device_sim.core.snmp.responder import SnmpResponder
from device_sim.core.state import LivePrinter
from device_sim.core.walk import walk_lines
from snmp_format import ber
from snmp_format.pdu import GET, GET_BULK, GET_NEXT
from tests.support.device_sim import ALL_PROFILES, HOUR_S, MONDAY_7, changed, printer
from tests.support.device_sim_snmp import request

BUSY = {"impressions_per_jam": 60, "covers_opened_per_day_percent": 100, "repair_s_max": 900, "repair_s_min": 30}
MANY = 40


@cache
def books(name: str) -> tuple[PrinterBook, PrinterBook]:
    """A book that keeps, shared by all examples as it is by the printers of a fleet, and one that does not."""
    profile = at_work(changed(name, trouble=BUSY), "always", 20)
    return printer_book(profile), printer_book(profile, keep=False)


@cache
def objects(name: str) -> tuple[ber.Oid, ...]:
    """All object instances of a printer, in order."""
    words = (line.split("|", 1)[0] for line in walk_lines(printer(name).state))
    return tuple(tuple(map(int, word.split("."))) for word in words)


def asked_of(state: LivePrinter, book: PrinterBook, datagram: bytes) -> bytes | None:
    return SnmpResponder(size_max=60_000).receive(datagram, printer_view(state, book))


@st.composite
def questions(draw: st.DrawFn, name: str) -> bytes:
    known = objects(name)
    first = draw(st.integers(0, len(known) - 1))
    some = known[first : first + draw(st.integers(1, MANY))]
    kind = draw(st.sampled_from([GET, GET, GET_NEXT, GET_BULK]))
    repetitions = draw(st.integers(0, MANY)) if kind == GET_BULK else 0
    names = some[:2] if kind == GET_BULK else some
    return request(*names, kind=kind, second=repetitions, request_id=draw(st.sampled_from([1, 300, 0x10000000])))


@settings(max_examples=25, deadline=None)
@given(st.data(), st.sampled_from(ALL_PROFILES), st.integers(0, 2**32), st.lists(st.floats(0.0, 900.0), max_size=8))
def test_what_is_kept_is_what_would_be_made_anew(data: st.DataObject, name: str, seed: int, steps: list[float]) -> None:
    keeping, fresh = books(name)
    profile = at_work(changed(name, trouble=BUSY), "always", 20)
    fleet = [printer(profile, seed=seed, index=index) for index in range(2)]

    at_s = MONDAY_7 + 2 * HOUR_S
    for step in steps:
        at_s += step
        one = data.draw(st.sampled_from(fleet))
        one.advance(at_s)
        for _ in range(3):
            datagram = data.draw(questions(name))
            assert asked_of(one.state, keeping, datagram) == asked_of(one.state, fresh, datagram)


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(ALL_PROFILES), st.integers(0, 2**32), st.lists(st.floats(0.0, 60.0), min_size=2, max_size=8))
def test_every_object_asked_at_short_steps_is_kept_no_longer_than_it_holds(
    name: str, seed: int, steps: list[float]
) -> None:
    keeping, fresh = books(name)
    one = printer(at_work(changed(name, trouble=BUSY), "always", 20), seed=seed)
    known = objects(name)

    at_s = MONDAY_7 + 2 * HOUR_S
    for step in steps:
        at_s += step
        one.advance(at_s)
        for start in range(0, len(known), MANY):
            datagram = request(*known[start : start + MANY])
            assert asked_of(one.state, keeping, datagram) == asked_of(one.state, fresh, datagram)


@settings(max_examples=15, deadline=None)
@given(st.data(), st.sampled_from(ALL_PROFILES), st.lists(st.sampled_from(["look", "rename", "board"]), max_size=6))
def test_what_a_printer_keeps_for_as_long_as_it_is_the_same_goes_when_it_becomes_another(
    data: st.DataObject, name: str, acts: list[str]
) -> None:
    keeping, fresh = books(name)
    one = printer(at_work(changed(name, trouble=BUSY), "always", 20))
    known, state = objects(name), one.state

    at_s = MONDAY_7 + 2 * HOUR_S
    for number, act in enumerate(acts):
        at_s += data.draw(st.floats(0.0, 60.0))
        one.advance(at_s)
        if act == "rename":
            state.identity = dataclasses.replace(state.identity, hostname=f"NAME{number}", location=f"Room {number}")
            state.touch()
        elif act == "board":
            state.identity = other_station(state.profile, state.identity, 1, "new", number)
            state.touch()
        for start in range(0, len(known), MANY):
            datagram = request(*known[start : start + MANY])
            assert asked_of(state, keeping, datagram) == asked_of(state, fresh, datagram)
