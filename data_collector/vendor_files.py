"""Reads the vendor definitions from disk: those of the package, and those an operator adds."""

from importlib.resources import files
from pathlib import Path

from data_collector.core.vendors import Definitions, parse_definitions


def load_definitions(extra: Path | None = None) -> Definitions:
    """The shipped definitions, and every *.toml in the folder extra; there, the same file name replaces ours.

    Raises DefinitionError for a document that is not a definition, OSError for one that cannot be read.
    """
    shipped = files("data_collector") / "vendors"
    texts = {
        entry.name: entry.read_text(encoding="utf-8") for entry in shipped.iterdir() if entry.name.endswith(".toml")
    }
    if extra is not None:
        texts |= {path.name: path.read_text(encoding="utf-8") for path in sorted(extra.glob("*.toml"))}
    return parse_definitions(texts)
