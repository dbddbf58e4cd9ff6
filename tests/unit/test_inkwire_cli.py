"""The first word finds its program, and a wrong one is told what there is."""

import sys
import types

import pytest

from inkwire import cli


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0

    said = capsys.readouterr().out
    assert all(f"\n  {name} " in said for name in cli.PROGRAMS)


def test_no_word_at_all_is_wrong_usage_and_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "usage: inkwire COMMAND" in capsys.readouterr().err


def test_an_unknown_word_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["pirnt"]) == 2
    assert "there is no command 'pirnt'; it is one of demo, sim, collect" in capsys.readouterr().err


def test_the_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("inkwire 0.")


def test_a_missing_extra_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "gone_for_a_test", None)
    monkeypatch.setitem(cli.PROGRAMS, "portal", cli.Program("gone_for_a_test", "portal", ""))

    assert cli.main(["portal", "serve"]) == 2
    assert "pip install 'inkwire[portal]'" in capsys.readouterr().err


def test_the_rest_of_the_words_and_the_programs_name_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[list[str], str]] = []

    def answer(argv: list[str], *, prog: str) -> int:
        heard.append((argv, prog))
        return 1

    program = types.ModuleType("program_for_a_test")
    vars(program)["main"] = answer
    monkeypatch.setitem(sys.modules, "program_for_a_test", program)
    monkeypatch.setitem(cli.PROGRAMS, "sim", cli.Program("program_for_a_test", "", ""))

    assert cli.main(["sim", "run", "--count", "3"]) == 1
    assert heard == [(["run", "--count", "3"], "inkwire sim")]
