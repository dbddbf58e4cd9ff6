"""Printers announced by Avahi, the responder of most print servers, on a link between two namespaces."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.own_link import HERE, THERE, own_link, run_in

CONFIG = """[server]
host-name=press
use-ipv4=yes
use-ipv6=no
enable-dbus=no
allow-interfaces=link1
disallow-other-stacks=no
[publish]
publish-workstation=no
publish-hinfo=no
"""
SERVICE = """<?xml version="1.0" standalone="no"?><!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group><name>Press</name><service><type>{kind}</type><port>{port}</port></service></service-group>
"""
ASK = f"""
import asyncio
from pathlib import Path
from data_collector.announced import announced

def left():
    names, values = [line.split() for line in Path("/proc/net/netstat").read_text().splitlines() if "IpExt" in line]
    return int(dict(zip(names, values))["OutMcastPkts"])

before = left()
heard = asyncio.run(announced(["{HERE}"]))
print(left() - before, *sorted(heard))
"""
"""Prints how many multicast packets left, and who answered."""


@contextmanager
def avahi(name: str, folder: Path, kind: str, port: int) -> Iterator[None]:
    """A responder in a namespace that announces one service; it sees no file of this machine's own Avahi."""
    daemon = shutil.which("avahi-daemon")
    if daemon is None or shutil.which("unshare") is None:
        pytest.skip("SKIPPED LOUDLY: avahi-daemon or unshare is not installed")
    services = folder / "services"
    services.mkdir()
    (services / "one.service").write_text(SERVICE.format(kind=kind, port=port), encoding="utf-8")
    (folder / "avahi.conf").write_text(CONFIG, encoding="utf-8")
    script = (
        f"mount -t tmpfs none /run && mkdir -p /run/avahi-daemon && mount --bind {services} /etc/avahi/services && "
        f"exec {daemon} -f {folder / 'avahi.conf'} --no-drop-root --no-chroot --no-rlimits --no-proc-title"
    )
    log = folder / "avahi.log"
    with log.open("w", encoding="utf-8") as writing:
        running = subprocess.Popen(
            run_in(name, "unshare", "-m", "sh", "-c", script), stdout=writing, stderr=subprocess.STDOUT
        )
    try:
        patience_s = time.monotonic() + 30
        while "successfully established" not in (said := log.read_text(encoding="utf-8", errors="replace")):
            assert running.poll() is None, f"avahi-daemon ended: {said}"
            assert time.monotonic() < patience_s, f"avahi-daemon announces nothing: {said}"
            time.sleep(0.05)
        yield
    finally:
        running.kill()
        running.wait()


@pytest.mark.parametrize(("kind", "port", "answers"), [("_ipp._tcp", 631, [THERE]), ("_http._tcp", 80, [])])
def test_one_question_finds_who_announces_a_printer_and_nobody_else(
    tmp_path: Path, kind: str, port: int, answers: list[str]
) -> None:
    with own_link() as (here, there), avahi(there, tmp_path, kind, port):
        done = subprocess.run(run_in(here, sys.executable, "-c", ASK), capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["1", *answers]
