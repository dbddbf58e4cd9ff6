"""One printer as a process of its own: what `inkwire bench connect` measures. It loads what an embedder loads.

Reads one order a line from stdin, as JSON, and answers each with one line. Started as a module:
`python -m inkwire.bench.connect_printer DIRECTORY URL CLAIM-CODE JOBS-MAX`.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from direct_connect.api import (
    Alert,
    ConnectionSettings,
    Device,
    DirectConnection,
    InkUse,
    Job,
    Media,
    Meter,
    Outcome,
    PrinterState,
    Service,
    Snapshot,
    Status,
    Supply,
    SupplyState,
    TriggerPolicy,
    Unit,
)
from direct_connect.uplink import Uplink

_COLORANTS = ("cyan", "magenta", "yellow", "black")
_total = 0


def snapshot() -> Snapshot:
    """A colour plotter with four inks."""
    return Snapshot(
        device=Device(manufacturer="Inkwire", model="Bench Plotter 36", serial=f"BENCH-{os.getpid():07d}"),
        status=Status(state=PrinterState.IDLE, console_text="Ready"),
        meters=[
            Meter(name="total.impressions", unit=Unit.IMPRESSIONS, value=_total, source="firmware"),
            Meter(name="print.area", unit=Unit.MM2, value=_total * 623_700, source="firmware"),
            *(
                Meter(name=f"ink.volume.{each}", unit=Unit.UL, value=_total * 950, source="firmware")
                for each in _COLORANTS
            ),
        ],
        supplies=[
            Supply(index=number, kind="inkCartridge", colorant=each, capacity=300_000, level=200_000, percent=66,
                   state=SupplyState.MEASURED, unit="tenthsOfMilliliters")
            for number, each in enumerate(_COLORANTS, 1)
        ],
    )  # fmt: skip


def job(number: int) -> Job:
    """A job with every field that a plotter fills."""
    at = datetime.now(UTC)
    return Job(
        job_id=f"{os.getpid()}-{number}",
        service=Service.PRINT,
        submitted_at=at,
        started_at=at,
        completed_at=at,
        outcome=Outcome.COMPLETED,
        quality="normal",
        color_mode="color",
        copies=1,
        impressions=1 + number % 3,
        media=Media(
            type="bond", width_mm=914, length_mm=1189 + number % 97, area_mm2=1_086_746 + number, source="roll 1"
        ),
        inks=tuple(
            InkUse(colorant=each, volume_ul=310 + (number * 7 + place) % 400) for place, each in enumerate(_COLORANTS)
        ),
        category="color-lines",
        submitted_by="network",
    )


def finish(connection: DirectConnection, first: int, count: int) -> dict[str, object]:
    """Finish jobs; the seconds that each call took, and the moment the last one began (monotonic, of the machine)."""
    global _total
    took_s, began_s = [], 0.0
    for number in range(first, first + count):
        record = job(number)
        _total += record.impressions or 0
        began_s = time.monotonic()
        connection.job_finished(record)
        took_s.append(time.monotonic() - began_s)
    return {"took_s": took_s, "began_s": began_s, "last": f"{os.getpid()}-{first + count - 1}"}


def sync(path: str, count: int) -> dict[str, object]:
    """The yardstick: append as many bytes as a job has to a file and fsync; the seconds that each took."""
    body, took_s = b"x" * 700, []
    with open(path, "ab", buffering=0) as file:
        for _ in range(count):
            began_s = time.monotonic()
            file.write(body)
            os.fsync(file.fileno())
            took_s.append(time.monotonic() - began_s)
    return {"took_s": took_s}


def raise_alert(connection: DirectConnection, number: int) -> dict[str, object]:
    """A jam; the moment the call began."""
    began_s = time.monotonic()
    connection.alert_raised(
        Alert(alert_id=f"jam-{os.getpid()}-{number}", code=8, severity="critical", description="jam")
    )
    return {"began_s": began_s, "last": f"jam-{os.getpid()}-{number}"}


def push(connection: DirectConnection) -> dict[str, object]:
    """A push by hand."""
    connection.push()
    return {}


def main() -> None:
    """Until stdin ends."""
    directory, url, code, jobs_max = sys.argv[1:]
    # A measurement makes more pushes than the bandwidth promise has room for.
    settings = ConnectionSettings(triggers=TriggerPolicy(jobs_max=int(jobs_max)), pace=None)
    uplink = Uplink()

    def forget() -> dict[str, object]:
        uplink.forget_sessions()
        return {}

    with DirectConnection.open(
        directory, url, claim_code=code, snapshot=snapshot, settings=settings, uplink=uplink
    ) as connection:
        orders: dict[str, Callable[..., dict[str, object]]] = {
            "jobs": lambda first, count: finish(connection, first, count),
            "alert": lambda number: raise_alert(connection, number),
            "sync": sync,
            "push": lambda: push(connection),
            "forget": forget,
            "stands": lambda: _stands(connection),
        }
        for name, *arguments in _orders():
            print(json.dumps(orders[str(name)](*arguments)), flush=True)


def _stands(connection: DirectConnection) -> dict[str, object]:
    status = connection.status()
    return {
        "enrolled": status.enrolled,
        "problem": status.problem,
        "left": status.unsent + status.jobs_waiting,
        "unsent": status.unsent,
        "delivered": status.delivered,
    }


def _orders() -> Iterator[list[object]]:
    for line in sys.stdin:
        yield json.loads(line)


if __name__ == "__main__":
    main()
