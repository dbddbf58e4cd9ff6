"""Recordings of real printers, compared with what others read from them."""

from data_collector.core.normalise import report
from tests.support.data_collector_core import (
    DEFINITIONS,
    as_json,
    expectations,
    printers_folder,
    recorded_evidence,
    yardstick,
)

SCORE_MIN = 0.97


def test_recorded_printers_are_read_as_others_read_them() -> None:
    folder = printers_folder()
    ruler = yardstick(folder)
    good = total = 0
    misses: list[str] = []

    for key, want in expectations(folder).items():
        seen = recorded_evidence(folder, want, ruler)
        got = as_json(report(seen, DEFINITIONS)) if seen is not None else {}
        for field, ok, wanted, found in ruler.compare(want, got):
            total += 1
            good += bool(ok)
            if not ok:
                misses.append(f"{key}: {field}: wanted {wanted!r}, found {found!r}")

    assert good / total >= SCORE_MIN, "\n".join([f"{good} of {total} asserted fields right", *misses])
