"""Who may look, and what a browser may do with what it gets.

On loopback without a token whoever is on this machine may look, but small cells are withheld; the Host header is
checked, so that no page from elsewhere gets in by rebinding its name to 127.0.0.1. With a token, on loopback as well,
every request carries it as `Authorization: Bearer`, or a cookie that `?token=` was exchanged for once, and is told
everything. The cookie is derived from the token and is not the token.

Who changes anything shows more than a cookie, for a browser sends that along whichever page asks it to: it takes the
header `Authorization: Bearer`, with the token or with the key that the board gives to its own page. No page from
elsewhere can read that key, nor may it send the header.
"""

import base64
import hashlib
import hmac
import ipaddress
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from streams.board.problem import Handler, problem
from streams.settings import BadSetting, Settings

COOKIE: Final = "nps_board"
SHOWED_TOKEN: Final = web.RequestKey("showed_token", bool)
"""On a request that came with the token: it is told the scores of small cells as well."""
MAY_ACT: Final = web.RequestKey("may_act", bool)
"""On a request that came with the token, or the key made from it, in a header: it may change something."""

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}

_STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:22rem;margin:20vh auto;padding:0 1rem;color-scheme:light dark}"
    "input,button{font:inherit;display:block;width:100%;box-sizing:border-box;margin:.4rem 0 1rem;padding:.5rem .7rem}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEAD: Final = '<!doctype html><html lang="en"><meta charset="utf-8"><title>NPS board</title>'
_ENTER: Final = f'{_HEAD}<meta http-equiv="refresh" content="0; url=/"><p><a href="/">To the board</a></html>\n'
_ASK: Final = f"""{_HEAD}<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>
<main><h1>NPS board</h1><form action="/" method="get">
<label>Token of this board
<input name="token" type="password" autocomplete="current-password" required autofocus></label>
<button>Open the board</button></form>
<p>It is what the people who run the board have set as <code>NPS_BOARD_TOKEN</code>.</p></main></html>
"""


def is_loopback(host: str) -> bool:
    """Whether an address to bind to is reachable from this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check(settings: Settings) -> None:
    """Refuse to serve beyond loopback without a token; raises BadSetting."""
    if not settings.board_token and not is_loopback(settings.board_host):
        raise BadSetting(
            f"NPS_BOARD_HOST={settings.board_host} is reachable from other machines: set NPS_BOARD_TOKEN to a long "
            "random text (python -c 'import secrets; print(secrets.token_urlsafe(32))'), or bind to 127.0.0.1"
        )


def cookie_of(token: str) -> str:
    """The cookie that stands for a token; the token cannot be had back from it."""
    return hmac.new(token.encode(), b"nps board cookie 1", hashlib.sha256).hexdigest()


def key_of(token: str) -> str:
    """The key with which the page of whoever showed the token may act; the token cannot be had back from it."""
    return hmac.new(token.encode(), b"nps board key 1", hashlib.sha256).hexdigest()


def guard(settings: Settings) -> Middleware:
    """The middleware that lets in who may look."""
    token = settings.board_token
    local = is_loopback(settings.board_host)

    @web.middleware
    async def let_in(request: web.Request, handler: Handler) -> web.StreamResponse:
        if local and not _is_local_name(request.headers.get("Host", "")):
            return problem(HTTPStatus.MISDIRECTED_REQUEST, "this board answers to 127.0.0.1 and localhost only")
        if not token:
            return await handler(request)  # but small cells are withheld: no token was shown
        given = request.query.get("token")
        if given is not None and _same(given, token):
            return _enter(request, token)
        bears = _bears(request, token)
        if bears or _same(request.cookies.get(COOKIE, ""), cookie_of(token)):
            request[SHOWED_TOKEN] = True
            request[MAY_ACT] = bears
            return await handler(request)
        return _ask(request)

    return let_in


async def harden(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the security headers on every response; a signal for `on_response_prepare`."""
    for name, value in (*HEADERS.items(), ("Cache-Control", "no-store")):
        response.headers.setdefault(name, value)
    response.headers["Server"] = "nps-board"  # aiohttp would say which version of everything this is


def _bears(request: web.Request, token: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    given = given.strip()
    return scheme.lower() == "bearer" and (_same(given, token) or _same(given, key_of(token)))


def _same(given: str, wanted: str) -> bool:
    # Digests first, so that neither length nor content shows in the time it takes.
    digests = (hashlib.sha256(text.encode(errors="surrogateescape")).digest() for text in (given, wanted))
    return hmac.compare_digest(*digests)


def _enter(request: web.Request, token: str) -> web.Response:
    # A page that goes on to the board, no redirect: after one a browser that came from elsewhere (a link in a mail)
    # would withhold the SameSite=Strict cookie. Going on also takes the token out of the address bar.
    response = web.Response(text=_ENTER, content_type="text/html")
    response.set_cookie(COOKIE, cookie_of(token), httponly=True, samesite="Strict", secure=request.secure, path="/")
    return response


def _ask(request: web.Request) -> web.Response:
    if request.path == "/":
        return web.Response(
            status=HTTPStatus.UNAUTHORIZED,
            text=_ASK,
            content_type="text/html",
            headers={
                "WWW-Authenticate": 'Bearer realm="board"',
                "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace(
                    "style-src 'self'", f"style-src 'sha256-{_STYLE_HASH}'"
                ),
            },
        )
    return problem(
        HTTPStatus.UNAUTHORIZED,
        "send the token as `Authorization: Bearer`",
        {"WWW-Authenticate": 'Bearer realm="board"'},
    )


def _is_local_name(host: str) -> bool:
    name = host.rpartition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
    return is_loopback(name)
