"""How batches leave: HTTPS, or what `[send]` names for a site whose network lets nothing but plain HTTP or FTP out.

Enrolment and a new key always need HTTPS: a claim is a secret, and nobody signs the answer to a new key.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from data_collector.config_secrets import secret_of
from data_collector.ftp_session import FtpServer
from data_collector.ftp_way import FtpWay
from data_collector.toml_table import Table
from direct_connect.spool import FormedBatch, Spool
from direct_connect.uplink import Identity, Proxy, Timepiece
from direct_connect.uplink.http import Poster
from direct_connect.uplink.plain import PlainAddress, PlainPoster

FTP_USER: Final = "inkwire"
_WANTED: Final = 'must be "http://HOST[:PORT][/PATH]" or "ftp://HOST[:PORT][/DIRECTORY]", or be left out for HTTPS'
_PATH: Final = re.compile(r"[!-~]*")

SendVia = PlainAddress | FtpServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What a `Courier` needs of another way than HTTPS. seal: None: as always."""

    connect: Callable[[Identity], Poster]
    seal: Callable[[FormedBatch, Identity], bytes] | None = None


def read_send(table: Table, environment: Mapping[str, str]) -> SendVia | None:
    """What [send] says; None: HTTPS to the portal itself. Raises ConfigError."""
    url, user = table.text("url", ""), table.text("user", FTP_USER)
    password = secret_of(table, "password", environment)
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise table.error("url", _WANTED) from error
    path = unquote(parts.path).rstrip("/")
    odd = parts.username is not None or parts.query or parts.fragment or not _PATH.fullmatch(path)
    if not host or not host.isascii() or odd or port == 0:
        raise table.error("url", _WANTED + "; user and password have keys of their own")
    match parts.scheme:
        case "http":
            return PlainAddress(host=host, port=port or 80, prefix=parts.path.rstrip("/"))
        case "ftp":
            if password is None:
                raise table.error("password_env", "or password_file is needed with ftp://: name where the password is")
            if not _PATH.fullmatch(user) or not user:
                raise table.error("user", "must be a name in ASCII without spaces")
            return FtpServer(host, port or 21, path.removeprefix("/"), user=user, password=password)
    raise table.error("url", _WANTED)


def proxy_for(send: SendVia | None, environment: Mapping[str, str]) -> Proxy | None:
    """The proxy that http_proxy names for plain HTTP, unless no_proxy excepts the host. Raises ConfigError."""
    if not isinstance(send, PlainAddress):
        return None
    kept = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    return Proxy.from_environment({"https_proxy": environment.get("http_proxy", ""), "no_proxy": kept}, send.host)


def way_of(send: SendVia | None, spool: Spool, clock: Timepiece, proxy: Proxy | None = None) -> Way | None:
    """The way that was configured; None: HTTPS. proxy: for plain HTTP."""
    match send:
        case PlainAddress():
            return Way(connect=lambda identity: PlainPoster(send, identity, proxy=proxy))
        case FtpServer():
            ftp = FtpWay(send, spool, clock)
            return Way(connect=ftp.connect, seal=ftp.seal)
        case None:
            return None
