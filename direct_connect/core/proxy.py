"""An HTTP proxy that tunnels with CONNECT, and when it is not used. Its password never leaves it as text.

The explicit setting wins. The environment (HTTPS_PROXY, NO_PROXY) is read only where a program asks for it: an
embedded sender does not change its way because of a variable somebody set for something else.
"""

import base64
import ipaddress
from collections.abc import Mapping
from typing import Self
from urllib.parse import unquote, urlsplit

from direct_connect.core.address import bracketed
from direct_connect.errors import ConfigError


class Proxy:
    """Where the proxy is and how to log in there. repr and str show neither user nor password."""

    __slots__ = ("_credentials", "host", "port")

    def __init__(self, host: str, port: int, user: str | None = None, password: str | None = None) -> None:
        """Raises ConfigError for a user with a colon, which Basic cannot carry (RFC 7617, 2)."""
        if user is not None and ":" in user:
            raise ConfigError("the proxy's user name must not hold a colon")
        self.host, self.port = host, port
        self._credentials = None if user is None else f"{user}:{password or ''}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """http://[user:password@]host[:port]; the port is 80 unless told. Raises ConfigError, without the password."""
        try:
            parts = urlsplit(text.strip() if "//" in text else f"http://{text.strip()}")
            port, host = parts.port, parts.hostname or ""
        except ValueError:
            parts, port, host = urlsplit(""), None, ""
        if parts.scheme != "http" or not host or port == 0 or parts.path not in ("", "/") or parts.query:
            raise ConfigError(
                "the proxy must look like http://USER:PASSWORD@proxy.example:3128 (user and password may be left out; "
                "odd letters in them as %XX); a proxy that is itself spoken to in TLS is not supported"
            )
        user = None if parts.username is None else unquote(parts.username)
        return cls(host, port or 80, user, unquote(parts.password or ""))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], host: str) -> Self | None:
        """The proxy that HTTPS_PROXY names for a host, unless NO_PROXY excepts it. Raises ConfigError."""
        text = environ.get("https_proxy") or environ.get("HTTPS_PROXY")
        if not text or excepted(host, environ.get("no_proxy") or environ.get("NO_PROXY") or ""):
            return None
        return cls.parse(text)

    @property
    def where(self) -> str:
        """host:port, fit to be shown."""
        return f"{bracketed(self.host)}:{self.port}"

    @property
    def authorization(self) -> str | None:
        """The value of Proxy-Authorization; None without credentials. Source: RFC 7617."""
        if self._credentials is None:
            return None
        return "Basic " + base64.b64encode(self._credentials.encode("utf-8")).decode("ascii")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Proxy):
            return NotImplemented
        return (self.host, self.port, self._credentials) == (other.host, other.port, other._credentials)

    def __hash__(self) -> int:
        return hash((self.host, self.port, self._credentials))

    def __repr__(self) -> str:
        return f"Proxy({self.where}{', with credentials' if self._credentials is not None else ''})"


def excepted(host: str, no_proxy: str) -> bool:
    """Whether NO_PROXY excepts a host: `*`, a name and what is under it, an address, or a network."""
    for entry in (part.strip().lower() for part in no_proxy.split(",")):
        if entry == "*":
            return True
        name = entry.lstrip(".")
        if name and (host.lower() == name or host.lower().endswith("." + name)):
            return True
        try:
            if ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False):
                return True
        except ValueError:
            continue
    return False
