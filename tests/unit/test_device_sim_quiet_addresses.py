"""What `ip` is told when printers of a namespace come and go."""

from device_sim.core.quiet_addresses import QuietAddresses

FIRST, SECOND, BEYOND = "10.9.0.1", "10.9.0.2", "10.9.0.40"


def told(quiet: QuietAddresses, wanted: dict[str, bool]) -> list[str]:
    lines = list(quiet.lines(wanted))
    quiet.told(wanted)
    return [line.split(" table")[0].split(" dev")[0] for line in lines]


def test_only_what_changes_is_told() -> None:
    quiet = QuietAddresses(FIRST, SECOND)

    assert told(quiet, {FIRST: True, SECOND: True}) == []
    assert told(quiet, {FIRST: False, SECOND: True}) == [f"route replace blackhole {FIRST}/32"]
    assert told(quiet, {FIRST: False}) == []
    assert told(quiet, {FIRST: True, SECOND: False}) == [
        f"route delete blackhole {FIRST}/32",
        f"route replace blackhole {SECOND}/32",
    ]


def test_what_was_not_carried_out_is_told_again() -> None:
    quiet = QuietAddresses(FIRST, SECOND)

    assert quiet.lines({FIRST: False}) == quiet.lines({FIRST: False}) != ()


def test_a_printer_that_moves_beyond_the_others_is_heard_there() -> None:
    quiet = QuietAddresses(FIRST, SECOND)

    assert told(quiet, {BEYOND: False}) == []
    assert told(quiet, {BEYOND: True, FIRST: False}) == [
        f"route replace local {BEYOND}/32",
        f"route replace blackhole {FIRST}/32",
    ]
    assert told(quiet, {BEYOND: False}) == [f"route replace blackhole {BEYOND}/32"]
    assert told(quiet, {BEYOND: True}) == [f"route delete blackhole {BEYOND}/32"]
