"""What the demo runs, decided before anything starts. Pure: ports, times and names come in as arguments.

A demo is six printers that push by themselves and six that a collector reads, on a clock of its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

SPEED_DEFAULT: Final = 600.0
DIRECT_PROFILES: Final = (
    "designjet-t1600",
    "pagewide-xl-5100",
    "color-laserjet-m479",
    "ecosys-p3155",
    "color-laserjet-m479",
    "designjet-t1600",
)
SCANNED_PROFILES: Final = (
    "color-laserjet-m479",
    "ecosys-p3155",
    "pagewide-xl-5100",
    "designjet-t1600",
    "color-laserjet-m479",
    "ecosys-p3155",
)
FIRST_ADDRESS: Final = "127.1.0.1"
SCANNED_RANGE: Final = "127.1.0.7-127.1.0.12"
RANGE_INTERVAL_S: Final = 10_800
DAY_STARTS: Final = timedelta(hours=7, minutes=30)
DAY_S: Final = 10.5 * 3600
DAY_WALL_S_MAX: Final = 66.0
"""A check takes at most 120 s of wall time with starting, settling and comparing; this much is for the day itself."""
SET_UP_BEFORE: Final = timedelta(hours=6)
LEAD_S_MIN: Final = 5.0
LEAD_S_MAX: Final = 20.0
OPERATOR: Final = "operator@demo.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the demo's servers listen on loopback."""

    portal: int
    snmp: int
    http: int
    ipp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One demo. epoch: virtual time at real_epoch_s (Unix seconds); speed: virtual seconds a real second.

    scenario: what befalls the fleet.
    """

    directory: Path
    seed: int
    speed: float
    ports: Ports
    epoch: datetime
    real_epoch_s: float
    check: bool
    scenario: Path | None = None

    @property
    def clock_spec(self) -> str:
        """The clock as every program of the house takes it."""
        return f"{self.epoch:%Y-%m-%dT%H:%M:%SZ},{self.real_epoch_s:.3f},{self.speed:g}"

    def virtual(self, real_s: float) -> datetime:
        """Virtual time at a Unix time."""
        return self.epoch + timedelta(seconds=(real_s - self.real_epoch_s) * self.speed)

    @property
    def day_s(self) -> float:
        """How much virtual time a check lets the fleet work: a working day, or what a slower clock leaves of it."""
        return min(DAY_S, DAY_WALL_S_MAX * self.speed)

    @property
    def day_ends(self) -> datetime:
        """When a check stops the fleet, in virtual time."""
        return self.epoch + timedelta(seconds=self.day_s)

    @property
    def portal_url(self) -> str:
        """Where a person looks."""
        return f"https://127.0.0.1:{self.ports.portal}"

    def fleet_toml(self) -> str:
        """FLEET.toml for `inkwire sim run`: first the printers that push, then those that are scanned."""
        head = (
            f'first_address = "{FIRST_ADDRESS}"\nseed = {self.seed}\nsnmp_port = {self.ports.snmp}\n'
            f"http_port = {self.ports.http}\nipp_port = {self.ports.ipp}\n"
        )
        placed = [(name, "direct") for name in DIRECT_PROFILES] + [(name, "none") for name in SCANNED_PROFILES]
        groups = (f'\n[[groups]]\nprofile = "{name}"\npath = "{path}"\n' for name, path in placed)
        return head + "".join(groups)

    def collector_toml(self) -> str:
        """CONFIG.toml for `inkwire collect run`."""
        return (
            f'[portal]\nurl = "{self.portal_url}"\n\n[collector]\ndirectory = "{self.directory / "collector"}"\n'
            f"range_interval_s = {RANGE_INTERVAL_S}  # printers are born and moved while one looks\n\n"
            f'[[profile]]\nname = "demo"\ntargets = ["{SCANNED_RANGE}"]\nsnmp_port = {self.ports.snmp}\n'
            f"http_port = {self.ports.http}\nipp_port = {self.ports.ipp}\njobs = true\n"
        )

    @property
    def truth(self) -> Path:
        """The fleet's own ground truth."""
        return self.directory / "truth.jsonl"

    @property
    def portal_state(self) -> Path:
        """The portal's keys, certificates and database."""
        return self.directory / "portal"

    @property
    def portal_ca(self) -> Path:
        """The CA certificate that the portal made."""
        return self.portal_state / "ca.pem"

    @property
    def portal_environment(self) -> dict[str, str]:
        """The portal's clock comes by the environment, so that a person can start it again by hand."""
        return {"INKWIRE_CLOCK": self.clock_spec}

    @property
    def set_up_environment(self) -> dict[str, str]:
        """While the portal is set up its clock stands early in the morning: codes are made before they are used."""
        return {"INKWIRE_CLOCK": f"{self.epoch - SET_UP_BEFORE:%Y-%m-%dT%H:%M:%SZ},{self.real_epoch_s:.3f},1"}

    def portal_words(self) -> list[str]:
        """`inkwire` words that serve the portal."""
        return ["portal", "serve", "--state", str(self.portal_state), "--listen", f"127.0.0.1:{self.ports.portal}"]


def lead_s(set_up_took_s: float) -> float:
    """Real seconds from the end of set-up to the opening hour: time to start three programs and enrol seven senders.

    set_up_took_s: four short commands, which a slow or busy machine starts as slowly as what comes next.
    """
    return min(max(LEAD_S_MIN, set_up_took_s), LEAD_S_MAX)


def monday_morning(today: datetime) -> datetime:
    """The last Monday's opening hour, today included. today: aware UTC."""
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=midnight.weekday()) + DAY_STARTS
