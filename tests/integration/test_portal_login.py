"""Logging in as a browser does: cookie, origin, CSRF, throttle, locked-down headers."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from portal.auth.sessions import COOKIE
from tests.support.portal import EMAIL, PASSWORD, LivePortal, live_portal, open_file, report


async def log_in(portal: LivePortal, *, password: str = PASSWORD, **headers: str) -> tuple[int, aiohttp.ClientResponse]:
    form = {"email": EMAIL, "password": password, "next": "/"}
    sent = {"Origin": portal.url, **headers}
    answer = await portal.session.post(portal.url + "/login", data=form, headers=sent, allow_redirects=False)
    await answer.read()
    return answer.status, answer


async def see(portal: LivePortal, path: str) -> tuple[int, str]:
    async with portal.session.get(portal.url + path, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def test_without_a_session_every_page_leads_to_the_login(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        for path in ("/", "/devices", "/jobs", "/nothing-here"):
            async with portal.session.get(portal.url + path, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"].partition("?")[0]) == (303, "/login")


async def test_the_right_password_opens_a_session_that_the_database_cannot_replay(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        status, answer = await log_in(portal)

        cookie = answer.cookies[COOKIE]
        assert status == 303
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (
            True,
            True,
            "Lax",
            "/",
            "",
        )
        assert (await see(portal, "/"))[0] == 200
        stored = portal.rows("SELECT token_hash FROM user_session")
        assert len(stored) == 1
        assert cookie.value not in str(stored)


@pytest.mark.parametrize("password", ["wrong", "", "x" * 10_000])
async def test_a_wrong_password_opens_nothing(tmp_path: Path, password: str) -> None:
    async with live_portal(tmp_path) as portal:
        status, answer = await log_in(portal, password=password)

        assert (status, COOKIE in answer.cookies) == (401, False)
        assert portal.rows("SELECT action FROM audit_entry WHERE action = 'login-failed'") == [
            {"action": "login-failed"}
        ]


async def test_the_sixth_try_has_to_wait_even_with_the_right_password(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        tries = [(await log_in(portal, password="wrong"))[0] for _ in range(5)]

        assert tries == [401] * 5
        assert (await log_in(portal))[0] == 429


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1"}]
)
async def test_a_login_from_another_site_is_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    async with live_portal(tmp_path) as portal:
        assert (await log_in(portal, **headers))[0] == 403


async def test_a_form_without_the_sessions_token_is_refused_and_with_it_logs_out(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        await log_in(portal)
        shown = (await see(portal, "/"))[1]
        found = re.search(r'name="_csrf" value="([^"]+)"', shown)
        assert found is not None
        origin = {"Origin": portal.url}

        async def log_out(form: dict[str, Any]) -> int:
            async with portal.session.post(
                portal.url + "/logout", data=form, headers=origin, allow_redirects=False
            ) as answer:
                return answer.status

        assert await log_out({}) == 403
        assert await log_out({"_csrf": "x" * 24}) == 403
        assert (await see(portal, "/"))[0] == 200
        assert await log_out({"_csrf": found[1]}) == 303
        assert (await see(portal, "/"))[0] == 303
        assert portal.rows("SELECT count(*) AS n FROM user_session") == [{"n": 0}]


async def test_a_session_ends_when_it_idles_and_when_its_user_is_disabled(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        await log_in(portal)
        with open_file(portal.path) as db:
            db.execute("UPDATE user_session SET last_seen_at = '2020-01-01 00:00:00+00:00'")
        assert (await see(portal, "/"))[0] == 303

        await log_in(portal)
        assert (await see(portal, "/"))[0] == 200
        with open_file(portal.path) as db:
            db.execute("UPDATE user_account SET disabled_at = '2020-01-01 00:00:00+00:00'")
        assert (await see(portal, "/"))[0] == 303


async def test_a_session_ends_at_its_age_however_busy_it_is(tmp_path: Path) -> None:
    async with live_portal(tmp_path, session_life_s=3600) as portal:
        await log_in(portal)
        (session,) = portal.rows("SELECT created_at, expires_at FROM user_session")
        lives = datetime.fromisoformat(session["expires_at"]) - datetime.fromisoformat(session["created_at"])
        assert lives == timedelta(hours=1)
        assert (await see(portal, "/"))[0] == 200

        with open_file(portal.path) as db:
            db.execute("UPDATE user_session SET expires_at = '2020-01-01 00:00:00+00:00'")

        assert (await see(portal, "/"))[0] == 303


async def test_a_form_of_a_second_tab_works_and_one_of_an_earlier_session_does_not(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:

        async def token_in_a_tab() -> str:
            found = re.search(r'name="_csrf" value="([^"]+)"', (await see(portal, "/settings"))[1])
            assert found is not None
            return found[1]

        async def make_a_claim(token: str) -> int:
            async with portal.session.post(
                portal.url + "/settings/claims", data={"_csrf": token}, headers={"Origin": portal.url}
            ) as answer:
                return answer.status

        await log_in(portal)
        first_tab, second_tab = await token_in_a_tab(), await token_in_a_tab()
        assert [await make_a_claim(second_tab), await make_a_claim(first_tab)] == [200, 200]

        assert (await log_in(portal))[0] == 303  # from a login form that a third tab still showed
        assert portal.rows("SELECT count(*) AS n FROM user_session") == [{"n": 1}]
        assert await make_a_claim(first_tab) == 403
        assert await make_a_claim(await token_in_a_tab()) == 200


async def test_logging_out_takes_the_cookie_back_as_it_was_given(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        await log_in(portal)
        found = re.search(r'name="_csrf" value="([^"]+)"', (await see(portal, "/"))[1])
        assert found is not None

        async with portal.session.post(
            portal.url + "/logout", data={"_csrf": found[1]}, headers={"Origin": portal.url}, allow_redirects=False
        ) as answer:
            gone = answer.cookies[COOKIE]

        assert (answer.status, answer.headers["Location"], gone.value) == (303, "/login", "")
        assert (gone["max-age"], gone["path"], gone["domain"]) == ("0", "/", "")
        assert (gone["secure"], gone["httponly"], gone["samesite"]) == (True, True, "Lax")


async def test_pages_are_locked_down(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal, portal.session.get(portal.url + "/login") as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "aiohttp" not in answer.headers["Server"]
        assert " style=" not in await answer.text()


async def test_a_cookie_opens_no_api(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        await log_in(portal)
        assert (await see(portal, "/v1/export/jobs.jsonl"))[0] == 401


async def test_another_tenants_device_is_not_found(tmp_path: Path) -> None:

    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        await sender.push(report())
        await log_in(portal)
        assert (await see(portal, "/devices/1"))[0] == 200
        with open_file(portal.path) as db:
            for table in ("device", "device_state", "reading", "batch", "meter_latest"):
                db.execute(f"UPDATE {table} SET tenant_id = 2")

        assert (await see(portal, "/devices/1"))[0] == 404
        assert (await see(portal, "/devices/2"))[0] == 404
