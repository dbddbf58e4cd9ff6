"""What comes without TLS is taken in like a POST, and its sender gets the portal's signed word for it."""

import asyncio
import hashlib
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest

from portal.drop import folders, watching
from portal.drop.config import DropConfig
from tests.support.portal import LivePortal, LiveSender, at, batch, job, live_portal, open_file, report
from wire_format.answers import decode_answer, decode_refusal
from wire_format.enrolment import open_key_set
from wire_format.keys import DecryptionKey, SigningKey
from wire_format.receipts import Receipt, UploadName, open_receipt

PLAIN = DropConfig(http_listen=("127.0.0.1", 0))
RECEIPT_S = 20.0


def sealed(sender: LiveSender, *job_ids: str, sequence: int = 1) -> bytes:
    """An envelope with a batch of these jobs."""
    jobs = tuple(job(one) for one in job_ids)
    return sender.seal(batch(sender.key.kid, sequence, report(jobs=jobs), stream=sender.stream))


def name_of(sender: str, envelope: bytes) -> UploadName:
    """The name that an upload of this envelope has."""
    return UploadName(sender=sender, sha256=hashlib.sha256(envelope).hexdigest())


async def receipt_for(portal: LivePortal, drop: Path, name: UploadName) -> Receipt:
    """The receipt, as soon as it is there."""
    path = drop / "receipts" / name.receipt_file
    async with asyncio.timeout(RECEIPT_S):
        while not path.exists():
            await asyncio.sleep(0.02)
    return open_receipt(path.read_bytes(), name.sender, name.sha256, portal.ca_key)


async def lay_down(portal: LivePortal, drop: Path, sender: str, envelope: bytes) -> Receipt:
    """Drop a file, and wait for what the portal says."""
    name = name_of(sender, envelope)
    (drop / "incoming" / name.file).write_bytes(envelope)
    receipt = await receipt_for(portal, drop, name)
    async with asyncio.timeout(RECEIPT_S):
        while (drop / "incoming" / name.file).exists():
            await asyncio.sleep(0.02)
    return receipt


def jobs_in(portal: LivePortal) -> list[str]:
    """The ids in the ledger."""
    return sorted(row["job_id"] for row in portal.rows("SELECT job_id FROM job"))


async def test_a_batch_in_plain_http_is_answered_with_a_receipt_for_this_very_envelope(tmp_path: Path) -> None:
    async with live_portal(tmp_path, drop=PLAIN) as portal:
        sender = await portal.enrolled(kind="collector")
        envelope = sealed(sender, "1")
        url = f"{portal.serving.plain_url}/v1/senders/{sender.key.kid}/batches"
        for _ in range(2):  # a repeat is answered like the first time
            async with portal.session.post(url, data=envelope, headers={"Content-Type": "application/jose"}) as answer:
                token = await answer.read()
                assert (answer.status, answer.content_type) == (200, "application/jose")
            name = name_of(sender.key.kid, envelope)
            receipt = open_receipt(token, name.sender, name.sha256, portal.ca_key)
            assert receipt.status == "200"
            assert decode_answer(receipt.body).ack.sequence == 1

        assert len(jobs_in(portal)) == 1


async def test_in_plain_http_nothing_is_said_that_is_neither_sealed_nor_signed(tmp_path: Path) -> None:
    async with live_portal(tmp_path, drop=PLAIN) as portal:
        sender = await portal.enrolled(kind="collector")
        plain = str(portal.serving.plain_url)
        assert plain.startswith("http://127.0.0.1:")
        batches = f"/v1/senders/{sender.key.kid}/batches"
        for path in ("/", "/login", "/v1/enrol", f"/v1/senders/{sender.key.kid}/rekey", "/v1/export/jobs.jsonl"):
            for method in ("GET", "POST"):
                async with portal.session.request(method, plain + path, allow_redirects=False) as answer:
                    assert answer.status in (404, 405), path
        # What somebody in between can bring about is not signed: too large, another type, nobody's path.
        jose = {"Content-Type": "application/jose"}
        for path, body, headers, status in (
            (batches, b"x" * (1024 * 1024 + 1), jose, 413),
            (batches, sealed(sender, "1"), {"Content-Type": "text/plain"}, 415),
            (f"/v1/senders/{'A' * 43}/batches", sealed(sender, "1"), jose, 403),
        ):
            async with portal.session.post(plain + path, data=io.BytesIO(body), headers=headers) as answer:
                assert (answer.status, answer.content_type) == (status, "application/json")
        async with portal.session.get(plain + "/v1/keys") as answer:
            assert open_key_set((await answer.read()).decode(), portal.ca_key)
        assert jobs_in(portal) == []


async def test_without_the_setting_nothing_listens_in_plain(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        assert portal.serving.plain_url is None


async def test_a_dropped_file_is_in_the_ledger_once_and_has_a_receipt(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    async with live_portal(tmp_path, drop=DropConfig(directory=drop)) as portal:
        sender = await portal.enrolled(kind="collector")
        envelopes = [sealed(sender, "1", "2"), sealed(sender, "1", "2"), sealed(sender, "3", sequence=2)]
        receipts = [await lay_down(portal, drop, sender.key.kid, each) for each in envelopes]

        assert [(one.status, decode_answer(one.body).ack.sequence) for one in receipts] == [
            ("200", 1), ("200", 1), ("200", 2),
        ]  # fmt: skip
        assert len(jobs_in(portal)) == 3
        assert list((drop / "rejected").iterdir()) == []


async def test_what_the_portal_refuses_is_told_in_a_signed_receipt_and_set_aside_with_the_reason(
    tmp_path: Path,
) -> None:
    drop = tmp_path / "drop"
    async with live_portal(tmp_path, drop=DropConfig(directory=drop)) as portal:
        sender = await portal.enrolled(kind="collector")
        other = LiveSender(portal=portal, key=SigningKey.generate(), portal_key=sender.portal_key)
        strange = replace(sender, portal_key=DecryptionKey.generate().public)

        async def said(kid: str, envelope: bytes) -> tuple[str, str]:
            receipt = await lay_down(portal, drop, kid, envelope)
            return receipt.status, decode_refusal(receipt.body).error

        kid = sender.key.kid
        assert await said(kid, b"no envelope at all") == ("400", "unreadable")
        assert await said(kid, sealed(other, "1")) == ("400", "unreadable")
        assert await said(other.key.kid, sealed(other, "1")) == ("403", "unknown")
        assert await said(kid, sender.seal(batch("A" * 43, 1, report()))) == ("422", "invalid")
        stale = await lay_down(portal, drop, kid, sealed(strange, "1"))
        assert open_key_set(str(decode_refusal(stale.body).keys), portal.ca_key)

        reasons = sorted(path.read_text() for path in (drop / "rejected").glob("*.why"))
        assert len(reasons) == 4  # sealed to an old key is no fault: it comes again
        assert sum("unreadable" in reason for reason in reasons) == 2
        assert jobs_in(portal) == []


async def test_no_bad_file_stops_the_others(tmp_path: Path) -> None:
    """A pipe, a directory, links out of the folder, half an upload, another name, and one that cannot be read."""
    drop, secret = tmp_path / "drop", tmp_path / "secret"
    secret.write_text("of the machine")
    limits = DropConfig(directory=drop, incomplete_s=10)
    async with live_portal(tmp_path, drop=limits) as portal:
        sender = await portal.enrolled(kind="collector")
        incoming = drop / "incoming"
        half, whole = sealed(sender, "1"), sealed(sender, "2", sequence=2)
        os.mkfifo(incoming / "a.pipe")
        (incoming / "a.folder").mkdir()
        (incoming / name_of(sender.key.kid, b"link").file).symlink_to(secret)
        (incoming / name_of(sender.key.kid, half).file).write_bytes(half[:-1])
        (incoming / os.fsdecode(b"odd\xff\n.jwe")).write_bytes(whole)
        (incoming / "large").write_bytes(bytes(1024 * 1024 + 1))

        assert (await lay_down(portal, drop, sender.key.kid, whole)).status == "200"
        with (incoming / name_of(sender.key.kid, half).file).open("ab") as file:  # the upload goes on
            file.write(half[-1:])
        assert (await receipt_for(portal, drop, name_of(sender.key.kid, half))).status == "200"

        assert len(jobs_in(portal)) == 2
        assert secret.read_text() == "of the machine"
        assert [path.name.partition("-")[0] for path in (drop / "rejected").glob("*.why")] == ["odd"]


async def test_a_revoked_sender_is_told_so(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    async with live_portal(tmp_path, drop=DropConfig(directory=drop)) as portal:
        sender = await portal.enrolled(kind="collector")
        with open_file(portal.path) as db:
            db.execute("UPDATE sender SET revoked_at = ?", (at().isoformat(),))
        receipt = await lay_down(portal, drop, sender.key.kid, sealed(sender, "1"))

        assert (receipt.status, decode_refusal(receipt.body).error) == ("403", "revoked")
        assert jobs_in(portal) == []


async def test_a_flood_of_bad_files_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "REJECTED_MAX", 5)
    monkeypatch.setattr(watching, "REJECTED_TIDY", 10)
    drop = tmp_path / "drop"
    async with live_portal(tmp_path, drop=DropConfig(directory=drop)) as portal:
        for number in range(40):
            envelope = b"junk %d" % number
            (drop / "incoming" / name_of("A" * 43, envelope).file).write_bytes(envelope)
        async with asyncio.timeout(RECEIPT_S):
            while any((drop / "incoming").iterdir()) or len(list((drop / "rejected").glob("*.jwe"))) > 5:
                await asyncio.sleep(0.05)
        sender = await portal.enrolled(kind="collector")
        assert (await lay_down(portal, drop, sender.key.kid, sealed(sender, "1"))).status == "200"
