"""The follow-up desk under `/v1/`: open cases by time left, one case, and what people do about it.

/v1/desk?brand=&store=&severity=&owner=&limit=50&offset=0   open cases, who waits longest first
/v1/cases/{alert_id}                                        a case with its story, by any of its alerts
POST /v1/cases/{alert_id}/actions                           somebody did something about it
/v1/desk/key                                                what the page acts with, for whoever showed the token

An action is a JSON object: `action` and `actor`; `channel`, `reason`, `note`, `quality` where it needs them; `at` (now
by default); `action_id`, the caller's own key: the same again is the same action. It goes to `followup.actions`, and
the answer, 202, comes once Kafka has it. What becomes of it is for the worker of the store to say: an event with its id
on `followup.alerts`, or a dead letter, which the case tells as its `refusal`.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, NamedTuple, get_args

from aiohttp import web
from aiokafka.errors import KafkaError

from streams.board import case_documents
from streams.board.acts import asked_for
from streams.board.asking import answer, choice, number, query_text, showed_token
from streams.board.case import Case
from streams.board.documents import Document
from streams.board.guard import MAY_ACT, key_of
from streams.board.model import Board
from streams.board.problem import Refused
from streams.cluster.acting import send_action
from streams.domain.score import Severity
from streams.events.action import Action
from streams.settings import Settings

LIMIT_MAX: Final = 500
BODY_MAX: Final = 65_536
READ_ONLY: Final = (
    "the desk is read-only: set NPS_BOARD_TOKEN to a long random text and start the board anew; "
    "whoever shows that token can act"
)

Act = Callable[[Action], Awaitable[None]]
"""Writes an action; KafkaError where that cannot be done."""


def to_topic(settings: Settings) -> Act:
    """Act on a deployment."""

    async def act(action: Action) -> None:
        await send_action(settings, action)

    return act


def routes(board: Board, *, act: Act, token: str, now: Callable[[], float]) -> list[web.RouteDef]:
    """Every route of the desk; with an empty `token` nobody can act."""
    desk = _Desk(board, act, token, now)
    return [
        web.get("/v1/desk", desk.listed),
        web.get("/v1/desk/key", desk.key),
        web.get("/v1/cases/{alert_id:[^/]+}", desk.case),
        web.post("/v1/cases/{alert_id:[^/]+}/actions", desk.act),
    ]


class _Desk(NamedTuple):
    board: Board
    write: Act
    token: str
    now: Callable[[], float]

    async def listed(self, request: web.Request) -> web.Response:
        """Open cases, and what can be chosen among them."""
        now_ms = self._now_ms()
        asked = {name: query_text(request, name) for name in ("brand", "store", "owner")}
        severity = choice(request, "severity", ("", *get_args(Severity)), "") or None
        limit, offset = number(request, "limit", 50, LIMIT_MAX), number(request, "offset", 0, 10_000_000)
        page = self.board.cases.page(now_ms=now_ms, severity=severity, offset=offset, limit=limit, **asked)
        whole = showed_token(request)
        active = list(self.board.cases.active)
        told: Document = {
            **asked,
            "severity": severity,
            "limit": limit,
            "offset": offset,
            "total": page.total,
            "overdue": page.overdue,
            "open": len(active),
            "brands": sorted({case.brand for case in active}),
            "owners": sorted({case.owner for case in active if case.owner}),
            "acting": self._acting(request),
            "cases": [case_documents.listed(case, now_ms=now_ms, whole=whole) for case in page.cases],
        }
        return answer(told)

    async def case(self, request: web.Request) -> web.Response:
        """A case with its story."""
        case = self._known(request)
        refusal = self.board.cases.refusal_of(case)
        told = case_documents.whole_case(case, refusal, now_ms=self._now_ms(), whole=showed_token(request))
        return answer(told | {"acting": self._acting(request)})

    async def key(self, _request: web.Request) -> web.Response:
        """The key that a page acts with."""
        if not self.token:
            raise Refused(HTTPStatus.FORBIDDEN, READ_ONLY)
        return answer({"key": key_of(self.token)})

    async def act(self, request: web.Request) -> web.Response:
        """Somebody did something about an alert."""
        if not self.token:
            raise Refused(HTTPStatus.FORBIDDEN, READ_ONLY)
        if not request.get(MAY_ACT):
            raise Refused(
                HTTPStatus.FORBIDDEN, "to act, send the token as `Authorization: Bearer`; a cookie will not do"
            )
        if request.content_type != "application/json":
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
        if (request.content_length or 0) > BODY_MAX:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body must not be over {BODY_MAX:,} bytes")
        case = self._known(request)
        action = asked_for(await request.read(), case, _alert_id(request), now_ms=self._now_ms())
        if not case.took(action.action_id):
            try:
                await self.write(action)
            except KafkaError as error:
                again = "it may be written all the same, and asking again with this action_id does no harm"
                detail = f"Kafka did not acknowledge it ({type(error).__name__}): {again}"
                raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail) from error
        done: Document = {"action_id": action.action_id, "alert_id": action.alert_id, "case_id": case.case_id}
        return answer(done, HTTPStatus.ACCEPTED)

    def _acting(self, request: web.Request) -> Document:
        allowed = bool(self.token) and showed_token(request)
        return {"allowed": allowed, "why": None if allowed else READ_ONLY}

    def _known(self, request: web.Request) -> Case:
        alert_id = _alert_id(request)
        case = self.board.cases.of_alert(alert_id)
        if case is None:
            raise Refused(HTTPStatus.NOT_FOUND, f"no case of the alert {alert_id}")
        return case

    def _now_ms(self) -> int:
        return round(self.now() * 1000)


def _alert_id(request: web.Request) -> str:
    return request.match_info["alert_id"].lower()
