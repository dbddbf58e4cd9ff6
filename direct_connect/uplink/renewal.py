"""Renewing a sender's key, so that whatever moment the power goes at, nothing is lost and nothing told twice.

1. The next key is kept on disk before the portal hears of it: a lost answer is asked for again with the same key.
2. The portal takes both keys until the first batch of the new one. Until the switch everything goes on under the old.
3. The switch waits until nothing numbered under the old name is left to send: a batch carries its sender's name in
   its bytes, and the portal takes it from the old key only.
4. The spool changes its name first, in one stroke, and then the folder its key. A crash between the two is seen by
   the next start (`settle_renewal`): the spool already goes by the name of the key to come.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from direct_connect.core.verdict import HttpAnswer
from direct_connect.errors import PortalUnreachableError, RenewalRefusedError
from direct_connect.spool.port import Spool, SpoolFile
from direct_connect.uplink.enrol import CONTENT_TYPE
from direct_connect.uplink.http import PortalClient
from direct_connect.uplink.identity import Identity, IdentityFolder
from wire_format.answers import decode_refusal
from wire_format.enrolment import sign_rekey
from wire_format.errors import DecodeError
from wire_format.keys import ALGORITHM_ES256, SigningKey
from wire_format.strict_json import parse_json

_LOG: Final = logging.getLogger(__name__)


def ask_for_renewal(folder: IdentityFolder, at: datetime, connect: Callable[[Identity], PortalClient]) -> None:
    """Have the next key accepted by the portal; it is made first, if there is none. Blocks on the network.

    at: now, by a clock that is trusted. Safe to repeat: the portal answers the same key alike.
    Raises PortalUnreachableError (again later), RenewalRefusedError (tomorrow), SpoolStorageError.
    """
    identity = folder.current()
    next_key = identity.next_key
    if next_key is None:
        es256 = identity.key.public.algorithm == ALGORITHM_ES256
        next_key = SigningKey.generate_es256() if es256 else SigningKey.generate()
        folder.keep_next_key(next_key)
    client = connect(identity)
    try:
        answer = client.post(f"/v1/senders/{identity.sender}/rekey", sign_rekey(next_key, identity.key), CONTENT_TYPE)
    finally:
        client.close()
    if 200 <= answer.status < 300:
        if _accepted(answer) != next_key.kid:
            raise PortalUnreachableError("what answered to the new key was not the portal (a login page?)")
        folder.next_key_accepted(at)
        _LOG.info("portal accepted the next key", extra={"sender": identity.sender, "next": next_key.kid})
        return
    error, reason = _refusal(answer)
    if error == "key_taken":
        folder.forget_next_key()
        raise PortalUnreachableError("the portal does not take the new key; another one is made", answer.retry_after)
    if answer.status in (400, 403, 413, 415, 422) and error:
        raise RenewalRefusedError(f"the portal refused a new key for this sender ({answer.status} {error}{reason})")
    raise PortalUnreachableError(f"the portal answered {answer.status} to the new key", answer.retry_after)


def switch_key(folder: IdentityFolder, spool: Spool) -> bool:
    """Go on under the accepted key, if nothing is left to send under the old one. False: not yet.

    Nobody may form or post a batch meanwhile. Raises SpoolStorageError, SpoolFullError.
    """
    identity = folder.current()
    if identity.next_key is None or identity.next_accepted_at is None:
        return False
    if not spool.go_on_as(identity.next_key.kid):
        return False
    folder.switch_to_next_key()
    _LOG.info("sender goes on under its new key", extra={"before": identity.sender, "sender": identity.next_key.kid})
    return True


def settle_renewal(folder: IdentityFolder, spools: SpoolFile) -> None:
    """End a switch that a crash cut in two. Call it at every start, before the spool is asked for."""
    identity = folder.current()
    if identity.next_key is not None and identity.next_key.kid in spools.senders():
        folder.switch_to_next_key()
        _LOG.info("switch to the new key was ended after a restart", extra={"sender": identity.next_key.kid})


def _accepted(answer: HttpAnswer) -> object:
    try:
        document = parse_json(answer.body)
    except DecodeError:
        return None
    return document.get("sender") if isinstance(document, dict) else None


def _refusal(answer: HttpAnswer) -> tuple[str, str]:
    try:
        refusal = decode_refusal(answer.body)
    except DecodeError:
        return "", ""
    return refusal.error, f": {refusal.reason}" if refusal.reason else ""
