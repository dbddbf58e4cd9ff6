"""Acts for tests: any act, with any parameters."""

from hypothesis import strategies as st

from device_sim.core.acts.act import Act
from device_sim.core.acts.registry import act_of

LASTS = st.sampled_from(["", "0s", "20s", "10m", "3h"])
PARTS = st.integers(1, 2)


def _of(name: str, **parameters: st.SearchStrategy[object]) -> st.SearchStrategy[Act]:
    return st.fixed_dictionaries(parameters).map(lambda given: act_of(name, given))


HARMLESS: st.SearchStrategy[Act] = st.one_of(
    _of(
        "print", impressions=st.integers(1, 60), copies=st.integers(1, 3), duplex=st.booleans(), color=st.booleans(),
        service=st.sampled_from(["print", "copy", "scan"]),
    ),
    _of("cancel"),
    _of("jam", lasts=LASTS),
    _of("open-cover", lasts=LASTS),
    _of("close-cover"),
    _of("paper-out", input=PARTS, lasts=LASTS),
    _of("refill", input=PARTS),
    _of(
        "raise", lasts=LASTS,
        alert=st.sampled_from(["coverOpen", "inputMediaSupplyLow", "doorOpen", "markerFuserOverTemperature"]),
    ),
    _of("clear"),
    _of("offline", lasts=LASTS),
    _of("online"),
    _of("supply-level", supply=PARTS, percent=st.integers(0, 100)),
    _of("replace-supply", supply=PARTS),
    _of("shake-supply", supply=PARTS),
    _of("power-cut", lasts=LASTS),
    _of("power-on"),
    _of("reboot"),
    _of("network-down", lasts=LASTS),
    _of("network-up"),
    _of("update-firmware", version=st.sampled_from(["2.0", "3.0"])),
    _of("move", address=st.sampled_from(["127.1.9.1", "127.1.9.2"])),
    _of("rename", hostname=st.just("plot-7")),
)  # fmt: skip
ANY: st.SearchStrategy[Act] = st.one_of(
    HARMLESS,
    _of("set-meter", meter=st.just("total.impressions"), value=st.integers(0, 10**9)),
    _of(
        "swap-formatter", meters=st.sampled_from(["zero", "kept"]), serial=st.sampled_from(["kept", "blank", "new"])
    ),
    _of("factory-reset", meters=st.booleans()),
    _of("reboot", loses=st.integers(1, 50)),
)  # fmt: skip
