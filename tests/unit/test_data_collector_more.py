"""When another protocol is worth its bytes."""

import pytest

from data_collector.core import mib
from data_collector.core.evidence import Oid, Picture, SnmpValue
from data_collector.core.more import More, more

FULL: dict[Oid, SnmpValue] = {
    mib.SYS_OBJECT_ID: (1, 3, 6, 1, 4, 1, 11, 2, 3, 9, 1),
    (*mib.HR_DEVICE_DESCR, 1): b"HP LaserJet",
    (*mib.PRT_SERIAL, 1): b"SN1",
    (*mib.PRT_MARKER_LIFE_COUNT, 1, 1): 5,
    (*mib.PRT_SUPPLIES, 9, 1, 1): 40,
}
OTHER_MAKER: dict[Oid, SnmpValue] = {mib.SYS_OBJECT_ID: (1, 3, 6, 1, 4, 1, 1602, 4)}


def without(*prefixes: Oid, maker: dict[Oid, SnmpValue] | None = None) -> Picture:
    """The full picture without the objects under these."""
    kept = {name: value for name, value in FULL.items() if not any(name[: len(one)] == one for one in prefixes)}
    return Picture((kept | (maker or {})).items())


@pytest.mark.parametrize(
    ("picture", "wanted"),
    [
        (without(), More(ledm=False, ipp=False)),
        (without(mib.PRT_SUPPLIES), More(ledm=True, ipp=True)),
        (without(mib.PRT_SERIAL), More(ledm=True, ipp=False)),
        (without(mib.PRT_MARKER_LIFE_COUNT), More(ledm=True, ipp=False)),
        (without(mib.HR_DEVICE_DESCR), More(ledm=False, ipp=True)),
        (without(maker=OTHER_MAKER), More(ledm=False, ipp=False)),
        (without(mib.PRT_SERIAL, mib.PRT_SUPPLIES, maker=OTHER_MAKER), More(ledm=False, ipp=True)),
    ],
)
def test_what_snmp_left_open_decides(picture: Picture, wanted: More) -> None:
    assert more(picture) == wanted


def test_what_was_needed_is_asked_once_more_when_snmp_is_back_and_until_it_answers() -> None:
    needed, well, silent = More(ledm=True, ipp=True), More(ledm=False, ipp=False), More(ledm=False, ipp=False)
    ledm = More(ledm=True, ipp=False)

    owed = needed.owed(None, ledm)
    assert owed == ledm, "IPP did not answer, so it told of no alert"
    assert well.with_last(owed) == ledm
    assert well.owed(owed, silent) == ledm, "it did not answer: once more"
    assert not well.owed(owed, ledm).any
    assert not well.owed(None, silent).any
