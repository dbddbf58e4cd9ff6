"""What a run says when it is up: for a person, and for a program that waits for it."""

from collections.abc import Callable
from pathlib import Path

from device_sim.core.fleet import FleetSpec

Say = Callable[[str], None]


def served(count: int, first: str, last: str, fleet: FleetSpec) -> str:
    """What runs where, for a person."""
    where = first if count == 1 else f"{first} to {last}"
    ports = (
        (fleet.snmp_port, f"SNMP {fleet.snmp_port}/udp"),
        (fleet.http_port, f"http://{first}:{fleet.http_port}/"),
        (fleet.https_port, f"https://{first}:{fleet.https_port}/"),
        (fleet.ipp_port, f"IPP {fleet.ipp_port}"),
        (fleet.ipps_port, f"IPPS {fleet.ipps_port}"),
        (fleet.raw_port, f"raw {fleet.raw_port}"),
    )
    return f"{count} printer{'s' if count > 1 else ''} at {where}: " + ", ".join(said for port, said in ports if port)


def announce_ready(ready_file: Path | None, say: Say) -> None:
    """Tell that every listener is open."""
    if ready_file is not None:
        ready_file.write_text("ready\n")
    say("ready")


def withdraw_ready(ready_file: Path | None) -> None:
    """Remove what an earlier run said, so that nobody takes it for this one's word."""
    if ready_file is not None:
        ready_file.unlink(missing_ok=True)
        ready_file.with_suffix(".quiet").unlink(missing_ok=True)
