"""/login and /logout: the form; the rules are auth/login.py's."""

from aiohttp import web

from portal.app_keys import USER
from portal.auth.login import drop_session_cookie, log_in, log_out, set_session_cookie
from portal.auth.middleware import safe_next
from portal.console.frame import bare_page
from portal.console.moments import lasting

_WRONG = "Email or password is wrong. Write both as they were given to you; passwords are case-sensitive."


async def login_form(request: web.Request) -> web.StreamResponse:
    """GET /login: who is logged in already goes on."""
    target = safe_next(request.query.get("next"))
    if request.get(USER) is not None:
        raise web.HTTPSeeOther(target)
    return bare_page(request, "login.html", email="", next=target, problem=None)


async def login(request: web.Request) -> web.StreamResponse:
    """POST /login: a session and on to where the person wanted to go, or the form again with what is wrong."""
    form = await request.post()
    email, password = str(form.get("email", "")), str(form.get("password", ""))
    target = safe_next(str(form.get("next", "/")))
    outcome = await log_in(request, email, password)
    if outcome.token is None:
        problem = _WRONG
        if outcome.wait_s:
            problem = f"Too many tries. The next one counts in {lasting(outcome.wait_s).striptags()}."
        status = 429 if outcome.wait_s else 401
        return bare_page(request, "login.html", status=status, email=email[:254], next=target, problem=problem)
    await log_out(request)  # a session this browser had before would live on, out of reach
    answer = web.Response(status=303, headers={"Location": target})
    set_session_cookie(answer, outcome.token)
    return answer


async def logout(request: web.Request) -> web.StreamResponse:
    """POST /logout: the session ends here, not only in the browser."""
    await log_out(request)
    answer = web.Response(status=303, headers={"Location": "/login"})
    drop_session_cookie(answer)
    return answer
