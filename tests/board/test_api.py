import asyncio
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiokafka.errors import KafkaConnectionError
from yarl import URL

from streams.cluster.explanation import Explanation, Marks, Vote
from streams.domain.page import NewerRow
from streams.domain.window import WINDOWS, WindowName
from tests.board import small
from tests.board.builders import NOON, Served, a_served_board, a_standing, a_trend, an_alarm, raised, some_figures


async def _get(http: aiohttp.ClientSession, served: Served, path: str) -> tuple[int, Any]:
    async with http.get(URL(served.address.rstrip("/") + path, encoded=True)) as response:
        return response.status, await response.json(content_type=None)


async def test_brands_are_served_with_every_window_and_unrounded(served: Served, http: aiohttp.ClientSession) -> None:
    """A brand's windows are as published, unrounded, each with its histogram, its mean and what it is compared with."""
    served.show(a_standing("Maison", None, before=(40, 30, 30)))
    served.show(a_standing("Maison", "Lyon"), a_standing("Maison", "Nice"))

    status, body = await _get(http, served, "/v1/brands")

    (brand,) = body["brands"]
    window = brand["windows"]["30d"]
    assert HTTPStatus.OK == status
    assert ("Maison", None, 2, "2026-03-14T12:00:00Z") == (
        brand["brand"],
        brand["store"],
        brand["stores"],
        brand["as_of"],
    )
    assert ["24h", "7d", "30d", "90d", "365d", "all"] == list(brand["windows"])
    assert (100, 50, 30, 20, 30.0) == tuple(
        window[name] for name in ("n", "promoters", "passives", "detractors", "nps")
    )
    assert ([20, 0, 0, 0, 0, 0, 0, 30, 0, 50, 0], 6.6) == (window["histogram"], window["mean"])
    assert 29.1262 - 15.0751 == pytest.approx(window["low"], abs=1e-3)
    assert ("good", False, False) == (window["confidence"], window["low_confidence"], window["withheld"])
    previous = window["previous"]
    assert ("before", 100, -10.0, 40.0, "up") == tuple(
        previous[name] for name in ("against", "n", "nps", "difference", "direction")
    )
    assert previous["z"] > 3
    assert 0.001 > previous["p"]
    assert ("year_ago", 0, None, None, "unknown") == tuple(
        window["year_ago"][name] for name in ("against", "n", "nps", "difference", "direction")
    )


async def test_no_answers_is_null_and_not_zero(served: Served, http: aiohttp.ClientSession) -> None:
    """A window without answers has null for its score and its bounds."""
    served.show(a_standing("Maison", "Lyon", (0, 0, 0)))

    _, body = await _get(http, served, "/v1/stores/Maison/Lyon")

    window = body["windows"]["7d"]
    assert (0, None, None, None, "none") == tuple(window[name] for name in ("n", "nps", "low", "high", "confidence"))


async def test_a_brand_known_by_its_stores_alone_has_no_windows_yet(
    served: Served, http: aiohttp.ClientSession
) -> None:
    """Where the brand's own record is not there yet nothing is made up for it."""
    served.show(a_standing("Maison", "Lyon"))

    _, body = await _get(http, served, "/v1/brands/Maison")

    assert {
        "brand": "Maison",
        "store": None,
        "as_of": None,
        "windows": {},
        "alarms": [],
        "stores": 1,
        "weeks": None,
    } == (body)


async def test_stores_come_in_the_order_and_the_part_asked_for(served: Served, http: aiohttp.ClientSession) -> None:
    """The list says what was asked, how many match, and holds the one window asked for."""
    served.show(*(a_standing("Maison", f"s{number}", (number, 10, 30)) for number in range(10)))

    _, body = await _get(http, served, "/v1/brands/Maison/stores?window=7d&sort=attention&limit=3&offset=1")

    assert ["s8", "s7", "s6"] == [store["store"] for store in body["stores"]]
    assert [["7d"]] * 3 == [list(store["windows"]) for store in body["stores"]]
    assert {"brand": "Maison", "window": "7d", "sort": "attention", "q": "", "limit": 3, "offset": 1, "total": 10} == {
        name: value for name, value in body.items() if name != "stores"
    }


async def test_stores_are_found_by_a_part_of_their_name(served: Served, http: aiohttp.ClientSession) -> None:
    """A text filter narrows the list and its total."""
    served.show(*(a_standing("Maison", name) for name in ("Lyon 1", "Lyon 2", "Évry")))

    _, body = await _get(http, served, "/v1/brands/Maison/stores?q=EVRY")

    assert (1, ["Évry"]) == (body["total"], [store["store"] for store in body["stores"]])


@pytest.mark.parametrize(
    "name",
    [
        "a/b",
        "50 %",
        "a?b#c",
        "{brace}",
        "Évry",
        "<img src=x onerror=alert(1)>",
        "a&b=c;d",
        "\\",
        "%2F",
        "店",
        "..a",
        "+",
    ],
)
async def test_any_name_may_stand_in_a_path(served: Served, http: aiohttp.ClientSession, name: str) -> None:
    """Names hold anything but `|` and control characters; percent-encoded they reach the API whole."""
    served.show(a_standing(name, None), a_standing(name, name))
    path = quote(name, safe="")

    _, brand = await _get(http, served, f"/v1/brands/{path}")
    _, stores = await _get(http, served, f"/v1/brands/{path}/stores")
    _, store = await _get(http, served, f"/v1/stores/{path}/{path}")

    assert (name, [name], name) == (brand["brand"], [each["store"] for each in stores["stores"]], store["store"])


async def test_a_name_is_found_in_either_unicode_form(served: Served, http: aiohttp.ClientSession) -> None:
    """Topics hold NFC; an address typed on a machine that decomposes accents finds the store all the same."""
    served.show(a_standing("Maison", "Évry"))

    status, _ = await _get(http, served, "/v1/stores/Maison/" + quote("E\u0301vry"))

    assert HTTPStatus.OK == status


async def test_alerts_are_the_topics_documents_and_when_they_were_raised(
    served: Served, http: aiohttp.ClientSession
) -> None:
    """An alert has all fields of the topic, newest first."""
    served.alert(raised(1, alert_id="one"), raised(2, alert_id="two", comment=None, link="https://crm.example/c"))

    _, body = await _get(http, served, "/v1/alerts")

    first = body["alerts"][0]
    assert ["two", "one"] == [alert["alert_id"] for alert in body["alerts"]]
    assert ("2026-03-14T12:00:02Z", True, None, "https://crm.example/c", "P2") == tuple(
        first[name] for name in ("raised_at", "reason_missing", "comment", "link", "severity")
    )
    assert ("raised", 0, 1, False) == tuple(first[name] for name in ("kind", "generation", "sequence", "forgotten"))
    assert first["raised_at"] == first["changed_at"]


async def test_alerts_are_narrowed_by_brand_and_store(served: Served, http: aiohttp.ClientSession) -> None:
    """A filter left empty is none."""
    served.alert(*(raised(number, alert_id=store, brand="A & B", store=store) for number, store in enumerate("xyz")))

    _, of_store = await _get(http, served, "/v1/alerts?brand=A%20%26%20B&store=y")
    _, of_brand = await _get(http, served, "/v1/alerts?brand=A+%26+B&store=&limit=2")
    _, of_other = await _get(http, served, "/v1/alerts?brand=A")

    assert (["y"], ["z", "y"], []) == tuple(
        [alert["alert_id"] for alert in body["alerts"]] for body in (of_store, of_brand, of_other)
    )


async def test_status_says_how_far_the_board_has_read(served: Served, http: aiohttp.ClientSession) -> None:
    """Caught up or not, why nothing is read, when Kafka was last heard of, and what is held."""
    served.show(a_standing("Maison"), a_standing("Maison", "Lyon"))
    served.progress.reachable, served.progress.reason = False, "KafkaTimeoutError"

    _, body = await _get(http, served, "/v1/status")

    assert {
        "state": "unreachable",
        "caught_up": True,
        "reason": "KafkaTimeoutError",
        "heard_at": "2026-03-14T12:00:00Z",
        "now": "2026-03-14T12:00:00Z",
        "as_of": "2026-03-14T12:00:00Z",
        "whole": False,
        "topics": {},
        "held": {"brands": 1, "stores": 1, "trends": 0, "alarms": 0, "alerts": 0, "cases": 0},
        "clients": 0,
    } == body


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/nothing", 404),
        ("/nothing.js", 404),
        ("/v1/brands/Nobody", 404),
        ("/v1/brands/Nobody/stores", 404),
        ("/v1/stores/Maison/Nobody", 404),
        ("/v1/stores/Maison/", 404),
        ("/v1/trends/Nobody", 404),
        ("/v1/trends/Maison/Nobody", 404),
        ("/v1/brands/Maison/stores?window=31d", 400),
        ("/v1/brands/Maison/stores?sort=luck", 400),
        ("/v1/brands/Maison/stores?limit=501", 400),
        ("/v1/brands/Maison/stores?limit=-1", 400),
        ("/v1/brands/Maison/stores?offset=%D9%A1", 400),
        ("/v1/brands/Maison/stores?offset=99999999999", 400),
        ("/v1/alerts?limit=many", 400),
    ],
)
async def test_what_cannot_be_served_is_a_problem_document(
    served: Served, http: aiohttp.ClientSession, path: str, status: int
) -> None:
    """Every error is problem+json with its status in it."""
    served.show(a_standing("Maison"))

    async with http.get(URL(served.address.rstrip("/") + path, encoded=True)) as response:
        body = await response.json(content_type=None)

    assert (status, "application/problem+json", status) == (response.status, response.content_type, body["status"])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_nothing_can_be_changed(served: Served, http: aiohttp.ClientSession, method: str) -> None:
    """The board is read only."""
    async with http.request(method, served.address + "v1/brands") as response:
        assert (HTTPStatus.METHOD_NOT_ALLOWED, "application/problem+json") == (response.status, response.content_type)
        assert "GET" in response.headers["Allow"]


async def test_the_page_is_asked_for_again_only_where_it_changed(served: Served, http: aiohttp.ClientSession) -> None:
    """The page's files carry an entity tag and cost nothing the second time."""
    async with http.get(served.address + "board.css") as first:
        tag = first.headers["ETag"]
    async with http.get(served.address + "board.css", headers={"If-None-Match": tag}) as again:
        assert (HTTPStatus.NOT_MODIFIED, b"") == (again.status, await again.read())


PATHS = (
    "/v1/brands",
    "/v1/brands/Maison",
    *(f"/v1/brands/Maison/stores?sort={sort}&window={window}" for sort in ("attention", "score") for window in WINDOWS),
    *(f"/v1/stores/Maison/{store}" for store in small.STORES),
    *(f"/v1/trends/Maison/{store}" for store in small.STORES),
    "/v1/trends/Maison",
    "/v1/alerts",
)


@pytest.mark.parametrize("path", PATHS)
async def test_no_document_tells_a_small_score_without_the_token(http: aiohttp.ClientSession, path: str) -> None:
    """Neither the score of four answers nor that of the sibling which would give it away; the counts are there."""
    async with a_served_board() as served:
        small.fill(served)
        async with http.get(URL(served.address.rstrip("/") + path, encoded=True)) as response:
            body = await response.text()

    assert [] == [trace for counts in (small.FOUR, small.ELEVEN) for trace in small.traces(counts) if trace in body]
    assert HTTPStatus.OK == response.status
    assert '"n":' in body


@pytest.mark.parametrize("path", [path for path in PATHS if "/brands/Maison/" in path or "Small" in path])
async def test_with_the_token_every_document_tells_everything(http: aiohttp.ClientSession, path: str) -> None:
    """Whoever shows the token is told the score of four answers."""
    async with a_served_board(board_token="secret") as served:
        small.fill(served)
        address = URL(served.address.rstrip("/") + path, encoded=True)
        async with http.get(address, headers={"Authorization": "Bearer secret"}) as response:
            body = await response.text()

    assert small.traces(small.FOUR)[1] in body


async def test_a_withheld_window_has_its_count_and_nothing_else(served: Served, http: aiohttp.ClientSession) -> None:
    """No band, no mean, no histogram and no comparison of it is told, and it says that it is withheld."""
    small.fill(served)

    _, body = await _get(http, served, "/v1/stores/Maison/Small")

    window = body["windows"]["30d"]
    numbers = ("promoters", "passives", "detractors", "nps", "low", "high", "mean", "histogram")
    assert (4, True, "too_few", {None}) == (
        window["n"],
        window["withheld"],
        window["confidence"],
        {window[name] for name in numbers},
    )
    assert {None} == {window["previous"][name] for name in ("difference", "z", "p")}


async def test_the_order_of_stores_does_not_tell_a_withheld_score(served: Served, http: aiohttp.ClientSession) -> None:
    """By score or by attention withheld stores come last, by their answers, however bad or good they are."""
    small.fill(served)

    for sort in ("score", "attention"):
        _, body = await _get(http, served, f"/v1/brands/Maison/stores?sort={sort}")
        assert ["Large", "Next", "Small"] == [store["store"] for store in body["stores"]]


async def test_a_trend_has_its_periods_with_range_state_and_what_they_said(
    http: aiohttp.ClientSession,
) -> None:
    """35 days, 53 weeks and 24 months, a gap without a score, and the old value of a restated one with the token."""
    async with a_served_board(board_token="secret") as served:
        days = {0: (5, 5, 10), 20: (2, 3, 15)}
        served.trend("Maison", "Lyon", a_trend("Maison", "Lyon", days, restated={"2026-02-22": (0, 3, 14)}))
        served.show(a_standing("Maison", "Lyon"))
        address = served.address + "v1/trends/Maison/Lyon"
        async with http.get(address, headers={"Authorization": "Bearer secret"}) as response:
            body = await response.json()

    assert ("Maison", "Lyon", "2026-03-14T12:00:00Z") == (body["brand"], body["store"], body["as_of"])
    assert (35, 53, 24) == tuple(len(body[unit]) for unit in ("days", "weeks", "months"))
    by_name = {point["period"]: point for point in body["days"]}
    today = by_name["2026-03-14"]
    assert (20, 25.0, "provisional", None, False) == tuple(
        today[name] for name in ("n", "nps", "state", "was", "withheld")
    )
    assert today["low"] < 25.0 < today["high"]
    assert (0, None, "final") == tuple(by_name["2026-03-01"][name] for name in ("n", "nps", "state"))
    restated = by_name["2026-02-22"]
    assert ("restated", 65.0, {"n": 17, "nps": pytest.approx(82.35, abs=0.01)}) == (
        restated["state"],
        restated["nps"],
        restated["was"],
    )


async def test_what_a_period_said_is_told_with_the_token_alone(served: Served, http: aiohttp.ClientSession) -> None:
    """An old value and a new one are some answers apart, so without the token the old one has its count alone."""
    days = {0: (5, 5, 10), 20: (20, 30, 150)}
    served.trend("Maison", "Lyon", a_trend("Maison", "Lyon", days, restated={"2026-02-22": (20, 30, 149)}))
    served.show(a_standing("Maison", "Lyon", (25, 35, 160)))

    _, body = await _get(http, served, "/v1/trends/Maison/Lyon")

    (restated,) = [point for point in body["days"] if point["state"] == "restated"]
    assert (65.0, {"n": 199, "nps": None}) == (restated["nps"], restated["was"])


async def test_a_trend_that_is_not_there_yet_is_empty(served: Served, http: aiohttp.ClientSession) -> None:
    """A store that is known without a trend has no periods; that is no error."""
    served.show(a_standing("Maison", "Lyon"))

    status, body = await _get(http, served, "/v1/trends/Maison/Lyon")

    assert (HTTPStatus.OK, None, [], [], []) == (status, *(body[name] for name in ("as_of", "days", "weeks", "months")))


async def test_stores_come_with_their_last_weeks(served: Served, http: aiohttp.ClientSession) -> None:
    """A list has what a picture the size of a word needs: 13 weeks as columns, null where nobody answered."""
    served.trend("Maison", "Lyon", a_trend("Maison", "Lyon", {0: (5, 5, 10), 7: (5, 5, 10)}))
    served.show(a_standing("Maison", "Lyon"))

    _, body = await _get(http, served, "/v1/brands/Maison/stores")

    weeks = body["stores"][0]["weeks"]
    assert ("2025-W51", [*[0] * 11, 20, 20], [*[None] * 11, 25.0, 25.0]) == (weeks["first"], weeks["n"], weeks["nps"])
    assert "provisional" == weeks["state"][-1]


async def test_an_open_alarm_comes_with_its_evidence(http: aiohttp.ClientSession) -> None:
    """Store and brand say which alarms are open since when, and by what figures."""
    async with a_served_board(board_token="secret") as served:
        served.show(a_standing("Maison"), a_standing("Maison", "Lyon"))
        served.alarm(an_alarm())
        served.alarm(an_alarm(store=None, rule="burst", baseline=None, difference=None, z=None, p=None))
        told = []
        for path in ("v1/stores/Maison/Lyon", "v1/brands/Maison"):
            async with http.get(served.address + path, headers={"Authorization": "Bearer secret"}) as response:
                told.append((await response.json())["alarms"])

    ((fell,), (burst,)) = told
    assert ("drop", 1, "2026-03-14T12:00:00Z", -63.2) == tuple(
        fell[name] for name in ("rule", "episode", "since", "difference")
    )
    assert (52, 420, "2026-03-05T00:00:00Z") == (fell["current"]["n"], fell["baseline"]["n"], fell["baseline"]["from"])
    assert ("burst", None) == (burst["rule"], burst["baseline"])
    assert pytest.approx(-34.6, abs=0.1) == burst["current"]["nps"]


async def test_evidence_is_withheld_where_it_would_tell_more_than_is_shown(
    served: Served, http: aiohttp.ClientSession
) -> None:
    """Without the token the figures of an alarm are told where they follow from what is shown; its counts always."""
    served.show(a_standing("Maison", "Lyon"))
    served.alarm(an_alarm())

    _, body = await _get(http, served, "/v1/stores/Maison/Lyon")

    (alarm,) = body["alarms"]
    assert (52, 420, None, None, None, True) == (
        alarm["current"]["n"],
        alarm["baseline"]["n"],
        alarm["current"]["nps"],
        alarm["baseline"]["detractors"],
        alarm["difference"],
        alarm["current"]["withheld"],
    )


def _a_vote(minute: int, score: int | None, **overrides: Any) -> Vote:
    plain: dict[str, Any] = {
        "submitted_at": f"2026-03-14T11:{minute:02d}Z",
        "score": score,
        "counts": True,
        "because": [],
        "forgotten": False,
        "muted": False,
        "kiosk": False,
        "alert": None,
        "corrections": 0,
        "answer_offset": 1000 + minute,
        "corrected_offset": None,
        "marked_offset": None,
    }
    return Vote(**(plain | overrides))


VOTES = [
    _a_vote(1, 9),
    _a_vote(2, 3, counts=False, because=["excluded"], marked_offset=1900),
    _a_vote(3, 8, corrections=1, corrected_offset=1901),
]


async def _explain(brand: str, store: str, window: WindowName, as_of_s: int) -> Explanation | None:
    if store == "Nobody":
        return None
    if store == "Away":
        raise KafkaConnectionError
    if store == "Later":
        raise NewerRow
    return Explanation(
        brand=brand,
        store=store,
        window=window,
        as_of=f"{as_of_s}",
        since=None,
        until=None,
        partition=3,
        figures=some_figures((0, 1, 1)),
        days=[],
        before_days=None,
        restated=[],
        marks=Marks(corrected=1, excluded=1),
        stores=[],
        votes=VOTES,
    )


async def _ask_why(http: aiohttp.ClientSession, path: str, **headers: str) -> tuple[int, Any]:
    token = "secret" if headers else ""
    async with (
        a_served_board(board_token=token, explain=_explain) as served,
        http.get(f"{served.address}v1/explain/{path}", headers=headers) as response,
    ):
        return response.status, await response.json(content_type=None)


async def test_what_is_behind_a_number_is_told_with_the_token(http: aiohttp.ClientSession) -> None:
    """The votes of a store in a window as of now, newest first, and those that were corrected or do not count."""
    status, body = await _ask_why(http, "Maison/%C3%89vry?window=7d", Authorization="Bearer secret")

    assert (HTTPStatus.OK, "Maison", "Évry", "7d", f"{NOON.timestamp():.0f}") == (
        status,
        *(body[name] for name in ("brand", "store", "window", "as_of")),
    )
    assert ([1003, 1002, 1001], 3) == ([vote["answer_offset"] for vote in body["votes"]], body["votes_total"])
    assert ([8, 3], 2) == ([vote["score"] for vote in body["touched"]], body["touched_total"])
    assert (1, 1, 3) == (body["marks"]["corrected"], body["marks"]["excluded"], body["partition"])


async def test_single_answers_are_told_to_nobody_without_the_token(http: aiohttp.ClientSession) -> None:
    """On a board without a token there is no such document."""
    status, body = await _ask_why(http, "Maison/Lyon")

    assert (HTTPStatus.FORBIDDEN, HTTPStatus.FORBIDDEN) == (status, body["status"])


@pytest.mark.parametrize(
    ("path", "status"), [("M/Nobody", 404), ("M/Away", 503), ("M/Later", 503), ("M/Lyon?window=31d", 400), ("M", 404)]
)
async def test_where_nothing_can_be_explained_it_says_why(http: aiohttp.ClientSession, path: str, status: int) -> None:
    """An unknown store, a Kafka that is away, a state of a later release: a problem document, not an error of ours."""
    answered, body = await _ask_why(http, path, Authorization="Bearer secret")

    assert (status, status) == (answered, body["status"])


async def test_questions_are_answered_one_after_the_other(http: aiohttp.ClientSession) -> None:
    """Each reads a partition of the state, so two at once are not twice the work."""
    at_work = most = 0

    async def explain(brand: str, store: str, window: WindowName, as_of_s: int) -> Explanation | None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        at_work -= 1
        return await _explain(brand, store, window, as_of_s)

    async with a_served_board(board_token="secret", explain=explain) as served:

        async def ask() -> int:
            address = f"{served.address}v1/explain/Maison/Lyon"
            async with http.get(address, headers={"Authorization": "Bearer secret"}) as response:
                return response.status

        statuses = await asyncio.gather(*(ask() for _ in range(5)))

    assert ({HTTPStatus.OK}, 1) == (set(statuses), most)
