"""A client of the agent's socket, for the commands of this package."""

import json
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from direct_connect.agent.commands import PROTOCOL
from direct_connect.errors import ConfigError, DirectConnectError

PATIENCE_S: Final = 30.0


class AgentRefusedError(DirectConnectError):
    """The agent answered with an error."""


def ask(path: Path, lines: Sequence[str]) -> list[str]:
    """The answers to these lines, without `ok`.

    Raises ConfigError (nobody is there), AgentRefusedError (one was refused; the lines before it were carried out).
    """
    greeting = f'hello {{"v":{PROTOCOL},"client":"inkwire-connect/{PROTOCOL}"}}'
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            peer.settimeout(PATIENCE_S)
            peer.connect(str(path))
            with suppress(BrokenPipeError):  # refused already: the reason can be read
                peer.sendall("".join(f"{line}\n" for line in (greeting, *lines)).encode())
            with peer.makefile("r", encoding="utf-8") as reader:
                answers = [reader.readline().rstrip("\n") for _ in range(len(lines) + 1)]
    except OSError as error:
        raise ConfigError(f"no agent answers at {path}: {error.strerror or error}; is it running?") from error
    for answer in answers:
        if not answer.startswith("ok"):
            raise AgentRefusedError(answer.removeprefix("error ") or f"the agent at {path} hung up; see its log")
    return [answer.removeprefix("ok").strip() for answer in answers[1:]]


def ask_status(path: Path, printer: str | None) -> dict[str, Any]:
    """The documents of one printer, or of all, by name. Raises as `ask`."""
    if printer is not None:
        return {printer: json.loads(ask(path, [f"status {printer}"])[0])}
    found: dict[str, Any] = json.loads(ask(path, ["status"])[0])["printers"]
    return found
