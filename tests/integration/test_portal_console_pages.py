"""The console's pages over TLS: what each answers, for whom, and what it refuses."""

import csv
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.console import NOW, OTHER_EMAIL, VIEWER, logged_in, served, stranger
from tests.support.console_fleet import FLEET, HOSTILE_NAME
from tests.support.portal import EMAIL

PAGES = (
    "/", "/devices", "/devices/1", "/jobs", "/alerts", "/alerts?state=all", "/batches", "/batches/1", "/settings",
    "/overview/strip", "/overview/arriving?after=0", "/jobs/sums",
)  # fmt: skip
JOB_ROW = re.compile(r'<tr><td class="key"><b>(\d+)</b>.*?<span class="d2">([A-Z0-9]+)</span>', re.S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("console")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with served(folder) as found:
        yield found


def database(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "state" / "portal.sqlite3", timeout=10)


async def text_of(session: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    async with session.get(path, allow_redirects=False) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


def csrf_in(text: str) -> str:
    found = re.search(r'name="_csrf" value="([^"]+)"', text)
    assert found
    return found[1]


def device_number(folder: Path, serial: str) -> int:
    with database(folder) as db:
        return int(db.execute("SELECT id FROM device WHERE serial = ?", (serial,)).fetchone()[0])


@pytest.mark.parametrize("path", PAGES)
async def test_each_page_opens_for_somebody_logged_in(url: str, path: str) -> None:
    async with logged_in(url) as session:
        await text_of(session, path)


@pytest.mark.parametrize("path", PAGES)
async def test_each_page_sends_a_stranger_to_the_login(url: str, path: str) -> None:
    async with stranger(url) as session, session.get(path, allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"].startswith("/login?next=")


@pytest.mark.parametrize("path", ["/login", "/", "/devices/999999", "/static/console.css", "/jobs.csv"])
async def test_whatever_the_console_answers_runs_nothing_from_elsewhere(url: str, path: str) -> None:
    async with logged_in(url) as session, session.get(path) as answer:
        await answer.read()
        policy = answer.headers["Content-Security-Policy"]

        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path",
    ["/devices/{id}", "/jobs?device={id}", "/jobs.csv?device={id}", "/alerts?device={id}", "/batches?device={id}"],
)
async def test_another_tenants_device_is_not_here(url: str, folder: Path, path: str) -> None:
    foreign, own = device_number(folder, "ZZ9OTHER01"), device_number(folder, "SG62K1D04V")

    async with logged_in(url) as session:
        said = await text_of(session, path.format(id=foreign), 404)
        assert "ZZ9OTHER01" not in said
        await text_of(session, path.format(id=own))
    async with logged_in(url, OTHER_EMAIL) as session:
        await text_of(session, path.format(id=foreign))
        await text_of(session, path.format(id=own), 404)


async def test_no_list_export_or_search_of_a_tenant_shows_anothers_printer(url: str) -> None:
    async with logged_in(url) as session:
        for path in ("/", "/devices", "/devices?q=Secret", "/devices.csv", "/batches", "/jobs.csv", "/settings"):
            said = await text_of(session, path)
            assert "ZZ9OTHER01" not in said
            assert "Secret Press" not in said
    async with logged_in(url, OTHER_EMAIL) as session:
        said = await text_of(session, "/devices")
        assert "ZZ9OTHER01" in said
        assert "SG62K1D04V" not in said


async def test_another_tenants_device_cannot_be_managed(url: str, folder: Path) -> None:
    foreign = device_number(folder, "ZZ9OTHER01")

    async with logged_in(url) as session:
        token = csrf_in(await text_of(session, "/settings"))
        async with session.post(f"/devices/{foreign}/manage", data={"_csrf": token}) as answer:
            assert answer.status == 404

    with database(folder) as db:
        assert db.execute("SELECT standing FROM device WHERE id = ?", (foreign,)).fetchone()[0] == "discovered"


async def test_worst_comes_first_and_states_follow_the_record_clock(url: str) -> None:
    async with logged_in(url) as session:
        said = await text_of(session, "/devices")

    words = re.findall(r'<td class="key"><span class="st [a-z ]+">.*?</svg>(\w+)</span>', said)
    assert words == ["Critical"] * 2 + ["Warning"] * 2 + ["Silent", "Late"] + ["Reporting"] * 4


@pytest.mark.parametrize(
    ("query", "serials"),
    [
        ("state=silent", {"CN7A91H0QK"}),
        ("state=late", {"SG7BT1H0W9"}),
        ("state=critical", {"SG8AQ2H1M0", "CN0BK3H07V"}),
        ("identity=weak", {""}),
        ("path=collector", {"MXBCQ120H7", "A9HJ021004417", ""}),
        ("q=nordplan", {"SG62K1D04V"}),
        ("q=%25", set()),
        ("supplies=low", {"CN0BK3H07V", "SG62K1D04V", "MXBCP4J0F2", "SG7BT1H0W9"}),
    ],
)
async def test_a_device_export_holds_exactly_the_filter(url: str, query: str, serials: set[str]) -> None:
    async with logged_in(url) as session:
        rows = list(csv.DictReader(io.StringIO(await text_of(session, f"/devices.csv?{query}"))))

    assert {row["serial"] for row in rows} == serials


async def test_the_sums_on_the_page_are_the_sums_of_the_export(url: str) -> None:
    async with logged_in(url) as session:
        said = await text_of(session, "/devices")
        rows = list(csv.DictReader(io.StringIO(await text_of(session, "/devices.csv"))))

    total = sum(int(row["impressions"]) for row in rows)
    assert len(rows) == len(FLEET)
    assert f"<b>{total:,}</b> in all" in said


async def test_jobs_walk_row_by_row_without_loss_or_repeat(url: str) -> None:
    async with logged_in(url) as session:
        exported = [
            row["job_id"] + row["serial"]
            for row in json.loads(await text_of(session, "/jobs.json?service=print"))
            if row["serial"]
        ]
        path, walked, turns = "/jobs?service=print", list[str](), 0
        while path:
            said = await text_of(session, path)
            walked += [found for row in said.split("</tr>") for found in JOB_ROW.findall(row)]
            found = re.search(r'rel="next" href="([^"]+)"', said)
            path = found[1].replace("&amp;", "&") if found else ""
            turns += 1

    assert turns > 2
    assert len(exported) > 100
    assert set(exported) <= {"".join(pair) for pair in walked}
    assert len(walked) == len(set(walked))


async def test_the_sums_of_a_filter_are_those_of_its_export(url: str) -> None:
    async with logged_in(url) as session:
        rows = json.loads(await text_of(session, "/jobs.json?outcome=canceled"))
        said = await text_of(session, "/jobs/sums?outcome=canceled")

    assert f"{len(rows):,} job" in said
    assert f"<b>{sum(row['impressions'] for row in rows):,}</b> impressions" in said


async def test_a_hostile_job_name_is_text_in_the_page_and_no_formula_in_the_file(url: str) -> None:
    async with logged_in(url) as session:
        said = await text_of(session, "/jobs?device=3")
        rows = list(csv.DictReader(io.StringIO(await text_of(session, "/jobs.csv?device=3"))))

    assert "<script>alert" not in said
    assert "&lt;script&gt;alert" in said
    assert f"'{HOSTILE_NAME}" in {row["name"] for row in rows}


async def test_an_exported_job_has_iso_times_dot_decimals_and_its_ledger_entry(url: str) -> None:
    async with logged_in(url) as session:
        row = next(csv.DictReader(io.StringIO(await text_of(session, "/jobs.csv?device=3"))))

    assert re.fullmatch(r"2026-11-\d\dT\d\d:\d\d:\d\dZ", row["counted_at"])
    assert re.fullmatch(r"\d+\.\d{6}", row["area_m2"])
    assert int(row["ledger_entry"]) > 0


@pytest.mark.parametrize(
    "path",
    ["/devices?state=offline", "/devices?period=november", "/jobs?outcome=printed", "/jobs?device=x", "/jobs?after=x",
     "/alerts?state=closd", "/devices?after=WzFd"],
)  # fmt: skip
async def test_a_filter_that_is_not_understood_is_refused_in_words(url: str, path: str) -> None:
    async with logged_in(url) as session:
        said = await text_of(session, path, 400)

    assert "<h1>Not readable</h1>" in said


async def test_a_viewer_neither_exports_nor_changes(url: str) -> None:
    async with logged_in(url, VIEWER) as session:
        said = await text_of(session, "/devices")
        assert "/devices.csv" not in said
        await text_of(session, "/devices.csv", 403)
        token = csrf_in(await text_of(session, "/settings"))
        for path in ("/settings/claims", "/devices/manage", "/devices/1/manage"):
            async with session.post(path, data={"_csrf": token}) as answer:
                assert answer.status == 403


async def test_a_form_without_its_token_changes_nothing(url: str) -> None:
    async with logged_in(url) as session, session.post("/settings/claims", data={}) as answer:
        assert answer.status == 403
        assert "too old" in await answer.text()


async def test_a_wrong_password_says_neither_which_was_wrong(url: str) -> None:
    async with stranger(url) as session:
        said = []
        for email in ("anna@example.com", "nobody@example.com"):
            async with session.post("/login", data={"email": email, "password": "wrong", "next": "/"}) as answer:
                assert answer.status == 401
                said.append((await answer.text()).replace(email, ""))

    assert said[0] == said[1]


async def test_a_claim_code_is_shown_once(url: str) -> None:
    async with logged_in(url) as session:
        token = csrf_in(await text_of(session, "/settings"))
        async with session.post("/settings/claims", data={"_csrf": token}) as answer:
            said = await answer.text()
        code = re.search(r'id="code">([^<]+)<', said)
        assert code
        assert f"--claim {code[1]}" in said
        assert code[1] not in await text_of(session, "/settings")


async def test_a_sender_whose_key_is_used_twice_stands_first_with_the_reason(url: str, folder: Path) -> None:
    with database(folder) as db:
        tenant_id, sender_id = db.execute(
            "SELECT w.tenant_id, w.sender_id FROM device_sender w JOIN device d ON d.id = w.device_id "
            "WHERE d.serial = 'SG5CN1D11B'"
        ).fetchone()
        alarm = (tenant_id, sender_id, "two streams follow the same one", 1, 2, 3)
        db.execute("INSERT INTO sender_alarm VALUES (?, ?, ?, ?, ?, ?)", alarm)

    async with logged_in(url) as session:
        first = (await text_of(session, "/settings")).split('<tr><td class="key">')[1]

    assert "Used twice" in first
    assert "3 times: two streams follow the same one" in first
    assert "SG5CN1D11B" in first
    with database(folder) as db:
        db.execute("DELETE FROM sender_alarm")


async def test_a_sender_is_revoked_only_with_a_reason_and_its_serial_typed(url: str, folder: Path) -> None:
    with database(folder) as db:
        kid = db.execute(
            "SELECT k.kid FROM sender k JOIN device_sender w ON w.sender_id = k.id JOIN device d ON d.id = w.device_id "
            "WHERE d.serial = 'SG5CN1D11B'"
        ).fetchone()[0]

    def revoked() -> bool:
        with database(folder) as db:
            found = db.execute("SELECT revoked_at FROM sender WHERE kid = ?", (kid,)).fetchone()[0]
            return found is not None

    async with logged_in(url) as session:
        token = csrf_in(await text_of(session, "/settings"))
        for form in ({"why": "", "typed": "SG5CN1D11B"}, {"why": "stolen", "typed": "SG5CN"}):
            async with session.post(f"/settings/senders/{kid}/revoke", data={"_csrf": token, **form}) as answer:
                assert "Nothing was revoked" in await answer.text()
            assert not revoked()
        form = {"_csrf": token, "why": "stolen", "typed": "SG5CN1D11B"}
        async with session.post(f"/settings/senders/{kid}/revoke", data=form) as answer:
            assert answer.status == 200
        assert revoked()


async def test_a_found_device_is_managed_once_and_audited(url: str, folder: Path) -> None:
    device_id = device_number(folder, "A9HJ021004417")
    async with logged_in(url) as session:
        token = csrf_in(await text_of(session, f"/devices/{device_id}"))
        for _ in range(2):
            async with session.post(f"/devices/{device_id}/manage", data={"_csrf": token}) as answer:
                assert answer.status == 200

    with database(folder) as db:
        assert db.execute("SELECT standing FROM device WHERE id = ?", (device_id,)).fetchone()[0] == "managed"
        audited = db.execute(
            "SELECT actor FROM audit_entry WHERE action = 'manage-device' AND object_id = ?", (str(device_id),)
        ).fetchall()
        assert [row[0] for row in audited] == [EMAIL]


async def test_the_evidence_is_the_signed_bytes_and_holds(url: str, folder: Path) -> None:
    with database(folder) as db:
        stored = db.execute("SELECT jws FROM batch WHERE tenant_id = 1 AND entry = 3").fetchone()[0]

    async with logged_in(url) as session:
        assert "signature, hash and link hold" in await text_of(session, "/batches/3")
        async with session.get("/batches/3.jws") as answer:
            assert await answer.read() == stored


async def test_an_altered_batch_is_named_on_its_page(url: str, folder: Path) -> None:
    with database(folder) as db:
        db.execute(
            "UPDATE batch SET jws = (SELECT jws FROM batch WHERE entry = 1 AND tenant_id = 1)"
            " WHERE entry = 2 AND tenant_id = 1"
        )

    async with logged_in(url) as session:
        said = await text_of(session, "/batches/2")

    assert "Does not hold" in said
    assert "hold</span>" not in said.replace("Does not hold", "")


async def test_arriving_batches_after_the_last_look_are_fresh(url: str) -> None:
    async with logged_in(url) as session:
        said = await text_of(session, "/overview/arriving?after=0")
        assert said.count('class="fresh"') == 6
        newest = re.search(r"after=(\d+)", said)
        assert newest
        assert 'class="fresh"' not in await text_of(session, f"/overview/arriving?after={newest[1]}")


async def test_today_is_the_day_of_the_record_clock_in_the_tenants_zone(url: str) -> None:
    async with logged_in(url) as session:
        said = await text_of(session, "/")

    assert "Fleet, Tuesday 17 November" in said
    assert f'<time datetime="{NOW:%Y-%m-%dT%H:%M:%SZ}">14:05:08</time>' in said


async def test_a_portal_without_devices_says_the_one_next_step(tmp_path: Path) -> None:
    with served(tmp_path, fleet=(), days=0) as url:
        async with logged_in(url) as session:
            for path in ("/", "/devices", "/jobs", "/batches", "/settings"):
                said = await text_of(session, path)
                assert "yet" in said or "No batch here" in said
            assert "Create a claim code" in await text_of(session, "/")
            assert "No open alerts" in await text_of(session, "/alerts")


async def test_no_page_has_a_dead_link(url: str) -> None:
    async with logged_in(url) as session:
        seen, waiting = {"/"}, ["/"]
        while waiting:
            path = waiting.pop()
            async with session.get(path) as answer:
                assert answer.status == 200, path
                said = await answer.text() if answer.content_type == "text/html" else ""
            for target in re.findall(r'(?:href|src|hx-get)="(/[^"#]*)', said):
                kind = re.sub(r"\d+", "N", target.replace("&amp;", "&"))
                if kind not in seen:  # one of each kind is enough
                    seen.add(kind)
                    waiting.append(target.replace("&amp;", "&"))

    assert {"/devices", "/devices/N", "/jobs", "/alerts", "/batches/N", "/batches/N.jws", "/settings"} <= seen


async def test_a_sender_that_is_not_heard_does_not_deliver(url: str) -> None:
    async with logged_in(url) as session:
        shown = await text_of(session, "/settings")

    quiet = re.search(r"<tr><td class=\"key\">(?:(?!</tr>).)*CN7A91H0QK", shown, re.DOTALL)
    assert quiet is not None
    assert "Silent" in quiet[0].rpartition("<tr>")[2]
    assert "Delivers" in shown


def shown_columns(shown: str) -> int:
    """How many columns the table of jobs has."""
    head = re.search(r"<thead><tr><th>Job</th>.*?</thead>", shown, re.DOTALL)
    assert head is not None
    return head[0].count("<th") - 1  # the thead itself


async def test_what_no_job_tells_has_no_column(url: str, folder: Path) -> None:
    named, nameless = device_number(folder, "SG62K1D04V"), device_number(folder, "SG8AQ2H1M0")
    async with logged_in(url) as session:
        assert "<th>Name</th>" in await text_of(session, f"/jobs?device={named}")
        assert "<th>Name</th>" not in await text_of(session, f"/jobs?device={nameless}")
        assert "<th>Name</th>" not in await text_of(session, f"/devices/{nameless}")
        for number in ("SG62K1D04V", "MXBCQ120H7"):  # one with names, one without
            shown = await text_of(session, f"/devices/{device_number(folder, number)}")
            rows = re.findall(r'<tr><td class="key"><b>.*?</tr>', shown, re.DOTALL)
            assert {row.count("<td") for row in rows if 'data-l="Type"' in row} == {shown_columns(shown)}
