"""docs/wire.md is enough: a sender in another language, written from that file alone, against a real portal.

The stranger is tests/support/stranger.mjs (Node's standard library, nothing of this project). Where it fails, either
the portal left the document or the document says too little; the table of faults below says what the document promises.
"""

import asyncio
import json
import os
import shutil
import ssl
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.portal import portal_config, prepare
from wire_format.enrolment import ClaimCode

ROOT = Path(__file__).parents[2]
STRANGER = ROOT / "tests/support/stranger.mjs"
STRANGER_WRONG = ROOT / "tests/support/stranger_wrong.mjs"
GOLDEN = ROOT / "fixtures/wire/schema-1"
PORTAL = [sys.executable, "-m", "inkwire", "portal"]
START_S_MAX = 30.0

UNREADABLE = (400, {"error": "unreadable"})
CLAIM_REFUSED = (403, {"error": "claim_refused"})
JOB = "/reports/0/jobs/0"

FAULTS: dict[str, tuple[int, dict[str, str]]] = {
    "enrol: wrong secret": CLAIM_REFUSED,
    "enrol: no such claim": CLAIM_REFUSED,
    "enrol: a used claim, another key": CLAIM_REFUSED,
    "enrol: one more header member": UNREADABLE,
    "enrol: another key in the header": UNREADABLE,
    "enrol: one more member in the jwk": UNREADABLE,
    "enrol: EdDSA": UNREADABLE,
    "enrol: nonce in capitals": (422, {"error": "invalid", "path": "/nonce"}),
    "enrol: a name that is not listed": (422, {"error": "invalid", "path": "/owner"}),
    "time: no nonce": (422, {"error": "invalid", "path": "/nonce"}),
    "push: JWS with one more header member": UNREADABLE,
    "push: JWS with EdDSA": UNREADABLE,
    "push: JWS with another kid": UNREADABLE,
    "push: JWS of another key": UNREADABLE,
    "push: JWE with zip": UNREADABLE,
    "push: JWE with apu": UNREADABLE,
    "push: zlib wrapper": UNREADABLE,
    "push: a byte after the deflated ones": UNREADABLE,
    "push: more than 16 MiB inflated": UNREADABLE,
    "push: tampered ciphertext": UNREADABLE,
    "push: tampered content key": UNREADABLE,
    "push: a newline at the end": UNREADABLE,
    "push: not an envelope": UNREADABLE,
    "push: unknown name in the path": (403, {"error": "unknown"}),
    "push: another sender in the batch": (422, {"error": "invalid", "path": "/sender"}),
    "push: an unknown portal key": (409, {"error": "stale_portal_key"}),
    "push: more than 1 MiB": (413, {"error": "too_large"}),
    "push: other bytes under a used number": (409, {"error": "sequence_conflict"}),
    "push: job with user": (422, {"error": "invalid", "path": f"{JOB}/user"}),
    "push: job with an unlisted name": (422, {"error": "invalid", "path": f"{JOB}/colour"}),
    "push: NaN": (422, {"error": "invalid", "path": f"{JOB}/copies"}),
    "push: a key twice": (422, {"error": "invalid", "path": f"{JOB}/copies"}),
    "push: a decimal": (422, {"error": "invalid", "path": f"{JOB}/copies"}),
    "push: half a surrogate pair": (422, {"error": "invalid", "path": f"{JOB}/media/type"}),
    "push: half a surrogate pair in a key": (422, {"error": "invalid", "path": JOB}),
    "push: half a surrogate pair in a key under x-": (422, {"error": "invalid", "path": f"{JOB}/x-a"}),
    "push: 17 digits under x-": (422, {"error": "invalid", "path": f"{JOB}/x-a/weight"}),
    "push: 17 steps deep": (422, {"error": "invalid", "path": f"{JOB}/x-deep" + "/0" * 12}),
    "push: byte order mark": (422, {"error": "invalid", "path": ""}),
    "push: schema 2": (422, {"error": "invalid", "path": "/v"}),
    "push: time with an offset": (422, {"error": "invalid", "path": "/created_at"}),
    "right: x- name": (200, {}),
    "right: 16 steps deep": (200, {}),
    "right: nothing to report": (200, {}),
    "right: a number far ahead": (200, {}),
    "right: the number of a refused batch": (200, {}),
    "rekey: another kid in it": UNREADABLE,
    "rekey: to itself": (403, {"error": "key_taken"}),
    "right: rekey": (200, {}),
    "right: rekey again": (200, {}),
    "rekey: push by the one withdrawn": (403, {"error": "revoked"}),
    "rekey: new key, old name in the batch": (422, {"error": "invalid", "path": "/sender"}),
    "right: push by the old key meanwhile": (200, {}),
    "right: push by the new key": (200, {}),
    "rekey: push by the old key afterwards": (403, {"error": "revoked"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A portal that serves, unused claim codes for it, and a token to read it with."""

    url: str
    ca: Path
    claims: list[str]
    token: str

    def export(self, name: str, serial: str) -> list[dict[str, object]]:
        """The rows of one printer."""
        address, headers = f"{self.url}/v1/export/{name}.jsonl", {"Authorization": f"Bearer {self.token}"}
        trust = ssl.create_default_context(cafile=self.ca)
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), context=trust) as answer:
            rows = [json.loads(line) for line in answer]
        return [row for row in rows if row["serial"] == serial]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INKWIRE_")}
    return {**kept, "PYTHONPATH": str(ROOT)}


def node(program: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([node_path(), str(program), *words], capture_output=True, text=True, timeout=60)


def node_path() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed, so nobody outside Python has tried docs/wire.md; install Node 20 or newer")
    return found


def seen_by(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    """What a program printed, once it ended well."""
    assert (done.returncode, done.stderr) == (0, "")
    seen = json.loads(done.stdout)
    assert isinstance(seen, dict)
    return seen


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    node_path()
    folder = tmp_path_factory.mktemp("portal")
    state, log = folder / "state", folder / "log"
    *claims, token = asyncio.run(prepare(portal_config(folder), now=datetime.now(UTC)))
    with log.open("w") as told:
        child = subprocess.Popen(
            [*PORTAL, "serve", "--listen", "127.0.0.1:0", "--state", str(state)],
            env=environment(),
            stdout=told,
            stderr=told,
        )
    try:
        note, end_s = state / "serving.json", time.monotonic() + START_S_MAX
        while not note.exists() or not note.read_text():
            assert child.poll() is None, log.read_text()
            assert time.monotonic() < end_s, log.read_text()
            time.sleep(0.05)
        url = json.loads(note.read_text())["url"]
        yield House(url=url, ca=state / "ca.pem", claims=claims, token=token)
    finally:
        child.terminate()
        child.wait(20)


@pytest.fixture(scope="module")
def answers(house: House) -> dict[str, object]:
    """What the portal said to a stranger who did what the document forbids, by fault."""
    return seen_by(node(STRANGER_WRONG, house.url, house.claims[2]))


@pytest.mark.parametrize(("alg", "claim"), [("ed25519", 0), ("es256", 1)])
def test_a_stranger_with_only_the_document_enrols_and_pushes_and_each_job_is_there_once(
    house: House, alg: str, claim: int
) -> None:
    seen = seen_by(node(STRANGER, house.url, house.claims[claim], "--alg", alg))

    sender, stream, serial, acks = seen["sender"], seen["stream"], seen["serial"], seen["acks"]
    assert isinstance(serial, str)
    assert isinstance(acks, list)
    assert [(ack["stream"], ack["sequence"]) for ack in acks] == [(stream, 1), (stream, 1), (stream, 2)]
    assert acks[0] == acks[1]

    pushed = {
        "serial": serial,
        "sender": sender,
        "service": "print",
        "outcome": "completed",
        "color_mode": "color",
        "copies": 3,
        "impressions": 12,
        "sheets": 6,
        "media": {"type": "plain", "width_mm": 210, "length_mm": 297},
        "submitted_by": "network",
    }
    jobs = house.export("jobs", serial)
    assert Counter(str(job["job_id"]) for job in jobs) == {"job-1": 1, "job-2": 1}
    assert [{name: job[name] for name in pushed} for job in jobs] == [pushed, pushed]
    assert [(alert["alert_id"], alert["code"]) for alert in house.export("alerts", serial)] == [("a-1", 1104)]
    assert len(house.export("readings", serial)) == 2
    assert {(m["name"], m["unit"], m["value"], m["source"]) for m in house.export("meters", serial)} == {
        ("total.impressions", "impressions", 1024, "1.3.6.1.2.1.43.10.2.1.4.1.1"),
        ("total.impressions.color", "impressions", 424, "firmware"),
        ("print.area", "mm2", 9007199254740991, "firmware"),
    }


@pytest.mark.parametrize("fault", FAULTS)
def test_what_the_document_forbids_is_answered_as_it_says(answers: dict[str, object], fault: str) -> None:
    status, told = FAULTS[fault]
    answer = answers[fault]

    assert isinstance(answer, dict)
    assert answer["status"] == status
    body = answer["body"]
    assert {name: body[name] for name in told} == told
    if told == UNREADABLE[1]:
        assert body == told  # one identical answer whatever the cause


def test_every_fault_the_stranger_tries_has_its_promise(answers: dict[str, object]) -> None:
    assert set(answers) == set(FAULTS)


def test_a_stranger_stops_when_the_ca_is_not_the_one_of_the_claim(house: House) -> None:
    claim = ClaimCode.parse(house.claims[3])
    elsewhere = replace(claim, ca_hash=bytes(15))

    refused = node(STRANGER, house.url, elsewhere.text)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("stranger: the CA is not the one of the claim code")

    seen_by(node(STRANGER, house.url, claim.text.lower().replace("-", " ").replace("0", "o").replace("1", "l")))


def test_a_stranger_sees_a_typing_error_in_a_claim_code_before_it_asks_anybody() -> None:
    code = ClaimCode(claim_id=bytes(3), secret=bytes(8), ca_hash=bytes(15)).text
    mistyped = code[:20] + ("8" if code[20] != "8" else "9") + code[21:]

    refused = node(STRANGER, "https://127.0.0.1:1", mistyped)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "stranger: the claim code has a typing error: its check is wrong\n"


def test_a_stranger_opens_the_golden_envelopes_and_finds_the_json_byte_for_byte() -> None:
    seen = seen_by(node(STRANGER, "--golden", str(GOLDEN)))

    names = {alg: json.loads((GOLDEN / f"batch-{alg}.json").read_bytes())["sender"] for alg in ("ed25519", "es256")}
    opened = seen["opened"]
    assert isinstance(opened, dict)
    assert {alg: envelope["sender"] for alg, envelope in opened.items()} == names


@pytest.mark.parametrize("alg", ["ed25519", "es256"])
def test_a_stranger_sees_it_when_golden_json_differs_by_a_byte(tmp_path: Path, alg: str) -> None:
    for path in GOLDEN.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    changed = tmp_path / f"batch-{alg}.json"
    changed.write_bytes(changed.read_bytes() + b" ")

    refused = node(STRANGER, "--golden", str(tmp_path))

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"stranger: batch-{alg}: the JSON differs\n"
