"""A write-only FTP server before a drop directory: pyftpdlib, with everything taken away that an upload does not need.

1. A client sees /incoming and /receipts and nothing else. Paths are names in a table, never places on the disk: there
   is nothing to climb out of, and no link to follow.
2. STOR makes a new file in /incoming with an upload's name, once, while there is room, of at most an envelope's size.
   RETR gives one receipt, to who knows its name. There is no listing, renaming, deleting, appending or resuming.
3. Data connections are passive only: the server never connects to anybody.
4. What was cut off or changed on the way is removed and refused. What a crash leaves is set aside by the portal.

It runs as a process of its own, without the portal's keys and database. Source: RFC 959, RFC 2428.
"""

import hashlib
import hmac
import logging
import os
import re
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Final

from portal.domain.drops import Room, why_no_room
from portal.drop.config import DropConfig
from portal.drop.folders import DropFolders
from portal.errors import ConfigError
from wire_format.envelope import SEALED_BYTES_MAX
from wire_format.receipts import INCOMING, RECEIPTS, UploadName

with warnings.catch_warnings():  # pyftpdlib stands on asyncore: Python's own up to 3.11, a package from 3.12 on
    warnings.filterwarnings("ignore", "The asyn(core|chat) module", DeprecationWarning)
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.exceptions import AuthenticationFailed, FilesystemError
    from pyftpdlib.filesystems import AbstractedFS
    from pyftpdlib.handlers import DTPHandler, FTPHandler
    from pyftpdlib.servers import FTPServer

COMMANDS: Final = (
    "USER", "PASS", "QUIT", "TYPE", "MODE", "STRU", "PASV", "EPSV", "STOR", "RETR", "CWD", "CDUP", "PWD", "NOOP",
    "FEAT", "SYST", "OPTS", "ALLO", "ABOR", "STAT",
)  # fmt: skip
FOLDERS: Final = ("/", f"/{INCOMING}", f"/{RECEIPTS}")
CONNECTIONS_MAX: Final = 128
CONNECTIONS_OF_ONE_MAX: Final = 16
IDLE_S: Final = 60
_UPLOAD: Final = re.compile(rf"/{INCOMING}/([^/]+)")
_RECEIPT: Final = re.compile(rf"/{RECEIPTS}/([0-9a-f]{{64}}\.jws)")
_LOOK_S: Final = 0.2
_log = logging.getLogger(__name__)


class _DropFs(AbstractedFS):
    """Rule 1: what the rest of pyftpdlib takes for paths are the names that a client sees."""

    def ftp2fs(self, ftppath: str) -> str:
        return str(self.ftpnorm(ftppath))

    def fs2ftp(self, fspath: str) -> str:
        return fspath

    def validpath(self, path: str) -> bool:
        return True

    def chdir(self, path: str) -> None:
        if path not in FOLDERS:
            raise FilesystemError("There is no such folder")
        self.cwd = path

    def open(self, filename: str, mode: str) -> Any:
        folders: DropFolders = self.cmd_channel.folders
        if mode == "rb" and (found := _RECEIPT.fullmatch(filename)):
            return open(folders.receipts / found[1], "rb", opener=_read_only)
        upload = _upload(filename)
        if mode != "wb" or upload is None:
            raise FilesystemError("Not allowed here")
        return open(folders.incoming / upload.file, "wb", opener=_once)


def _read_only(path: str, _flags: int) -> int:
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _once(path: str, _flags: int) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
    os.fchmod(descriptor, 0o640)  # the portal may be another user of the folder's group
    return descriptor


class _DropData(DTPHandler):
    """Rules 2 and 4: nothing larger than an envelope, and "complete" is said of what has its name's hash only.

    A broken line looks like the end of the file to a server that trusts the connection.
    """

    timeout = IDLE_S

    def handle_read(self) -> None:
        super().handle_read()
        if self.receive and self.tot_bytes_received > SEALED_BYTES_MAX:
            self.transfer_finished = False
            self._resp = (f"552 At most {SEALED_BYTES_MAX} bytes.", _log.debug)
            self.close()

    handle_read_event = handle_read

    def close(self) -> None:
        if not self._closed and self.receive and self.transfer_finished and self.file_obj is not None:
            self.file_obj.flush()
            received, content = Path(self.file_obj.name), b""
            with suppress(OSError):
                content = received.read_bytes()
            upload = UploadName.parse(received.name)
            if upload is None or hashlib.sha256(content).hexdigest() != upload.sha256:
                self.transfer_finished = False
                self._resp = ("550 The bytes do not have the SHA-256 of the name; send them anew.", _log.debug)
        super().close()


class _DropPassive(FTPHandler.passive_dtp):
    timeout = 20


class _DropAuthorizer(DummyAuthorizer):
    def validate_authentication(self, username: str, password: str, handler: object) -> None:
        known = self.user_table.get(username, {}).get("pwd", "")
        if not known or not hmac.compare_digest(known.encode("utf-8"), password.encode("utf-8", "replace")):
            raise AuthenticationFailed("Authentication failed.")


class _DropHandler(FTPHandler):
    """Rules 2 to 4."""

    abstracted_fs, dtp_handler, passive_dtp = _DropFs, _DropData, _DropPassive
    proto_cmds: ClassVar = {name: FTPHandler.proto_cmds[name] for name in COMMANDS}
    banner, timeout, use_sendfile = "FTP ready.", IDLE_S, False
    folders: DropFolders
    room: Room

    def ftp_STOR(self, file: str, mode: str = "w") -> str | None:
        upload = _upload(file)
        if upload is None:
            self.respond(f"553 Uploads go to {INCOMING}/ and are named SENDER.SHA256.jwe.")
            return None
        try:
            waiting = [(name, version.size_bytes) for name, version in self.folders.waiting()]
        except OSError:
            self.respond("451 The folder cannot be read now.")
            return None
        if why := why_no_room(upload, waiting, self.room):
            self.respond(f"452 {why[0].upper()}{why[1:]}; come again later.")
            return None
        stored: str | None = super().ftp_STOR(file, mode)
        return stored

    def on_incomplete_file_received(self, file: str) -> None:
        Path(file).unlink(missing_ok=True)


def _upload(path: str) -> UploadName | None:
    found = _UPLOAD.fullmatch(path)
    return None if found is None else UploadName.parse(found[1])


def serve_ftp(
    config: DropConfig, password: str, stop: threading.Event, ready: Callable[[tuple[str, int]], None]
) -> None:
    """Serve until stop is set. ready is told the address. Blocks. Raises ConfigError before ready."""
    assert config.directory is not None and config.ftp_listen is not None
    folders = DropFolders(config.directory)
    authorizer = _DropAuthorizer()
    authorizer.add_user(config.ftp_user, password, str(config.directory), perm="erw")
    first, last = config.ftp_ports
    handler = type(
        "DropHandler",
        (_DropHandler,),
        {
            "authorizer": authorizer,
            "folders": folders,
            "room": Room(
                files_max=config.waiting_max,
                bytes_max=config.waiting_mib_max * 1024 * 1024,
                sender_files_max=config.sender_waiting_max,
            ),
            "passive_ports": range(first, last + 1),
            "masquerade_address": config.ftp_announced,
        },
    )
    logging.getLogger("pyftpdlib").setLevel(logging.WARNING)  # its own lines hold the names of files and clients
    host, port = config.ftp_listen
    try:
        server = FTPServer((host, port), handler)
    except OSError as error:
        raise ConfigError(
            f"the FTP server cannot listen on {host}:{port} ({error.strerror}); choose another drop.ftp_listen"
        ) from error
    server.max_cons, server.max_cons_per_ip = CONNECTIONS_MAX, CONNECTIONS_OF_ONE_MAX
    try:
        ready(server.address[:2])
        while not stop.is_set():
            server.ioloop.loop(_LOOK_S, False)
    finally:
        server.close_all()
