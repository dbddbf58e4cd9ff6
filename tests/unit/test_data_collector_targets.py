"""What people may type after `collect scan`, and what they are told when it is wrong."""

import pytest

from data_collector.core.targets import ADDRESSES_MAX, Target, TargetError, Targets, parse_targets


def addresses(targets: Targets, **resolved: list[str]) -> list[str]:
    """The addresses of a plan, in order."""
    return [one.address for one in targets.walk(resolved)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.7", ["10.0.0.7"]),
        ("10.0.0.254-10.0.1.1", ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"]),
        ("10.0.0.1-3", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
        ("10.0.0.0/30", ["10.0.0.1", "10.0.0.2"]),
        ("10.0.0.9/30", ["10.0.0.9", "10.0.0.10"]),
        ("10.0.0.4/31", ["10.0.0.4", "10.0.0.5"]),
        ("10.0.0.4/32", ["10.0.0.4"]),
        ("255.255.255.255", ["255.255.255.255"]),
        ("10.0.0.5,10.0.0.2 10.0.0.9", ["10.0.0.5", "10.0.0.2", "10.0.0.9"]),
    ],
)
def test_a_target_names_these_addresses_in_this_order(text: str, expected: list[str]) -> None:
    assert addresses(parse_targets([text])) == expected


def test_an_asterisk_stands_for_the_hosts_of_a_network() -> None:
    found = addresses(parse_targets(["10.10.10.*"]))

    assert (found[0], found[-1], len(found)) == ("10.10.10.1", "10.10.10.254", 254)


def test_an_address_named_twice_is_scanned_once_where_it_was_named_first() -> None:
    targets = parse_targets(["10.0.0.3", "10.0.0.1-4", "10.0.0.2-5"])

    assert addresses(targets) == ["10.0.0.3", "10.0.0.1", "10.0.0.2", "10.0.0.4", "10.0.0.5"]
    assert targets.count({}) == 5


def test_exclusions_are_left_out_whatever_form_they_have() -> None:
    targets = parse_targets(["10.0.0.0/29", "spare"], ["10.0.0.2-3", "10.0.0.5", "spare"])

    assert addresses(targets, spare=["10.0.0.6"]) == ["10.0.0.1", "10.0.0.4"]


def test_a_host_name_gives_its_addresses_and_leaves_its_name_on_them() -> None:
    targets = parse_targets(["Printer-1.Example.COM."])

    assert targets.names() == ("printer-1.example.com",)
    assert list(targets.walk({"printer-1.example.com": ["10.0.0.7"]})) == [
        Target(address="10.0.0.7", hostname="printer-1.example.com")
    ]
    assert addresses(targets) == []


def test_a_slash_16_is_counted_without_being_expanded_and_walked_lazily() -> None:
    targets = parse_targets(["10.1.0.0/16"])

    assert targets.count({}) == 65_534
    assert next(targets.walk({})).address == "10.1.0.1"


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("10.0.0.300", 7, "300 is above 255"),
        ("10.0.0", 0, "3 numbers where an address has four"),
        ("10.0.0.1.5", 0, "5 numbers where an address has four"),
        ("10..0.1", 3, "a number is missing"),
        ("10.0.0.9-10.0.0.1", 0, "write 10.0.0.1-10.0.0.9"),
        ("10.0.0.9-1", 0, "write 10.0.0.1-10.0.0.9"),
        ("10.0.0.1-300", 9, '"300" is no end of a range'),
        ("10.0.0.1-", 9, "is no end of a range"),
        ("10.0.0.1-10.0.0.x", 16, '"x" is not a number'),
        ("10.0.0.0/33", 9, '"33" is no prefix length'),
        ("10.0.0.0/", 9, "is no prefix length"),
        ("10.*.0.1", 3, "whole numbers at the end"),
        ("10.0.*", 5, "whole numbers at the end"),
        ("http://10.0.0.1/", 0, "this is a URL"),
        ("fe80::1", 0, "IPv6"),
        ("10.0.0.1:161", 0, "host:port"),
        ("prin$ter", 4, "neither an address nor a host name"),
        ("10.0.0.1, 10.0.0.999", 17, "999 is above 255"),
        ("10.0.0.٣", 7, "is not a number"),
    ],
)
def test_a_wrong_target_is_named_with_its_place_and_the_remedy(text: str, at: int, says: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse_targets([text])

    assert caught.value.at == at
    assert says in str(caught.value)
    assert caught.value.pointed().splitlines()[1].index("^") == at + 2


def test_a_slash_8_is_refused_with_its_size_and_the_remedy() -> None:
    with pytest.raises(TargetError, match=r"16,777,214 addresses.*name smaller networks"):
        parse_targets(["10.0.0.0/8"])


def test_many_networks_together_count_against_the_same_limit() -> None:
    with pytest.raises(TargetError, match="in all"):
        parse_targets([f"10.{second}.0.0/16" for second in range(ADDRESSES_MAX // 65_534 + 1)])


@pytest.mark.parametrize("texts", [[], ["  ,  "]])
def test_nothing_to_scan_is_an_error(texts: list[str]) -> None:
    with pytest.raises(TargetError, match="nothing to scan"):
        parse_targets(texts)


def test_a_wrong_exclusion_is_an_error_too() -> None:
    with pytest.raises(TargetError, match="above 255"):
        parse_targets(["10.0.0.1"], ["10.0.0.256"])
