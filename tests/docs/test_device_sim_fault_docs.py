"""The how-to of faults says what the registry says."""

from tests.support.fault_docs import DOCUMENT, with_list


def test_the_documented_faults_are_the_faults_there_are() -> None:
    written = DOCUMENT.read_text()

    assert with_list(written) == written, "run: python -m tests.support.fault_docs"
