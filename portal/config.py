"""The portal's configuration: one frozen record, defaults here and nowhere else."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordCost:
    """argon2id parameters. memory_kib: 19 MiB by default."""

    time: int = 2
    memory_kib: int = 19_456
    lanes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalConfig:
    """How one portal runs. state_dir holds the CA, keys and certificates, mode 0600.

    names: further host names and addresses for the certificate. group_max: batches in one commit.
    queue_max: batches waiting for a commit; more are answered 503 with retry_after_s.
    """

    host: str = "127.0.0.1"
    port: int = 8443
    database: str = "sqlite://inkwire.sqlite3"
    state_dir: Path = Path("inkwire-portal")
    names: tuple[str, ...] = ()
    group_max: int = 100
    queue_max: int = 1_000
    retry_after_s: int = 15
    session_idle_s: int = 2 * 3600
    session_life_s: int = 12 * 3600
    claim_life_s: int = 72 * 3600
    claim_tries_max: int = 5
    password_cost: PasswordCost = field(default_factory=PasswordCost)
