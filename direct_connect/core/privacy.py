"""What of a job's name leaves the printer. Decided here, before anything is stored.

1. `off`: no name. `hash`: a keyed hash, so that equal names of one sender look equal and nobody without
   the sender's own secret can try names. `clear`: the name as it is.
2. A portal may only ask for a stricter policy than the one the embedder set: names that the site decided to
   keep can not be fetched by changing a setting elsewhere.
"""

import enum
import hashlib
import hmac
from dataclasses import replace
from typing import Final

from direct_connect.errors import InvalidRecordError
from wire_format.records import Job

NAME_LENGTH_MAX: Final = 255
_STRICTNESS: Final = ("clear", "hash", "off")


class JobNames(enum.StrEnum):
    """Job-name policy, from open to closed."""

    CLEAR = "clear"
    HASH = "hash"
    OFF = "off"


def stricter(left: JobNames, right: JobNames) -> JobNames:
    """The more closed of two policies."""
    return max(left, right, key=lambda policy: _STRICTNESS.index(policy.value))


def private_job(job: Job, policy: JobNames, secret: bytes) -> Job:
    """The job with its name as the policy allows. secret: this sender's own, at least 16 bytes, never sent.

    A name is cut to 255 characters, and what is not Unicode text in it is replaced: a strange name must
    never cost the job.
    """
    if policy is not JobNames.OFF and not isinstance(job.name, str | None):
        raise InvalidRecordError("this job does not fit the wire format: /name: a string is wanted here")
    if job.name is None or policy is JobNames.OFF:
        return job if job.name is None else replace(job, name=None)
    name = job.name.encode("utf-8", "replace").decode("utf-8")
    if policy is JobNames.HASH:
        digest = hmac.new(secret, name.encode("utf-8"), hashlib.sha256).hexdigest()
        return replace(job, name=f"hmac-sha256:{digest[:32]}")
    return replace(job, name=name[:NAME_LENGTH_MAX])
