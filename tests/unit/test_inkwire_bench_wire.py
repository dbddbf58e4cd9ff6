"""The figures of `inkwire bench wire`."""

import json

from inkwire.bench.wire import CASES, Counted, as_json, table


def test_bytes_stand_beside_a_quarter_of_what_the_trade_promises() -> None:
    made = [
        Counted(case=CASES[0], first={"snmp": 170, "icmp": 100}, later={"snmp": 85}),
        Counted(
            case=CASES[1], first={"snmp": 9000}, later={"snmp": 1000, "upload": 5000}, mean={"snmp": 800, "upload": 900}
        ),
    ]

    blank, printer, mean = table(made).splitlines()[1:4]

    assert "met: snmp 85" in blank
    assert [word for word in blank.split() if word.isdigit()] == ["1", "5280", "1320", "270", "85", "85"]
    assert "MISSED: snmp 1000, upload 5000" in printer
    assert "1700   met: snmp 800, upload 900" in mean
    assert [case["later_bytes"] for case in json.loads(json.dumps(as_json(made)))["cases"]] == [85, 6000]


def test_a_quarter_is_a_quarter() -> None:
    assert [case.goal_bytes for case in CASES] == [1320, 1815, 24075, 27882]
