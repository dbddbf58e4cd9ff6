"""An address to listen on, as a person writes it."""

from portal.errors import ConfigError


def parse_listen(text: str) -> tuple[str, int]:
    """HOST:PORT, [IPV6]:PORT or PORT. Raises ConfigError."""
    host, _, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    plain = host[1:-1] if bracketed else host
    wrong_host = bracketed != (":" in plain) or "[" in plain or "]" in plain
    host = plain or "127.0.0.1"
    if wrong_host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ConfigError(f"{text!r} is no address to listen on; write HOST:PORT, for example 127.0.0.1:8443")
    return host, int(port)
