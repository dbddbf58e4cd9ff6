"""prtAlertTable as alerts. Synthetic, from RFC 3805."""

from datetime import timedelta

from tests.support.data_collector_core import NOON, alert_row, report_of

JAM, COVER_OPEN, COVER_CLOSED, TONER_LOW, POWER_SAVER = 8, 3, 4, 1104, 23
CRITICAL, WARNING, BINARY = 3, 4, 5
UPTIME = 8_640_000


def test_a_row_becomes_an_alert_with_its_onset() -> None:
    row = alert_row(5, severity=CRITICAL, group=13, part=1, code=JAM, description=b"Jam", ticks=UPTIME - 6000)

    alert = report_of(row).alerts[0]

    assert (alert.alert_id, alert.code, alert.severity, alert.group) == (
        f"130001-8-{UPTIME - 6000}",
        JAM,
        "critical",
        "mediaPath",
    )
    assert alert.onset_at == NOON - timedelta(minutes=1)


def test_the_same_alert_keeps_its_id_and_onset_in_the_next_scan() -> None:
    row = alert_row(5, severity=CRITICAL, code=JAM, description=b"Jam", ticks=1000)

    first, later = report_of(row), report_of(row, {"1.3.6.1.2.1.1.3.0": UPTIME + 500})

    assert first.alerts[0].alert_id == later.alerts[0].alert_id


def test_a_row_without_code_and_severity_is_no_alert() -> None:
    sleeping = alert_row(1, severity=255, group=255, part=255, code=-1, description=b"Sleep", ticks=0)

    assert report_of(sleeping).alerts == ()
    assert report_of(sleeping).findings == ()


def test_a_row_without_code_that_is_not_sleep_is_told() -> None:
    report = report_of(alert_row(1, severity=255, code=-1, description=b"Replace fuser"))

    assert report.alerts == ()
    assert report.findings[0].raw == "Replace fuser"


def test_power_saving_is_no_alert() -> None:
    rows = (
        alert_row(1, severity=WARNING, code=POWER_SAVER, description=b"Power saving"),
        alert_row(2, severity=WARNING, code=1, description=b"Sleep mode"),
    )

    assert report_of(*rows).alerts == ()


def test_twenty_rows_that_say_the_same_are_one_alert_with_a_count() -> None:
    rows = [
        alert_row(i, severity=WARNING, group=11, part=1, code=TONER_LOW, description=b"Low", ticks=i)
        for i in range(1, 21)
    ]

    alerts = report_of(*rows).alerts

    assert [(alert.count, alert.alert_id) for alert in alerts] == [(20, "110001-1104-20")]


def test_a_closed_cover_ends_the_open_one() -> None:
    opened = alert_row(3, severity=CRITICAL, group=6, part=1, code=COVER_OPEN, ticks=10)
    closed = alert_row(4, severity=BINARY, group=6, part=1, code=COVER_CLOSED, ticks=20)
    reopened = alert_row(5, severity=CRITICAL, group=6, part=1, code=COVER_OPEN, ticks=30)

    assert report_of(opened, closed).alerts == ()
    assert [alert.code for alert in report_of(opened, closed, reopened).alerts] == [COVER_OPEN]


def test_a_row_from_before_the_last_start_is_stale() -> None:
    report = report_of(alert_row(9, severity=CRITICAL, code=JAM, ticks=UPTIME * 2))

    assert report.alerts == ()
    assert "older than the printer's last start" in report.findings[0].reason


def test_an_alert_is_a_warning_only_if_the_printer_says_so() -> None:
    alert = report_of(alert_row(1, severity=77, code=JAM, description=b"Jam")).alerts[0]

    assert (alert.severity, alert.onset_at) == ("other", None)
