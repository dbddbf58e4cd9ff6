"""Octets become text, whatever the firmware writes in. Synthetic."""

import pytest

from data_collector.core.text import clean, decode_text
from tests.support.data_collector_core import report_of

SYS_LOCATION = "1.3.6.1.2.1.1.6.0"
CURRENT = "1.3.6.1.2.1.43.5.1.1.2.1"
CHARSET = "1.3.6.1.2.1.43.7.1.1.4.1"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"Toner\x00\x00garbage", "Toner"),
        (b"\xfd\xe8CNB12345", "CNB12345"),
        ("Kopieën".encode(), "Kopieën"),
        ("Größe".encode("latin-1"), "Größe"),
        ("黑色墨粉".encode("gb2312"), "黑色墨粉"),
        (b"\x01\x15A\xc9", "Aè"),
        (b"", ""),
        (b"\x00", ""),
        (b"  two   spaces \r\n here ", "two spaces here"),
    ],
)
def test_octets_become_the_text_they_were_meant_as(octets: bytes, text: str) -> None:
    assert decode_text(octets) == text


def test_the_declared_charset_is_used_when_utf_8_does_not_fit() -> None:
    koi8 = {CURRENT: 2, f"{CHARSET}.1": 106, f"{CHARSET}.2": 2084}

    assert report_of(koi8, {SYS_LOCATION: "Склад".encode("koi8-r")}).device.location == "Склад"


def test_utf_8_is_believed_over_a_wrong_declaration() -> None:
    declared_roman = {CURRENT: 1, f"{CHARSET}.1": 2004}

    assert report_of(declared_roman, {SYS_LOCATION: "Größe".encode()}).device.location == "Größe"


def test_control_and_direction_characters_never_reach_a_report() -> None:
    assert clean("in\u202evoice\u0007\u200b\x1b[31m\ufeff") == "invoice[31m"
