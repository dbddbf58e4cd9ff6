"""The systemd unit of the collector, as text: what it may do is what its configuration needs, and no more.

1. A user of its own, made by systemd-sysusers. Not DynamicUser: the files that hold a secret must belong to somebody,
   and a spool that outlives the service should too.
2. A capability only for what needs one: a port below 1024 for traps, a ping where the kernel allows none without. A
   service without any also gets a user namespace of its own (a capability would hold in that one only).
3. Wrong configuration (exit code 2) is not tried again; everything else is, every ten seconds.
4. The loop that scans feeds the watchdog: a service that hangs is started again.

Source: systemd.exec(5), systemd.service(5), sd_notify(3).
"""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

UNIT_NAME: Final = "inkwire-collector.service"
USER: Final = "inkwire-collector"
PRIVILEGED_PORT_MAX: Final = 1023
STATE_PARENT: Final = PurePosixPath("/var/lib")
SYSUSERS: Final = f'u {USER} - "Inkwire collector"\n'
_UNSEEN: Final = tuple(PurePosixPath(one) for one in ("/home", "/root", "/run/user", "/tmp", "/var/tmp"))


class UnitError(ValueError):
    """What is configured cannot be a service; the message says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPlan:
    """What the unit depends on. program: the words before `collect run`; all paths absolute.

    state: where the collector keeps spool and key. trap_port: None without traps. raw_ping: echo requests need a raw
    socket here.
    """

    program: tuple[str, ...]
    config: str
    environment: str
    state: str
    trap_port: int | None = None
    raw_ping: bool = False

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What the service must be allowed beyond any user's rights, in the kernel's names."""
        needed = []
        if self.trap_port is not None and self.trap_port <= PRIVILEGED_PORT_MAX:
            needed.append("CAP_NET_BIND_SERVICE")
        if self.raw_ping:
            needed.append("CAP_NET_RAW")
        return tuple(needed)


def unit_text(plan: UnitPlan) -> str:
    """The unit file. Raises UnitError for a folder that a service cannot have, or a program it cannot see."""
    state = PurePosixPath(plan.state)
    if STATE_PARENT not in state.parents or ".." in state.parts:
        raise UnitError(
            f'collector.directory is "{plan.state}": a service keeps its state under {STATE_PARENT}; '
            'write directory = "/var/lib/inkwire/collector"'
        )
    for word in plan.program:
        hidden = next((one for one in _UNSEEN if one in PurePosixPath(word).parents), None)
        if hidden is not None:
            raise UnitError(
                f"this inkwire lies under {hidden} ({word}), which a hardened service does not see: "
                "install it elsewhere, for example in a virtual environment at /opt/inkwire"
            )
    command = " ".join(_quoted(one) for one in (*plan.program, "collect", "run", plan.config))
    capabilities = " ".join(plan.capabilities)
    lines = [
        "# Written by `inkwire collect service install`, which writes it anew: changes belong into a drop-in,",
        f"# systemctl edit {UNIT_NAME}",
        "",
        "[Unit]",
        "Description=Inkwire collector: reads the printers of this network",
        "Wants=network-online.target",
        "After=network-online.target",
        "",
        "[Service]",
        "Type=notify",
        f"ExecStart={command}",
        "# Secrets that the configuration names by *_env, a proxy, and the claim code until it is used.",
        f"EnvironmentFile=-{_path(plan.environment)}",
        f"User={USER}",
        f"Group={USER}",
        "UMask=0077",
        f"StateDirectory={_path(str(state.relative_to(STATE_PARENT)))}",
        "StateDirectoryMode=0700",
        "# A copy of state.json for whoever asks `inkwire collect service status`; it stays after the end.",
        "RuntimeDirectory=inkwire-collector",
        "RuntimeDirectoryMode=0755",
        "RuntimeDirectoryPreserve=yes",
        "Restart=always",
        "RestartSec=10",
        "RestartPreventExitStatus=2",
        "WatchdogSec=120",
        "TimeoutStopSec=30",
        "LimitNOFILE=65536",
        "TasksMax=256",
        "",
        "# It calls printers and the portal; it reads its configuration and writes its state.",
        f"CapabilityBoundingSet={capabilities}",
        f"AmbientCapabilities={capabilities}",
        "NoNewPrivileges=yes",
        f"PrivateUsers={'no' if capabilities else 'yes'}",
        *_HARDENING,
        "",
        "[Install]",
        "WantedBy=multi-user.target",
    ]
    return "\n".join(lines) + "\n"


_HARDENING: Final = (
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectControlGroups=yes",
    "ProtectProc=invisible",
    "ProcSubset=pid",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "RemoveIPC=yes",
    "LockPersonality=yes",
    "MemoryDenyWriteExecute=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallFilter=~@privileged @resources",
    "SystemCallErrorNumber=EPERM",
)


def _quoted(word: str) -> str:
    """A word of a command line. Source: systemd.service(5), "Command lines"."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"' if any(letter in word for letter in " \t\"'\\;") else text


def _path(path: str) -> str:
    """A path of a setting, whose specifiers are told apart from signs of the name. Raises UnitError."""
    if any(letter.isspace() or letter in "\"'\\" for letter in path):
        raise UnitError(f'"{path}" has a space, a quote or a backslash: a service needs a path without')
    return path.replace("%", "%%")
