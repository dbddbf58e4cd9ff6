"""What a site keeps to itself."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data_collector.core.masking import (
    Masking,
    for_the_road,
    mask_phone_numbers,
    without_job_names,
    without_phone_numbers,
)
from wire_format.codec import decode_report, encode_report
from wire_format.masking import mask_addresses, without_addresses
from wire_format.printer_mib import SupplyState
from wire_format.records import Alert, Config, Device, Finding, Job, Outcome, Report, Service, Status, Supply

AT = datetime(2026, 11, 22, tzinfo=UTC)
FULL = Report(
    observed_at=AT,
    device=Device(
        serial="SN1",
        ip="10.0.0.7",
        hostname="host-10.0.0.7",
        location="Room 3, 10.0.0.7",
        description="Printer at http://10.0.0.7/",
    ),
    config=Config(firmware="1.14.2.3"),
    status=Status(console_text="Ready 10.0.0.7"),
    alerts=(Alert(alert_id="1", code=8, severity="critical", description="No route to 10.0.0.1"),),
    findings=(Finding(field="walk", source="1.3.6.1.2.1.43.11", raw="10.0.0.7", reason="10.0.0.7 said so"),),
    jobs=(Job(job_id="1", name="salary.pdf", service=Service.PRINT, outcome=Outcome.COMPLETED),),
)


def test_a_masked_report_holds_no_address_anywhere() -> None:
    assert "10.0.0." not in encode_report(mask_addresses(FULL))


def test_masking_keeps_what_identifies_and_what_only_looks_like_an_address() -> None:
    masked = mask_addresses(FULL)

    assert masked.device.serial == "SN1"
    assert masked.device.location == "Room 3, x.x.x.x"
    assert masked.config == FULL.config
    assert masked.findings[0].source == "1.3.6.1.2.1.43.11"


def test_a_host_name_that_is_a_name_stays() -> None:
    assert mask_addresses(Report(observed_at=AT, device=Device(hostname="plotter"))).device.hostname == "plotter"


def test_a_report_with_nothing_to_mask_stays_as_it_is() -> None:
    bare = Report(observed_at=AT, device=Device(serial="SN1"))

    assert mask_addresses(bare) == bare
    assert without_job_names(bare) is bare


def test_job_names_never_leave() -> None:
    kept = without_job_names(FULL)

    assert "salary" not in encode_report(kept)
    assert [job.job_id for job in kept.jobs] == ["1"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("For service call +49 (711) 123456-0", "For service call [tel]"),
        ("Tel. 4711", "Tel. [tel]"),
        ("Fax: 0711/1234567 or 089 / 12 34-50", "Fax: [tel] or [tel]"),
        ("Help (212) 555-0123, 1-800-555-0199", "Help [tel], [tel]"),
        ("01 23 45 67 89", "[tel]"),
        ("0049 711 123456", "[tel]"),
        ("Phone no. 555 0123", "Phone no. [tel]"),
        ("Hotline 08001234567", "Hotline [tel]"),
    ],
)
def test_a_telephone_number_is_masked_in_every_text(text: str, masked: str) -> None:
    report = Report(
        observed_at=AT,
        device=Device(location=text, description=text),
        status=Status(console_text=text),
        alerts=(Alert(alert_id="1", code=8, severity="critical", description=text),),
        supplies=(Supply(index=1, kind="toner", description=text, state=SupplyState.UNKNOWN),),
        findings=(Finding(field="f", source="s", raw=text, reason=text),),
    )

    told = mask_phone_numbers(report)

    assert {told.device.location, told.device.description, told.alerts[0].description} == {masked}
    assert {told.supplies[0].description, told.findings[0].raw, told.findings[0].reason} == {masked}
    assert told.status == Status(console_text=masked)


@pytest.mark.parametrize(
    "text",
    [
        "49.4C02",
        "1.3.6.1.2.1.43.10.2.1.4.1.1",
        "2026-11-24 10:00:00",
        "Fax 2026-11-24",
        "Fax: 24/11/2026",
        "01/02/2026",
        "RM2-5425-000CN",
        "841-1234",
        "0011223344",
        "00:11:22:33:44:55",
        "00 11 22 33 44 55",
        "2409081_052345",
        "Serial 123-456-7890",
        "Fax 300 dpi",
        "fax 100%",
        "Fax line 1 error 12",
        "Phone book full 95 %",
        "JETDIRECT,JD153,EEPROM JSI24050018,CIDATE 04/10/2021",
    ],
)
def test_what_is_no_telephone_number_stays(text: str) -> None:
    assert without_phone_numbers(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ready\nPrinting Salary list 2026.pdf", "Ready\n[withheld]"),
        ("User: bob", "[withheld]"),
        ("Job: x\nPaper jam", "[withheld]\nPaper jam"),
        ("mail jd@example.com", "[withheld]"),
        ("File system full. Jobs held: 3", "File system full. Jobs held: 3"),
        ("Load tray 1: A4", "Load tray 1: A4"),
    ],
)
def test_a_display_names_no_document_and_no_user(text: str, shown: str) -> None:
    report = Report(
        observed_at=AT,
        device=Device(serial="SN1"),
        status=Status(console_text=text),
        alerts=(Alert(alert_id="1", code=8, severity="critical", description=text),),
    )

    told = for_the_road(report, Masking(phone_numbers=False))

    assert told.status == Status(console_text=shown)
    assert told.alerts[0].description == shown


def test_ipv6_addresses_are_masked_and_macs_and_times_are_not() -> None:
    masked = [without_addresses(text) for text in ("fe80::1%eth0", "at 2001:db8::1", "::1", "2001:db8:0:0:0:0:0:1")]

    assert masked == ["x:x::x", "at x:x::x", "x:x::x", "x:x::x"]
    for text in ("aa:bb:cc:dd:ee:ff", "12:30:45", "std::string", "1.2.3"):
        assert without_addresses(text) == text


def test_by_default_numbers_are_masked_and_addresses_are_not() -> None:
    told = for_the_road(replace(FULL, device=replace(FULL.device, location="10.0.0.7, Tel. 4711")), Masking())

    assert (told.device.ip, told.device.location) == ("10.0.0.7", "10.0.0.7, Tel. [tel]")
    assert told.jobs[0].name is None


def test_what_masking_makes_longer_still_fits_the_wire() -> None:
    report = Report(observed_at=AT, device=Device(location="x" * 246 + " Tel. 123"))

    told = mask_phone_numbers(report)

    assert decode_report(encode_report(told)) == told
