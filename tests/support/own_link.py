"""Two network namespaces on one link, as a collector and a printer beside it. Needs root."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

HERE = "198.19.80.1"
THERE = "198.19.85.9"
"""Both in 198.19.80.0/21. Source: RFC 2544, for such tests."""


def run_in(name: str, *words: str) -> list[str]:
    """A command line that runs in a namespace."""
    return ["ip", "netns", "exec", name, *words]


@contextmanager
def own_link() -> Iterator[tuple[str, str]]:
    """The names of the namespaces with HERE and THERE, until the block ends. Skips where they cannot be made."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("SKIPPED LOUDLY: network namespaces need root and iproute2")
    names = f"lc{os.getpid()}", f"lp{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", names[0]], capture_output=True, text=True, check=False)
    if "Operation not permitted" in made.stderr:
        pytest.skip(f"SKIPPED LOUDLY: no network namespace can be made here: {made.stderr}")
    try:
        for words in (
            f"netns add {names[1]}",
            f"-n {names[0]} link add link0 type veth peer name link1 netns {names[1]}",
            f"-n {names[0]} address add {HERE}/21 dev link0",
            f"-n {names[1]} address add {THERE}/21 dev link1",
            f"-n {names[0]} link set link0 up",
            f"-n {names[1]} link set link1 up",
        ):
            subprocess.run(["ip", *words.split()], check=True)
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)
