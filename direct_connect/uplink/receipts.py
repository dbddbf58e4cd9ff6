"""Believing an answer that came without TLS: the portal's receipt for this envelope, or no answer at all."""

import hashlib

from direct_connect.core.http_message import HttpAnswer
from direct_connect.errors import PortalUnreachableError
from direct_connect.uplink.identity import Identity
from wire_format.errors import DecodeError, EnvelopeError
from wire_format.keys import KeyFormatError, VerifyKey
from wire_format.receipts import open_receipt


def believed(token: bytes, sha256: str, identity: Identity) -> HttpAnswer:
    """What the portal signed for the envelope with this hash, as HTTPS would have answered it.

    Raises PortalUnreachableError when the pinned CA did not sign it for this sender and this envelope.
    """
    try:
        receipt = open_receipt(token, identity.sender, sha256, VerifyKey.from_certificate_pem(identity.ca_pem or b""))
    except (EnvelopeError, DecodeError, KeyFormatError) as error:
        raise PortalUnreachableError(
            "what came is not the portal's signed receipt for this upload, so it counts for nothing; "
            "something between here and the portal answers in its place"
        ) from error
    return HttpAnswer(status=int(receipt.status), body=receipt.body, content_type="application/json")


def hash_of(envelope: bytes) -> str:
    """What a receipt calls an envelope: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(envelope).hexdigest()
