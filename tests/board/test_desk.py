"""The desk's API: who is told what, and how an action comes from a request to Kafka."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError
from msgspec.structs import replace

from streams.board.guard import cookie_of, key_of
from streams.board.intake import Intake
from streams.domain.life import STATUSES, TRANSITIONS
from streams.events.action import Action, encode_action
from streams.events.dead_letter import dead_letter
from tests.board.builders import NOON, Served, a_served_board, lived, opened
from tests.builders import FakeRecord

TOKEN = "a long and random text"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
CASE = "0b1f1f6e-5d0e-5c1a-9b7e-2f4c1f7b8e21"


class Taking:
    """Takes actions in place of Kafka; with a `failure` it refuses them."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.failure: Exception | None = None

    async def __call__(self, action: Action) -> None:
        """Take one."""
        if self.failure is not None:
            raise self.failure
        self.actions.append(action)


@pytest.fixture
def taking() -> Taking:
    """What takes the actions of a board."""
    return Taking()


@pytest_asyncio.fixture
async def desk(taking: Taking) -> AsyncIterator[Served]:
    """A board with a token, and one open case on its desk."""
    async with a_served_board(board_token=TOKEN, act=taking) as served:
        served.case(opened(1, alert_id=CASE, score=2))
        yield served


async def _get(
    http: aiohttp.ClientSession, served: Served, path: str, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    async with http.get(served.address + path, headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def _post(
    http: aiohttp.ClientSession,
    served: Served,
    body: Any,
    *,
    alert_id: str = CASE,
    headers: dict[str, str] | None = None,
) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Content-Type": "application/json"} | (BEARER if headers is None else headers)
    async with http.post(f"{served.address}v1/cases/{alert_id}/actions", data=data, headers=given) as response:
        return response.status, await response.json(content_type=None)


async def test_the_desk_lists_open_cases_by_time_left(http: aiohttp.ClientSession) -> None:
    """Overdue first; with the token the first words of the comment, and what can be chosen among all that is open."""
    async with a_served_board(board_token=TOKEN) as served:
        served.case(
            opened(1, alert_id="soon", score=2, brand="Maison", owner="Anne", comment="Une heure en caisse. " * 20),
            opened(2, alert_id="over", score=6, brand="Pine", owner="Bruno", submitted_at=NOON - timedelta(hours=50)),
        )
        _, body = await _get(http, served, "v1/desk", BEARER)
        _, narrowed = await _get(http, served, "v1/desk?severity=P1&limit=1", BEARER)

    over, soon = body["cases"]
    assert ("over", True, "P3", 6, "Pine", "Bruno", "open", 1) == tuple(
        over[name] for name in ("case_id", "overdue", "severity", "score", "brand", "owner", "status", "alert_count")
    )
    assert ("soon", False, "2026-03-16T12:00:00Z") == (soon["case_id"], soon["overdue"], soon["due_at"])
    assert soon["comment"].startswith("Une heure en caisse.")
    assert soon["comment"].endswith("\N{HORIZONTAL ELLIPSIS}")
    assert 161 >= len(soon["comment"])
    assert (2, 1, 2, ["Maison", "Pine"], ["Anne", "Bruno"], {"allowed": True, "why": None}) == tuple(
        body[name] for name in ("total", "overdue", "open", "brands", "owners", "acting")
    )
    assert (["soon"], 1, 2) == ([case["case_id"] for case in narrowed["cases"]], narrowed["total"], narrowed["open"])


async def test_without_a_token_nobodys_words_are_told(http: aiohttp.ClientSession) -> None:
    """No comment, reference, link, note, actor nor action id; how a case stands and what happened to it is told."""
    async with a_served_board() as served:
        first = opened(1, alert_id=CASE, comment="SECRET", customer_ref="SECRET", link="https://crm.example/SECRET")
        called = lived(
            first, 2, "contacted", "contacted", actor="SECRET", note="SECRET", channel="call", action_id="SECRET"
        )
        served.case(first, called)
        _, listed = await _get(http, served, "v1/desk")
        _, case = await _get(http, served, f"v1/cases/{CASE}")
        _, alerts = await _get(http, served, "v1/alerts")

    assert "SECRET" not in json.dumps([listed, case])
    assert (True, None, "contacted") == tuple(listed["cases"][0][name] for name in ("withheld", "comment", "status"))
    assert ["raised", "contacted"] == [event["kind"] for event in case["story"]]
    assert "call" == case["story"][1]["action"]["channel"]
    assert [None, None, None, None] == [
        case["alerts"][0]["store_nps"]["nps"],
        case["alerts"][0]["comment"],
        case["alerts"][0]["customer_ref"],
        alerts["alerts"][0]["action"],
    ]


async def test_a_case_tells_the_last_action_that_was_refused(
    desk: Served, taking: Taking, http: aiohttp.ClientSession
) -> None:
    """Of any of its alerts, with the reason; its id, which may be anybody's words, only to whoever shows the token."""
    _, before = await _get(http, desk, f"v1/cases/{CASE}", BEARER)
    assert before["refusal"] is None
    await _post(http, desk, {"action": "acknowledged", "actor": "Anne", "action_id": "k-1"})
    (action,) = taking.actions
    desk.case(opened(2, alert_id="other", case_id=CASE, response_id="r-9"))
    desk.refuse(action, "timestamp_in_future")
    desk.refuse(
        replace(action, alert_id="other", action_id="k-2"), "illegal_transition", at=NOON + timedelta(seconds=1)
    )
    desk.refuse(replace(action, alert_id="nobody's"), "illegal_transition", at=NOON + timedelta(seconds=2))
    told = {"action": "acknowledged", "reason": "illegal_transition", "at": "2026-03-14T12:00:01.000Z"}
    _, case = await _get(http, desk, f"v1/cases/{CASE}", BEARER)
    assert {**told, "action_id": "k-2"} == case["refusal"]
    desk.board.cases.clear()
    desk.case(opened(1, alert_id=CASE))
    _, case = await _get(http, desk, f"v1/cases/{CASE}", BEARER)
    assert case["refusal"] is None


async def test_refusals_are_read_from_the_dead_letters(
    desk: Served, taking: Taking, http: aiohttp.ClientSession
) -> None:
    """Of rules and facts, and of what is no action, the desk tells nothing."""
    await _post(http, desk, {"action": "acknowledged", "actor": "Anne", "action_id": "k-1"})
    read = Intake(desk.board, desk.progress, desk.hub).refused
    value = encode_action(taking.actions[0])

    def letter(value: bytes | None) -> FakeRecord:
        dead = dead_letter(
            None, value, [], topic="t", partition=0, offset=7, reason="illegal_transition", bytes_max=9_999
        )
        return FakeRecord(offset=0, timestamp=1_000, value=dead.value, headers=list(dead.headers))

    others = [letter(b"{}"), letter(None), FakeRecord(offset=0, timestamp=1_000, value=value)]
    assert ["unshown"] * 3 == [read(record) for record in others]
    _, case = await _get(http, desk, f"v1/cases/{CASE}", BEARER)
    assert case["refusal"] is None
    assert "taken" == read(letter(value))
    _, case = await _get(http, desk, f"v1/cases/{CASE}", BEARER)
    assert ("k-1", "illegal_transition") == (case["refusal"]["action_id"], case["refusal"]["reason"])


async def test_a_case_is_told_with_its_story_and_its_moves(desk: Served, http: aiohttp.ClientSession) -> None:
    """By any of its alerts, upper case or lower; each move with what it needs."""
    first = opened(5, alert_id="lead")
    second = opened(6, alert_id="second", case_id="lead", response_id="r-9")
    desk.case(first, second, lived(first, 7, "acknowledged", "acknowledged", actor="Mme Durand"))

    _, case = await _get(http, desk, "v1/cases/SECOND", BEARER)

    assert ("lead", ["lead", "second"], "acknowledged") == (
        case["case_id"],
        [alert["alert_id"] for alert in case["alerts"]],
        case["status"],
    )
    assert ["raised", "raised", "acknowledged"] == [event["kind"] for event in case["story"]]
    assert "Mme Durand" == case["story"][2]["action"]["actor"]
    assert {
        "contacted": ("contacted", "channel", ["call", "message", "visit"]),
        "resolved": ("resolved", None, None),
        "dismissed": (
            "dismissed",
            "reason",
            ["not_reachable", "no_contact_wanted", "duplicate", "not_genuine", "not_ours", "other"],
        ),
        "noted": ("acknowledged", "note", None),
    } == {move["action"]: (move["status"], move["needs"], move["choices"]) for move in case["moves"]}


@pytest.mark.parametrize("status", STATUSES)
async def test_the_moves_are_those_of_the_table(desk: Served, http: aiohttp.ClientSession, status: str) -> None:
    """What people can do is what the table says, without what corrections and clocks do; the board refuses the rest."""
    first = opened(5, alert_id="11111111-1111-1111-1111-111111111111")
    desk.case(first, lived(first, 6, "moved", status))

    _, case = await _get(http, desk, f"v1/cases/{first[1].alert_id}", BEARER)

    table: Any = TRANSITIONS
    expected = set(table[status]) - {"retracted", "expired"}
    needs = {"channel": "call", "reason": "other", "note": "n", "quality": 3}
    assert expected == {move["action"] for move in case["moves"]}
    for action, needed in {
        "acknowledged": None,
        "contacted": "channel",
        "resolved": None,
        "dismissed": "reason",
        "reopened": None,
        "noted": "note",
        "rated": "quality",
    }.items():
        body = {"action": action, "actor": "x"} | ({needed: needs[needed]} if needed else {})
        code, _ = await _post(http, desk, body, alert_id=first[1].alert_id)
        assert (HTTPStatus.ACCEPTED if action in expected else HTTPStatus.CONFLICT) == code, action


async def test_an_action_goes_to_kafka_before_it_is_answered(
    desk: Served, taking: Taking, http: aiohttp.ClientSession
) -> None:
    """The whole action, done now unless it says when, with the caller's key."""
    code, body = await _post(
        http,
        desk,
        {
            "action": "contacted",
            "actor": "Mme Durand",
            "channel": "call",
            "note": "Excuses acceptées",
            "action_id": "k-1",
        },
    )

    assert (HTTPStatus.ACCEPTED, {"action_id": "k-1", "alert_id": CASE, "case_id": CASE}) == (code, body)
    assert [
        Action(
            action_id="k-1",
            alert_id=CASE,
            brand="Maison",
            store="Lyon",
            action="contacted",
            at=NOON,
            actor="Mme Durand",
            channel="call",
            note="Excuses acceptées",
        )
    ] == taking.actions


async def test_a_double_click_is_one_action(desk: Served, taking: Taking, http: aiohttp.ClientSession) -> None:
    """The same key goes out as the same action; once it is in the story it is answered and not sent again."""
    body = {"action": "acknowledged", "actor": "x", "action_id": "click"}
    first = await _post(http, desk, body)
    second = await _post(http, desk, body)
    desk.case(lived(opened(1, alert_id=CASE, score=2), 9, "acknowledged", "acknowledged", actor="x", action_id="click"))
    third = await _post(http, desk, body)

    assert first == second == third
    assert HTTPStatus.ACCEPTED == first[0]
    assert ["click"] == list({action.action_id for action in taking.actions})
    assert 2 == len(taking.actions)


async def test_without_a_key_every_request_is_an_action_of_its_own(
    desk: Served, taking: Taking, http: aiohttp.ClientSession
) -> None:
    """Who sends no key gets one, a new one each time."""
    body = {"action": "noted", "actor": "x", "note": "called, nobody there", "at": "2026-03-14T13:00:00+02:00"}
    await _post(http, desk, body)
    await _post(http, desk, body)

    assert 2 == len({action.action_id for action in taking.actions})
    assert [NOON - timedelta(hours=1)] * 2 == [action.at for action in taking.actions]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "the body must be one JSON object: invalid_json"),
        (b'{"action": "noted", "action": "rated"}', "the body must be one JSON object: duplicate_field"),
        ([], "the body must be one JSON object"),
        ({"actor": "x"}, "action must be one of acknowledged, contacted"),
        ({"action": "retracted", "actor": "x"}, "action must be one of"),
        ({"action": ["noted"], "actor": "x"}, "action must be one of"),
        ({"action": "acknowledged"}, "actor must say who acts"),
        ({"action": "acknowledged", "actor": ""}, "actor must say who acts"),
        ({"action": "acknowledged", "actor": "x" * 257}, "actor must say who acts"),
        ({"action": "contacted", "actor": "x"}, "what is contacted needs its channel"),
        ({"action": "contacted", "actor": "x", "channel": "pigeon"}, "channel must be one of call, message, visit"),
        ({"action": "dismissed", "actor": "x"}, "what is dismissed needs its reason"),
        ({"action": "dismissed", "actor": "x", "reason": "bored"}, "reason must be one of not_reachable"),
        ({"action": "acknowledged", "actor": "x", "quality": 3}, "only what is rated has a quality"),
        ({"action": "noted", "actor": "x", "note": ""}, "what is noted needs its note"),
        ({"action": "noted", "actor": "x", "note": "n" * 4097}, "note must be a text of at most 4,096"),
        ({"action": "noted", "actor": "x", "note": 5}, "note must be a text"),
        ({"action": "acknowledged", "actor": "x", "action_id": 7}, "action_id must be a text"),
        ({"action": "acknowledged", "actor": "x", "at": "yesterday"}, "at must be an instant"),
        ({"action": "acknowledged", "actor": "x", "at": "2026-03-14 12:00:00Z"}, "at must be an instant"),
        ({"action": "acknowledged", "actor": "x", "at": "2026-13-14T12:00:00Z"}, "at must be an instant"),
        ({"action": "acknowledged", "actor": "x", "at": "2026-03-14T12:06:00Z"}, "at is in the future"),
        ({"action": "acknowledged", "actor": "x", "chanel": "call"}, "no such field: chanel"),
        ({"action": "acknowledged", "actor": "x", "brand": "Other"}, "no such field: brand"),
    ],
)
async def test_what_is_wrong_is_said_in_words(
    desk: Served, taking: Taking, http: aiohttp.ClientSession, body: Any, detail: str
) -> None:
    """400 with the first thing that is wrong; nothing is written."""
    code, problem = await _post(http, desk, body)

    assert (HTTPStatus.BAD_REQUEST, True) == (code, detail in problem["detail"]), problem
    assert [] == taking.actions


async def test_a_case_that_is_not_known_cannot_be_acted_on(
    desk: Served, taking: Taking, http: aiohttp.ClientSession
) -> None:
    """404, for reading as for acting."""
    told = await _get(http, desk, "v1/cases/other", BEARER)
    acted = await _post(http, desk, {"action": "acknowledged", "actor": "x"}, alert_id="other")

    assert [HTTPStatus.NOT_FOUND] * 2 == [told[0], acted[0]]
    assert [] == taking.actions


@pytest.mark.parametrize("failure", [KafkaConnectionError("gone"), KafkaTimeoutError("slow")])
async def test_without_kafka_nothing_is_promised(
    desk: Served, taking: Taking, http: aiohttp.ClientSession, failure: Exception
) -> None:
    """503, and that asking again does no harm; nothing that a broker said is quoted."""
    taking.failure = failure

    code, problem = await _post(http, desk, {"action": "acknowledged", "actor": "x"})

    assert HTTPStatus.SERVICE_UNAVAILABLE == code
    assert type(failure).__name__ in problem["detail"]
    assert str(failure) not in problem["detail"].replace(type(failure).__name__, "")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, HTTPStatus.UNAUTHORIZED),
        ({"Authorization": "Bearer wrong"}, HTTPStatus.UNAUTHORIZED),
        ({"Cookie": f"nps_board={key_of(TOKEN)}"}, HTTPStatus.UNAUTHORIZED),
        ({"Authorization": f"Bearer {cookie_of(TOKEN)}"}, HTTPStatus.UNAUTHORIZED),
        ({"Cookie": f"nps_board={cookie_of(TOKEN)}"}, HTTPStatus.FORBIDDEN),
        ({"Authorization": f"Bearer {key_of(TOKEN)}"}, HTTPStatus.ACCEPTED),
        ({"Authorization": f"Bearer {TOKEN}"}, HTTPStatus.ACCEPTED),
    ],
)
async def test_who_acts_shows_more_than_a_cookie(
    desk: Served, taking: Taking, http: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    """A browser sends its cookie along whichever page asks it to: it lets look, and not act."""
    code, _ = await _post(http, desk, {"action": "acknowledged", "actor": "x"}, headers=headers)

    assert status == code
    assert (1 if status == HTTPStatus.ACCEPTED else 0) == len(taking.actions)


async def test_a_form_of_another_page_cannot_act(desk: Served, http: aiohttp.ClientSession) -> None:
    """What a page can send without being asked for leave (a form, plain text) is not taken, token or not."""
    headers = BEARER | {"Content-Type": "text/plain"}

    code, _ = await _post(http, desk, {"action": "acknowledged", "actor": "x"}, headers=headers)

    assert HTTPStatus.UNSUPPORTED_MEDIA_TYPE == code


async def test_a_body_that_is_too_large_is_refused(desk: Served, http: aiohttp.ClientSession) -> None:
    """Before it is read."""
    code, _ = await _post(http, desk, b" " * 70_000)

    assert HTTPStatus.REQUEST_ENTITY_TOO_LARGE == code


async def test_the_page_gets_a_key_that_is_not_the_token(desk: Served, http: aiohttp.ClientSession) -> None:
    """To whoever shows the token or its cookie; neither can be had back from it."""
    by_cookie = await _get(http, desk, "v1/desk/key", {"Cookie": f"nps_board={cookie_of(TOKEN)}"})
    by_nobody = await _get(http, desk, "v1/desk/key")

    assert (HTTPStatus.OK, {"key": key_of(TOKEN)}) == by_cookie
    assert HTTPStatus.UNAUTHORIZED == by_nobody[0]
    assert len({TOKEN, key_of(TOKEN), cookie_of(TOKEN)}) == 3


async def test_without_a_token_the_desk_is_read_only_and_says_how_to_change_that(
    http: aiohttp.ClientSession, taking: Taking
) -> None:
    """On loopback whoever is on this machine may look at the desk, and not act."""
    async with a_served_board(act=taking) as served:
        served.case(opened(1, alert_id=CASE))
        listed = await _get(http, served, "v1/desk")
        acted = await _post(http, served, {"action": "acknowledged", "actor": "x"})
        key = await _get(http, served, "v1/desk/key")

    assert (1, False) == (listed[1]["total"], listed[1]["acting"]["allowed"])
    assert [HTTPStatus.FORBIDDEN] * 2 == [acted[0], key[0]]
    assert all("NPS_BOARD_TOKEN" in said for said in (listed[1]["acting"]["why"], acted[1]["detail"], key[1]["detail"]))
    assert [] == taking.actions


@pytest.mark.parametrize("query", ["severity=P9", "limit=501", "offset=x"])
async def test_a_desk_asked_for_wrongly_says_so(desk: Served, http: aiohttp.ClientSession, query: str) -> None:
    """400 with the parameter."""
    code, problem = await _get(http, desk, f"v1/desk?{query}", BEARER)

    assert (HTTPStatus.BAD_REQUEST, True) == (code, query.split("=", maxsplit=1)[0] in problem["detail"])
