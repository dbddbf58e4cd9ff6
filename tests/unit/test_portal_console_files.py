"""What the console ships: vendored files as listed, nothing from elsewhere, nothing inline."""

import hashlib
import re
from pathlib import Path

import pytest

from portal.console.frame import HERE

STATIC = HERE / "static"
VENDOR = STATIC / "vendor"
TEMPLATES = sorted((HERE / "templates").glob("*.html"))
OWN_FILES = [*TEMPLATES, *sorted(HERE.rglob("*.py")), *sorted(STATIC.glob("*.*"))]


def listed() -> dict[str, str]:
    lines = (VENDOR / "CHECKSUMS").read_text().splitlines()
    return {words[1]: words[0] for words in (line.split() for line in lines if not line.startswith("#"))}


def test_every_vendored_file_is_listed_with_its_sha256_and_no_other_lies_there() -> None:
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "CHECKSUMS"
    }

    assert found == listed()


def test_every_vendored_package_brings_its_licence() -> None:
    assert all((folder / "LICENSE").is_file() for folder in VENDOR.iterdir() if folder.is_dir())


@pytest.mark.parametrize("path", OWN_FILES, ids=lambda path: path.name)
def test_no_file_of_ours_names_another_host(path: Path) -> None:
    hosts = set(re.findall(r"https?://([a-z0-9.-]+)", path.read_text()))

    assert hosts <= {"www.w3.org"}  # the namespace of SVG


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_a_style_or_a_script_inside(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=|javascript:|hx-on", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_switches_escaping_off(path: Path) -> None:
    assert not re.search(r"\|\s*safe\b|autoescape\s+false", path.read_text())


def test_htmx_injects_no_style_and_evaluates_nothing() -> None:
    frame = (HERE / "templates" / "base.html").read_text()

    assert '"includeIndicatorStyles":false' in frame
    assert '"allowEval":false' in frame
    assert '"allowScriptTags":false' in frame
