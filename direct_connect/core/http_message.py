"""An HTTP answer as a value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """An HTTP answer, as far as it matters here. body: cut at the client's limit.

    wire_bytes: what question and answer took on the wire, both ways, as far as the client can tell; 0: unknown.
    """

    status: int
    body: bytes
    retry_after: str | None = None
    content_type: str | None = None
    location: str | None = None
    wire_bytes: int = 0
