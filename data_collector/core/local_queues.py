"""Printers on a port of this machine, as the queues of its print scheduler (CUPS) tell of them.

1. A queue counts when its device-uri leads to a port of this machine; one into a network is left to the scan.
2. Who the printer is: `?serial=` of the device-uri, else SN of its IEEE 1284 device ID; maker and model from MFG and
   MDL, else from the device-uri, else from the name of the driver.
3. A queue that is stopped says nothing of the printer, and no queue knows a lifetime count: a finding says so.
4. Several queues of one printer make one report. A portal tells printers without serial number and address apart by
   nothing, so only the first of them is reported, and a note says so.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from data_collector.core.device_id import parse_device_id
from data_collector.core.gathered import Gathered
from data_collector.core.ipp import Attributes, IppReply, IppValue
from data_collector.core.normalise.findings import Findings
from data_collector.core.normalise.ipp_voice import attributes_voice
from wire_format.records import Report

SOCKET: Final = "/run/cups/cups.sock"
PORT: Final = 631
QUEUES_MAX: Final = 256
STOPPED: Final = 5
LOCAL: Final = re.compile(r"(?:usb|ippusb|ipp\+usb|parallel|serial):|hp:/usb/", re.IGNORECASE)
"""device-uri of a port of this machine. hpfax: is a fax, hp:/net and all others are in a network."""
DRIVER: Final = re.compile(
    r"(?:,|\s-\s|\s(?:foomatic|hpcups|hpijs|postscript|pdf|pcl|gutenprint|driverless)\b).*"
    r"|^(?:local |remote )?(?:raw )?(?:printer|queue)$",
    re.IGNORECASE,
)
"""What follows the model in the name of a driver, and names that are no model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduler:
    """Where CUPS listens: a socket's path, or a loopback address and a port."""

    path: str | None = None
    host: str = "localhost"
    port: int = PORT

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


def parse_scheduler(text: str) -> Scheduler:
    """A scheduler of this machine. Raises ValueError: a remedy, to stand behind the name of the setting."""
    if text.startswith("/"):
        return Scheduler(path=str(PurePosixPath(text)))
    host, colon, port = text.partition(":")
    number = int(port) if port.isascii() and port.isdigit() else 0 if colon else PORT
    try:
        loopback = IPv4Address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback or not 1 <= number <= 65_535:
        raise ValueError(f'must be a socket or a loopback address of this machine: "{SOCKET}" or "127.0.0.1:{PORT}"')
    return Scheduler(host=host, port=number)


def local_reports(reply: IppReply, at: datetime) -> tuple[list[Report], list[str]]:
    """The report of each local printer in a reply to CUPS-Get-Printers, and notes for a person."""
    made, notes = local_queues(reply, at)
    return [report for report, _queue in made], notes


def local_queues(reply: IppReply, at: datetime) -> tuple[list[tuple[Report, Attributes]], list[str]]:
    """As `local_reports`, each report with the attributes of the queue that it was made of."""
    made: dict[str, tuple[Report, Attributes]] = {}
    nameless: set[str] = set()
    for queue in reply.groups[:QUEUES_MAX]:
        uri = _text(queue, "device-uri")
        if not LOCAL.match(uri):
            continue
        report = _report(queue, uri, at)
        if report.device.serial is None:
            nameless.add(uri)
        made.setdefault(report.device.serial or uri, (report, queue))
    notes = []
    if len(reply.groups) > QUEUES_MAX:
        notes.append(f"CUPS has more than {QUEUES_MAX} queues; the others were not read")
    if len(nameless) > 1:
        for uri in [uri for uri in made if uri in nameless][1:]:
            del made[uri]
        notes.append(f"{len(nameless)} local printers tell no serial number: only the first is reported")
    return list(made.values()), notes


def _report(queue: Attributes, uri: str, at: datetime) -> Report:
    findings = Findings()
    voice = attributes_voice(IppReply(status=0, attributes=_of_the_printer(queue, uri)), None, findings)
    findings.add("meters", "ipp:device-uri", None, "no-count: a print queue knows no lifetime count of its printer")
    if voice.device.serial is None:
        findings.add("device.serial", "collector", None, "weak-identity: no serial number; told by this machine alone")
    return Gathered(
        observed_at=at,
        device=voice.device,
        config=voice.config,
        status=voice.status,
        supplies=voice.supplies,
        alerts=voice.alerts,
        findings=findings.all(),
        alerts_by=((voice.alerts_of, frozenset(one.alert_id for one in voice.alerts)),) if voice.alerts_of else (),
    )


def _of_the_printer(queue: Attributes, uri: str) -> Attributes:
    """The queue's attributes as the printer itself would tell them."""
    told: dict[str, tuple[IppValue, ...]] = dict(queue)
    driver = DRIVER.sub("", _text(queue, "printer-make-and-model")).strip()
    told["printer-make-and-model"] = (driver,)
    keys = parse_device_id(_text(queue, "printer-device-id"))
    maker, model, serial = _of_uri(uri)
    if "MDL" in keys:
        told["printer-make-and-model"] = ()
    elif model:
        told["printer-make-and-model"] = ()
        told["printer-device-id"] = (f"MFG:{maker};MDL:{model};SN:{keys.get('SN', '')};",)
    if serial:
        told["printer-serial-number"] = (serial,)
    if STOPPED in queue.get("printer-state", ()):
        told["printer-state"] = ()
    return told


def _of_uri(uri: str) -> tuple[str, str, str]:
    """Maker, model and serial number in a device-uri; empty where it does not say."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "", "", ""
    scheme = parts.scheme.lower()
    if scheme in ("parallel", "serial"):
        return "", "", ""  # their options are of the port
    serial = dict(parse_qsl(parts.query, max_num_fields=64) if parts.query.count("&") < 64 else ()).get("serial", "")
    maker = model = ""
    if scheme == "usb":
        maker, model = unquote(parts.netloc), unquote(parts.path.strip("/"))
        model = model.removeprefix(f"{maker} ")
    elif scheme == "hp":
        maker, _, model = unquote(parts.path.rpartition("/")[2]).replace("_", " ").partition(" ")
    return maker.replace(";", " "), model.replace(";", " "), serial


def _text(queue: Attributes, name: str) -> str:
    return next((value for value in queue.get(name, ()) if isinstance(value, str)), "")
