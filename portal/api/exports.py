"""GET /v1/export/{kind}.jsonl: everything of one tenant, as lines of JSON, for programs such as verify."""

import logging

from aiohttp import web

from portal.api.surroundings import refuse
from portal.app_keys import DATABASE
from portal.auth.tokens import tenant_of_token
from portal.errors import StorageError
from portal.storage.exports import EXPORTS, json_lines

_log = logging.getLogger(__name__)


async def export_lines(request: web.Request) -> web.StreamResponse:
    """Streamed: memory does not grow with the export. Cut short (no final chunk) if the database fails."""
    tenant_id = await tenant_of_token(request)
    if tenant_id is None:
        answer = refuse(401, "unauthorized", reason="send Authorization: Bearer TOKEN; make one with create-token")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    export = EXPORTS.get(request.match_info["kind"])
    if export is None:
        return refuse(404, "not_found", reason=f"exports are {', '.join(EXPORTS)}")
    response = web.StreamResponse(headers={"Content-Type": "application/jsonl; charset=utf-8"})
    await response.prepare(request)
    try:
        async for lines in export(request.app[DATABASE], tenant_id):
            await response.write(json_lines(lines))
    except StorageError as error:
        _log.error("an export was cut short", extra={"path": request.path, "why": str(error)})
        if request.transport is not None:
            request.transport.abort()  # the reader must not take what it has for the whole
        return response
    await response.write_eof()
    return response
