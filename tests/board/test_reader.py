import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from streams.board.reader import ALERTS_BEHIND
from streams.board.server import serve
from streams.broker import Broker
from streams.cluster.connection import admin_client
from streams.cluster.reading import read_topic
from streams.cluster.topics import create_topics
from streams.events.action import Action, decode_action
from streams.events.alarm import encode_alarm
from streams.events.alert import encode_alert
from streams.events.score import Score, encode_score
from streams.settings import Settings
from streams.topology import ACTIONS, ALARMS, ALERTS, SCORES, TRENDS
from tests.board.builders import a_standing, a_trend, an_alarm, an_alert, lived, opened
from tests.conftest import Kafka

pytestmark = pytest.mark.kafka


def a_score(brand: str = "Maison", store: str | None = None, counts: tuple[int, int, int] = (20, 30, 50)) -> bytes:
    """The record of a brand's or a store's figures."""
    windows = a_standing(brand, store, counts).windows
    return encode_score(Score(brand=brand, store=store, as_of="2026-03-14T12:00:00Z", windows=windows))


class Topics:
    """Writes to the topics as a worker does: in transactions."""

    def __init__(self, settings: Settings, producer: Any) -> None:
        self._settings = settings
        self._producer = producer

    async def write(self, *records: tuple[str, bytes, bytes | None], commit: bool = True) -> None:
        """One transaction with these records: (topic, key, value)."""
        await self._producer.begin_transaction()
        sent = [await self._producer.send(self._settings.topic(topic), value, key=key) for topic, key, value in records]
        await asyncio.gather(*sent)
        if commit:
            await self._producer.commit_transaction()
        else:
            await self._producer.abort_transaction()

    async def score(self, brand: str, store: str | None = None, counts: tuple[int, int, int] = (20, 30, 50)) -> None:
        """Publish figures."""
        key = brand if store is None else f"{brand}|{store}"
        await self.write((SCORES.name, key.encode(), a_score(brand, store, counts)))


@asynccontextmanager
async def _topics(settings: Settings) -> AsyncIterator[Topics]:
    assert (await create_topics(settings)).good
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.brokers, transactional_id=f"{settings.topic_prefix}writer", request_timeout_ms=20_000
    )
    await producer.start()
    try:
        yield Topics(settings, producer)
    finally:
        await producer.stop()


class Running:
    """A whole board and a client of it."""

    def __init__(self, address: str, http: aiohttp.ClientSession) -> None:
        self.address = address
        self._http = http

    async def get(self, path: str) -> Any:
        """A document of its API."""
        async with self._http.get(self.address + path) as response:
            return await response.json(content_type=None)

    async def until(self, path: str, condition: Callable[[Any], bool], within_s: float = 60) -> Any:
        """Ask for a document until it is as wanted."""
        deadline = time.monotonic() + within_s
        while not condition(document := await self.get(path)):
            assert time.monotonic() < deadline, document
            await asyncio.sleep(0.05)
        return document


@asynccontextmanager
async def _board(settings: Settings, http: aiohttp.ClientSession) -> AsyncIterator[Running]:
    stop, address = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(settings, stop=stop, ready=address.set_result, now=time.time))
    try:
        yield Running(await address, http)
    finally:
        stop.set()
        await serving


@pytest.fixture
def settings(kafka: Kafka, unique: str) -> Settings:
    """Topics of this test's own, and a free port for its board."""
    return Settings(brokers=kafka.bootstrap, topic_prefix=f"{unique}.", board_port=0, partitions=3)


async def test_a_restarted_board_shows_what_the_topics_hold(settings: Settings, http: aiohttp.ClientSession) -> None:
    """What a board showed, live or read at its start, the next one shows again: it keeps nothing and loses nothing."""
    paths = ("v1/brands", "v1/brands/Maison/stores", "v1/alerts")
    async with _topics(settings) as topics:
        await topics.score("Maison")
        await topics.score("Maison", "Lyon", (50, 30, 20))
        await topics.write((ALERTS.name, b"Maison|Lyon", encode_alert(an_alert(alert_id="first", store="Lyon"))))
        async with _board(settings, http) as board:
            await board.until("v1/status", lambda status: status["caught_up"])
            # The last of what is committed may be on its way into its partition when the board looks for the ends.
            await board.until("v1/alerts", lambda body: len(body["alerts"]) == 1)
            await board.until(paths[1], lambda body: body["total"] == 1)

            await topics.score("Maison", "Évry 2", (0, 0, 10))
            await topics.score("Maison", "Lyon", (60, 30, 10))
            await topics.write((ALERTS.name, b"Maison|Lyon", encode_alert(an_alert(alert_id="second", store="Lyon"))))
            await board.until("v1/alerts", lambda body: len(body["alerts"]) == 2)
            await board.until(
                "v1/stores/Maison/Lyon", lambda store: store.get("windows", {}).get("7d", {}).get("detractors") == 60
            )
            await board.until(paths[1], lambda body: body["total"] == 2)
            before = [await board.get(path) for path in paths]

        async with _board(settings, http) as board:
            status = await board.until("v1/status", lambda status: status["caught_up"])
            after = [await board.get(path) for path in paths]

    assert before == after
    assert ["second", "first"] == [alert["alert_id"] for alert in after[2]["alerts"]]
    assert [0] * 5 == [topic["malformed"] for topic in status["topics"].values()]


async def test_only_what_was_committed_and_makes_sense_is_shown(
    settings: Settings, http: aiohttp.ClientSession
) -> None:
    """Aborted records are not read; nonsense is counted and left out; a tombstone takes a store away."""
    upside_down = msgspec.json.decode(a_score("Maison", "Torn"))
    upside_down["windows"]["7d"]["nps"] = None
    later = msgspec.structs.replace(an_alert(alert_id="closed"), kind="promised")
    undated = msgspec.structs.replace(an_alert(), due_at="soon")
    async with _topics(settings) as topics:
        await topics.score("Maison", "Closed down")
        await topics.write((SCORES.name, b"Maison|Phantom", a_score("Maison", "Phantom")), commit=False)
        await topics.write((ALERTS.name, b"Maison|Lyon", encode_alert(an_alert(alert_id="phantom"))), commit=False)
        await topics.write(
            (SCORES.name, b"Maison|Torn", msgspec.json.encode(upside_down)),
            (SCORES.name, b"Maison|x", b"\xff not JSON"),
            (SCORES.name, b"Maison|y", b"{}"),
            (ALERTS.name, b"Maison|Lyon", b"[]"),
            (ALERTS.name, b"Maison|Lyon", None),
            (ALERTS.name, b"Maison|Lyon", encode_alert(undated)),
            (ALERTS.name, b"Maison|Lyon", encode_alert(later)),
            (ALERTS.name, b"Maison|Lyon", encode_alert(an_alert(alert_id="real"))),
        )
        await topics.score("Maison", "Lyon")
        await topics.write((SCORES.name, b"Maison|Closed down", None))
        async with _board(settings, http) as board:
            status = await board.until("v1/status", lambda status: status["caught_up"])
            stores = await board.get("v1/brands/Maison/stores")
            alerts = await board.get("v1/alerts")

    scores, followups = (status["topics"][settings.topic(topic.name)] for topic in (SCORES, ALERTS))
    assert ["Lyon"] == [store["store"] for store in stores["stores"]]
    assert ["real"] == [alert["alert_id"] for alert in alerts["alerts"]]
    assert (3, 3, 1) == (scores["malformed"], followups["malformed"], followups["unshown"])


async def test_the_newest_alerts_are_found_at_the_end_of_a_long_topic(
    settings: Settings, http: aiohttp.ClientSession
) -> None:
    """Of a partition with more than the board looks back on, it reads the end alone."""
    async with _topics(settings) as topics:
        behind = ALERTS_BEHIND // settings.partitions
        await topics.write((ALERTS.name, b"Maison|Lyon", encode_alert(an_alert(alert_id="old"))))
        await topics.write(*[(ALERTS.name, b"Maison|Lyon", b"{}")] * (behind - 600))
        await topics.write(
            *((ALERTS.name, b"Maison|Lyon", encode_alert(an_alert(alert_id=f"{n}"))) for n in range(600))
        )
        async with _board(settings, http) as board:
            status = await board.until("v1/status", lambda status: status["caught_up"])
            alerts = await board.get("v1/alerts?limit=500")

    assert [str(n) for n in range(599, 99, -1)] == [alert["alert_id"] for alert in alerts["alerts"]]
    assert behind > status["topics"][settings.topic(ALERTS.name)]["records"]


async def test_a_board_waits_for_topics_that_are_not_there_yet(settings: Settings, http: aiohttp.ClientSession) -> None:
    """Started before the topics are created, it says so, creates none by itself, and reads them once they are there."""
    async with _board(settings, http) as board:
        status = await board.until("v1/status", lambda status: status["reason"] is not None)
        assert ("reading", f"no topic {settings.topic(SCORES.name)} and {settings.topic(ALERTS.name)} yet") == (
            status["state"],
            status["reason"],
        )
        async with _topics(settings) as topics:
            await topics.score("Maison")
            await board.until("v1/brands", lambda body: len(body["brands"]) == 1)
            await board.until("v1/status", lambda status: status["state"] == "live")


async def test_trends_and_alarms_are_read_and_followed(settings: Settings, http: aiohttp.ClientSession) -> None:
    """What was in the topics before and what comes later is shown; nonsense is counted, later kinds are left out."""
    async with _topics(settings) as topics:
        await topics.score("Maison", "Lyon")
        await topics.write(
            (TRENDS.name, b"Maison|Lyon", a_trend("Maison", "Lyon", {0: (2, 3, 15)})),
            (TRENDS.name, b"Maison|Nice", b'{"brand": "Maison"}'),
            (TRENDS.name, b"Maison|Nice", a_trend("Maison", "Nice").replace(b"2026-03-14T", b"yesterday")),
            (ALARMS.name, b"Maison|Lyon", encode_alarm(an_alarm())),
            (ALARMS.name, b"Maison|Lyon", encode_alarm(an_alarm(kind="promised", rule="rise"))),
            (ALARMS.name, b"Maison|Lyon", encode_alarm(an_alarm(as_of="soon"))),
        )
        async with _board(settings, http) as board:
            status = await board.until("v1/status", lambda status: status["caught_up"])
            first = await board.get("v1/trends/Maison/Lyon")
            store = await board.get("v1/stores/Maison/Lyon")

            await topics.write((TRENDS.name, b"Maison|Lyon", a_trend("Maison", "Lyon", {0: (2, 3, 25)})))
            await topics.write((ALARMS.name, b"Maison|Lyon", encode_alarm(an_alarm(kind="released"))))
            await board.until("v1/trends/Maison/Lyon", lambda trends: trends["days"][-1]["n"] == 30)
            await board.until("v1/stores/Maison/Lyon", lambda store: store["alarms"] == [])
            await topics.write((TRENDS.name, b"Maison|Lyon", None))
            await board.until("v1/trends/Maison/Lyon", lambda trends: trends["days"] == [])

    trends, alarms = (status["topics"][settings.topic(topic.name)] for topic in (TRENDS, ALARMS))
    assert (20, ["drop"]) == (first["days"][-1]["n"], [alarm["rule"] for alarm in store["alarms"]])
    assert (2, 0, 1, 1) == (trends["malformed"], trends["unshown"], alarms["malformed"], alarms["unshown"])


async def test_a_board_does_without_trends_and_alarms_until_they_are_there(
    settings: Settings, http: aiohttp.ClientSession
) -> None:
    """Before an upgrade has made their topics scores and alerts are shown; once these are there they are read, too."""
    async with admin_client(settings) as admin:
        for topic in (SCORES, ALERTS):
            name, count = settings.topic(topic.name), settings.partitions
            await admin.create_topics([NewTopic(name, count, 1, topic_configs=topic.settings())])
    async with _board(settings, http) as board:
        await board.until("v1/status", lambda status: status["state"] == "live")
        async with _topics(settings) as topics:
            await topics.score("Maison", "Lyon")
            await topics.write((TRENDS.name, b"Maison|Lyon", a_trend("Maison", "Lyon", {0: (2, 3, 15)})))
            await board.until("v1/brands", lambda body: len(body["brands"]) == 1)
            # Once the topics are there the board reads everything anew, and knows no store for a moment.
            shown = "v1/brands/Maison/stores"
            await board.until(shown, lambda body: "stores" in body and body["stores"][0]["weeks"] is not None)


async def test_a_case_is_read_and_what_is_done_about_it_is_written(
    settings: Settings, http: aiohttp.ClientSession
) -> None:
    """From the topic to the desk and, once somebody called, from the desk to the topic; live, and after a restart."""
    settings = dataclasses.replace(settings, board_token="secret")
    http.headers["Authorization"] = "Bearer secret"
    case_id = "0b1f1f6e-5d0e-5c1a-9b7e-000000000001"
    first = opened(1, alert_id=case_id)
    async with _topics(settings) as topics:
        await topics.write((ALERTS.name, b"Maison|Lyon", encode_alert(first[1])))
        async with _board(settings, http) as board:
            await board.until("v1/desk", lambda desk: desk.get("total") == 1)
            body = {"action": "contacted", "actor": "Claire", "channel": "call", "action_id": "k-1"}
            async with http.post(f"{board.address}v1/cases/{case_id}/actions", json=body) as response:
                assert 202 == response.status
            sent: list[Any] = []
            await read_topic(settings, settings.topic(ACTIONS.name), sent.append)
            (action,) = (decode_action(record.value) for record in sent)
            assert isinstance(action, Action)
            assert ("contacted", "Claire", "k-1", b"Maison|Lyon") == (
                action.action,
                action.actor,
                action.action_id,
                sent[0].key,
            )

            called = lived(first, 2, "contacted", "contacted", actor="Claire", channel="call", action_id="k-1")
            digest = msgspec.structs.replace(called[1], kind="digest", case_id=None, severity=None, due_at=None)
            await topics.write(
                (ALERTS.name, b"Maison|Lyon", encode_alert(called[1])),
                (ALERTS.name, b"Maison|Lyon", encode_alert(digest)),
            )
            before = await board.until(f"v1/cases/{case_id}", lambda case: case["status"] == "contacted")
        async with _board(settings, http) as board:
            status = await board.until("v1/status", lambda status: status["caught_up"])
            after = await board.get(f"v1/cases/{case_id}")

    assert before == after
    assert ["raised", "contacted"] == [event["kind"] for event in after["story"]]
    assert 1 == status["topics"][settings.topic(ALERTS.name)]["unshown"]


async def test_a_store_without_a_vote_has_nothing_behind_its_number(
    settings: Settings, http: aiohttp.ClientSession
) -> None:
    """What is behind a number is read from the state itself: where that is empty there is nothing to tell."""
    settings = dataclasses.replace(settings, board_token="secret")
    http.headers["Authorization"] = "Bearer secret"
    async with _topics(settings), _board(settings, http) as board:
        told = await board.get("v1/explain/Maison/Lyon")

    assert (404, "no answers of the store Lyon of Maison") == (told["status"], told["detail"])


async def test_a_broker_that_goes_and_comes_back_is_waited_for(
    own_broker: Callable[..., Broker], unique: str, http: aiohttp.ClientSession
) -> None:
    """While Kafka is away the board says since when and keeps showing; when it is back the figures go on."""
    broker = own_broker()
    settings = Settings(brokers=broker.bootstrap, topic_prefix=f"{unique}.", board_port=0, partitions=2)
    async with _board(settings, http) as board:
        async with _topics(settings) as topics:
            await topics.score("Maison", None, (0, 0, 10))
            await board.until("v1/brands", lambda body: len(body["brands"]) == 1)
            await board.until("v1/status", lambda status: status["state"] == "live")

        await asyncio.to_thread(broker.kill)
        away = await board.until("v1/status", lambda status: status["state"] == "unreachable")
        shown = await board.get("v1/brands/Maison")
        await asyncio.to_thread(broker.restart)
        await board.until("v1/status", lambda status: status["state"] == "live")
        async with _topics(settings) as topics:
            await topics.score("Maison", None, (0, 0, 20))
            # After a long silence the board reads everything anew, and knows no brand for a moment.
            await board.until(
                "v1/brands/Maison", lambda brand: "windows" in brand and brand["windows"]["30d"]["n"] == 20
            )

    assert away["heard_at"] < away["now"]
    assert 10 == shown["windows"]["30d"]["n"]


async def test_a_board_stops_at_once_with_kafka_away(http: aiohttp.ClientSession) -> None:
    """Asked to stop, it does not wait for a Kafka that does not answer, nor for the pages that listen."""
    async with _board(Settings(brokers="127.0.0.1:1", board_port=0), http) as board:
        listening = await http.get(board.address + "v1/stream")
        await board.until("v1/status", lambda status: status["state"] == "unreachable")

    assert b"event: status" in await listening.content.read()
