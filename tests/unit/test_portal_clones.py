"""What a sender's streams say about how many programs use its key."""

import pytest

from portal.domain.clones import SLACK_MS, KnownStream, NewBatch, clone_sign

OLD, NEW, THIRD = "1" * 32, "2" * 32, "3" * 32


def known(
    stream: str, received_ms: int, formed_ms: int | None = None, previous: str | None = None, ended: int | None = None
) -> KnownStream:
    return KnownStream(
        stream=stream,
        first_received_ms=received_ms,
        first_formed_ms=formed_ms,
        previous_stream=previous,
        previous_sequence=ended,
    )


def batch(stream: str, sequence: int, formed_ms: int | None = None, previous: str | None = None) -> NewBatch:
    return NewBatch(stream=stream, sequence=sequence, formed_ms=formed_ms, previous_stream=previous)


AFTER_A_LOSS = [known(OLD, 0, 0), known(NEW, 1000, 1000, OLD, 7)]


@pytest.mark.parametrize(
    ("new", "streams"),
    [
        (batch(OLD, 1, 0), []),
        (batch(OLD, 9, 900), [known(OLD, 0, 0)]),
        (batch(NEW, 1, 1000, OLD), [known(OLD, 0, 0)]),
        (batch(NEW, 2, 2000), AFTER_A_LOSS),
        (batch(OLD, 7, 900), AFTER_A_LOSS),
        (batch(OLD, 7, 1000 + SLACK_MS), AFTER_A_LOSS),
        (batch(OLD, 6, None), AFTER_A_LOSS),
        (batch(THIRD, 1, 3000, NEW), AFTER_A_LOSS),
        (batch(OLD, 7, 10**9), [known(OLD, 0, 0), known(NEW, 1000, None)]),
        (batch(OLD, 7, 10**9), [known(OLD, 0, 0), known(NEW, -5, 0)]),
    ],
    ids=[
        "the first batch", "the same stream", "a new stream after a loss", "the new stream goes on",
        "a saved batch of the old stream", "within the slack of a clock", "a saved batch without a clock",
        "a second loss", "the newer one had no clock", "the other stream is the older one",
    ],
)  # fmt: skip
def test_a_sound_sender_raises_no_alarm(new: NewBatch, streams: list[KnownStream]) -> None:
    assert clone_sign(new, streams) is None


@pytest.mark.parametrize(
    ("new", "streams", "said"),
    [
        (batch(OLD, 8, None), AFTER_A_LOSS, "ended at 7"),
        (batch(THIRD, 1, 3000, OLD), AFTER_A_LOSS, "follow the same"),
        (batch(OLD, 3, 1001 + SLACK_MS), [known(OLD, 0, 0), known(NEW, 1000, 1000)], "older stream"),
    ],
    ids=["past its end", "two successors", "formed after the newer began"],
)
def test_two_programs_are_told(new: NewBatch, streams: list[KnownStream], said: str) -> None:
    assert said in (clone_sign(new, streams) or "")
