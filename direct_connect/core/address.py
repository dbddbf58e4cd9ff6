"""Where a portal is: `https://host[:port][/path]`, the host a name or an IP literal of either family."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from direct_connect.errors import ConfigError

ADDRESSES_MAX: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAddress:
    """host: a name in ASCII, or an IP literal without brackets. prefix: put before every path, no trailing slash."""

    host: str
    port: int
    prefix: str

    @classmethod
    def parse(cls, portal_url: str) -> Self:
        """Raises ConfigError unless it is https://host[:port][/path], without user, query and fragment."""
        try:
            parts = urlsplit(portal_url.strip())
            port = parts.port
            host = _ascii(parts.hostname or "")
        except ValueError:
            host, port = "", None
        good = bool(host) and parts.scheme == "https" and port != 0
        if not good or parts.username is not None or parts.query or parts.fragment or not parts.path.isascii():
            raise ConfigError(
                f"the portal's address must look like https://portal.example:8443, not {_without_user(portal_url)!r}"
            )
        return cls(host=host, port=port or 443, prefix=parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        """host:port as in a request line, an IPv6 literal in brackets."""
        return f"{bracketed(self.host)}:{self.port}"

    @property
    def host_field(self) -> str:
        """The Host header: without the port when it is the usual one."""
        return bracketed(self.host) if self.port == 443 else self.authority


def bracketed(host: str) -> str:
    """A host as it stands before a port: IPv6 literals in brackets, their zone left out (RFC 6874 keeps it local)."""
    return f"[{host.partition('%')[0]}]" if ":" in host else host


def is_literal(host: str) -> bool:
    """Whether a host is an IP address and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def check_portal_url(portal_url: str) -> str:
    """The address without a trailing slash. Raises ConfigError unless it is https://host[:port][/path]."""
    PortalAddress.parse(portal_url)
    return portal_url.strip().rstrip("/")


def check_portal_urls(portal_url: str | Sequence[str]) -> tuple[str, ...]:
    """The addresses of one portal, preferred one first, each once. Raises ConfigError."""
    given = (portal_url,) if isinstance(portal_url, str) else tuple(portal_url)
    checked = tuple(dict.fromkeys(check_portal_url(url) for url in given))
    if not 0 < len(checked) <= ADDRESSES_MAX:
        raise ConfigError(f"a portal has 1 to {ADDRESSES_MAX} addresses, not {len(checked)}")
    return checked


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    return host.encode("idna").decode("ascii")  # UnicodeError is a ValueError


def _without_user(portal_url: str) -> str:
    before, at, after = portal_url.rpartition("@")
    return f"{before.partition('//')[0]}//...@{after}" if at else portal_url
