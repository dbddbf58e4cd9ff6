"""What else the device's network side tells: adapters, names, security, firmware updates, web services."""

from device_sim.core.ledm.names import spaces
from device_sim.core.markup import Markup, document, tag
from device_sim.core.state import LivePrinter


def adapters(state: LivePrinter) -> str:
    """/IoMgmt/Adapters: the wired adapter, which is the connected one; on some models a radio that is off."""
    return document(
        tag(
            "io:Adapters",
            _adapter("Eth0", "wiredEthernet", connected=True, mac=state.identity.mac),
            _adapter("Wifi0", "wifiEmbedded", connected=False, mac=None) if state.profile.web.wireless else None,
            **spaces("io", "dd"),
        )
    )


def net_apps(state: LivePrinter) -> str:
    """NetAppsDyn: the name the device announces itself by; it uses no proxy."""
    return document(
        tag(
            "nadyn:NetAppsDyn",
            tag(
                "nadyn:DNSSDConfig",
                tag("dd3:DomainName", f"{state.identity.hostname}.local."),
                tag("dd:ServiceName", f"{state.profile.model} ({state.identity.hostname})"),
            ),
            tag("nadyn:ProxyConfig", tag("dd:ResourceURI"), tag("dd:Port", 0)),
            **spaces("nadyn", "dd", "dd3"),
        )
    )


def security(state: LivePrinter) -> str:
    """SecurityDyn: nobody has set a password."""
    return document(
        tag("sec:SecurityDyn", tag("sec:State", "off"), tag("dd:PasswordStatus", "notSet"), **spaces("sec", "dd"))
    )


def eprint_config(state: LivePrinter) -> str:
    """ePrintConfigDyn: web services exist and are not registered."""
    off = ("EmailService", "SipService", "MobileAppsService")
    return document(
        tag(
            "ep:ePrintConfigDyn",
            tag("ep:CloudConfiguration", (tag(f"ep:{name}", "disabled") for name in off)),
            tag("ep:RegistrationState", "unregistered"),
            tag("ep:XMPPConnectionState", "disconnected"),
            tag("ep:BeaconState", "disabled"),
            **spaces("ep"),
        )
    )


def firmware_update(state: LivePrinter) -> str:
    """WebFWUpdate/State: nothing is being updated; what is installed."""
    return document(
        tag(
            "fwudyn:WebFWUpdateState",
            tag("fwudyn:Status", "idle"),
            tag("dd:Revision", state.profile.firmware),
            tag("dd:Date", state.profile.firmware_date),
            **spaces("fwudyn", "dd"),
        )
    )


def subscription(state: LivePrinter) -> str:
    """ConsumableSubscription/Info: sequence numbers of what a subscribed device has reported, by lifetime count."""
    total = state.meter("total.impressions") or 0
    return document(
        tag(
            "csub:ConsumableSubscriptionInfo",
            tag("csub:SubscriptionStatus", "subscribed"),
            tag("csub:SequenceNumber", total // 50),
            tag("csub:CurrentSequenceNumber", total // 50 + 1),
            tag("csub:SubscriptionImpressions", total),
            **spaces("csub"),
        )
    )


def _adapter(name: str, kind: str, *, connected: bool, mac: str | None) -> Markup:
    return tag(
        "io:Adapter",
        tag(
            "io:HardwareConfig",
            tag("dd:Name", name),
            tag("dd:DeviceConnectivityPortType", kind),
            tag("dd:IsConnected", "true" if connected else "false"),
            tag("dd:Power", "on" if connected else "off"),
            tag("dd:MACAddress", mac.replace(":", "").upper()) if mac else None,
        ),
    )
