"""What becomes of a dropped file, and how much may wait."""

import hashlib

import pytest

from portal.domain.drops import Fate, Room, judge_file, why_no_room
from wire_format.envelope import SEALED_BYTES_MAX
from wire_format.receipts import UploadName

SENDER = "s" * 43
WHOLE = b"a sealed envelope"
NAME = UploadName(sender=SENDER, sha256=hashlib.sha256(WHOLE).hexdigest())
ROOM = Room(files_max=3, bytes_max=10 * SEALED_BYTES_MAX, sender_files_max=2)


def test_a_file_is_taken_when_its_bytes_have_the_hash_of_its_name() -> None:
    judged = judge_file(NAME.file, WHOLE, quiet_s=0, incomplete_s=60)

    assert (judged.fate, judged.upload) == (Fate.TAKE, NAME)


@pytest.mark.parametrize("content", [b"", WHOLE[:-1], WHOLE + b"\n", WHOLE.replace(b" ", b"\r\n")])
def test_an_upload_that_is_cut_off_or_changed_waits_and_is_never_judged_as_a_batch(content: bytes) -> None:
    assert judge_file(NAME.file, content, quiet_s=59, incomplete_s=60).fate is Fate.WAIT

    judged = judge_file(NAME.file, content, quiet_s=60, incomplete_s=60)

    assert judged.fate is Fate.REJECT
    assert "SHA-256" in judged.why


@pytest.mark.parametrize("name", ["readme.txt", NAME.file + ".part", "../" + NAME.file, NAME.file.upper(), ""])
def test_a_file_with_another_name_waits_and_is_set_aside(name: str) -> None:
    assert judge_file(name, WHOLE, quiet_s=0, incomplete_s=60).fate is Fate.WAIT
    assert judge_file(name, WHOLE, quiet_s=60, incomplete_s=60).fate is Fate.REJECT


def test_a_file_larger_than_any_envelope_is_set_aside_at_once() -> None:
    assert judge_file(NAME.file, bytes(SEALED_BYTES_MAX + 1), quiet_s=0, incomplete_s=60).fate is Fate.REJECT


@pytest.mark.parametrize(
    ("waiting", "refused"),
    [
        ([], None),
        ([("x", 1), ("y", 1)], None),
        ([("x", 1), ("y", 1), ("z", 1)], "too much"),
        ([("x", 9 * SEALED_BYTES_MAX + 1)], "too much"),
        ([(f"{SENDER}.1", 1), (f"{SENDER}.2", 1)], "this sender"),
        ([("t" * 43 + ".1", 1), ("t" * 43 + ".2", 1)], None),
    ],
)
def test_room_is_limited_in_files_in_bytes_and_for_each_sender(
    waiting: list[tuple[str, int]], refused: str | None
) -> None:
    why = why_no_room(NAME, waiting, ROOM)

    assert why is None if refused is None else refused in str(why)
