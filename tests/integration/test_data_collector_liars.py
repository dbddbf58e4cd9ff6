"""A printer for each lie, scanned three times: no wrong meter is sent as right, and every oddity is a finding.

Here are those who lie about themselves and by SNMP; tests/long has all, with those whose web servers stall.
"""

from pathlib import Path

from tests.support.liars import BY_CHANCE, SAYS, UNSEEN, caught_between, knobs, scanned_thrice

DEAF = 45
"""It answers every second request only, and takes five seconds for what others do in one."""
QUICK = [index for index in range(64) if index != DEAF]
"""Printers of liars.toml: identity, counts, alerts, clocks, SNMP."""


def test_every_fault_of_the_simulator_is_either_told_or_rightly_unseen() -> None:
    assert set(SAYS) | set(UNSEEN) == knobs()
    assert not set(SAYS) & set(UNSEEN)


async def test_no_wrong_meter_is_sent_as_right_and_every_lie_that_can_be_known_is_a_finding(tmp_path: Path) -> None:
    liars = await scanned_thrice(tmp_path, QUICK, timeout_s=0.8)

    assert [line for liar in liars for line in liar.wrong()] == []
    assert {liar.address for liar in liars if None in liar.reports} == set()
    for liar in liars:
        for fault in liar.told():
            if fault in BY_CHANCE and liar.whole():
                continue
            assert liar.words() & SAYS[fault], f"{liar.address} with {fault} says only {liar.words()}"
    for scan in range(3):
        serials = [report.device.serial for liar in liars if (report := liar.reports[scan]) and report.device.serial]
        assert len(serials) == len(set(serials)), "two printers went out under one serial number"


async def test_a_printer_that_is_caught_with_snmp_asleep_leaves_no_meter_behind_that_grows_old(tmp_path: Path) -> None:
    before, asleep, after = await caught_between(tmp_path)

    names = [{meter.name for meter in report.meters} for report in (before, asleep, after)]
    assert names[0] == names[2] > {"total.impressions"}
    assert names[1] <= names[0]
    assert {meter.source.partition(":")[0] for meter in asleep.meters} == {"ledm"}
    assert "passing" in {finding.reason.partition(":")[0] for finding in asleep.findings}
