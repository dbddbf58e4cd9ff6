"""The examples of docs/howto/embed.md run, against a real portal, and their jobs arrive."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from direct_connect.api import DirectConnection, SqliteSpoolFile, Worker
from tests.support.direct_connect import PortalDouble, a_snapshot

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "embed.md"
EXAMPLES = re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("title", "program"), EXAMPLES, ids=[title for title, _ in EXAMPLES])
def test_an_example_runs_as_it_stands_and_its_jobs_reach_the_portal(title: str, program: str, tmp_path: Path) -> None:
    # All 200 printers of the gateway's example take 20 s: tests/long has them.
    run_example(program.replace("range(200)", "range(25)"), tmp_path)


def run_example(program: str, tmp_path: Path) -> None:
    """Run it against a portal; a job of each printer must arrive."""
    portal, home = PortalDouble.make(), tmp_path / "inkwire"
    codes = iter([portal.claim_code(number) for number in range(1, 1000)])
    with portal.running(portal.authority.server_files(tmp_path)) as url:
        program = program.replace("https://portal.example", url).replace("/var/lib/printer/inkwire", str(home))
        exec(compile(program.replace('"CLAIM-CODE"', "next(codes)"), str(PAGE), "exec"), {"codes": codes})
        finish(portal, url, home, codes)

    assert len(portal.jobs) == len({batch.sender for batch in portal.arrived}) == max(1, len(list(home.glob("*/"))))


def finish(portal: PortalDouble, url: str, home: Path, codes: Iterator[str]) -> None:
    """Start everything once more, since an example may end before its push did; close when all has arrived."""
    places = sorted(home.glob("*/")) or [home]
    with SqliteSpoolFile.open(home / "spool.db") as spool, Worker(threads=4) as worker:
        connections = [
            DirectConnection.open(place, url, snapshot=a_snapshot, claim_code=next(codes), spool=spool, worker=worker)
            for place in places
        ]
        for connection in connections:
            connection.push()
        portal.wait_for(lambda portal: len(portal.jobs) >= len(places), 60)
        for connection in connections:
            connection.close()


def test_there_is_an_example_for_each_kind_of_embedder() -> None:
    assert [title for title, _ in EXAMPLES] == ["A printer", "asyncio", "A gateway that speaks for many printers"]
