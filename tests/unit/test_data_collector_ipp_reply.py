"""The IPP decoder and the voice made of it. Synthetic, from RFC 8010, RFC 8011 and the PWG's documents."""

import pytest

from data_collector.core.evidence import Evidence
from data_collector.core.ipp import WANTED, Collection, IppDecodeError, decode_reply, ipp_request
from data_collector.core.normalise import report
from tests.support.data_collector_core import (
    ADDRESS,
    BEGIN_COLLECTION,
    BOOLEAN,
    DEFINITIONS,
    END_COLLECTION,
    ENUM,
    INTEGER,
    KEYWORD,
    MEMBER_NAME,
    NAME,
    NOON,
    OCTETS,
    TEXT,
    ipp_list,
    ipp_reply,
    ipp_value,
)
from wire_format.printer_mib import PrinterState, SupplyState
from wire_format.records import Report

MARKERS = (
    ipp_list(NAME, "marker-names", "Black TK-1", "C", "Y", "Waste Toner Box"),
    ipp_list(NAME, "marker-colors", "#000000", "#00FFFF", "#FFFF00", "none"),
    ipp_list(KEYWORD, "marker-types", "toner", "ink-cartridge", "toner", "waste-toner"),
    ipp_list(INTEGER, "marker-levels", 84, 5, -3, 0),
    ipp_list(INTEGER, "marker-low-levels", 10, 10, 10, 0),
)


def told(*attributes: bytes, status: int = 0) -> Report:
    """The report of a printer that speaks IPP only."""
    raw = ipp_reply(*attributes, status=status)
    return report(Evidence(address=ADDRESS, observed_at=NOON, ipp=raw), DEFINITIONS)


def test_a_printer_without_snmp_is_known_by_ipp_alone() -> None:
    reported = told(
        ipp_value(TEXT, "printer-make-and-model", "Kyocera ECOSYS X1"),
        ipp_value(TEXT, "printer-device-id", "MFG:Kyocera;MDL:ECOSYS X1;SER:VCF1234567;"),
        ipp_value(ENUM, "printer-state", 4),
        ipp_value(INTEGER, "printer-up-time", 60),
        ipp_value(TEXT, "printer-firmware-string-version", "2S0"),
        ipp_value(BOOLEAN, "color-supported", True),
        ipp_list(KEYWORD, "sides-supported", "one-sided", "two-sided-long-edge"),
    )

    assert (reported.device.manufacturer, reported.device.model) == ("Kyocera", "ECOSYS X1")
    assert (reported.device.serial, reported.device.ip) == ("VCF1234567", ADDRESS)
    assert reported.status is not None
    assert reported.status.state is PrinterState.PRINTING
    assert reported.uptime_ms == 60_000
    assert reported.config is not None
    assert (reported.config.color_capable, reported.config.duplex_capable) == (True, True)
    assert reported.config.firmware == "2S0"


@pytest.mark.parametrize(
    ("uuid", "mac"),
    [
        ("urn:uuid:12345678-0000-11db-8000-020000c0ffee", "02:00:00:c0:ff:ee"),
        ("urn:uuid:12345678-0000-11DB-A000-020000C0FFEE", "02:00:00:c0:ff:ee"),
        ("urn:uuid:12345678-0000-11db-8000-030000c0ffee", None),  # a group address: the maker had no other at hand
        ("urn:uuid:12345678-0000-41db-8000-020000c0ffee", None),  # random
        ("urn:uuid:12345678-0000-11db-0000-020000c0ffee", None),  # of another make than RFC 9562's
        ("urn:uuid:12345678-0000-11db-8000-000000000000", None),
        ("12345678", None),
    ],
)
def test_a_printer_that_tells_no_serial_is_known_by_the_hardware_address_in_its_uuid(
    uuid: str, mac: str | None
) -> None:
    reported = told(ipp_value(TEXT, "printer-make-and-model", "Acme X1"), ipp_value(0x45, "printer-uuid", uuid))

    assert reported.device.mac == mac
    assert ("MAC address" in reported.findings[-1].reason) == (mac is not None)


def test_marker_levels_are_percentages_and_words() -> None:
    supplies = told(*MARKERS).supplies

    assert [(s.index, s.kind, s.colorant, s.percent, s.state) for s in supplies] == [
        (1, "toner", "black", 84, SupplyState.MEASURED),
        (2, "inkCartridge", "cyan", 5, SupplyState.LOW),
        (3, "toner", "yellow", None, SupplyState.SOME_LEFT),
        (4, "wasteToner", None, 100, SupplyState.MEASURED),
    ]


def test_a_serial_in_a_markers_name_is_told() -> None:
    supplies = told(
        ipp_list(INTEGER, "marker-levels", 50), ipp_list(TEXT, "marker-names", "Black Toner_S/N_:CRUM-00000000001")
    ).supplies

    assert [(s.serial, s.colorant) for s in supplies] == [("CRUM-00000000001", "black")]


def test_levels_without_names_are_still_supplies() -> None:
    supplies = told(ipp_list(INTEGER, "marker-levels", 50, -2, -1)).supplies

    assert [(s.percent, s.state) for s in supplies] == [
        (50, SupplyState.MEASURED),
        (None, SupplyState.UNKNOWN),
        (None, SupplyState.UNKNOWN),
    ]


def test_printer_supply_rows_are_read_like_the_printer_mib() -> None:
    row = b"type=toner;maxcapacity=200;level=50;unit=tenthsOfGrams;colorantname=black;"

    supply = told(
        ipp_list(OCTETS, "printer-supply", row), ipp_list(TEXT, "printer-supply-description", "Black Toner")
    ).supplies[0]

    assert (supply.kind, supply.colorant, supply.percent, supply.capacity) == ("toner", "black", 25, 200)


@pytest.mark.parametrize(
    ("told_as", "colour"),
    [
        ("#00FFFF", "cyan"),
        ("#00CFFF", "cyan"),
        ("#F200FF", "magenta"),
        ("#FFDA00", "yellow"),
        ("#0A0A0A", "black"),
        ("#008080", None),
        ("#00FFFF#FF00FF#FFFF00", "tri-color"),
        ("multi-color", "tri-color"),
        ("black", "black"),
        ("#12", None),
        ("unknown", None),
    ],
)
def test_a_colorant_is_named_or_written_as_a_colour_and_makers_have_tastes(told_as: str, colour: str | None) -> None:
    row = f"type=inkCartridge;maxcapacity=100;level=50;unit=percent;colorantname={told_as};"

    supplies = told(
        ipp_list(OCTETS, "printer-supply", row.encode()),
        ipp_list(TEXT, "printer-supply-description", ""),
        ipp_list(INTEGER, "marker-levels", 50),
        ipp_list(TEXT, "marker-colors", told_as),
        ipp_list(KEYWORD, "marker-types", "ink-cartridge"),
    ).supplies

    assert [(supply.colorant, supply.description) for supply in supplies] == [(colour, colour)]


def test_state_reasons_become_alerts_and_error_labels() -> None:
    reasons = ("media-jam-error", "toner-low-warning", "paused", "none", "cups-missing-filter-report")
    reported = told(ipp_value(ENUM, "printer-state", 5), ipp_list(KEYWORD, "printer-state-reasons", *reasons))

    assert reported.status is not None
    assert reported.status.state is PrinterState.STOPPED
    assert reported.status.detected_errors == ("lowToner", "jammed")
    assert [(alert.code, alert.severity) for alert in reported.alerts] == [(8, "critical"), (1104, "warning")]


def test_printer_alert_rows_keep_the_mibs_words() -> None:
    row = b"code=coverOpen;index=7;severity=critical;group=cover;groupindex=1;time=500"

    alert = told(ipp_value(OCTETS, "printer-alert", row)).alerts[0]

    assert (alert.alert_id, alert.code, alert.severity, alert.group) == ("ipp-7-3-500", 3, "critical", "cover")


def test_lifetime_counts_are_meters_with_their_attribute_as_source() -> None:
    split = (
        ipp_value(BEGIN_COLLECTION, "printer-impressions-completed-col", b"")
        + ipp_value(MEMBER_NAME, "", "monochrome")
        + ipp_value(INTEGER, "", 60)
        + ipp_value(MEMBER_NAME, "", "full-color")
        + ipp_value(INTEGER, "", 40)
        + ipp_value(END_COLLECTION, "", b"")
    )
    meters = told(ipp_value(INTEGER, "printer-impressions-completed", 100), split).meters

    assert {meter.name: meter.value for meter in meters} == {
        "total.impressions": 100,
        "total.impressions.monochrome": 60,
        "total.impressions.color": 40,
    }
    assert meters[0].source == "ipp:printer-impressions-completed"


def test_a_reply_cut_off_anywhere_tells_what_stood_before_the_cut() -> None:
    whole = ipp_reply(ipp_value(TEXT, "printer-make-and-model", "HP X1"), *MARKERS)

    for length in range(8, len(whole)):
        reply = decode_reply(whole[:length])
        assert reply.doubt is not None
    assert decode_reply(whole).doubt is None


def test_a_collection_that_never_ends_harms_nothing_after_it() -> None:
    reply = decode_reply(
        ipp_reply(
            ipp_value(BEGIN_COLLECTION, "media-col-ready", b""),
            ipp_value(MEMBER_NAME, "", "x"),
            ipp_value(INTEGER, "", 1),
            ipp_value(ENUM, "printer-state", 3),
        )
    )

    assert reply.attributes["media-col-ready"] == (Collection({"x": (1,)}),)
    assert reply.attributes["printer-state"] == (3,)
    assert reply.doubt == "a collection was never closed"


def test_nesting_has_a_limit() -> None:
    deep = ipp_value(BEGIN_COLLECTION, "a", b"") + ipp_value(BEGIN_COLLECTION, "", b"") * 50

    assert "deeper" in (decode_reply(ipp_reply(deep)).doubt or "")


@pytest.mark.parametrize("raw", [b"", b"\x02\x00\x00", b"HTTP/1.1 200 OK", b"\x09" * 40])
def test_octets_that_are_no_reply_are_refused(raw: bytes) -> None:
    with pytest.raises(IppDecodeError):
        decode_reply(raw)


def test_a_refusal_of_the_printer_becomes_a_finding() -> None:
    raw = b"\x02\x00\x04\x01\x00\x00\x00\x01\x01\x03"

    reported = report(Evidence(address=ADDRESS, observed_at=NOON, ipp=raw), DEFINITIONS)

    assert reported.findings[0].raw == "0x0401"


def test_the_request_asks_for_the_printer_and_for_nobody_who_uses_it() -> None:
    request = ipp_request("ipp://192.0.2.7:631/ipp/print", 7)

    assert request[:8] == b"\x01\x01\x00\x0b\x00\x00\x00\x07"
    assert b"ipp://192.0.2.7:631/ipp/print" in request
    assert not any(word in name for name in WANTED for word in ("user", "owner", "job"))
    assert len(request) < 1400
