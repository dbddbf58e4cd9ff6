"""Receipts: what the portal says of one envelope, signed, for ways on which nothing else proves who speaks.

1. A receipt is signed by the CA's key and names sender and envelope: whoever carries it can neither make one nor use
   another's.
2. An envelope is sealed anew for each upload, so its SHA-256 names this upload and no other; an old receipt fits
   nothing that is sent later.
3. Only what was read whole and judged has a receipt. "Too large", "not now" and the like are never signed, because
   somebody in between can bring them about.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wire_format.answers import PushAnswer, Refusal, encode_answer, encode_refusal
from wire_format.codec import decode_record, encode_record
from wire_format.envelope import sign_compact, verify_compact
from wire_format.errors import DecodeError, EnvelopeError
from wire_format.keys import SigningKey, VerifyKey
from wire_format.records import THUMBPRINT_PATTERN
from wire_format.shapes import choice, instant, integer, nested, text
from wire_format.strict_json import compact_json, parse_json

RECEIPT_TYPE: Final = "inkwire-receipt+jws"
RECEIPT_BYTES_MAX: Final = 48 * 1024
"""A receipt with a whole key set in it has about 24 kB."""
STATUSES: Final = ("200", "400", "403", "409", "422")
INCOMING: Final = "incoming"
RECEIPTS: Final = "receipts"
"""The two folders of a drop directory."""
_UPLOAD: Final = re.compile(r"([A-Za-z0-9_-]{43})\.([0-9a-f]{64})\.jwe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the portal answered to one envelope. sha256: of the envelope's bytes. status: as HTTP would have it.

    accepted: with 200. refused: with every other status.
    """

    v: int = integer(1, 1, required=True)
    sender: str = text(43, required=True, pattern=THUMBPRINT_PATTERN, wanted="an RFC 7638 thumbprint")
    sha256: str = text(64, required=True, pattern=r"[0-9a-f]{64}", wanted="64 hex digits")
    status: str = choice(STATUSES, required=True)
    issued_at: datetime = instant(required=True)
    accepted: PushAnswer | None = nested(PushAnswer)
    refused: Refusal | None = nested(Refusal)

    @property
    def body(self) -> bytes:
        """The answer as HTTPS would have carried it: JSON of PushAnswer or Refusal."""
        if self.accepted is not None:
            return encode_answer(self.accepted)
        return encode_refusal(self.refused or Refusal(error="unreadable"))


def sign_receipt(receipt: Receipt, ca_key: SigningKey) -> bytes:
    """A compact JWS by the CA's key."""
    payload = compact_json(encode_record(receipt)).encode("utf-8")
    return sign_compact(payload, ca_key, RECEIPT_TYPE)


def open_receipt(token: bytes, sender: str, sha256: str, ca: VerifyKey) -> Receipt:
    """The receipt for this sender's envelope with this hash.

    Raises EnvelopeError when it is anything else (not signed by ca, of another sender, for another envelope),
    DecodeError when what was signed is not a receipt.
    """
    receipt = decode_record(Receipt, parse_json(verify_compact(token, ca, RECEIPT_TYPE)))
    if (receipt.sender, receipt.sha256) != (sender, sha256):
        raise EnvelopeError
    if (receipt.status == "200") != (receipt.accepted is not None and receipt.refused is None):
        raise DecodeError("/status", "does not fit what stands beside it")
    return receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadName:
    """The name of a file with an envelope: whose it is, and the SHA-256 that its bytes must have, in hex."""

    sender: str
    sha256: str

    @property
    def file(self) -> str:
        """As it stands in `incoming`."""
        return f"{self.sender}.{self.sha256}.jwe"

    @property
    def receipt_file(self) -> str:
        """As its receipt stands in `receipts`."""
        return receipt_file(self.sha256)

    @classmethod
    def parse(cls, name: str) -> "UploadName | None":
        """The name that a file has, or None when it is no upload's."""
        found = _UPLOAD.fullmatch(name)
        return None if found is None else cls(sender=found[1], sha256=found[2])


def receipt_file(sha256: str) -> str:
    """The file name of the receipt for the envelope with this hash."""
    return f"{sha256}.jws"
