"""Two programs with one key: what a sender's streams say about it.

A sender numbers in one stream at a time. A new one begins when its spool was lost or a number was taken, and batches of
the older one that were saved may still come for as long as they like, since alerts overtake them. So these are signs
of a copied folder, and nothing else that a sound sender does:

1. One number, two contents: the portal holds another batch under it.
2. A stream that goes on past the number at which its successor said it had ended.
3. Two streams that say they follow the same one.
4. An older stream with a batch formed after a newer one had begun, both by clocks that can be believed.

An alarm changes nothing of what is counted: a number counts once, and a job once for its device.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SLACK_MS: Final = 10 * 60 * 1000
"""How far a sender's clock may have been set back between two batches without a word about it."""
CONFLICT: Final = "one number came with two contents: two programs use this key, or its folder was set back"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStream:
    """A stream that came before. first_formed_ms: when its first batch was formed; None: by a clock not to be believed.

    previous_stream, previous_sequence: which one it follows, and where that had ended, as its gap said.
    """

    stream: str
    first_received_ms: int
    first_formed_ms: int | None
    previous_stream: str | None
    previous_sequence: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch:
    """A batch on its way in. formed_ms: None when its clock is not to be believed."""

    stream: str
    sequence: int
    formed_ms: int | None
    previous_stream: str | None


def clone_sign(batch: NewBatch, known: Sequence[KnownStream]) -> str | None:
    """Why the batch cannot come from the one program that the others came from; None: it can."""
    own = next((each for each in known if each.stream == batch.stream), None)
    for other in known:
        if other.stream == batch.stream:
            continue
        ended = other.previous_sequence if other.previous_stream == batch.stream else None
        if ended is not None and batch.sequence > ended:
            return (
                f"a stream went on to number {batch.sequence} after it had ended at {ended}: two programs use this key"
            )
        if batch.previous_stream is not None and batch.previous_stream == other.previous_stream:
            return "two streams follow the same one: two programs use this key"
        if (
            own is not None
            and own.first_received_ms < other.first_received_ms
            and batch.formed_ms is not None
            and other.first_formed_ms is not None
            and batch.formed_ms > other.first_formed_ms + SLACK_MS
        ):
            return "an older stream goes on beside a newer one: two programs use this key"
    return None
