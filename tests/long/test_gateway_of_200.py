"""The gateway's example of docs/howto/embed.md with all its 200 printers."""

from pathlib import Path

from tests.integration.test_direct_connect_docs import EXAMPLES, run_example


def test_a_gateway_speaks_for_200_printers(tmp_path: Path) -> None:
    (program,) = [program for title, program in EXAMPLES if "gateway" in title]
    assert "range(200)" in program

    run_example(program, tmp_path)
