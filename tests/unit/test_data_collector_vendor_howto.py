"""The example in docs/howto/vendor-definitions.md is a definition, and does what its comments say."""

import re

from data_collector.core.evidence import SnmpValue, oid
from data_collector.core.normalise import report
from data_collector.core.vendors import parse_definitions
from tests.support.data_collector_core import PRINTER, REPOSITORY, evidence

HOWTO = REPOSITORY / "docs" / "howto" / "vendor-definitions.md"


def test_the_example_of_the_howto_reads_what_it_promises() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", HOWTO.read_text(encoding="utf-8"), re.DOTALL)
    definitions = parse_definitions({"acme.toml": example})
    acme: dict[str, SnmpValue] = {
        "1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.99999.7"),
        "1.3.6.1.2.1.25.3.2.1.3.1": b"Acme Press 5 Rev.9",
        "1.3.6.1.2.1.43.5.1.1.17.1": b"",
        "1.3.6.1.4.1.99999.1.5.0": b"00AB12CD34",
        "1.3.6.1.4.1.99999.2.1.0": 40,
        "1.3.6.1.4.1.99999.2.2.0": 2,
        "1.3.6.1.4.1.99999.3.1.2.1": 200,
        "1.3.6.1.4.1.99999.3.1.3.1": 6,
        "1.3.6.1.4.1.99999.4.0": bytes.fromhex("06010400000009"),
    }

    told = report(evidence(PRINTER, acme), definitions)

    assert (told.device.manufacturer, told.device.model, told.device.serial) == ("Acme", "Press 5", "AB12CD34")
    meters = {meter.name: meter.value for meter in told.meters}
    assert meters["total.impressions.color"] == 42
    assert meters["copy.impressions"] == 6
    assert meters["total.sheets.duplex"] == 9


def test_the_howto_names_every_key_a_definition_may_have() -> None:
    text = HOWTO.read_text(encoding="utf-8")

    for key in ("serial_first", "capacity_unknown_is_percent", "absent_is_zero", "over_standard", "um_per_unit"):
        assert f"`{key}" in text
    for table in ("model", "console", "device_id", "meter", "supply"):
        assert f"[[{table}]]" in text
