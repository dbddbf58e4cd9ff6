"""GET /v1/export/{kind}.jsonl: everything of one tenant, as lines of JSON, for programs such as verify."""

from aiohttp import web

from portal.api.surroundings import refuse
from portal.app_keys import DATABASE
from portal.auth.tokens import tenant_of_token
from portal.storage.exports import EXPORTS, json_lines


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
    async for lines in export(request.app[DATABASE], tenant_id):
        await response.write(json_lines(lines))
    await response.write_eof()
    return response
