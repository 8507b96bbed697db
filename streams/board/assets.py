"""The page: files of this package, read once, served with an entity tag so that an upgrade shows at the next visit."""

import hashlib
from importlib import resources
from typing import Final

from aiohttp import web

from streams.board.problem import Handler

_TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def routes() -> list[web.RouteDef]:
    """`/` and every file of the page under its own name."""
    served = []
    for file in sorted(resources.files("streams.board").joinpath("web").iterdir(), key=lambda file: file.name):
        suffix = "." + file.name.rpartition(".")[2]
        if suffix in _TYPES:
            path = "/" if file.name == "index.html" else f"/{file.name}"
            served.append(web.get(path, _serve(file.read_bytes(), _TYPES[suffix])))
    return served


def _serve(body: bytes, content_type: str) -> Handler:
    tag = hashlib.sha256(body).hexdigest()[:32]

    async def serve(request: web.Request) -> web.Response:
        headers = {"Cache-Control": "no-cache", "ETag": f'"{tag}"'}
        if any(known.value in {tag, "*"} for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)

    return serve
