"""The image and its examples, checked without an engine: what is copied exists, what is run is accepted."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_sim.cli import parser

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile.sim"
EXAMPLES = sorted([*ROOT.glob("deploy/docker/*.yaml"), *ROOT.glob("deploy/kubernetes/*.yaml")])
KNOWN = ("FROM", "WORKDIR", "COPY", "RUN", "ENV", "EXPOSE", "STOPSIGNAL", "USER", "ENTRYPOINT", "CMD")


def instructions() -> Iterator[tuple[str, str]]:
    """The instructions of the Dockerfile, with continued lines joined."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(str.strip, text.splitlines()):
        word, _, rest = line.partition(" ")
        yield word, rest.strip()


def test_every_instruction_is_one_and_every_path_that_is_copied_exists() -> None:
    copied = []
    for word, rest in instructions():
        assert word in KNOWN, word
        if word == "COPY" and not rest.startswith("--from=build "):
            *sources, _ = rest.split()
            copied += sources
            assert all((ROOT / source).exists() for source in sources), rest

    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    assert {name.rstrip("*") for name in packages["find"]["include"]} <= set(copied)
    assert {"constraints.txt", "pyproject.toml", "fixtures"} <= set(copied)


def test_the_base_names_no_registry_and_the_fleet_does_not_run_as_root() -> None:
    bases = [rest.split()[0] for word, rest in instructions() if word == "FROM"]
    (user,) = [rest for word, rest in instructions() if word == "USER"]

    assert bases and all(re.fullmatch(r"python:3\.\d+-slim", base) for base in bases)
    assert user != "root" and not user.startswith("0")


def test_the_image_runs_what_our_command_line_accepts() -> None:
    said = dict(instructions())
    words = json.loads(said["ENTRYPOINT"]) + json.loads(said["CMD"])

    assert words[:2] == ["inkwire", "sim"]
    arguments = parser().parse_args(words[2:])
    ports = {arguments.snmp_port or 1161, arguments.http_port or 8080, arguments.ipp_port or 8631}
    assert {int(port.split("/")[0]) for port in said["EXPOSE"].split()} == ports


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_run_what_our_command_line_accepts(example: Path) -> None:
    text = " ".join(example.read_text(encoding="utf-8").split())
    commands = re.findall(r"inkwire sim (run (?:--[\w-]+ \S+(?: \+ 1\)\)\S*)? ?)+)", text)

    assert commands
    for command in commands:
        plain = command.replace("$((JOB_COMPLETION_INDEX + 1))", "1").replace(
            '"$FLEET_CLOCK"', "2026-11-16T07:30:00Z,1,1"
        )
        arguments = parser().parse_args(shlex.split(plain))
        assert arguments.count and arguments.log == "events"


def test_no_example_names_a_registry() -> None:
    for path in (DOCKERFILE, *EXAMPLES):
        assert not re.search(r"(?:image:|FROM)\s+[\w.-]+\.[a-z]+/", path.read_text(encoding="utf-8"))
