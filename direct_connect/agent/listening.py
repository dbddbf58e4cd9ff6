"""The agent's Unix socket, its clients, and who may be one.

1. The socket appears under its name only when it is ready and nobody but those it is for can reach it.
2. A name left behind by an agent that died is taken over; a living agent, or a file that is no socket, is not.
3. Every peer is asked who it is by the kernel (SO_PEERCRED, SO_PEERGROUPS): own user, a named user, or a member of
   a named group. Others get one line and are logged.
4. Each client has a thread of its own, so a slow or dead one holds up nobody. At most CLIENTS_MAX.
"""

import contextlib
import errno
import logging
import os
import select
import socket
import stat
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from direct_connect.agent.commands import Refusal
from direct_connect.agent.session import Counts, Session
from direct_connect.errors import ConfigError

CLIENTS_MAX: Final = 64
BACKLOG: Final = 32
READ_BYTES: Final = 64 * 1024
END_WAIT_S: Final = 2.0
"""At the end of the agent, all clients together have so long to take their answers."""
PATH_BYTES_MAX: Final = 107
"""sun_path holds 108, with the NUL (unix(7))."""
SO_PEERGROUPS: Final = 59
"""Since Linux 4.13; Python has no name for it."""
_GROUPS_BYTES_MAX: Final = 1024
"""256 groups: socket.getsockopt takes no more. Of a peer in more, only the first is known."""
_CREDENTIALS: Final = struct.Struct("3i")
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Who may come in. users: ids; the agent's own is always one. groups: ids."""

    users: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()

    def admits(self, user: int, groups: frozenset[int], own: int) -> bool:
        """Whether a peer may come in."""
        return user == own or user in self.users or not self.groups.isdisjoint(groups)


class Stream(Protocol):
    """Where a client's bytes come from and go to."""

    def fileno(self) -> int:
        """What to wait on for bytes."""

    def read(self) -> bytes:
        """Some bytes; none at the end. Raises OSError."""

    def write(self, answers: bytes) -> None:
        """All of them, however long the client takes. Raises OSError when it is gone."""


class SocketStream:
    """A connected socket."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer

    def fileno(self) -> int:
        return self._peer.fileno()

    def read(self) -> bytes:
        return self._peer.recv(READ_BYTES)

    def write(self, answers: bytes) -> None:
        self._peer.sendall(answers)


class PipeStream:
    """A pair of descriptors, such as 0 and 1."""

    def __init__(self, reading: int, writing: int, stopping: "Stopping") -> None:
        self._reading, self._writing, self._stopping = reading, writing, stopping

    def fileno(self) -> int:
        return self._reading

    def read(self) -> bytes:
        return os.read(self._reading, READ_BYTES)

    def write(self, answers: bytes) -> None:
        left = memoryview(answers)
        while left:
            if not self._stopping.writable(self._writing):
                raise TimeoutError("it takes no answers")
            left = left[
                os.write(self._writing, left[: select.PIPE_BUF]) :
            ]  # so little never blocks when it may be written


class Stopping:
    """Said once, heard by every thread that waits on a descriptor."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.said = threading.Event()

    def say(self) -> None:
        """End. Also from a signal handler."""
        self.said.set()
        with suppress(OSError):
            os.write(self._writing, b"x")  # never read, so everybody hears it

    def readable(self, descriptor: int) -> bool:
        """Wait until there is something to read: True; or until it is time to end: False."""
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.register(self._reading, select.POLLIN)
        return self._reading not in (found for found, _ in poll.poll())

    def writable(self, descriptor: int) -> bool:
        """Wait until something can be written: True; or for END_WAIT_S after it is time to end: False."""
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        if not self.said.is_set():
            poll.register(self._reading, select.POLLIN)
            if descriptor in (found for found, _ in poll.poll()):
                return True
            poll.unregister(self._reading)
        return bool(poll.poll(END_WAIT_S * 1000))

    def close(self) -> None:
        """Let go of the descriptors, when nobody waits any more."""
        os.close(self._reading)
        os.close(self._writing)


def serve(session: Session, stream: Stream, stopping: Stopping) -> None:
    """Answer one client until it ends, is gone, or the agent stops. Raises nothing of the client's making."""
    try:
        while not session.ended and stopping.readable(stream.fileno()):
            if not (received := stream.read()):
                break
            for answers in session.receive(received):
                stream.write(answers)
        if said := session.end():
            stream.write(said)
    except OSError as error:  # gone in the middle: what was answered, and what was not, is durable or was never done
        _LOG.info("client is gone", extra={"why": error.strerror or type(error).__name__})


class Listener:
    """The socket under its name."""

    def __init__(self, path: Path, admission: Admission) -> None:
        """Raises ConfigError: the name can not be had."""
        self._path, self._admission = path, admission
        self._socket, self._identity = _bound(path, admission)

    def run(self, open_session: Callable[[], Session], counts: Counts, stopping: Stopping) -> None:
        """Serve clients until it is time to end; then wait a little for those that are being answered."""
        threads: list[threading.Thread] = []
        while stopping.readable(self._socket.fileno()):
            try:
                peer, _ = self._socket.accept()
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS):
                    _LOG.error("no client can be let in", extra={"why": error.strerror})
                    stopping.said.wait(1.0)
                continue
            threads = [thread for thread in threads if thread.is_alive()]
            if (refusal := self._refused(peer, len(threads))) is not None:
                counts.peers_refused += 1
                with peer, suppress(OSError):
                    peer.setblocking(False)
                    peer.send(f"{refusal.answer}\n".encode())
                continue
            client = threading.Thread(target=_client, args=(peer, open_session, counts, stopping), daemon=True)
            threads.append(client)
            client.start()
        end_s = time.monotonic() + END_WAIT_S
        for thread in threads:
            thread.join(max(0.0, end_s - time.monotonic()))

    def close(self) -> None:
        """Take the name away, if it is still this listener's. Idempotent."""
        self._socket.close()
        with suppress(OSError):
            if _identity(self._path) == self._identity:
                self._path.unlink()

    def _refused(self, peer: socket.socket, clients: int) -> Refusal | None:
        user, groups, who = peer_of(peer)
        if not self._admission.admits(user, groups, os.geteuid()):
            _LOG.warning("peer was refused", extra=who)
            return Refusal("denied", f"user {user} may not speak to this agent; start it with --allow-uid {user}")
        if clients >= CLIENTS_MAX:
            _LOG.warning("client was refused: too many", extra={**who, "clients": clients})
            return Refusal("busy", f"{clients} clients are connected; try again when one has gone")
        return None


def _client(peer: socket.socket, open_session: Callable[[], Session], counts: Counts, stopping: Stopping) -> None:
    with counts.lock:
        counts.clients += 1
        counts.clients_total += 1
    try:
        with peer:
            serve(open_session(), SocketStream(peer), stopping)
    except Exception:
        _LOG.exception("client's thread failed")
    finally:
        with counts.lock:
            counts.clients -= 1


def peer_of(peer: socket.socket) -> tuple[int, frozenset[int], dict[str, int]]:
    """User id, group ids, and what to log of whoever is at the other end. Source: unix(7)."""
    stored = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    process, user, group = _CREDENTIALS.unpack(stored)
    groups = {group}
    with suppress(OSError):  # an older kernel, or too many
        more = peer.getsockopt(socket.SOL_SOCKET, SO_PEERGROUPS, _GROUPS_BYTES_MAX)
        groups.update(number for (number,) in struct.iter_unpack("i", more))
    return user, frozenset(groups), {"uid": user, "gid": group, "pid": process}


def _bound(path: Path, admission: Admission) -> tuple[socket.socket, tuple[int, int] | None]:
    aside = path.with_name(path.name + ".new")
    if len(os.fsencode(aside)) > PATH_BYTES_MAX:
        raise ConfigError(f"the socket's path {path} is too long; at most {PATH_BYTES_MAX - 4} bytes")
    _check_free(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        with suppress(FileNotFoundError):
            aside.unlink()
        with _nobody_else():
            listening.bind(os.fspath(aside))
        _open_to(aside, admission)
        listening.listen(BACKLOG)
        aside.replace(path)
    except OSError as error:
        listening.close()
        raise ConfigError(f"the socket {path} can not be made: {error.strerror}; name another with --socket") from error
    return listening, _identity(path)


def _check_free(path: Path) -> None:
    """Raises ConfigError when something lives under the name."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(f"the socket {path} can not be made: {error.strerror}; name another with --socket") from error
    if not stat.S_ISSOCK(found.st_mode):
        raise ConfigError(f"{path} is there and is no socket; name another with --socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2.0)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            return  # left behind by one that died
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ETIMEDOUT):
                raise ConfigError(
                    f"{path} can not be looked at: {error.strerror}; remove it, or name another"
                ) from error
    raise ConfigError(f"an agent answers at {path} already; stop it, or name another socket with --socket")


@contextlib.contextmanager
def _nobody_else() -> Iterator[None]:
    before = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(before)


def _open_to(path: Path, admission: Admission) -> None:
    """Who is asked for credentials must reach the socket first: the mode is the outer door, not the lock."""
    if admission.users or len(admission.groups) > 1:
        path.chmod(0o666)
    elif admission.groups:
        (group,) = admission.groups
        try:
            os.chown(path, -1, group)
            path.chmod(0o660)
        except PermissionError:  # not a member of it: then credentials alone keep the others out
            path.chmod(0o666)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
