"""Where a portal is, which of its addresses is tried, and by which proxy."""

import copy
import pickle
from dataclasses import asdict

import pytest

from direct_connect.core.address import PortalAddress, check_portal_urls
from direct_connect.core.failover import Failover
from direct_connect.core.proxy import Proxy, excepted
from direct_connect.core.settings import ConnectionSettings
from direct_connect.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "host", "authority", "host_field", "prefix"),
    [
        ("https://portal.example", "portal.example", "portal.example:443", "portal.example", ""),
        ("https://Portal.Example:8443/in/", "portal.example", "portal.example:8443", "portal.example:8443", "/in"),
        ("https://[::1]:8443", "::1", "[::1]:8443", "[::1]:8443", ""),
        ("https://[fe80::1%eth0]", "fe80::1%eth0", "[fe80::1]:443", "[fe80::1]", ""),
        ("https://192.0.2.1", "192.0.2.1", "192.0.2.1:443", "192.0.2.1", ""),
        ("https://pörtal.example", "xn--prtal-jua.example", "xn--prtal-jua.example:443", "xn--prtal-jua.example", ""),
    ],
)
def test_an_address_is_read(url: str, host: str, authority: str, host_field: str, prefix: str) -> None:
    address = PortalAddress.parse(url)

    assert (address.host, address.authority, address.host_field, address.prefix) == (
        host, authority, host_field, prefix,
    )  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "http://a",
        "a",
        "https://",
        "https://[::1",
        "https://a:0",
        "https://a:x",
        "https://a?b",
        "https://a/#b",
        "https://a/ü",
    ],
)
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(ConfigError, match="must look like https://"):
        PortalAddress.parse(url)


def test_a_password_in_an_address_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError) as caught:
        PortalAddress.parse("https://user:geheim@portal.example")

    assert "geheim" not in str(caught.value)


def test_several_addresses_are_taken_once_each_in_order() -> None:
    assert check_portal_urls(["https://b", "https://a/", "https://b/"]) == ("https://b", "https://a")
    assert check_portal_urls("https://a") == ("https://a",)
    for wrong in ([], [f"https://a{number}" for number in range(9)], ["https://a", "http://b"]):
        with pytest.raises(ConfigError):
            check_portal_urls(wrong)


def test_whoever_moved_stays_and_tries_the_preferred_address_after_a_while() -> None:
    failover = Failover(3, preferred_again_s=100.0)
    assert failover.order(0.0) == (0, 1, 2)
    failover.worked(2, 0.0)
    assert failover.order(99.0) == (2, 0, 1)
    assert failover.order(100.0) == (0, 2, 1)
    assert failover.order(101.0) == (2, 0, 1)  # others do not queue up at an address that may be away
    failover.worked(0, 200.0)
    assert failover.order(200.0) == (0, 1, 2)


def test_a_proxy_is_read_with_its_credentials_and_shows_none() -> None:
    proxy = Proxy.parse("http://us%40er:ge%3Aheim@proxy.example:3128")

    assert (proxy.host, proxy.port, proxy.where) == ("proxy.example", 3128, "proxy.example:3128")
    assert proxy.authorization == "Basic dXNAZXI6Z2U6aGVpbQ=="  # us@er:ge:heim
    settings = ConnectionSettings(proxy=proxy)
    for shown in (repr(proxy), str(proxy), f"{settings}", str(asdict(settings))):
        assert "heim" not in shown
        assert "us@er" not in shown
        assert "dXNA" not in shown
    assert copy.deepcopy(proxy) == proxy
    assert Proxy.parse("[::1]:8080").where == "[::1]:8080"
    assert Proxy.parse("proxy").port == 80
    assert pickle.loads(pickle.dumps(proxy)) == proxy


@pytest.mark.parametrize(
    "text",
    ["https://geheim:geheim@proxy:1", "socks5://geheim@proxy", "http://", "http://a:geheim@b:x", "http://a/geheim"],
)
def test_what_is_no_proxy_is_said_without_the_password(text: str) -> None:
    with pytest.raises(ConfigError, match="the proxy must look like") as caught:
        Proxy.parse(text)

    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "no_proxy", "expected"),
    [
        ("portal.example", "", False),
        ("portal.example", "*", True),
        ("portal.example", "localhost, example", True),
        ("portal.example", ".example", True),
        ("portal.example", "tal.example", False),
        ("192.0.2.7", "192.0.2.0/24", True),
        ("192.0.3.7", "192.0.2.0/24", False),
        ("::1", "[::1]", True),
        ("::1", "127.0.0.1", False),
    ],
)
def test_no_proxy_excepts_names_addresses_and_networks(host: str, no_proxy: str, expected: bool) -> None:
    assert excepted(host, no_proxy) is expected
    environ = {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": no_proxy}
    assert (Proxy.from_environment(environ, host) is None) is expected
    assert Proxy.from_environment({"NO_PROXY": no_proxy}, host) is None
