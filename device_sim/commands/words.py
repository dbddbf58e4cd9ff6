"""Words of a command line as values, for every command."""

import argparse
import sys


def say(sentence: str) -> None:
    """Tell a person; standard output is for data."""
    print(sentence, file=sys.stderr, flush=True)


def positive(word: str) -> float:
    """A number above 0."""
    try:
        number = float(word)
    except ValueError:
        number = 0.0
    if not 0 < number <= 100_000:
        raise argparse.ArgumentTypeError(f"{word!r} must be a number above 0 and at most 100000")
    return number


def whole(word: str) -> int:
    """A whole number."""
    try:
        return int(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number; write for example 12") from error
