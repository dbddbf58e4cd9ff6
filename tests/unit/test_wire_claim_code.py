"""A claim code survives a person: typing, reading aloud, copying half of it."""

import pytest

from wire_format.enrolment import ClaimCode, ca_hash
from wire_format.errors import ClaimCodeError

CODE = ClaimCode(claim_id=b"\x00\x01\x02", secret=bytes(range(8)), ca_hash=ca_hash(b"a certificate"))


def test_a_code_is_nine_groups_of_five() -> None:
    assert [len(group) for group in CODE.text.split("-")] == [5] * 9


def test_case_spaces_and_look_alikes_do_not_matter() -> None:
    typed = CODE.text.lower().replace("-", " ").replace("0", "o").replace("1", "l")

    assert ClaimCode.parse(f"  {typed}\n") == CODE


def test_every_single_mistyped_letter_is_noticed_or_harmless() -> None:
    noticed = 0
    for place, letter in enumerate(CODE.text):
        if letter == "-":
            continue
        wrong = CODE.text[:place] + ("7" if letter != "7" else "8") + CODE.text[place + 1 :]
        try:
            assert ClaimCode.parse(wrong) != CODE
        except ClaimCodeError:
            noticed += 1
    assert noticed >= 44  # the last letter carries one spare bit


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("", "has 45 letters and digits, this one has 0"),
        (CODE.text[:-1], "has 45 letters and digits, this one has 44"),
        (CODE.text[:-1] + "U", "has no U; copy it again"),
        (CODE.text[:-3] + "ZZZ", "is mistyped"),
    ],
)
def test_a_wrong_code_is_answered_with_what_to_do(code: str, sentence: str) -> None:
    with pytest.raises(ClaimCodeError, match=sentence):
        ClaimCode.parse(code)
