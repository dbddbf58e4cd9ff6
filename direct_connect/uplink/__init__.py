"""The uplink: who the sender is, how it enrols, and how its batches reach the portal.

What a collector does with it, on its own clock (anything with monotonic_s() and utc_now()):

    folder = IdentityFolder(Path("/var/lib/inkwire"))
    identity = folder.load_or_create("https://portal.example")       # the key is made here, once
    outbox = SqliteSpoolFile.open(Path("/var/lib/inkwire/spool.db")).of(identity.sender)
    if not identity.enrolled:                                          # PortalUnreachableError: again later
        enrol(folder, "CLAIM-CODE", kind="collector", agent="inkwire-collector/1", clock=clock)
    append_reports(outbox, reports, reason=Reason.INTERVAL, created_at=clock.utc_now())
    courier = Courier(outbox, folder, clock=clock)
    drained = courier.drain()           # blocks on the network: from asyncio, call it with asyncio.to_thread
    drained.wake_at_s                   # when to drain again, on monotonic_s(); math.inf: when something was appended

`Courier.step` posts at most one batch. Batches can be appended from other threads meanwhile. Delivery is at
least once, in order within a lane; nothing is forgotten before the portal's ack has named its hash.
`settle_renewal` at start and a `Keeping.turn` after each drain renew the key in time. A clock that may be wrong is
wrapped in a `CorrectedClock`, and `SignedTime` sets it by the portal's.
"""

from direct_connect.clock import CLOCK_FLOOR, CorrectedClock, Timepiece
from direct_connect.core.http_message import HttpAnswer
from direct_connect.core.pace import PacePolicy
from direct_connect.core.proxy import Proxy
from direct_connect.core.verdict import Verdict
from direct_connect.errors import EnrolmentRefusedError, PortalUnreachableError
from direct_connect.uplink.courier import Courier, Drained, Step
from direct_connect.uplink.enrol import Enrolment, enrol
from direct_connect.uplink.http import PortalClient
from direct_connect.uplink.identity import Identity, IdentityFolder
from direct_connect.uplink.keeping import Keeping
from direct_connect.uplink.lines import Uplink, Ways
from direct_connect.uplink.pacer import Pacer
from direct_connect.uplink.renewal import settle_renewal
from direct_connect.uplink.route import Timeouts
from direct_connect.uplink.signed_time import SignedTime

__all__ = [
    "CLOCK_FLOOR",
    "CorrectedClock",
    "Courier",
    "Drained",
    "Enrolment",
    "EnrolmentRefusedError",
    "HttpAnswer",
    "Identity",
    "IdentityFolder",
    "Keeping",
    "PacePolicy",
    "Pacer",
    "PortalClient",
    "PortalUnreachableError",
    "Proxy",
    "SignedTime",
    "Step",
    "Timeouts",
    "Timepiece",
    "Uplink",
    "Verdict",
    "Ways",
    "enrol",
    "settle_renewal",
]
