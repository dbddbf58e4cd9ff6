"""Rules 1 to 3 and 9 to 12 of `inkwire verify`: devices and lifetime meters."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from inkwire.verify.compare import compare
from inkwire.verify.facts import Export, MadeMeter, ShownMeter, Truth
from inkwire.verify.limits import Limits
from inkwire.verify.verdict import Fault, Thing, Verdict
from tests.support.verify import OFFICE, PLOTTER, SCANNED_OFFICE, SCANNED_PLOTTER, WRITTEN, after, fleet, shown
from wire_format.records import Unit

SETTLED = Limits(pending_within_s=0)
TOTAL = "total.impressions"
LENGTH = "media.length"


def meter_of(export: Export, serial: str, name: str = TOTAL) -> ShownMeter:
    return next(row for row in export.meters if (row.serial, row.name) == (serial, name))


def with_meter(export: Export, row: ShownMeter, *instead: ShownMeter) -> Export:
    return replace(export, meters=(*(each for each in export.meters if each is not row), *instead))


def with_truth(serial: str, change: Callable[[MadeMeter], MadeMeter]) -> Truth:
    return replace(
        fleet(),
        printers=tuple(
            replace(made, meters=tuple(map(change, made.meters))) if made.printer.serial == serial else made
            for made in fleet().printers
        ),
    )


def judged(
    serial: str, change: Callable[[ShownMeter], ShownMeter], name: str = TOTAL, truth: Truth | None = None
) -> Verdict:
    """The verdict on an export in which one meter is another; nothing is on its way any more."""
    export = shown(fleet())
    row = meter_of(export, serial, name)
    return compare(truth or fleet(), with_meter(export, row, change(row)), SETTLED)


def names(verdict: Verdict) -> list[tuple[Fault, Thing, str, str]]:
    return [(each.fault, each.thing, each.serial, each.item) for each in verdict.differences]


def test_a_meter_above_the_printer_s_is_altered_and_says_by_how_much() -> None:
    for serial in (PLOTTER, OFFICE, SCANNED_OFFICE, SCANNED_PLOTTER):
        verdict = judged(serial, lambda row: replace(row, value=row.value + 3))

        assert names(verdict) == [(Fault.ALTERED, Thing.METER, serial, TOTAL)]
        assert verdict.differences[0].found.endswith("3 too many")
        assert verdict.impressions.meters_shown == verdict.impressions.meters_made + 3


def test_a_meter_above_the_printer_s_is_not_judged_when_it_was_read_after_the_truth_was_written() -> None:
    export = shown(fleet())
    row = meter_of(export, PLOTTER)
    newer = replace(row, value=row.value + 9, observed_at=WRITTEN + timedelta(hours=1))

    verdict = compare(fleet(), with_meter(export, row, newer))

    assert verdict.same
    assert verdict.counts[Thing.METER].newer == 1


def test_a_meter_below_the_printer_s_that_did_not_change_since_is_altered() -> None:
    for serial in (PLOTTER, OFFICE, SCANNED_OFFICE):
        verdict = judged(serial, lambda row: replace(row, value=row.value - 1))

        assert names(verdict) == [(Fault.ALTERED, Thing.METER, serial, TOTAL)]
        assert verdict.differences[0].found.endswith("1 too few")


def test_a_meter_that_never_changed_has_no_excuse_to_be_below() -> None:
    truth = with_truth(PLOTTER, lambda meter: replace(meter, changed_at=None))

    verdict = judged(PLOTTER, lambda row: replace(row, value=row.value - 1), truth=truth)

    assert names(verdict) == [(Fault.ALTERED, Thing.METER, PLOTTER, TOTAL)]


def test_a_meter_that_changed_since_its_last_reading_is_pending_within_the_window_and_late_beyond() -> None:
    export = shown(fleet())
    row = meter_of(export, OFFICE)
    truth = with_truth(OFFICE, lambda meter: replace(meter, changed_at=after(10.4)))

    def read_at(hours: float) -> Verdict:
        behind = replace(row, value=row.value - 5, observed_at=after(hours), received_at=after(hours))
        return compare(truth, with_meter(export, row, behind))

    pending, late = read_at(8), read_at(7)
    assert pending.same
    assert pending.counts[Thing.METER].pending == 1
    assert names(late) == [(Fault.LATE, Thing.METER, OFFICE, TOTAL)]
    assert "5 behind" in late.differences[0].found


def test_the_moment_a_printer_pushes_is_exact_and_a_collector_s_is_not() -> None:
    truth = with_truth(OFFICE, lambda meter: replace(meter, changed_at=after(9.9)))
    pushed = judged(OFFICE, lambda row: replace(row, value=row.value - 1, observed_at=after(9.9)), truth=truth)
    truth = with_truth(SCANNED_OFFICE, lambda meter: replace(meter, changed_at=after(9.9)))
    export = shown(fleet())
    row = meter_of(export, SCANNED_OFFICE)
    scanned = compare(truth, with_meter(export, row, replace(row, value=row.value - 1)))

    assert names(pushed) == [(Fault.ALTERED, Thing.METER, OFFICE, TOTAL)]
    assert scanned.same
    assert scanned.counts[Thing.METER].pending == 1


def test_a_meter_in_another_unit_is_altered() -> None:
    verdict = judged(PLOTTER, lambda row: replace(row, unit=Unit.SHEETS))

    assert names(verdict) == [(Fault.ALTERED, Thing.METER, PLOTTER, TOTAL)]


def test_a_printer_that_pushes_shows_every_meter() -> None:
    for name in (TOTAL, LENGTH):
        export = shown(fleet())
        verdict = compare(fleet(), with_meter(export, meter_of(export, PLOTTER, name)), SETTLED)

        assert names(verdict) == [(Fault.LOST, Thing.METER, PLOTTER, name)]


def test_a_scanned_printer_shows_its_main_meter_and_what_else_it_can() -> None:
    export = shown(fleet())
    without_main = with_meter(export, meter_of(export, SCANNED_OFFICE))
    without_length = with_meter(export, meter_of(export, SCANNED_PLOTTER, LENGTH))
    only_length = with_meter(export, meter_of(export, SCANNED_PLOTTER))
    neither = with_meter(without_length, meter_of(export, SCANNED_PLOTTER))

    assert names(compare(fleet(), without_main, SETTLED)) == [(Fault.LOST, Thing.METER, SCANNED_OFFICE, TOTAL)]
    assert compare(fleet(), without_length, SETTLED).same
    assert compare(fleet(), only_length, SETTLED).same
    assert names(compare(fleet(), neither, SETTLED)) == [(Fault.LOST, Thing.METER, SCANNED_PLOTTER, TOTAL)]


def test_whole_metres_rounded_down_are_right_from_a_collector_and_wrong_from_the_printer() -> None:
    truth = with_truth(SCANNED_PLOTTER, lambda meter: replace(meter, changed_at=after(8)))

    def told(value: int) -> list[tuple[Fault, Thing, str, str]]:
        return names(judged(SCANNED_PLOTTER, lambda row: replace(row, value=value), LENGTH, truth))

    assert told(777_000) == []
    for wrong in (776_000, 776_999, 777_001, 778_000):
        assert told(wrong) == [(Fault.ALTERED, Thing.METER, SCANNED_PLOTTER, LENGTH)], wrong
    assert names(judged(PLOTTER, lambda row: replace(row, value=512_000), LENGTH)) == [
        (Fault.ALTERED, Thing.METER, PLOTTER, LENGTH)
    ]


def test_sources_that_disagree_are_named_even_if_the_latest_is_right() -> None:
    export = shown(fleet())
    row = meter_of(export, SCANNED_OFFICE)
    other = replace(row, source="ledm:TotalImpressions")

    def beside(second: ShownMeter) -> Verdict:
        return compare(fleet(), with_meter(export, row, row, second), SETTLED)

    assert beside(other).same
    earlier = replace(other, observed_at=after(4), value=row.value - 100)
    assert beside(earlier).same
    for wrong in (replace(other, value=row.value - 4), replace(earlier, value=row.value + 1)):
        verdict = beside(wrong)
        assert names(verdict) == [(Fault.ALTERED, Thing.METER, SCANNED_OFFICE, TOTAL)]
        assert verdict.differences[0].wanted == "sources that agree"


def test_two_latest_values_of_one_source_are_twice() -> None:
    export = shown(fleet())
    row = meter_of(export, OFFICE)

    verdict = compare(fleet(), with_meter(export, row, row, replace(row, device_id="77")), SETTLED)

    assert names(verdict) == [(Fault.TWICE, Thing.METER, OFFICE, TOTAL)]


def test_a_meter_that_the_printer_does_not_keep_is_invented() -> None:
    export = shown(fleet())
    row = meter_of(export, OFFICE)

    verdict = compare(fleet(), with_meter(export, row, row, replace(row, name="fax.impressions")), SETTLED)

    assert names(verdict) == [(Fault.INVENTED, Thing.METER, OFFICE, "fax.impressions")]


def test_all_impressions_of_a_printer_without_colour_may_be_shown_as_monochrome_ones_if_the_count_is_right() -> None:
    export = shown(fleet())
    row = meter_of(export, OFFICE)
    mono = replace(row, name=TOTAL + ".monochrome")

    right = compare(fleet(), with_meter(export, row, row, mono), SETTLED)
    wrong = compare(fleet(), with_meter(export, row, row, replace(mono, value=mono.value + 3)), SETTLED)

    assert names(right) == []
    assert names(wrong) == [(Fault.ALTERED, Thing.METER, OFFICE, TOTAL)]


def test_a_monochrome_count_of_a_printer_that_counts_colour_apart_is_invented() -> None:
    truth, export = fleet(), shown(fleet())
    row = meter_of(export, OFFICE)
    color = MadeMeter(name="total.impressions.color", unit=row.unit, value=row.value, changed_at=None)
    printers = tuple(
        replace(made, meters=(*made.meters, color)) if made.printer.serial == OFFICE else made
        for made in truth.printers
    )
    told = (row, replace(row, name=color.name), replace(row, name=TOTAL + ".monochrome"))

    verdict = compare(replace(truth, printers=printers), with_meter(export, row, *told), SETTLED)

    assert names(verdict) == [(Fault.INVENTED, Thing.METER, OFFICE, TOTAL + ".monochrome")]


def test_a_right_meter_that_took_long_to_come_is_late() -> None:
    verdict = judged(OFFICE, lambda row: replace(row, received_at=row.observed_at + timedelta(hours=4, seconds=1)))

    assert names(verdict) == [(Fault.LATE, Thing.METER, OFFICE, TOTAL)]


def test_a_printer_without_device_is_lost() -> None:
    export = replace(shown(fleet()), devices=shown(fleet()).devices[1:])

    assert names(compare(fleet(), export)) == [(Fault.LOST, Thing.DEVICE, PLOTTER, "")]


def test_a_printer_with_two_devices_is_twice_and_both_are_named() -> None:
    devices = shown(fleet()).devices
    export = replace(shown(fleet()), devices=(*devices, replace(devices[0], device_id="99")))

    verdict = compare(fleet(), export)

    assert names(verdict) == [(Fault.TWICE, Thing.DEVICE, PLOTTER, "")]
    assert verdict.differences[0].found == "devices 10, 99"


def test_a_printer_reported_by_a_stranger_s_key_is_altered() -> None:
    devices = shown(fleet()).devices
    export = replace(shown(fleet()), devices=(replace(devices[0], senders=("another",)), *devices[1:]))

    assert names(compare(fleet(), export)) == [(Fault.ALTERED, Thing.DEVICE, PLOTTER, "")]


def test_a_device_that_is_no_printer_is_invented_with_all_it_shows_unless_others_are_allowed() -> None:
    export = shown(fleet())
    stranger = replace(export.devices[0], device_id="50", serial="STRANGER")
    nameless = replace(export.devices[0], device_id="51", serial=None)
    export = replace(
        export,
        devices=(*export.devices, stranger, nameless),
        meters=(*export.meters, replace(export.meters[0], serial="STRANGER")),
        jobs=(*export.jobs, replace(export.jobs[0], serial=None)),
        alerts=(*export.alerts, replace(export.alerts[0], serial="STRANGER")),
    )

    verdict = compare(fleet(), export)

    assert {each.fault for each in verdict.differences} == {Fault.INVENTED}
    assert [each.thing for each in verdict.differences] == [
        Thing.DEVICE,
        Thing.DEVICE,
        Thing.METER,
        Thing.JOB,
        Thing.ALERT,
    ]
    assert "a device without serial" in str(verdict.differences[1])
    assert compare(fleet(), export, Limits(others_allowed=True)).same
