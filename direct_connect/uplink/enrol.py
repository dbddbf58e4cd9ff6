"""Enrolling by a one-time claim code: the portal proves itself first, then the sender says who it is.

1. `GET /v1/ca` without verification; the certificate must hash to what the claim code carries. Then it is pinned.
2. Everything after goes over TLS verified against the pinned CA.
3. `POST /v1/enrol`, signed by the sender's own new key. The answer's key set and time must be signed by the CA,
   the time for this very request.
4. Enrolling again with the same key and code is safe: a lost reply is repeated, not a new sender.
"""

import os
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from direct_connect.clock import SystemClock, Timepiece
from direct_connect.core.captive import CAPTIVE, REMEDY, is_captive
from direct_connect.core.chance import Randomness
from direct_connect.core.verdict import HttpAnswer
from direct_connect.errors import ConfigError, EnrolmentRefusedError, PortalUnreachableError
from direct_connect.uplink.http import PortalClient
from direct_connect.uplink.identity import Identity, IdentityFolder
from direct_connect.uplink.lines import Uplink, Ways
from direct_connect.uplink.route import Timeouts
from direct_connect.uplink.signed_time import SignedTime
from wire_format.answers import decode_refusal
from wire_format.enrolment import ClaimCode, EnrolRequest, ca_hash, decode_enrol_reply, open_time, sign_enrol_request
from wire_format.errors import ClaimCodeError, DecodeError, EnvelopeError
from wire_format.keys import KeyFormatError, VerifyKey
from wire_format.records import Device
from wire_format.settings import Desired

CA_PATH: Final = "/v1/ca"
ENROL_PATH: Final = "/v1/enrol"
CONTENT_TYPE: Final = "application/jose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What came of it. portal_at: the portal's signed time."""

    identity: Identity
    portal_at: datetime
    desired: Desired | None


def read_claim_code(text: str) -> ClaimCode:
    """The claim code a person typed. Raises ConfigError with a sentence for that person."""
    try:
        return ClaimCode.parse(text)
    except ClaimCodeError as error:
        raise ConfigError(f"{error}") from error


def enrol(
    folder: IdentityFolder,
    claim_code: str,
    *,
    kind: str = "direct",
    agent: str = "inkwire-direct",
    device: Device | None = None,
    clock: Timepiece | None = None,
    randomness: Randomness = os.urandom,
    timeouts: Timeouts | None = None,
    connect: Callable[[Sequence[str], bytes | None], PortalClient] | None = None,
    signed_time: SignedTime | None = None,
) -> Enrolment:
    """Make the portal know this sender, and store what it answered. Blocks on the network.

    The folder holds an identity already (`load_or_create`). kind: direct or collector. agent: program and version.
    connect: makes the client for the addresses and a pinned CA, for a caller that wants to close it from outside.
    Raises ConfigError (the code is mistyped), PortalUnreachableError (again later), EnrolmentRefusedError (a person
    must act), SpoolStorageError.
    """
    code = read_claim_code(claim_code)
    identity = folder.current()
    connect = connect or Uplink(Ways(timeouts=timeouts)).client
    ca_pem = _fetch_ca(identity, code, connect(identity.portal_urls, None))
    if signed_time is not None:
        signed_time.make_sure(identity.portal_urls, ca_pem)
    nonce = randomness(16).hex()
    request = EnrolRequest(
        v=1, claim_id=code.claim_id.hex(), secret=code.secret.hex(), kind=kind, agent=agent, nonce=nonce, device=device
    )
    client = connect(identity.portal_urls, ca_pem)
    try:
        answer = client.post(ENROL_PATH, sign_enrol_request(request, identity.key), CONTENT_TYPE)
    except PortalUnreachableError as error:
        if signed_time is not None:
            signed_time.blame(error)
        raise
    finally:
        client.close()
    _check_accepted(answer)
    pinned = replace(identity, ca_pem=ca_pem)
    try:
        reply = decode_enrol_reply(answer.body)
        pinned.read_key_set(reply.keys)
        portal_at = open_time(reply.time, nonce, VerifyKey.from_certificate_pem(ca_pem))
    except (DecodeError, EnvelopeError, KeyFormatError, ConfigError) as error:
        raise PortalUnreachableError(f"the portal's answer to the enrolment can not be trusted: {error}") from error
    if reply.sender != identity.sender:
        raise PortalUnreachableError("the portal enrolled another sender's key")
    if signed_time is not None:
        signed_time.learned(portal_at)
    at = (clock or SystemClock()).utc_now()
    enrolled = replace(pinned, key_set=reply.keys, enrolled_at=at)
    folder.save(enrolled)
    return Enrolment(identity=enrolled, portal_at=portal_at, desired=reply.desired)


def _fetch_ca(identity: Identity, code: ClaimCode, client: PortalClient) -> bytes:
    try:
        answer = client.get(CA_PATH)
    finally:
        client.close()
    if is_captive(answer):
        raise PortalUnreachableError(f"{CAPTIVE} (it answered {answer.status}); {REMEDY}", captive=True)
    if answer.status != 200:
        raise PortalUnreachableError(
            f"{identity.portal_url} answered {answer.status} when asked for the portal's CA; check the address",
            answer.retry_after,
        )
    try:
        der = ssl.PEM_cert_to_DER_cert(answer.body.decode("ascii"))
        pem = ssl.DER_cert_to_PEM_cert(der).encode("ascii")
    except ValueError as error:
        raise PortalUnreachableError(
            f"what answers at {identity.portal_url} is not the portal (a login page of the network?)"
        ) from error
    if ca_hash(der) != code.ca_hash:
        raise EnrolmentRefusedError(
            f"{identity.portal_url} is not the portal that issued this claim code; check the address, "
            f"or have a claim code made there"
        )
    return pem


def _check_accepted(answer: HttpAnswer) -> None:
    if 200 <= answer.status < 300:
        return
    try:
        refusal = decode_refusal(answer.body)
        said = f"{answer.status} {refusal.error}" + (f": {refusal.reason}" if refusal.reason else "")
    except DecodeError:
        said = f"{answer.status}"
    if 400 <= answer.status < 500 and answer.status not in (408, 425, 429):
        raise EnrolmentRefusedError(
            f"the portal refused the claim code, as used up, expired or mistyped ({answer.status}); "
            "have a new one made at the portal"
            if said.startswith("403 claim_refused")
            else f"the portal refused the enrolment ({said}); have a new claim code made at the portal"
        )
    raise PortalUnreachableError(f"the portal answered {said} to the enrolment", answer.retry_after)
