"""Sets the demo up: free ports, a portal with its operator and claims, the files the programs read."""

import os
import secrets
import socket
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inkwire.demo.children import Child, ChildError, run_once
from inkwire.demo.plan import DIRECT_PROFILES, OPERATOR, Plan

PORTAL_PORT: Final = 8443
SNMP_PORT: Final = 1161
HTTP_PORT: Final = 8080
IPP_PORT: Final = 8631
READY_S_MAX: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the portal gave the demo: a login for a person, a token for verify, claims for the senders."""

    password: str
    token: str
    direct_claims: tuple[str, ...]
    collector_claim: str


def free_port(wanted: int, kind: socket.SocketKind, host: str = "127.0.0.1") -> int:
    """wanted, if nobody listens there, else any free port."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ChildError(f"no free port on {host}; end another program and try again")


def set_up_portal(plan: Plan) -> Access:
    """Make the portal's database, CA, operator, token and claims, before it serves. Raises ChildError."""
    state = ["--state", str(plan.portal_state)]
    environment = plan.set_up_environment
    password = secrets.token_urlsafe(9)
    run_once(["portal", "migrate", *state], environment)
    run_once(["portal", "create-user", OPERATOR, "--password-stdin", *state], environment, stdin=password)
    token = run_once(["portal", "create-token", *state], environment).strip()
    claims = run_once(["portal", "create-claim", "--count", str(len(DIRECT_PROFILES) + 1), *state], environment).split()
    write_private(plan.directory / "token", token)
    return Access(password=password, token=token, direct_claims=tuple(claims[:-1]), collector_claim=claims[-1])


def write_private(path: Path, text: str) -> None:
    """A file only its owner reads."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")


def write_fleet(plan: Plan, access: Access) -> Path:
    """FLEET.toml and the claims beside it; the path of the first."""
    fleet = plan.directory / "fleet.toml"
    fleet.write_text(plan.fleet_toml())
    write_private(plan.directory / "claims", "\n".join(access.direct_claims))
    return fleet


def write_collector_config(plan: Plan) -> Path:
    """The collector's configuration; its claim comes by the environment."""
    config = plan.directory / "collector.toml"
    config.write_text(plan.collector_toml())
    return config


def start_portal(plan: Plan) -> Child:
    """The portal as a child that is not started yet."""
    return Child("portal", plan.portal_words(), plan.directory / "portal.log", plan.portal_environment)


def simulator(plan: Plan, fleet: Path) -> Child:
    """The fleet as a child that is not started yet."""
    words = ["sim", "run", str(fleet), "--clock", plan.clock_spec, "--truth", str(plan.truth)]
    words += ["--direct", plan.portal_url, "--claim", f"@{plan.directory / 'claims'}"]
    words += ["--spool", str(plan.directory / "spools"), "--ready-file", str(plan.directory / "fleet.ready")]
    if plan.scenario is not None:
        words += ["--scenario", str(plan.scenario)]
    if plan.check:
        words += ["--until", f"{plan.day_ends:%Y-%m-%dT%H:%M:%SZ}"]
    return Child("fleet", words, plan.directory / "fleet.log")


def collector(plan: Plan, config: Path, access: Access) -> Child:
    """The collector as a child that is not started yet."""
    words = ["collect", "run", str(config), "--clock", plan.clock_spec]
    return Child("collector", words, plan.directory / "collector.log", {"INKWIRE_CLAIM": access.collector_claim})


def wait_for_portal(plan: Plan, portal: Child) -> None:
    """Returns when the portal answers over TLS with its own CA. Raises ChildError when it does not in time."""
    end_s = time.monotonic() + READY_S_MAX
    while time.monotonic() < end_s:
        portal.check_alive()
        try:
            trust = ssl.create_default_context(cafile=str(plan.portal_ca))
            with urllib.request.urlopen(f"{plan.portal_url}/v1/ca", timeout=2, context=trust):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    raise ChildError(f"the portal did not answer within {READY_S_MAX:g} s; its last words:\n{portal.last_words()}")


def wait_for_file(path: Path, child: Child) -> None:
    """Returns when a child has written its ready file. Raises ChildError when it does not in time."""
    end_s = time.monotonic() + READY_S_MAX
    while not path.exists():
        child.check_alive()
        if time.monotonic() > end_s:
            raise ChildError(f"the {child.name} was not ready within {READY_S_MAX:g} s:\n{child.last_words()}")
        time.sleep(0.05)
