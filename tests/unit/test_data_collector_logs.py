"""One event a line, whatever is in it."""

import logging
import resource

import pytest

from data_collector.logs import FieldFormatter
from data_collector.sockets import room_for


def line(message: str, **fields: object) -> str:
    """One log line."""
    record = logging.LogRecord("name", logging.WARNING, "path", 1, message, None, None)
    for name, value in fields.items():
        setattr(record, name, value)
    return FieldFormatter().format(record)


def test_fields_follow_the_message() -> None:
    assert line("scan finished", printers=3, address="10.0.0.7").endswith(
        "Z WARNING scan finished printers=3 address=10.0.0.7"
    )


@pytest.mark.parametrize("hostile", ["a\nb", "a b", "", "\x1b[2J", "\u202e"])
def test_a_value_can_neither_break_the_line_nor_move_the_cursor(hostile: str) -> None:
    shown = line("event", value=hostile)

    assert len(shown.splitlines()) == 1
    assert shown.isprintable()


def test_concurrency_is_never_below_one_and_never_above_what_was_asked() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        assert room_for(1) == 1
        assert room_for(16) == 16
        assert 1 <= room_for(10_000_000) < 10_000_000
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
