"""One FTP session with a server that may be old, slow, broken or hostile: ftplib with limits of our own.

1. The whole session ends at one moment, however slowly bytes drip: a timer shuts its sockets down.
2. Data goes over passive connections only, EPSV first, to the host that the control connection reached, whatever
   address the server names; no server can make us connect elsewhere, and none connects to us.
3. A reply has at most LINES_MAX lines; a download is cut at the caller's limit.
4. Binary mode always.

Source: RFC 959, RFC 2428.
"""

import ftplib
import io
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from direct_connect.uplink import PortalUnreachableError
from direct_connect.uplink.dialling import Cutter, Resolve, dial, system_resolve

CONNECT_S: Final = 15.0
SESSION_S: Final = 300.0
LINES_MAX: Final = 100
_BLOCK_BYTES: Final = 16 * 1024
_FAULTS: Final = (ftplib.Error, OSError, EOFError, ValueError)


class FtpServer:
    """Where an FTP server is and how to log in there. directory: seen from the login; repr shows no password."""

    __slots__ = ("_password", "directory", "host", "port", "user")

    def __init__(self, host: str, port: int = 21, directory: str = "", *, user: str, password: str) -> None:
        self.host, self.port, self.directory = host, port, directory
        self.user, self._password = user, password

    @property
    def where(self) -> str:
        """host:port, fit to be shown."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def login(self, ftp: ftplib.FTP) -> None:
        """Log in. Raises ftplib's errors."""
        ftp.login(self.user, self._password)

    def path(self, *parts: str) -> str:
        """A path under the directory."""
        return "/".join([self.directory, *parts] if self.directory else parts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FtpServer):
            return NotImplemented
        mine = (self.host, self.port, self.directory, self.user, self._password)
        return mine == (other.host, other.port, other.directory, other.user, other._password)

    def __hash__(self) -> int:
        return hash((self.host, self.port, self.directory, self.user))

    def __repr__(self) -> str:
        return f"FtpServer({self.user}@{self.where}/{self.directory})"


class _TooMuchError(ftplib.Error):
    """The server says more than anybody needs."""


class _BoundedFtp(ftplib.FTP):
    """ftplib with rules 2 and 3. The sockets are the cutter's."""

    def __init__(self, cutter: Cutter, timeout_s: float) -> None:
        super().__init__(timeout=timeout_s, encoding="latin-1")  # every byte is a letter: nothing fails to decode
        self._cutter = cutter

    def begin(self, sock: socket.socket, timeout_s: float) -> None:
        """Take over a connected socket, and hear the greeting."""
        sock.settimeout(timeout_s)
        self.sock, self.af = sock, sock.family
        self.file = sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()

    def getmultiline(self) -> str:
        line = self.getline()
        if line[3:4] != "-":
            return line
        lines = [line]
        while len(lines) < LINES_MAX:
            lines.append(self.getline())
            if lines[-1][:3] == line[:3] and lines[-1][3:4] != "-":
                return "\n".join(lines)
        raise _TooMuchError(f"a reply of more than {LINES_MAX} lines")

    def makepasv(self) -> tuple[str, int]:
        assert self.sock is not None
        host = str(self.sock.getpeername()[0])
        try:
            return host, ftplib.parse229(self.sendcmd("EPSV"), self.sock.getpeername())[1]
        except (ftplib.error_perm, ftplib.error_temp, ftplib.error_proto):
            return host, ftplib.parse227(self.sendcmd("PASV"))[1]

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        data, size = super().ntransfercmd(cmd, rest)
        self._cutter.add(data)
        return data, size


class FtpSession:
    """A logged-in session, in a `with` block. close() from another thread cuts it off."""

    def __init__(
        self,
        server: FtpServer,
        *,
        connect_s: float = CONNECT_S,
        session_s: float = SESSION_S,
        resolve: Resolve = system_resolve,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """connect_s: name, TCP and each single wait. session_s: the whole. Real seconds."""
        self._server, self._resolve, self._monotonic_s = server, resolve, monotonic_s
        self._connect_s = connect_s
        self._cutter = Cutter()
        self._ftp = _BoundedFtp(self._cutter, connect_s)
        self._late = False
        self._timer = threading.Timer(session_s, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        """Connect and log in. Raises PortalUnreachableError."""
        server = self._server
        self._timer.start()
        try:
            deadline_s = self._monotonic_s() + self._connect_s
            sock = dial(self._resolve, server.host, server.port, deadline_s, self._cutter)
            try:
                self._ftp.begin(sock, self._connect_s)
            except BaseException:
                sock.close()
                raise
            server.login(self._ftp)
        except ftplib.error_perm as error:
            self._leave()
            raise PortalUnreachableError(
                f"the FTP server {server.where} does not take the login of {server.user} ({_said(error)}); "
                "correct user and password in [send]"
            ) from error
        except _FAULTS as error:
            self._leave()
            raise self._unreachable(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def close(self) -> None:
        """Cut off whatever is under way. Idempotent."""
        self._cutter.cut()

    def upload(self, folder: str, name: str, content: bytes) -> None:
        """The server said that it has the file whole; it may be wrong. Raises PortalUnreachableError."""
        path = self._server.path(folder, name)
        try:
            self._ftp.storbinary(f"STOR {path}", io.BytesIO(content), _BLOCK_BYTES)
        except ftplib.error_perm as error:
            raise PortalUnreachableError(
                f"the FTP server {self._server.where} does not take {folder}/{name[:12]}... ({_said(error)}); check "
                "the directory in [send] url, and that the user may write there"
            ) from error
        except _FAULTS as error:
            raise self._unreachable(error) from error

    def download(self, folder: str, name: str, bytes_max: int) -> bytes | None:
        """The file's bytes, or None when it is not there. Raises PortalUnreachableError."""
        got = bytearray()

        def take(piece: bytes) -> None:
            got.extend(piece)
            if len(got) > bytes_max:
                raise _TooMuchError(f"a file of more than {bytes_max} bytes")

        try:
            self._ftp.retrbinary(f"RETR {self._server.path(folder, name)}", take, _BLOCK_BYTES)
        except ftplib.error_perm:
            return None
        except _FAULTS as error:
            raise self._unreachable(error) from error
        return bytes(got)

    def _end(self) -> None:
        self._late = True
        self._cutter.cut()

    def _leave(self) -> None:
        self._timer.cancel()
        with suppress(*_FAULTS, AttributeError):  # AttributeError: there never was a connection
            self._ftp.putcmd("QUIT")  # a word of farewell, whose answer nobody waits for
        self._cutter.cut()
        self._ftp.close()

    def _unreachable(self, error: Exception) -> PortalUnreachableError:
        where = f"the FTP server {self._server.where}"
        match error:
            case _ if self._late or isinstance(error, TimeoutError):
                said = f"{where} did not answer in time"
            case _ if self._cutter.is_cut:
                said = f"the connection to {where} was closed on this side"
            case socket.gaierror():
                said = f"the name {self._server.host} is not known to the name service ({error.strerror})"
            case ftplib.error_temp():
                said = f"{where} can not take it now ({_said(error)})"
            case ftplib.Error() | ValueError():
                said = f"{where} did not speak FTP ({_said(error)})"
            case EOFError():
                said = f"{where} ended the connection"
            case _:
                said = f"{where} can not be reached ({getattr(error, 'strerror', None) or error})"
        return PortalUnreachableError(f"{said}; check the address in [send] url, and that it runs")


def _said(error: Exception) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in str(error))[:200]
