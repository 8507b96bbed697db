"""Errors of the API as RFC 9457 problem documents."""

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> web.Response:
    """A problem document; `detail` is for people and quotes no secret."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return web.Response(
        status=status,
        body=json.dumps(body, ensure_ascii=False).encode(),
        content_type="application/problem+json",
        headers=headers,
    )


class Refused(Exception):
    """A request that cannot be served as it is: becomes a problem document."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals, and what aiohttp itself refuses (404, 405), into problem documents."""
    try:
        return await handler(request)
    except Refused as refused:
        return problem(refused.status, refused.detail)
    except web.HTTPException as refused:
        if refused.status < HTTPStatus.BAD_REQUEST:
            raise
        kept = {name: value for name, value in refused.headers.items() if name == "Allow"}
        return problem(refused.status, refused.reason, kept)
