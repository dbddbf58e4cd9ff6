"""From evidence to the wire's Report.

1. Each protocol is read on its own into a Voice; merge.py says which one is heard.
2. Nothing a device sends raises: a bad value becomes a finding, and the rest of the report stands.
3. What leaves here fits the wire: lengths, bounds and words are those of wire_format.records.
"""

from collections.abc import Mapping

from data_collector.core.evidence import Evidence
from data_collector.core.gathered import Gathered
from data_collector.core.normalise.device import parse_mac
from data_collector.core.normalise.findings import Findings
from data_collector.core.normalise.hp_accounting_voice import hp_accounting_voice
from data_collector.core.normalise.hp_pages_voice import hp_pages_voice
from data_collector.core.normalise.ipp_jobs import ipp_jobs_voice
from data_collector.core.normalise.ipp_voice import ipp_voice
from data_collector.core.normalise.ledm_voice import ledm_voice
from data_collector.core.normalise.merge import Heard, job_lists, merge
from data_collector.core.normalise.meters import NOT_READ_BEFORE, tell_odd_meters
from data_collector.core.normalise.snmp_voice import snmp_voice
from data_collector.core.normalise.voice import Voice
from data_collector.core.vendors import Definitions
from wire_format.records import Device

__all__ = ["Heard", "read_first", "report"]


def read_first(_device: Device) -> Mapping[str, str]:
    """The `heard` of a collector without memory: every reading is the first."""
    return NOT_READ_BEFORE


def report(evidence: Evidence, definitions: Definitions, heard: Heard = read_first) -> Gathered:
    """What evidence says, in the wire's words. Never raises for what a device sent.

    heard: which source each meter of a device was read from before; it is kept while it answers.
    """
    findings = Findings(evidence.findings)
    mac = parse_mac(evidence.mac.encode()) if evidence.mac else None
    voices = (
        Voice(device=Device(ip=evidence.address, mac=mac)),
        snmp_voice(evidence, definitions, findings),
        hp_accounting_voice(evidence.job_page),
        ipp_jobs_voice(evidence.ipp_jobs, evidence.observed_at, findings),
        ledm_voice(evidence.ledm, evidence.address, findings),
        hp_pages_voice(evidence.ledm, evidence.address, findings),
        ipp_voice(evidence.ipp, evidence.address, findings),
        Voice(device=Device(hostname=evidence.hostname)),
    )
    voice = merge(voices, findings, heard)
    tell_odd_meters(voice.meters, findings)
    if voice.device.serial is None:
        findings.add("device.serial", "collector", None, f"weak-identity: no serial number; {_told_by(voice.device)}")
    return Gathered(
        observed_at=evidence.observed_at,
        uptime_ms=voice.uptime_ms,
        device=voice.device,
        config=voice.config,
        status=voice.status,
        meters=voice.meters,
        supplies=voice.supplies,
        alerts=voice.alerts,
        jobs=voice.jobs,
        findings=findings.all(),
        job_lists=job_lists(voices),
        alerts_by=tuple(
            (one.alerts_of, frozenset(alert.alert_id for alert in one.alerts))
            for one in voices
            if one.alerts_of is not None
        ),
    )


def _told_by(device: Device) -> str:
    if device.mac is not None:
        return "told by its MAC address"
    return "told by its host name and model" if device.hostname and device.model else "told by its address alone"
