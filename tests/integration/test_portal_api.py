"""The API over real TLS, spoken to as the wire says."""

import asyncio
import io
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from tests.support.portal import (
    JOSE,
    NOW,
    LivePortal,
    LiveSender,
    alert,
    at,
    batch,
    job,
    live_portal,
    open_file,
    report,
)
from wire_format.codec import encode_batch
from wire_format.enrolment import (
    ClaimCode,
    EnrolRequest,
    ca_hash,
    open_key_set,
    open_time,
    sign_enrol_request,
    sign_rekey,
)
from wire_format.envelope import SEALED_BYTES_MAX, seal
from wire_format.keys import DecryptionKey, SigningKey

IMPATIENT = aiohttp.ClientTimeout(total=10)


async def test_a_sender_enrols_pushes_and_is_acked_with_the_hash_of_its_batch(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()

        status, answer = await sender.push(report(jobs=(job(),)))

        assert status == 200
        assert (answer["ack"]["stream"], answer["ack"]["sequence"]) == (sender.stream, 1)
        assert answer["next_push_s"] == 10_800
        assert answer["desired"]["settings"] == {
            "interval_s": 10_800,
            "jobs_max": 19,
            "impressions_max": 100,
            "job_names": "off",
        }
        (kept,) = portal.rows("SELECT sha256, received_ms FROM batch")
        assert answer["ack"]["sha256"] == kept["sha256"].hex()


async def test_a_lost_answer_is_given_again(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        envelope = sender.seal(batch(sender.key.kid, 1, report(jobs=(job(),))))
        sealed_again = sender.seal(batch(sender.key.kid, 1, report(jobs=(job(),))))

        assert await sender.post(envelope) == await sender.post(envelope) == await sender.post(sealed_again)

        assert portal.rows("SELECT count(*) AS n FROM job") == [{"n": 1}]


async def test_what_does_not_open_is_one_answer_whatever_is_wrong(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender, stranger = await portal.enrolled(), SigningKey.generate()
        good = sender.seal(batch(sender.key.kid, 1, report()))
        assert sender.portal_key is not None
        signed_by_another = seal(encode_batch(batch(sender.key.kid, 1, report())), stranger, sender.portal_key)

        answers = [
            await portal.post(f"/v1/senders/{sender.key.kid}/batches", body)
            for body in (b"", b"not a token", good[:-3] + b"AAA", good.replace(b".", b"", 1), signed_by_another)
        ]

        assert set(answers) == {(400, b'{"error":"unreadable"}')}


async def test_a_stranger_and_a_revoked_sender_are_turned_away_before_decryption(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        stranger, revoked = portal.sender(), await portal.enrolled()
        with open_file(portal.path) as db:
            db.execute("UPDATE sender SET revoked_at = '2026-11-22 09:00:00+00:00'")

        assert (await stranger.post(b"junk"))[0] == 403
        assert (await stranger.post(b"junk"))[1]["error"] == "unknown"
        assert (await revoked.post(b"junk"))[1]["error"] == "revoked"


async def test_a_sender_revoked_between_two_batches_is_turned_away_at_once(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        assert (await sender.push(report()))[0] == 200
        with open_file(portal.path) as db:
            db.execute("UPDATE sender SET revoked_at = '2026-11-22 09:00:00+00:00'")

        status, answer = await sender.push(report())

        assert (status, answer["error"]) == (403, "revoked")


async def test_an_envelope_to_a_key_that_is_not_ours_brings_the_current_keys(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        sender.portal_key = DecryptionKey.generate().public

        status, answer = await sender.push(report())

        assert (status, answer["error"]) == (409, "stale_portal_key")
        sender.portal_key = open_key_set(answer["keys"], portal.ca_key)[0]
        assert (await sender.push(report()))[0] == 200


async def test_a_fault_in_the_batch_is_named_with_its_place(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        assert sender.portal_key is not None
        good = encode_batch(batch(sender.key.kid, 1, report(jobs=(job(),))))
        owner = good.replace(b'"job_id":"1"', b'"job_id":"1","user":"anna"')

        status, answer = await sender.post(seal(owner, sender.key, sender.portal_key))

        assert (status, answer["error"], answer["path"]) == (422, "invalid", "/reports/0/jobs/0/user")
        assert "anna" not in answer["reason"]


async def test_a_batch_in_the_name_of_another_sender_is_refused(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        one, two = await portal.enrolled(), await portal.enrolled()

        status, answer = await one.post(one.seal(batch(two.key.kid, 1, report())))

        assert (status, answer["path"]) == (422, "/sender")


async def test_a_used_number_with_other_bytes_is_a_conflict(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        await sender.push(report())
        sender.sequence = 0

        status, answer = await sender.push(report(jobs=(job(),)))

        assert (status, answer["error"]) == (409, "sequence_conflict")
        assert portal.rows("SELECT count(*) AS n FROM quarantine") == [{"n": 1}]


@pytest.mark.parametrize("says_length", [True, False])
async def test_an_oversized_body_is_refused_before_it_is_read(tmp_path: Path, says_length: bool) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b"x" * 65_536
            await asyncio.sleep(0)

    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        body = io.BytesIO(b"x" * (SEALED_BYTES_MAX + 1)) if says_length else endless()
        try:
            async with portal.session.post(
                f"{portal.url}/v1/senders/{sender.key.kid}/batches", data=body, headers=JOSE
            ) as answer:
                assert answer.status == 413
                assert (await answer.json())["error"] == "too_large"
        except aiohttp.ClientConnectionError:
            assert not says_length  # the portal hung up on a body that did not end
        assert (await sender.push(report()))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Type": "application/octet-stream"},
        {"Content-Encoding": "gzip"},
        {"Content-Encoding": "identity, gzip"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/enrol", "/v1/senders/{kid}/batches", "/v1/senders/{kid}/rekey"])
async def test_another_type_or_coding_is_refused_before_the_body_has_come(
    tmp_path: Path, headers: dict[str, str], path: str
) -> None:
    asked = asyncio.Event()

    async def withheld() -> AsyncIterator[bytes]:
        yield b"x"  # headers leave with the first byte
        await asked.wait()

    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        address = portal.url + path.format(kid=sender.key.kid)
        sent = {"Content-Type": "application/jose", **headers}
        async with portal.session.post(address, data=withheld(), headers=sent, timeout=IMPATIENT) as answer:
            assert (answer.status, answer.content_type) == (415, "application/json")
            assert (await answer.json())["error"] == "unsupported_media_type"
            asked.set()


async def test_the_type_may_have_parameters_and_the_coding_may_be_called_identity(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        headers = {"Content-Type": "Application/JOSE; charset=us-ascii", "Content-Encoding": "identity"}

        status, body = await portal.post(
            f"/v1/senders/{sender.key.kid}/batches",
            sender.seal(batch(sender.key.kid, 1, report())),
            headers=headers,
        )

        assert (status, b"ack" in body) == (200, True)


async def test_signed_answers_have_the_type_the_document_names_and_no_charset(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        for path in ("/v1/keys", "/v1/time?nonce=" + "ab" * 16):
            async with portal.session.get(portal.url + path) as answer:
                assert answer.headers["Content-Type"] == "application/jose"


async def test_the_ca_is_the_one_in_the_claim_code_and_signs_keys_and_time(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        async with portal.session.get(portal.url + "/v1/ca", ssl=False) as answer:
            der = ssl.PEM_cert_to_DER_cert(await answer.text())
        async with portal.session.get(portal.url + "/v1/keys") as answer:
            keys = open_key_set(await answer.text(), portal.ca_key)
        async with portal.session.get(portal.url + "/v1/time", params={"nonce": "ab" * 8}) as answer:
            told = open_time(await answer.text(), "ab" * 8, portal.ca_key)

        assert ClaimCode.parse(portal.claims[0]).ca_hash == ca_hash(der)
        assert len(keys) == 1
        assert told == at(5)


async def test_a_time_is_signed_for_a_proper_nonce_only(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        for nonce in ("", "zz" * 8, "ab", "AB" * 8):
            async with portal.session.get(portal.url + "/v1/time", params={"nonce": nonce}) as answer:
                assert (answer.status, (await answer.json())["path"]) == (422, "/nonce")


async def test_a_claim_works_once_and_again_only_for_the_key_that_used_it(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        code, first, second = portal.claims[0], portal.sender(), portal.sender()

        assert (await first.enrol(code))[0] == 200
        assert (await first.enrol(code))[0] == 200
        status, answer = await second.enrol(code)

        assert (status, answer["error"]) == (403, "claim_refused")
        assert "make a new one" in answer["reason"]
        assert portal.rows("SELECT count(*) AS n FROM sender") == [{"n": 1}]


async def test_the_fifth_wrong_try_burns_a_claim(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender, code = portal.sender(), portal.claims[0]
        claim_id = ClaimCode.parse(code).claim_id.hex()

        answers = [await sender.enrol_with(claim_id, f"{number:016x}") for number in range(5)]
        right = await sender.enrol(code)

        assert {status for status, _ in [*answers, right]} == {403}
        assert len({str(answer) for _, answer in [*answers, right]}) == 1
        assert portal.rows("SELECT wrong_tries FROM claim_code WHERE burnt_at IS NOT NULL") == [{"wrong_tries": 5}]


async def test_four_wrong_tries_do_not_burn_it(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender, code = portal.sender(), portal.claims[0]
        for number in range(4):
            await sender.enrol_with(ClaimCode.parse(code).claim_id.hex(), f"{number:016x}")

        assert (await sender.enrol(code))[0] == 200


async def test_a_claim_expires_on_record_time(tmp_path: Path) -> None:
    async with live_portal(tmp_path, record_now=lambda: NOW + timedelta(hours=73)) as portal:
        assert (await portal.sender().enrol(portal.claims[0]))[0] == 403


async def test_an_address_that_guesses_claims_is_slowed_down(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender = portal.sender()
        statuses = [(await sender.enrol_with(f"{number:06x}", "00" * 8))[0] for number in range(31)]

        assert statuses == [403] * 30 + [429]


async def test_an_enrolment_that_is_not_signed_by_its_own_key_is_unreadable(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        told = EnrolRequest(v=1, claim_id="0" * 6, secret="0" * 16, kind="direct", agent="t", nonce="0" * 32)
        body = sign_enrol_request(told, SigningKey.generate())

        assert (await portal.post("/v1/enrol", body[:-4] + b"AAAA"))[0] == 400
        assert (await portal.post("/v1/enrol", b"{}"))[0] == 400


async def test_a_new_key_takes_over_at_its_first_batch(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        old = await portal.enrolled()
        new = LiveSender(portal=portal, key=SigningKey.generate(), portal_key=old.portal_key)
        body = sign_rekey(new.key, old.key)

        answers = [await portal.post(f"/v1/senders/{old.key.kid}/rekey", body) for _ in range(2)]

        assert answers == [(200, f'{{"sender":"{new.key.kid}"}}'.encode())] * 2
        assert (await old.push(report()))[0] == 200
        assert (await new.push(report()))[0] == 200
        assert (await old.push(report()))[0] == 403
        assert portal.rows("SELECT count(*) AS n FROM device") == [{"n": 1}]


async def test_a_rekey_that_the_old_key_did_not_sign_is_unreadable(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        body = sign_rekey(SigningKey.generate(), SigningKey.generate())

        assert (await portal.post(f"/v1/senders/{sender.key.kid}/rekey", body))[0] == 400


async def test_the_export_says_what_was_printed(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        await sender.push(report(jobs=(job("1"), job("2")), alerts=(alert(cleared_at=at(1)),)))
        kinds = ("devices", "readings", "meters", "jobs", "alerts")
        exported = {kind: await portal.export(kind) for kind in kinds}

    (device,) = exported["devices"]
    assert (device["serial"], device["senders"], device["identity"]) == ("SG1234567A", [sender.key.kid], "serial")
    assert device["first_seen_at"] == device["last_seen_at"] == "2026-11-22T09:05:00.000Z"
    assert exported["readings"][0]["observed_at"] == "2026-11-22T09:00:00.000Z"
    assert exported["meters"][0]["value"] == 100
    assert [line["job_id"] for line in exported["jobs"]] == ["1", "2"]
    assert exported["jobs"][0]["completed_at"] == "2026-11-22T09:00:00.000Z"
    assert exported["alerts"][0]["cleared_at"] == "2026-11-22T09:01:00.000Z"


async def test_an_export_longer_than_a_chunk_misses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    jobs = tuple(job(f"{number}") for number in range(4_500))
    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        assert (await sender.push(report(jobs=jobs)))[0] == 200

        exported = [line["job_id"] for line in await portal.export("jobs")]

    assert len(exported) == len(set(exported)) == 4_500


async def test_an_export_needs_a_good_token_and_shows_one_tenant_only(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        await sender.push(report())
        with open_file(portal.path) as db:
            db.execute(
                "INSERT INTO tenant SELECT 2, 'other', time_zone, settings_version, interval_s, jobs_max, "
                "impressions_max, job_names, created_at FROM tenant"
            )
            db.execute("UPDATE api_token SET tenant_id = 2")
        assert await portal.export("devices") == []
        assert await portal.export("jobs") == []

        for header in ({}, {"Authorization": "Bearer ikt_wrong"}, {"Authorization": f"Basic {portal.token}"}):
            async with portal.session.get(f"{portal.url}/v1/export/jobs.jsonl", headers=header) as answer:
                assert answer.status == 401


async def test_a_full_queue_asks_the_sender_to_come_again(tmp_path: Path) -> None:
    async with live_portal(tmp_path, queue_max=1, retry_after_s=7) as portal:
        sender = await portal.enrolled()
        with open_file(portal.path) as db:
            db.execute("BEGIN IMMEDIATE")  # a commit that takes its time
            pushes = [asyncio.create_task(sender.push(report())) for _ in range(6)]
            done, _ = await asyncio.wait(pushes, timeout=5, return_when=asyncio.FIRST_COMPLETED)
            assert {task.result()[0] for task in done} == {503}
        answers = await asyncio.gather(*pushes)

    assert {status for status, _ in answers} == {200, 503}
    accepted = sum(status == 200 for status, _ in answers)
    assert portal_count(portal) == accepted


def portal_count(portal: LivePortal) -> int:
    return int(portal.rows("SELECT count(*) AS n FROM batch")[0]["n"])


async def test_old_tls_is_refused(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        old = ssl.create_default_context(cafile=portal.config.state_dir / "ca.pem")
        old.minimum_version = ssl.TLSVersion.TLSv1_2
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        old.set_ciphers("ECDHE-ECDSA-AES128-SHA256")
        with pytest.raises(aiohttp.ClientError):
            await portal.session.get(portal.url + "/v1/ca", ssl=old)


async def test_what_was_accepted_before_the_portal_stops_is_kept(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        pushes = [asyncio.create_task(sender.push(report())) for _ in range(20)]
        await asyncio.sleep(0.05)
    acked = 0
    for answer in await asyncio.gather(*pushes, return_exceptions=True):
        acked += isinstance(answer, tuple) and answer[0] == 200

    assert portal_count(portal) >= acked


async def test_a_path_that_is_none_is_refused_in_json(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        for method, path, status in (("GET", "/v1/none", 404), ("GET", "/v1/enrol", 405), ("POST", "/v1/keys", 405)):
            async with portal.session.request(method, portal.url + path) as answer:
                assert (answer.status, "error" in await answer.json()) == (status, True)


async def test_health_is_told_to_anybody(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal, portal.session.get(portal.url + "/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, "ok\n")
