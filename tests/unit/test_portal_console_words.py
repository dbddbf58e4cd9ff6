"""The wire's words as people's words."""

import pytest

from portal.console.batch_views import batch_view
from portal.console.device_views import device_number, path_words
from portal.console.job_views import inks_by_letter, job_view, known_columns
from portal.console.supply_views import lowest, supply_view
from portal.console.words import (
    alert_code_words,
    alert_title,
    detected_words,
    group_words,
    meter_rank,
    meter_words,
    swatch,
)
from portal.storage.reads.batches import BatchRow
from portal.storage.reads.jobs import JobRow
from portal.storage.reads.supplies import SupplyRow
from wire_format.printer_mib import DETECTED_ERRORS


def supply(**changes: object) -> SupplyRow:
    known: dict[str, object] = {
        "device_id": 1, "supply_index": 1, "kind": "inkCartridge", "colorant": "cyan", "description": None,
        "part_number": None, "serial": None, "unit": None, "capacity": None, "level": None, "percent": None,
        "state": "unknown", "at_ms": 0, "entry": 1,
    }  # fmt: skip
    return SupplyRow(**(known | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "said"),
    [(1105, "ink almost empty"), (8, "jam"), (808, "supply empty"), (3, "cover open"), (4711, "code 4711")],
)
def test_an_alert_code_is_said_in_words(code: int, said: str) -> None:
    assert alert_code_words(code) == said


def test_an_alert_is_called_what_the_device_calls_it() -> None:
    assert alert_title("Paper jam, roll 2", 8) == "Paper jam, roll 2"
    assert alert_title("  ", 8) == "Jam"
    assert group_words("markerSupplies") == "supplies"


def test_meters_stand_in_the_order_of_what_is_billed() -> None:
    names = ["waste.impressions", "print.area", "total.impressions.color", "total.impressions"]

    assert sorted(names, key=meter_rank) == [
        "total.impressions", "total.impressions.color", "print.area", "waste.impressions",
    ]  # fmt: skip
    assert meter_words("total.impressions.color") == "Colour impressions"
    assert meter_words("ink.volume.light-cyan") == "Light cyan ink used"


def test_only_process_inks_have_a_hue() -> None:
    assert swatch("cyan", "ink").css == "c"
    assert swatch("matte-black", "ink").css == "k"
    assert swatch("gloss-enhancer", "ink").css == "w"
    assert swatch(None, "wasteInk").css == "w"


def test_some_left_is_neither_0_nor_100_percent() -> None:
    shown = supply_view(supply(state="some-left", level=-3))

    assert shown.percent is None
    assert shown.level_word == "some left"


def test_a_receptacle_without_room_is_full_and_not_empty() -> None:
    shown = supply_view(supply(kind="wasteToner", colorant=None, percent=0, state="measured"))

    assert shown.left == "full"
    assert shown.low


def test_the_lowest_supply_is_the_empty_one_then_the_lowest_figure_then_the_unknown() -> None:
    rows = [
        supply(supply_index=1, state="unknown"),
        supply(supply_index=2, percent=9, state="measured"),
        supply(supply_index=3, state="empty", colorant="black"),
    ]

    found, emptiest = lowest(rows[:2]), lowest(rows)
    assert found is not None and found.percent == 9
    assert emptiest is not None and emptiest.swatch.letter == "K"
    assert lowest([]) is None


def test_a_device_without_serial_says_so_and_by_what_it_is_told() -> None:
    assert device_number(None, "3c:52:82:10:20:1f", "host", "192.0.2.1") == "no serial, MAC 3c:52:82:10:20:1f"
    assert device_number(None, None, None, None) == "no serial"


def test_two_paths_say_which_comes_first() -> None:
    assert path_words(by_direct=True, by_collector=True) == ("Both", "counted once, direct first")


def test_inks_outside_cmyk_do_not_pass_for_cmyk() -> None:
    told = (
        '[{"colorant": "cyan", "volume_ul": 5}, {"colorant": "light-cyan", "volume_ul": 7}, '
        '{"colorant": "matte-black", "volume_ul": 3}]'
    )

    assert inks_by_letter(told) == {"C": 5, "M": None, "Y": None, "K": 3}


def test_a_collectors_batch_tells_how_many_devices_it_holds() -> None:
    row = BatchRow(
        entry=1, sender_id=1, stream="0" * 32, sequence=1, batch_id="b", sha256="00", link="00", reason="interval",
        clock="synced", boot=1, created_ms=0, received_ms=0, reports=3, jobs=1, sealed_bytes=1, kid="k" * 43,
        sender_kind="collector", sender_name="HAF-01", device_id=None, model=None, serial=None,
    )  # fmt: skip

    assert batch_view(row).sender == "Collector HAF-01"
    assert batch_view(row).holds == "3 devices, 1 job"


def job_row(**changes: object) -> JobRow:
    known: dict[str, object] = dict.fromkeys(JobRow.__slots__)
    known |= {"device_id": 1, "job_id": "7", "at_ms": 9_000, "service": "print", "outcome": "completed", "entry": 3}
    return JobRow(**known | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("completed_ms", "told"), [(9_000, True), (None, False), (1_000, False)])
def test_a_job_whose_end_nobody_told_is_not_given_the_time_of_its_reading(completed_ms: int | None, told: bool) -> None:
    assert job_view(job_row(completed_ms=completed_ms)).end_told is told


def test_the_errors_a_printer_detects_are_said_in_words() -> None:
    assert detected_words(["lowToner", "inputTrayEmpty", "x-new"]) == ["toner or ink low", "input tray empty", "x-new"]
    assert all(word.islower() for word in detected_words(list(DETECTED_ERRORS)))


def test_a_column_in_which_no_job_knows_anything_is_left_out() -> None:
    plain, wide = job_view(job_row()), job_view(job_row(media_area_mm2=500_000, ink_ul=0))

    has = known_columns([plain, wide])

    assert (has.name, has.area, has.ink, has.category) == (False, True, True, False)
    assert known_columns([plain]).area is False
