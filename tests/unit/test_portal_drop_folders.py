"""The drop directory does not grow for ever, and keeps what a person must see."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.drop import folders
from portal.drop.folders import RECEIPT_LIFE_S, DropFolders
from portal.errors import ConfigError
from wire_format.receipts import UploadName

AT = datetime(2026, 11, 24, tzinfo=UTC)
NOW_S = 1_800_000_000.0


def aged(path: Path, age_s: float) -> Path:
    """A file of that age at NOW_S."""
    path.write_bytes(b"x")
    os.utime(path, (NOW_S - age_s, NOW_S - age_s))
    return path


def test_old_receipts_go_and_so_do_those_that_a_crash_left_half_written(tmp_path: Path) -> None:
    drop = DropFolders(tmp_path / "drop")
    kept, old, half = (
        aged(drop.receipts / name, age_s)
        for name, age_s in (("a.jws", RECEIPT_LIFE_S - 1), ("b.jws", RECEIPT_LIFE_S + 1), (".c.new", 0))
    )

    drop.tidy_receipts(NOW_S)

    assert (kept.exists(), old.exists(), half.exists()) == (True, False, False)


def test_of_what_was_rejected_the_newest_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "REJECTED_MAX", 2)
    drop = DropFolders(tmp_path / "drop")
    for age_s in range(5):
        aged(drop.rejected / f"{age_s}.jwe", age_s)
        aged(drop.rejected / f"{age_s}.jwe.why", age_s)

    drop.tidy_rejected()

    assert sorted(path.name for path in drop.rejected.iterdir()) == ["0.jwe", "0.jwe.why", "1.jwe", "1.jwe.why"]


def test_rejecting_may_be_repeated_after_a_crash(tmp_path: Path) -> None:
    drop = DropFolders(tmp_path / "drop")
    name = UploadName(sender="s" * 43, sha256="0" * 64).file
    (drop.incoming / name).write_bytes(b"bad")

    for _ in range(2):
        kept = drop.reject(name, "it does not open", AT)

    assert kept.read_bytes() == b"bad"
    assert "it does not open" in kept.with_name(kept.name + ".why").read_text()
    assert list(drop.incoming.iterdir()) == []


def test_only_the_portal_reads_what_was_rejected_and_receipts_are_for_all(tmp_path: Path) -> None:
    drop = DropFolders(tmp_path / "drop")
    drop.put_receipt(UploadName(sender="s" * 43, sha256="0" * 64), b"a receipt")

    assert drop.rejected.stat().st_mode & 0o077 == 0
    (receipt,) = drop.receipts.iterdir()
    assert (receipt.name, receipt.stat().st_mode & 0o777) == (f"{'0' * 64}.jws", 0o644)


def test_a_place_that_is_no_folder_is_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(ConfigError, match=r"drop\.directory"):
        DropFolders(tmp_path / "file")
