"""docs/cli.md, written from the programs' own help: `python -m tests.support.cli_docs` writes it anew."""

import contextlib
import io
import os
from pathlib import Path
from typing import Final

from inkwire.cli import main

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "cli.md"
COMMANDS: Final = (
    "", "demo", "sim", "sim run", "sim profiles", "sim faults", "sim walk", "collect", "collect scan", "collect run",
    "collect service", "collect service install", "collect service status", "collect service remove",
    "connect", "connect enrol", "connect push", "connect status", "connect metrics",
    "connect aside", "connect diagnostics", "connect agent", "portal", "portal serve",
    "portal migrate", "portal create-user", "portal create-token", "portal create-claim", "bench", "bench sim",
    "verify",
)  # fmt: skip


def help_of(command: str) -> str:
    """What `inkwire COMMAND --help` prints at 100 columns. Raises AssertionError when it fails."""
    printed, columns = io.StringIO(), os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100"
    try:
        with contextlib.redirect_stdout(printed):
            code: object = main([*command.split(), "--help"])
    except SystemExit as ended:
        code = ended.code
    finally:
        del os.environ["COLUMNS"]
        if columns is not None:
            os.environ["COLUMNS"] = columns
    assert code == 0, f"inkwire {command} --help ended with {code}"
    return printed.getvalue().rstrip()


def document() -> str:
    """The whole page."""
    parts = [
        "# Every command's help",
        "",
        "Written by `python -m tests.support.cli_docs` from what the programs print; a test compares.",
    ]
    for command in COMMANDS:
        parts += ["", f"## `{f'inkwire {command}'.strip()}`", "", "```"]
        parts += [help_of(command), "```"]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
