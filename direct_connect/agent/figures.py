"""What the agent tells Prometheus: the figures of its printers, and of itself. Written by its worker, on the clock."""

import logging
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from direct_connect.agent.printers import Printers
from direct_connect.agent.session import Counts
from direct_connect.clock import Clock
from direct_connect.errors import ConfigError, DirectConnectError
from direct_connect.exposition import Metric, connection_metrics, exposition, write_exposition
from direct_connect.telling import as_document

EVERY_S: Final = 30.0
_LOG: Final = logging.getLogger(__name__)


def agent_metrics(printers: Printers, counts: Counts, version: str, started_at_s: float) -> list[Metric]:
    """All of them. started_at_s: Unix seconds."""
    documents = {}
    for name, printer in printers.all().items():
        try:
            documents[name] = as_document(printer.connection.status())
        except DirectConnectError as error:  # closed a moment ago, or its spool can not be read
            _LOG.warning("printer has no figures", extra={"printer": name, "why": str(error)})
    with counts.lock:
        answers = sorted(counts.answers.items())
        clients, clients_total, refused = counts.clients, counts.clients_total, counts.peers_refused
    return [
        *connection_metrics(documents),
        Metric(
            name="agent_info", counter=False, says="The agent's version.", samples=(({"version": version}, 1),)
        ),
        Metric(
            name="agent_start_timestamp_seconds", counter=False, says="When the agent started.",
            samples=(({}, started_at_s),),
        ),
        Metric(name="agent_printers", counter=False, says="Printers spoken for.", samples=(({}, len(documents)),)),
        Metric(name="agent_clients", counter=False, says="Clients connected.", samples=(({}, clients),)),
        Metric(name="agent_clients_total", counter=True, says="Clients let in.", samples=(({}, clients_total),)),
        Metric(name="agent_peers_refused_total", counter=True, says="Peers refused.", samples=(({}, refused),)),
        Metric(
            name="agent_lines_total", counter=True, says="Lines answered, by verb and code.",
            samples=tuple(({"verb": verb, "code": code}, count) for (verb, code), count in answers),
        ),
    ]  # fmt: skip


def figures_turn(path: Path, printers: Printers, counts: Counts, version: str, clock: Clock) -> Callable[[], float]:
    """A worker's turn that writes the file every EVERY_S; one that can not be written is told once."""
    started_at_s = time.time()
    troubled = False

    def turn() -> float:
        nonlocal troubled
        try:
            write_exposition(path, exposition(agent_metrics(printers, counts, version, started_at_s)))
            troubled = False
        except ConfigError as error:
            if not troubled:
                _LOG.error("figures can not be written", extra={"why": str(error)})
            troubled = True
        now_s = clock.monotonic_s()
        return math.floor(now_s / EVERY_S) * EVERY_S + EVERY_S

    return turn
