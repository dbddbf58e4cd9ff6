"""Looking at a stored batch again: is it signed, is it what was counted, does it follow the one before."""

import hashlib
import json
from dataclasses import dataclass

from portal.storage.reads.batches import Evidence
from wire_format.codec import decode_batch
from wire_format.envelope import JWS_TYPE, inflate, verify_compact
from wire_format.errors import WireError
from wire_format.keys import VerifyKey
from wire_format.records import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """What holds for the stored bytes, now. content: what they say, None where they cannot be read."""

    signature: bool
    digest: bool
    link: bool
    content: Batch | None
    jws_sha256: str

    @property
    def holds(self) -> bool:
        """Whether everything does."""
        return self.signature and self.digest and self.link


def recheck(evidence: Evidence) -> Recheck:
    """Check signature, hash and link of a stored batch anew, from its bytes and its sender's key."""
    jws_digest = hashlib.sha256(evidence.jws)
    document: bytes | None = None
    content: Batch | None = None
    try:
        key = VerifyKey.from_jwk(json.loads(evidence.jwk))
        document = inflate(verify_compact(evidence.jws, key, JWS_TYPE))
        content = decode_batch(document)
    except (WireError, ValueError, KeyError):
        pass  # what failed is said by the answers below
    return Recheck(
        signature=document is not None,
        digest=document is not None and hashlib.sha256(document).hexdigest() == evidence.sha256,
        link=hashlib.sha256(bytes.fromhex(evidence.link_before) + jws_digest.digest()).hexdigest() == evidence.link,
        content=content,
        jws_sha256=jws_digest.hexdigest(),
    )
