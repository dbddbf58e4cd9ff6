"""Nothing in the docs that is not true today."""

import re
from pathlib import Path

import pytest

from tests.support.cli_docs import document
from tests.support.wire_tables import with_tables

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "fixtures" / "README.md"])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors that headings make, as code hosts make them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in HEADING.findall(page.read_text())
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name} points to {target}, which is not there"
        if anchor:
            assert anchor in anchors(there), f"{page.name} points to {target}, which has no such heading"


def test_the_wire_tables_are_the_shapes_of_the_code() -> None:
    written = (ROOT / "docs" / "wire.md").read_text()

    assert with_tables(written) == written, "run: python -m tests.support.wire_tables"


def test_the_printed_help_is_the_documented_help() -> None:
    assert document() == (ROOT / "docs" / "cli.md").read_text(), "run: python -m tests.support.cli_docs"


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [page.name[:4] for page in sorted((ROOT / "docs" / "adr").glob("*.md"))]

    assert numbers == [f"{position:04d}" for position in range(1, len(numbers) + 1)]
