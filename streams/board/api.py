"""The JSON API under `/v1/`: reads the model. Brands and stores in paths are percent-encoded.

/v1/brands                                                 every brand
/v1/brands/{brand}                                         one brand
/v1/brands/{brand}/stores?window=30d&sort=attention&q=&limit=50&offset=0
/v1/stores/{brand}/{store}                                 one store
/v1/trends/{brand} and /v1/trends/{brand}/{store}          days, weeks and months
/v1/explain/{brand}/{store}?window=30d                     what is behind a number: with the token alone
/v1/alerts?brand=&store=&limit=50                          newest first
/v1/turnaround and /v1/turnaround/{brand}                  how the unhappy are answered, fit to be shown to anybody
/v1/desk, /v1/cases/{alert_id}                             what is still to be done: see `desk`
/v1/status                                                 connection to Kafka, lags, what is held
/v1/stream?brand=                                          server-sent events: brand, store, trend, alert, cases, status

Who showed no token is not told the scores of small cells (`withhold`), by none of them.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, cast, get_args

from aiohttp import web

from streams.board import documents, live, turnaround
from streams.board.alerts import ALERTS_MAX
from streams.board.asking import answer, choice, number, path_name, showed_token
from streams.board.behind import Behind, Explain
from streams.board.change import TOO_FEW
from streams.board.live import Hub
from streams.board.model import Board, Sort
from streams.board.problem import Handler, Refused
from streams.board.progress import Progress
from streams.board.sight import Sights
from streams.board.standing import Standing
from streams.domain.window import WINDOWS, WindowName

LIMIT_MAX: Final = 500
WINDOW: Final = "30d"
"""The one window of a turnaround: cases by the day of their submission."""


def routes(
    board: Board, progress: Progress, hub: Hub, *, explain: Explain, now: Callable[[], float]
) -> list[web.RouteDef]:
    """Every route of the API."""
    behind = Behind(explain)

    async def alerts(request: web.Request) -> web.Response:
        found = board.alerts.newest(
            now_ms=round(now() * 1000),
            brand=request.query.get("brand") or None,
            store=request.query.get("store") or None,
            limit=number(request, "limit", 50, ALERTS_MAX),
        )
        whole = showed_token(request)
        return answer({"alerts": [documents.alert(followed, whole=whole) for followed in found]})

    async def explained(request: web.Request) -> web.Response:
        if not showed_token(request):
            raise Refused(HTTPStatus.FORBIDDEN, "single answers are shown to those alone who show the board's token")
        window = cast("WindowName", choice(request, "window", WINDOWS, "30d"))
        brand, store = path_name(request, "brand"), path_name(request, "store")
        return answer(await behind.document(brand, store, window, int(now())))

    async def status(request: web.Request) -> web.Response:
        told = documents.status(board, progress, now=now(), whole=showed_token(request))
        return answer({**told, "clients": hub.clients})

    async def stream(request: web.Request) -> web.StreamResponse:
        return await live.stream(request, hub, whole=showed_token(request))

    served: dict[str, Handler] = {
        **_figures(board, hub),
        "/v1/explain/{brand:[^/]+}/{store:[^/]+}": explained,
        "/v1/alerts": alerts,
        "/v1/status": status,
        "/v1/stream": stream,
    }
    return [web.get(path, handler, allow_head=handler is not stream) for path, handler in served.items()]


def _figures(board: Board, hub: Hub) -> dict[str, Handler]:
    def sights(request: web.Request) -> Sights:
        return hub.sights(whole=showed_token(request))

    async def brands(request: web.Request) -> web.Response:
        seen = sights(request)
        return answer({"brands": [documents.brand(board, name, seen.of(name, None)) for name in board.brands()]})

    async def brand(request: web.Request) -> web.Response:
        name = _known_brand(request, board)
        return answer(documents.brand(board, name, sights(request).of(name, None)))

    async def stores(request: web.Request) -> web.Response:
        return answer(_stores(request, board, _known_brand(request, board), sights(request)))

    async def store(request: web.Request) -> web.Response:
        standing = _known_store(request, board)
        sight = sights(request).of(standing.brand, standing.store)
        return answer(documents.figures(board, standing, sight))

    async def brand_trends(request: web.Request) -> web.Response:
        name = _known_brand(request, board)
        return answer(documents.trends(board, name, None, sights(request).of(name, None)))

    async def store_trends(request: web.Request) -> web.Response:
        brand_name, name, *_ = _known_store(request, board)
        return answer(documents.trends(board, brand_name, name, sights(request).of(brand_name, name)))

    async def turnarounds(_request: web.Request) -> web.Response:
        return answer({"window": WINDOW, "brands": turnaround.brands(board)})

    async def brand_turnaround(request: web.Request) -> web.Response:
        limit, offset = number(request, "limit", 50, LIMIT_MAX), number(request, "offset", 0, 10_000_000)
        told = turnaround.stores(board, _known_brand(request, board), offset=offset, limit=limit)
        return answer({"window": WINDOW} | told)

    return {
        "/v1/turnaround": turnarounds,
        "/v1/turnaround/{brand:[^/]+}": brand_turnaround,
        "/v1/brands": brands,
        # `[^/]+` and not the default, which would refuse names with braces.
        "/v1/brands/{brand:[^/]+}": brand,
        "/v1/brands/{brand:[^/]+}/stores": stores,
        "/v1/stores/{brand:[^/]+}/{store:[^/]+}": store,
        "/v1/trends/{brand:[^/]+}": brand_trends,
        "/v1/trends/{brand:[^/]+}/{store:[^/]+}": store_trends,
    }


def _stores(request: web.Request, board: Board, name: str, sights: Sights) -> documents.Document:
    window = cast("WindowName", choice(request, "window", WINDOWS, "30d"))
    sort = cast("Sort", choice(request, "sort", get_args(Sort), "attention"))
    limit, offset = number(request, "limit", 50, LIMIT_MAX), number(request, "offset", 0, 10_000_000)
    text = request.query.get("q", "")

    def is_shown(standing: Standing) -> bool:
        n = standing.windows[window].n
        return n >= TOO_FEW and sights.of(name, standing.store).sees((window, "now"), n)

    page = board.stores(name, window=window, sort=sort, offset=offset, limit=limit, text=text, is_shown=is_shown)
    found = []
    for standing in page.stores:
        sight = sights.of(name, standing.store)
        weeks = documents.latest_weeks(board, name, standing.store, sight)
        found.append(documents.figures(board, standing, sight, (window,)) | {"weeks": weeks})
    asked = {"brand": name, "window": window, "sort": sort, "q": text, "limit": limit, "offset": offset}
    return {**asked, "total": page.total, "stores": found}


def _known_brand(request: web.Request, board: Board) -> str:
    name = path_name(request, "brand")
    if board.standing(name, None) is None and not board.store_count(name):
        raise Refused(HTTPStatus.NOT_FOUND, f"no figures of the brand {name}")
    return name


def _known_store(request: web.Request, board: Board) -> Standing:
    brand, store = path_name(request, "brand"), path_name(request, "store")
    standing = board.standing(brand, store)
    if standing is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no figures of the store {store} of {brand}")
    return standing
