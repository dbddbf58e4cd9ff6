"""The control API: JSON over HTTP on this machine, for whoever has the token.

1. It listens on 127.0.0.1, and looks at peer, Host and token of every request: a page in a browser, another user or a
   name that was rebound to this machine gets nothing. A request with an Origin is a browser's, and refused.
2. The token file is readable by its owner only, and is gone when the run ends.
3. Bodies are small, and JSON by name and by content.
"""

import contextlib
import hmac
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from aiohttp import web
from aiohttp.typedefs import Handler

from device_sim.core.acts.registry import described
from device_sim.core.errors import ConfigError
from device_sim.course import ControlPlan
from device_sim.http_endpoint import port_error
from device_sim.leading import Leader, LeadingError

HOST: Final = "127.0.0.1"
BODY_BYTES_MAX: Final = 64 * 1024
PRINTERS_DEFAULT: Final = "0-49"

_Json = dict[str, object]


class Control:
    """An open control API. Leads until `close`."""

    def __init__(self, leader: Leader, stats: Callable[[], _Json], token_file: Path) -> None:
        self._leader, self._stats, self._token_file = leader, stats, token_file
        self._token = secrets.token_urlsafe(32)
        self._runner: web.AppRunner | None = None
        self.port = 0

    @classmethod
    async def open(cls, plan: ControlPlan, leader: Leader, stats: Callable[[], _Json]) -> Self:
        """Listen, and write the token file. stats: what the run counts. Raises ConfigError."""
        self = cls(leader, stats, plan.token_file)
        app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[self._guard])
        app.router.add_get("/v1/printers", self._printers)
        app.router.add_get("/v1/printers/{index:\\d{1,7}}", self._printer)
        app.router.add_get("/v1/acts", self._acts)
        app.router.add_get("/v1/clock", self._time)
        app.router.add_get("/v1/stats", self._counted)
        app.router.add_post("/v1/act", self._act)
        app.router.add_post("/v1/fault", self._fault)
        app.router.add_post("/v1/clock", self._lead_time)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, plan.port).start()
        except OSError as error:
            await self.close()
            raise port_error("--control", plan.port, error) from error
        self.port = self._runner.addresses[0][1]
        try:
            self._write_token()
        except OSError as error:
            await self.close()
            reason = error.strerror or str(error)
            remedy = f"{plan.token_file} cannot be written ({reason}); name a file in a folder that is writable"
            raise ConfigError("--control-token-file", "", remedy) from error
        return self

    async def close(self) -> None:
        """Stop listening, and take the token file away. Idempotent."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        with contextlib.suppress(OSError, ValueError):
            if json.loads(self._token_file.read_text(encoding="utf-8")).get("token") == self._token:
                self._token_file.unlink()

    def _write_token(self) -> None:
        self._token_file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._token_file.with_name(f".{self._token_file.name}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"url": f"http://{HOST}:{self.port}", "token": self._token}, file)
        fresh.replace(self._token_file)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if (reason := self._objection(request)) is not None:
            return _answer({"error": reason[1]}, status=reason[0])
        try:
            return await handler(request)
        except LeadingError as error:
            return _answer({"error": error.remedy, "key": error.key}, status=400)

    def _objection(self, request: web.Request) -> tuple[int, str] | None:
        """Why this request is not heard; None: it is."""
        peer = request.transport.get_extra_info("peername") if request.transport is not None else None
        if not peer or peer[0] != HOST:
            return 403, "only this machine may lead a fleet"
        if request.headers.get("Host", "") not in (f"{HOST}:{self.port}", f"localhost:{self.port}"):
            return 403, f"ask {HOST}:{self.port}, by this name"
        if "Origin" in request.headers:
            return 403, "browsers may not lead a fleet"
        wanted = f"Bearer {self._token}".encode()
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode("utf-8", "replace"), wanted):
            return 401, "the token is missing or wrong; it stands in the file that --control-token-file names"
        if request.method == "POST" and request.content_type != "application/json":
            return 415, "send application/json"
        return None

    async def _printers(self, request: web.Request) -> web.Response:
        return _answer({"printers": self._leader.printers(request.query.get("printers", PRINTERS_DEFAULT))})

    async def _printer(self, request: web.Request) -> web.Response:
        return _answer(self._leader.printer(int(request.match_info["index"])))

    async def _acts(self, _: web.Request) -> web.Response:
        return _answer({"acts": described()})

    async def _time(self, _: web.Request) -> web.Response:
        return _answer(self._leader.time())

    async def _counted(self, _: web.Request) -> web.Response:
        return _answer({**self._stats(), **self._leader.time()})

    async def _act(self, request: web.Request) -> web.Response:
        body = await _body(request)
        parameters = body.get("parameters", {})
        if not isinstance(parameters, dict):
            raise LeadingError("parameters", "must be an object")
        return _answer(self._leader.act(_text(body, "printers"), _text(body, "act"), parameters))

    async def _fault(self, request: web.Request) -> web.Response:
        body = await _body(request)
        if ("set" in body) == ("clear" in body):
            raise LeadingError("set", "or clear must be given, and not both")
        printers = _text(body, "printers")
        if "set" in body:
            return _answer(self._leader.set_fault(printers, _text(body, "set")))
        return _answer(self._leader.clear_fault(printers, _text(body, "clear")))

    async def _lead_time(self, request: web.Request) -> web.Response:
        body = await _body(request)
        return _answer(self._leader.lead_time(_text(body, "do"), body.get("value")))


async def _body(request: web.Request) -> _Json:
    try:
        body = json.loads(await request.text())
    except ValueError as error:
        raise LeadingError("", f"the body is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise LeadingError("", "the body must be an object")
    return body


def _text(body: _Json, key: str) -> str:
    value = body.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise LeadingError(key, "is missing, or no text")
    return value


def _answer(body: object, status: int = 200) -> web.Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.json_response(body, status=status, headers=headers)
