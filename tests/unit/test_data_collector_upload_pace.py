"""What a collector may send in three hours."""

from data_collector.core.upload_pace import ALWAYS_BYTES, PERIOD_BYTES_MAX, READING_BYTES, period_bytes


def test_a_collector_without_printers_has_what_one_printer_has() -> None:
    assert period_bytes(0, 10_800.0) == ALWAYS_BYTES


def test_every_printer_and_every_reading_brings_its_room() -> None:
    assert period_bytes(100, 10_800.0) == ALWAYS_BYTES + 100 * READING_BYTES
    assert period_bytes(100, 900.0) == ALWAYS_BYTES + 12 * 100 * READING_BYTES
    assert period_bytes(100, 86_400.0) == ALWAYS_BYTES + 100 * READING_BYTES


def test_the_room_has_an_end() -> None:
    assert period_bytes(10**9, 0.0) == PERIOD_BYTES_MAX
