import re
from http import HTTPStatus

import aiohttp
import pytest

from streams.board.guard import check, cookie_of, is_loopback
from streams.settings import BadSetting, Settings
from tests.board.builders import Served, a_served_board, a_standing

TOKEN = "a long and random text"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost", "LOCALHOST"])
def test_loopback_needs_no_token(host: str) -> None:
    """Whoever is on this machine may look."""
    check(Settings(board_host=host))

    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "board.example.com", "", "localhost.example.com"])
def test_beyond_loopback_the_board_wants_a_token(host: str) -> None:
    """Without NPS_BOARD_TOKEN it refuses to start, and says what to do; with one it starts."""
    with pytest.raises(BadSetting, match="NPS_BOARD_TOKEN"):
        check(Settings(board_host=host))

    check(Settings(board_host=host, board_token=TOKEN))


async def test_a_board_beyond_loopback_does_not_listen_without_a_token() -> None:
    """The refusal comes before the socket."""
    with pytest.raises(BadSetting):
        async with a_served_board(board_host="0.0.0.0"):
            pass


@pytest.mark.parametrize("path", ["", "board.js", "board.css", "v1/brands", "v1/stream", "v1/status", "nothing"])
async def test_with_a_token_every_request_needs_it(http: aiohttp.ClientSession, path: str) -> None:
    """Nothing is served without the token, nor with a wrong one, nor with the token for a cookie."""
    async with a_served_board(board_token=TOKEN) as served:
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": f"Basic {TOKEN}"},
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer ünïcödé"},
            {"Cookie": f"nps_board={TOKEN}"},
            {"Cookie": f"nps_board={cookie_of('another')}"},
        ):
            async with http.get(served.address + path, headers=headers) as response:
                assert HTTPStatus.UNAUTHORIZED == response.status, headers
                assert response.headers["WWW-Authenticate"].startswith("Bearer")
        async with http.get(served.address + path + "?token=wrong") as response:
            assert HTTPStatus.UNAUTHORIZED == response.status


async def test_a_program_sends_the_token_with_each_request(http: aiohttp.ClientSession) -> None:
    """`Authorization: Bearer` lets in, and sets no cookie."""
    async with (
        a_served_board(board_token=TOKEN) as served,
        http.get(served.address + "v1/brands", headers={"Authorization": f"bearer {TOKEN}"}) as response,
    ):
        assert (HTTPStatus.OK, False) == (response.status, "Set-Cookie" in response.headers)


async def test_a_person_exchanges_the_token_for_a_cookie_once(http: aiohttp.ClientSession) -> None:
    """`?token=` sets a cookie that scripts and other sites cannot use, which then lets in; the token is not in it."""
    async with a_served_board(board_token=TOKEN) as served:
        async with http.get(served.address, params={"token": TOKEN}) as response:
            cookie = response.headers["Set-Cookie"]
            body = await response.text()
        name_and_value = cookie.split(";")[0]
        async with http.get(served.address + "v1/brands", headers={"Cookie": name_and_value}) as response:
            assert HTTPStatus.OK == response.status

    assert TOKEN not in cookie + body
    assert 'content="0; url=/"' in body
    assert {"HttpOnly", "Path=/", "SameSite=Strict"} == {part.strip() for part in cookie.split(";")[1:]}


async def test_a_cookie_outlives_a_restart_and_not_a_new_token(http: aiohttp.ClientSession) -> None:
    """The board keeps no sessions: a cookie is good as long as the token it was made from."""
    answers = []
    for token in (TOKEN, TOKEN, "a new token"):
        async with (
            a_served_board(board_token=token) as served,
            http.get(served.address, headers={"Cookie": f"nps_board={cookie_of(TOKEN)}"}) as response,
        ):
            answers.append(response.status)

    assert [HTTPStatus.OK, HTTPStatus.OK, HTTPStatus.UNAUTHORIZED] == answers


async def test_the_sign_in_page_stands_alone(http: aiohttp.ClientSession) -> None:
    """A person without a token gets a form, which asks the board for nothing else."""
    async with a_served_board(board_token=TOKEN) as served, http.get(served.address) as response:
        body = await response.text()

    assert 'name="token"' in body
    assert [] == re.findall(r"(?:src|href)=", body)
    assert "style-src 'sha256-" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 200),
        ("localhost", 200),
        ("LocalHost:1", 200),
        ("[::1]:8080", 200),
        ("127.0.0.1", 200),
        ("evil.example", 421),
        ("evil.example:8080", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
        ("[::1", 421),
    ],
)
async def test_on_loopback_the_board_answers_to_its_own_names_only(
    served: Served, http: aiohttp.ClientSession, host: str, status: int
) -> None:
    """A site that makes its name point to 127.0.0.1 (DNS rebinding) gets nothing."""
    served.show(a_standing("Maison"))

    async with http.get(served.address + "v1/brands", headers={"Host": host}) as response:
        assert (status, status == 200) == (response.status, "Maison" in await response.text())


@pytest.mark.parametrize("path", ["", "board.js", "v1/brands", "v1/stream", "v1/nothing", "favicon.svg"])
async def test_every_answer_tells_browsers_to_be_strict(served: Served, http: aiohttp.ClientSession, path: str) -> None:
    """No inline script, no foreign origin, no frame, no sniffing, no referrer; on errors and streams too."""
    async with http.get(served.address + path) as response:
        headers = response.headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert ("nosniff", "no-referrer") == (headers["X-Content-Type-Options"], headers["Referrer-Policy"])
    assert "Python" not in headers["Server"]


async def test_figures_are_kept_in_no_cache(served: Served, http: aiohttp.ClientSession) -> None:
    """What the API says is for now."""
    async with http.get(served.address + "v1/alerts") as response:
        assert "no-store" == response.headers["Cache-Control"]
