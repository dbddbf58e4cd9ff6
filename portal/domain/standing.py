"""Whether people want a device here, and who decided it.

1. A device that a collector found is discovered: shown, never billed, until a person manages it.
2. A device that speaks for itself was let in with a claim code, and making that code was the decision: it is
   managed from its first batch, also when a collector had found it before.
3. What a person decided stays: a device that is ignored does not come back by itself.
"""

import enum


class DeviceStanding(enum.StrEnum):
    """Whether people want this device here. A discovered device is shown, never billed, until managed."""

    DISCOVERED = "discovered"
    MANAGED = "managed"
    IGNORED = "ignored"


def first_standing(*, speaks_for_itself: bool) -> DeviceStanding:
    """The standing of a device nobody had heard of."""
    return DeviceStanding.MANAGED if speaks_for_itself else DeviceStanding.DISCOVERED


def standing_after(standing: DeviceStanding, *, speaks_for_itself: bool) -> DeviceStanding:
    """The standing of a known device after a report about it. Reports never take a decision back."""
    if standing is DeviceStanding.DISCOVERED:
        return first_standing(speaks_for_itself=speaks_for_itself)
    return standing
