"""Reading one HTTP/1.1 answer from whoever sends it, in bounded memory.

1. Bytes in, one `HttpAnswer` out. Nothing is decoded, inflated or followed; a body is cut at its limit.
2. The head, with every interim (1xx) answer before it, is at most HEAD_BYTES_MAX and INTERIM_MAX answers long; what
   is said about chunks is bounded too, so no answer goes on for ever without growing.
3. A body has exactly one length: chunked, or one Content-Length, or up to the end of the connection. Two of them
   that disagree are how answers are smuggled, so that is no answer at all.
4. A connection is used again only when the answer ended by its own count, nothing came behind it, and neither side
   said "close": whatever else is waiting in it belongs to no request of ours.

Source: RFC 9112, 2 to 7 and 9.6.
"""

import re
from typing import Final

from direct_connect.core.http_message import HttpAnswer

BODY_BYTES_MAX: Final = 64 * 1024
HEAD_BYTES_MAX: Final = 32 * 1024
INTERIM_MAX: Final = 8
_CHUNK_LINE_BYTES_MAX: Final = 1024
_FRAMING_BYTES_MAX: Final = 512 * 1024
_STATUS: Final = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: .*)?", re.DOTALL)
_FIELD: Final = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?", re.DOTALL)


class AnswerError(Exception):
    """What came is not an HTTP answer, or not one that could be trusted to end where it says."""


class AnswerReader:
    """Takes the bytes of one answer as they come, in pieces of any size."""

    def __init__(self, *, tunnel: bool = False, body_bytes_max: int = BODY_BYTES_MAX) -> None:
        """tunnel: the answer to CONNECT, which has no body when it is 2xx (RFC 9110, 9.3.6)."""
        self._tunnel, self._body_max = tunnel, body_bytes_max
        self._waiting = bytearray()
        self._body = bytearray()
        self._head_bytes = self._interim = self._framing_bytes = 0
        self._status = 0
        self._fields: dict[bytes, bytes] = {}
        self._left: int | None = None  # of the body, or of the chunk; None: up to the end of the connection
        self._chunked = self._after_chunk = self._trailer = self._cut = False
        self.done = False
        """Whether the answer is whole, or as long as it may be."""

    @property
    def reusable(self) -> bool:
        """Whether the connection may carry another request (rule 4)."""
        kept = self.done and not self._cut and not self._waiting and (self._left is not None or self._chunked)
        return kept and b"close" not in self._fields.get(b"connection", b"").lower()

    @property
    def rest(self) -> bytes:
        """What came behind the answer."""
        return bytes(self._waiting)

    @property
    def answer(self) -> HttpAnswer:
        """The answer, once done."""

        def field(name: bytes) -> str | None:
            value = self._fields.get(name)
            return None if value is None else value.decode("latin-1")

        return HttpAnswer(
            status=self._status,
            body=bytes(self._body),
            retry_after=field(b"retry-after"),
            content_type=field(b"content-type"),
            location=field(b"location"),
        )

    def receive(self, data: bytes) -> None:
        """Take some bytes. Raises AnswerError."""
        self._waiting += data
        while not self.done and self._step():
            pass

    def end(self) -> None:
        """The connection ended. Raises AnswerError when the answer was not over."""
        if not self.done and self._status and self._left is None and not self._chunked:
            self.done = True
        if not self.done:
            raise AnswerError("the answer ended early" if self._status else "the connection ended without an answer")

    def _step(self) -> bool:
        """One part of the answer; False: more bytes are needed."""
        if not self._status:
            return self._take_head()
        if self._trailer:
            return self._take_trailer()
        if self._chunked and self._left is None:
            return self._take_chunk_line()
        return self._take_body()

    def _take_head(self) -> bool:
        end = self._waiting.find(b"\r\n\r\n")
        if self._head_bytes + (len(self._waiting) if end < 0 else end) > HEAD_BYTES_MAX:
            raise AnswerError(f"the head of the answer is longer than {HEAD_BYTES_MAX} bytes")
        if end < 0:
            if self._waiting and not b"HTTP/1."[: len(self._waiting)] == self._waiting[:7]:
                raise AnswerError("the answer does not begin like HTTP/1.1")
            return False
        lines = bytes(self._waiting[:end]).split(b"\r\n")
        del self._waiting[: end + 4]
        self._head_bytes += end + 4
        if (status := _STATUS.fullmatch(lines[0])) is None:
            raise AnswerError("the answer does not begin like HTTP/1.1")
        code = int(status[2])
        if 100 <= code < 200:
            self._interim += 1
            if self._interim > INTERIM_MAX or code == 101:
                raise AnswerError(f"the answer is put off by {self._interim} interim answers ({code})")
            return True
        self._status = code
        self._fields = _fields(lines[1:])
        if status[1] == b"0":
            self._fields[b"connection"] = b"close"
        self._begin_body()
        return True

    def _begin_body(self) -> None:
        coding, length = self._fields.get(b"transfer-encoding"), self._fields.get(b"content-length")
        if (self._tunnel and 200 <= self._status < 300) or self._status in (204, 304):
            self._left, self.done = 0, True
        elif coding is not None:
            if length is not None or coding.lower() != b"chunked":
                raise AnswerError("the length of the answer is told in two ways, or in an unknown one")
            self._chunked = True
        elif length is not None:
            if not length.isdigit() or len(length) > 18:
                raise AnswerError("the length of the answer is no number")
            self._left = int(length)
            self.done = self._left == 0

    def _take_body(self) -> bool:
        taken = bytes(self._waiting if self._left is None else self._waiting[: self._left])
        if not taken:
            return False
        del self._waiting[: len(taken)]
        room = self._body_max - len(self._body)
        self._body += taken[:room]
        if len(taken) > room:
            self._cut = self.done = True
        if self._left is not None:
            self._left -= len(taken)
            if self._left == 0 and self._chunked:
                self._left, self._after_chunk = None, True
            elif self._left == 0:
                self.done = True
        return True

    def _take_line(self) -> bytes | None:
        end = self._waiting.find(b"\r\n")
        if (len(self._waiting) if end < 0 else end) > _CHUNK_LINE_BYTES_MAX:
            raise AnswerError("the answer is not chunked as it says")
        if end < 0:
            return None
        line = bytes(self._waiting[:end])
        del self._waiting[: end + 2]
        self._framing_bytes += end + 2
        if self._framing_bytes > _FRAMING_BYTES_MAX:
            raise AnswerError("the answer is all chunks and no content")
        return line

    def _take_chunk_line(self) -> bool:
        if (line := self._take_line()) is None:
            return False
        if self._after_chunk:
            self._after_chunk = False
            if line:
                raise AnswerError("the answer is not chunked as it says")
            return True
        if (size := _CHUNK.fullmatch(line)) is None:
            raise AnswerError("the answer is not chunked as it says")
        self._left = int(size[1], 16)
        if self._left == 0:
            self._left, self._trailer = None, True
        return True

    def _take_trailer(self) -> bool:
        if (line := self._take_line()) is None:
            return False
        self._head_bytes += len(line) + 2
        if self._head_bytes > HEAD_BYTES_MAX:
            raise AnswerError(f"head and trailer of the answer are longer than {HEAD_BYTES_MAX} bytes")
        self.done = not line
        return True


def _fields(lines: list[bytes]) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for line in lines:
        if (field := _FIELD.fullmatch(line)) is None:
            raise AnswerError("a header of the answer is not one")
        name, value = field[1].lower(), field[2]
        if name in fields and name in (b"content-length", b"transfer-encoding") and fields[name] != value:
            raise AnswerError("the length of the answer is told in two ways, or in an unknown one")
        fields[name] = fields[name] + b", " + value if name == b"connection" and name in fields else value
    return fields
