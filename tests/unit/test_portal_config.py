"""Configuration, clocks and secrets at rest."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from portal.at_rest import open_vault, write_private
from portal.clocks import from_ms, record_clock, to_ms
from portal.config import PortalConfig, load_config
from portal.errors import ConfigError
from portal.listen import parse_listen
from portal.tls import RENEW_BEFORE, open_authority, server_context

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "deploy" / "portal.example.toml"


def test_the_example_file_says_the_defaults() -> None:
    loaded, defaults = load_config(EXAMPLE), PortalConfig()

    for name in PortalConfig.__dataclass_fields__:
        if name != "state_dir":
            assert getattr(loaded, name) == getattr(defaults, name)
    assert loaded.state_dir == EXAMPLE.parent / defaults.state_dir


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0.0.0.0:443", ("0.0.0.0", 443)),
        ("[::1]:8443", ("::1", 8443)),
        (":0", ("127.0.0.1", 0)),
        ("8443", ("127.0.0.1", 8443)),
    ],
)
def test_an_address_to_listen_on_is_read(text: str, address: tuple[str, int]) -> None:
    assert parse_listen(text) == address


@pytest.mark.parametrize("text", ["", "localhost", "host:99999", "host:-1", "host:٣"])
def test_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_listen(text)


def test_the_record_clock_runs_as_fast_as_it_is_told() -> None:
    started_s = datetime.now(UTC).timestamp()
    clock = record_clock(f"2026-11-16T07:30:00Z,{started_s - 10},600")

    assert timedelta(seconds=6_000) <= clock() - datetime(2026, 11, 16, 7, 30, tzinfo=UTC) < timedelta(seconds=12_000)


@pytest.mark.parametrize(
    "spec", ["nonsense", "2026-11-16T07:30:00Z,1", "2026-11-16T07:30:00,1,600", "2026-11-16T07:30:00Z,1,0"]
)
def test_a_clock_that_is_none_is_refused(spec: str) -> None:
    with pytest.raises(ConfigError, match="INKWIRE_CLOCK"):
        record_clock(spec)


def test_an_instant_survives_its_column() -> None:
    instant = NOW + timedelta(milliseconds=123)

    assert from_ms(to_ms(instant)) == instant


def test_a_sealed_secret_opens_with_the_same_key_only(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    sealed = open_vault(tmp_path / "a").seal(b"private")

    assert open_vault(tmp_path / "a").open(sealed) == b"private"
    assert "private" not in sealed
    with pytest.raises(ConfigError, match="another secret"):
        open_vault(tmp_path / "b").open(sealed)


def test_a_private_file_is_its_owners_only_even_if_it_was_not(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"old")
    path.chmod(0o644)

    write_private(path, b"new")

    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)


def certificate(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "server.pem").read_bytes())


def test_the_certificate_names_this_host_and_is_kept(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, NOW)
    server_context(tmp_path, authority, ("portal.example.com", "192.0.2.1"), NOW)
    first = certificate(tmp_path)
    names = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    server_context(tmp_path, open_authority(tmp_path, NOW), ("portal.example.com",), NOW)

    assert names.get_values_for_type(x509.DNSName) == ["portal.example.com", "localhost"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.1", "127.0.0.1", "::1"]
    assert certificate(tmp_path) == first


def test_the_certificate_is_renewed_before_it_ends_and_for_a_new_name(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, NOW)
    server_context(tmp_path, authority, (), NOW)
    first = certificate(tmp_path)

    server_context(tmp_path, authority, (), first.not_valid_after_utc - RENEW_BEFORE)
    second = certificate(tmp_path)
    server_context(tmp_path, authority, ("new.example.com",), NOW + timedelta(days=400))

    assert len({cert.serial_number for cert in (first, second, certificate(tmp_path))}) == 3


def test_a_damaged_certificate_is_replaced(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, NOW)
    server_context(tmp_path, authority, (), NOW)
    (tmp_path / "server.pem").write_bytes(b"damaged")

    assert isinstance(server_context(tmp_path, authority, (), NOW), ssl.SSLContext)
    certificate(tmp_path).verify_directly_issued_by(authority.certificate)


def test_a_ca_without_its_key_is_never_replaced_silently(tmp_path: Path) -> None:
    open_authority(tmp_path, NOW)
    (tmp_path / "ca.key").unlink()

    with pytest.raises(ConfigError, match=r"restore ca\.pem and ca\.key"):
        open_authority(tmp_path, NOW)
