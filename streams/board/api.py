"""The JSON API under `/v1/`: reads the model, changes nothing. Brands and stores in paths are percent-encoded.

/v1/brands                                                 every brand
/v1/brands/{brand}                                         one brand
/v1/brands/{brand}/stores?window=30d&sort=attention&q=&limit=50&offset=0
/v1/stores/{brand}/{store}                                 one store
/v1/alerts?brand=&store=&limit=50                          newest first
/v1/status                                                 connection to Kafka, lags, what is held
/v1/stream?brand=                                          server-sent events: brand, store, alert, status
"""

import re
import unicodedata
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, cast, get_args

from aiohttp import web

from streams.board import documents, live
from streams.board.live import Hub
from streams.board.model import ALERTS_MAX, Board, Sort
from streams.board.problem import Handler, Refused
from streams.board.progress import Progress
from streams.domain.window import WINDOWS, WindowName

LIMIT_MAX: Final = 500


def routes(board: Board, progress: Progress, hub: Hub, *, now: Callable[[], float]) -> list[web.RouteDef]:
    """Every route of the API."""

    async def brands(_request: web.Request) -> web.Response:
        return _json({"brands": [documents.brand(board, name) for name in board.brands()]})

    async def brand(request: web.Request) -> web.Response:
        return _json(documents.brand(board, _known_brand(request, board)))

    async def stores(request: web.Request) -> web.Response:
        name = _known_brand(request, board)
        window = cast("WindowName", _choice(request, "window", WINDOWS, "30d"))
        sort = cast("Sort", _choice(request, "sort", get_args(Sort), "attention"))
        limit, offset = _number(request, "limit", 50, LIMIT_MAX), _number(request, "offset", 0, 10_000_000)
        text = request.query.get("q", "")
        page = board.stores(name, window=window, sort=sort, offset=offset, limit=limit, text=text)
        asked = {"brand": name, "window": window, "sort": sort, "q": text, "limit": limit, "offset": offset}
        found = [documents.figures(standing, (window,)) for standing in page.stores]
        return _json({**asked, "total": page.total, "stores": found})

    async def store(request: web.Request) -> web.Response:
        brand_name, name = _name(request, "brand"), _name(request, "store")
        standing = board.store(brand_name, name)
        if standing is None:
            raise Refused(HTTPStatus.NOT_FOUND, f"no figures of the store {name} of {brand_name}")
        return _json(documents.figures(standing))

    async def alerts(request: web.Request) -> web.Response:
        found = board.alerts(
            brand=request.query.get("brand") or None,
            store=request.query.get("store") or None,
            limit=_number(request, "limit", 50, ALERTS_MAX),
        )
        return _json({"alerts": [documents.alert(raised) for raised in found]})

    async def status(_request: web.Request) -> web.Response:
        return _json({**documents.status(board, progress, now=now()), "clients": hub.clients})

    async def stream(request: web.Request) -> web.StreamResponse:
        return await live.stream(request, hub)

    served: dict[str, Handler] = {
        "/v1/brands": brands,
        # `[^/]+` and not the default, which would refuse names with braces.
        "/v1/brands/{brand:[^/]+}": brand,
        "/v1/brands/{brand:[^/]+}/stores": stores,
        "/v1/stores/{brand:[^/]+}/{store:[^/]+}": store,
        "/v1/alerts": alerts,
        "/v1/status": status,
        "/v1/stream": stream,
    }
    return [web.get(path, handler, allow_head=handler is not stream) for path, handler in served.items()]


def _json(document: documents.Document) -> web.Response:
    return web.Response(body=documents.encode(document), content_type="application/json", charset="utf-8")


def _name(request: web.Request, part: str) -> str:
    return unicodedata.normalize("NFC", request.match_info[part])


def _known_brand(request: web.Request, board: Board) -> str:
    name = _name(request, "brand")
    if board.brand(name) is None and not board.store_count(name):
        raise Refused(HTTPStatus.NOT_FOUND, f"no figures of the brand {name}")
    return name


def _choice(request: web.Request, name: str, allowed: tuple[str, ...], default: str) -> str:
    given = request.query.get(name, default)
    if given not in allowed:
        raise Refused(HTTPStatus.BAD_REQUEST, f"{name} must be one of {', '.join(allowed)}")
    return given


def _number(request: web.Request, name: str, default: int, high: int) -> int:
    given = request.query.get(name)
    if not given:
        return default
    if not re.fullmatch("[0-9]{1,8}", given) or int(given) > high:
        raise Refused(HTTPStatus.BAD_REQUEST, f"{name} must be a whole number from 0 to {high}")
    return int(given)
