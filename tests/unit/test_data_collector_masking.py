"""What a site keeps to itself."""

from datetime import UTC, datetime

from data_collector.core.masking import mask_addresses, without_job_names
from wire_format.codec import encode_report
from wire_format.records import Alert, Config, Device, Finding, Job, Outcome, Report, Service, Status

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
