"""The write-only FTP server: uploads go in once, receipts come out, and nothing else is possible."""

import ftplib
import hashlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.drop.ftp import COMMANDS
from tests.support.ftp import PASSWORD, USER, curl, ftp_server, logged_in
from wire_format.envelope import SEALED_BYTES_MAX
from wire_format.receipts import UploadName

SENDER = "s" * 43
CONTENT = b"a sealed envelope"


def name_of(content: bytes, sender: str = SENDER) -> str:
    """The name of an upload."""
    return UploadName(sender=sender, sha256=hashlib.sha256(content).hexdigest()).file


NAME = name_of(CONTENT)


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """A drop directory beside something that is none of a client's business."""
    (tmp_path / "secret").write_text("of the machine")
    return tmp_path / "drop"


@pytest.fixture
def port(drop: Path) -> Iterator[int]:
    """A server."""
    with ftp_server(drop) as port:
        yield port


def refused(ftp: ftplib.FTP, command: str) -> str:
    """The code that a command is refused with."""
    with pytest.raises((ftplib.error_perm, ftplib.error_temp)) as refusal:
        ftp.sendcmd(command)
    return str(refusal.value)[:3]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_curl_uploads_a_file_once_and_can_do_nothing_else(drop: Path, port: int, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(CONTENT)
    assert (await curl(port, f"/incoming/{NAME}", "-T", str(mine)))[0] == 0
    assert (drop / "incoming" / NAME).read_bytes() == CONTENT

    mine.write_bytes(b"something else")
    code, said = await curl(port, f"/incoming/{NAME}", "-T", str(mine))
    assert (code, "550" in said) == (25, True)  # no overwriting
    assert (drop / "incoming" / NAME).read_bytes() == CONTENT
    # no reading back, no listing, no climbing out
    for path in (f"/incoming/{NAME}", "/incoming/", "/../secret", "/%2e%2e/%2e%2e/secret", "/rejected/x"):
        code, said = await curl(port, path)
        assert code != 0, path
        assert not any(known in said for known in ("of the machine", "sealed envelope")), path
    assert NAME not in (await curl(port, "/incoming/"))[1]
    for path in ("/incoming/readme.txt", "/incoming/../secret", f"/receipts/{NAME}", f"/{NAME}", "/incoming/a/b"):
        assert (await curl(port, path, "-T", str(mine)))[0] != 0, path
    assert (await curl(port, f"/incoming/{NAME}", "-T", str(mine), user=f"{USER}:guess"))[0] == 67
    assert [path.name for path in (drop / "incoming").iterdir()] == [NAME]
    assert (tmp_path / "secret").read_text() == "of the machine"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_curl_fetches_a_receipt_whose_name_it_knows(drop: Path, port: int) -> None:
    name = f"{'0' * 64}.jws"
    (drop / "receipts" / name).write_bytes(b"a receipt")
    (drop / "receipts" / f"{'1' * 64}.jws").symlink_to(drop.parent / "secret")

    code, said = await curl(port, f"/receipts/{name}")
    assert code == 0
    assert "a receipt" in said
    for path in (
        f"/receipts/{'1' * 64}.jws",
        f"/receipts/{'2' * 64}.jws",
        "/receipts/",
        f"/incoming/../receipts/{name}x",
    ):
        code, said = await curl(port, path)
        assert code != 0, path
        assert "of the machine" not in said


def test_no_command_lists_reads_renames_deletes_appends_or_connects_out(drop: Path, port: int) -> None:
    with logged_in(port) as ftp:
        ftp.storbinary(f"STOR incoming/{NAME}", io.BytesIO(CONTENT))
        path = f"/incoming/{NAME}"
        for command in (
            "LIST", "NLST", "MLSD", "MLST", f"SIZE {path}", f"MDTM {path}", f"DELE {path}", f"RNFR {path}", "MKD /x",
            "RMD /incoming", f"APPE {path}", "STOU", "REST 5", f"SITE CHMOD 777 {path}", "PORT 127,0,0,1,4,1",
            "EPRT |1|127.0.0.1|1025|", "REIN", "ACCT x",
        ):  # fmt: skip
            assert refused(ftp, command) in ("500", "502", "504", "530", "550"), command
        ftp.cwd("..")
        assert ftp.pwd() == "/"
        for folder in ("/rejected", "/etc", "../../etc", "incoming/" + NAME):
            assert refused(ftp, f"CWD {folder}") == "550"
        for told in (f"STAT {path}", "STAT /", "STAT /incoming"):
            assert refused(ftp, told) == "550"
    assert set(COMMANDS).isdisjoint({"LIST", "NLST", "DELE", "RNFR", "APPE", "REST", "PORT", "EPRT", "SITE", "SIZE"})


def test_an_upload_that_is_cut_off_leaves_nothing(drop: Path, port: int) -> None:
    whole = bytes(range(256)) * 2048
    path = drop / "incoming" / name_of(whole)
    with logged_in(port) as ftp:
        data = ftp.transfercmd(f"STOR incoming/{path.name}")
        data.sendall(whole[:-1])
        until_s = time.monotonic() + 10
        while path.stat().st_size == 0 and time.monotonic() < until_s:
            time.sleep(0.01)
        data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # a reset, as of a broken line
        data.close()
        with pytest.raises((ftplib.error_perm, ftplib.error_temp)):
            ftp.voidresp()

    assert list((drop / "incoming").iterdir()) == []


def test_a_file_larger_than_an_envelope_is_refused_while_it_comes(drop: Path, port: int) -> None:
    with logged_in(port) as ftp, pytest.raises((ftplib.error_perm, OSError)):
        ftp.storbinary(f"STOR incoming/{NAME}", io.BytesIO(bytes(SEALED_BYTES_MAX + 1)))
    with logged_in(port) as ftp:
        exact = bytes(SEALED_BYTES_MAX)
        ftp.storbinary(f"STOR incoming/{name_of(exact)}", io.BytesIO(exact))

    assert [path.name for path in (drop / "incoming").iterdir()] == [name_of(exact)]


def test_beyond_its_room_uploads_wait_and_other_senders_still_find_some(drop: Path) -> None:
    with ftp_server(drop, waiting_max=3, sender_waiting_max=2) as port, logged_in(port) as ftp:

        def put(content: bytes, sender: str = SENDER) -> str:
            try:
                return ftp.storbinary(f"STOR incoming/{name_of(content, sender)}", io.BytesIO(content))[:3]
            except ftplib.error_temp as error:
                return str(error)[:3]

        assert [put(b"1"), put(b"2"), put(b"3")] == ["226", "226", "452"]
        assert [put(b"1", "t" * 43), put(b"2", "t" * 43)] == ["226", "452"]
        (drop / "incoming" / name_of(b"1")).unlink()  # the portal took it in
        assert put(b"3") == "226"


def test_nobody_comes_in_without_the_password(port: int) -> None:
    with ftplib.FTP(timeout=30) as ftp:
        ftp.connect("127.0.0.1", port)
        assert refused(ftp, f"STOR incoming/{NAME}") == "530"
        assert refused(ftp, "PASS x") == "503"
        ftp.sendcmd("USER anonymous")
        assert refused(ftp, "PASS guest") == "530"


def test_the_command_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    config = tmp_path / "portal.toml"
    config.write_text('[drop]\ndirectory = "drop"\nftp_listen = "127.0.0.1:0"\n')
    command = [sys.executable, "-W", "error", "-m", "inkwire", "portal", "ftp", "--config", str(config)]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "INKWIRE_FTP_PASSWORD": PASSWORD}
    )
    assert process.stderr is not None
    told = process.stderr.readline()
    with logged_in(int(told.partition(",")[0].rpartition(":")[2])) as ftp:
        ftp.storbinary(f"STOR incoming/{NAME}", io.BytesIO(CONTENT))
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=20)

    assert (process.returncode, rest) == (0, "")
    assert (tmp_path / "drop" / "incoming" / NAME).read_bytes() == CONTENT
    without = subprocess.run(command, capture_output=True, text=True, timeout=30, env={**os.environ})
    assert (without.returncode, "INKWIRE_FTP_PASSWORD" in without.stderr) == (2, True)
