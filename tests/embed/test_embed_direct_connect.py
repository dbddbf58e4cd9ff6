"""What a gateway gets: only the base install, no listening socket, and a job that is on disk when the call returns.

Runs in an environment that holds nothing but pytest and the wheel, so nothing here imports a test helper. What is
loaded is asked of a fresh interpreter, where pytest's own modules can not be in the way.
"""

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = '''
import json, os, sys
before = set(sys.modules)
from direct_connect.api import Device, DirectConnection, Job, Outcome, Service, Snapshot

def snapshot():
    return Snapshot(Device(serial="S1"))

def listening():
    found = []
    fds = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    own = {os.readlink(fd) for fd in fds if os.path.lexists(fd)}
    for table, states in (("tcp", {"0A"}), ("tcp6", {"0A"}), ("udp", {"07"}), ("udp6", {"07"})):
        with open(f"/proc/self/net/{table}") as rows:
            for row in list(rows)[1:]:
                fields = row.split()
                if fields[3] in states and f"socket:[{fields[9]}]" in own:
                    found.append(row)
    return found

with DirectConnection.open(sys.argv[1], "https://127.0.0.1:9", snapshot=snapshot) as connection:
    connection.job_started("job-1")
    connection.impressions_made(2)
    connection.job_finished(Job(job_id="job-1", service=Service.PRINT, outcome=Outcome.COMPLETED, impressions=2))
    sockets = listening()
with DirectConnection.open(sys.argv[1], "https://127.0.0.1:9", snapshot=snapshot) as connection:
    status = connection.status()

roots = {name.partition(".")[0] for name in set(sys.modules) - before}
print(json.dumps({
    "foreign": sorted(name for name in roots if name not in sys.stdlib_module_names and not name.startswith("_")),
    "asyncio": "asyncio" in sys.modules,
    "listening": sockets,
    "jobs_waiting": status.jobs_waiting,
    "impressions_waiting": status.impressions_waiting,
}))
'''  # fmt: skip


def run(directory: Path) -> dict[str, object]:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(directory)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    said: dict[str, object] = json.loads(ran.stdout)
    return said


def test_an_embedder_loads_two_third_party_packages_and_no_more(tmp_path: Path) -> None:
    said = run(tmp_path)

    assert isinstance(said["foreign"], list)
    assert set(said["foreign"]) <= {"wire_format", "direct_connect", "cryptography", "joserfc", "cffi"}
    assert said["asyncio"] is False


def test_nothing_listens(tmp_path: Path) -> None:
    assert run(tmp_path)["listening"] == []


def test_a_job_is_on_disk_when_the_call_returns(tmp_path: Path) -> None:
    said = run(tmp_path)

    assert (said["jobs_waiting"], said["impressions_waiting"]) == (1, 2)


def test_importing_the_package_alone_loads_nothing_heavy() -> None:
    program = "import sys, direct_connect; print(sorted(n for n in sys.modules if n.split('.')[0] in " \
        "('cryptography', 'joserfc', 'sqlite3', 'ssl', 'asyncio', 'http')))"  # fmt: skip
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert ran.stdout.strip() == "[]"
