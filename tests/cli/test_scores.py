"""`nps scores` against a real broker."""

import asyncio
import json

import pytest
from aiokafka import AIOKafkaProducer

from streams.domain.tally import figures, from_histogram
from streams.domain.window import WINDOWS, WindowName
from streams.events.score import Score, WindowFigures, encode_score
from streams.settings import Settings
from streams.topology import SCORES
from tests.cli.conftest import Nps

pytestmark = pytest.mark.kafka


def a_score(brand: str, store: str | None, promoters: int, detractors: int) -> bytes:
    """A score whose shortest window is empty, all others alike."""
    filled = WindowFigures(*figures(from_histogram([detractors, *[0] * 9, promoters])))
    windows: dict[WindowName, WindowFigures] = dict.fromkeys(WINDOWS, filled) | {"24h": WindowFigures(*figures(0))}
    return encode_score(Score(brand=brand, store=store, as_of="2026-03-01T12:00:00.000Z", windows=windows))


async def write(settings: Settings, *records: tuple[str, bytes | None], commit: bool = True) -> None:
    """Publish scores by key in one transaction."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.brokers, transactional_id=f"{settings.app_id}-scores")
    await producer.start()
    try:
        await producer.begin_transaction()
        for key, value in records:
            await producer.send_and_wait(settings.topic(SCORES.name), key=key.encode(), value=value)
        await (producer.commit_transaction() if commit else producer.abort_transaction())
    finally:
        await producer.stop()


SOME = {
    "Aurelia": a_score("Aurelia", None, 60, 20),
    "Aurelia|Lyon": a_score("Aurelia", "Lyon", 20, 9),
    "Aurelia|Orl\u00e9ans": a_score("Aurelia", "Orl\u00e9ans", 40, 11),
    "Bistro|Lyon": a_score("Bistro", "Lyon", 3, 4),
}


@pytest.fixture
def published(deployment: Settings) -> Settings:
    """A deployment with the scores of SOME, among what came before and what was never committed."""
    asyncio.run(write(deployment, ("Aurelia|Lyon", a_score("Aurelia", "Lyon", 0, 1)), ("Closed", SOME["Aurelia"])))
    asyncio.run(write(deployment, *SOME.items(), ("Closed", None)))
    asyncio.run(write(deployment, ("Aurelia", a_score("Aurelia", None, 0, 99)), commit=False))
    return deployment


def test_json_gives_the_last_document_of_each_key_untouched(nps: Nps, published: Settings) -> None:
    """One a line, a brand before its stores; what was deleted is gone, what was aborted was never there."""
    done = nps(published, "scores", "--json")
    assert (0, b"") == (done.returncode, done.stderr)
    assert b"".join(document + b"\n" for document in SOME.values()) == done.stdout


@pytest.mark.parametrize(
    ("args", "keys"),
    [
        (["--brand", "Aurelia"], ["Aurelia", "Aurelia|Lyon", "Aurelia|Orl\u00e9ans"]),
        (["--store", "Lyon"], ["Aurelia|Lyon", "Bistro|Lyon"]),
        (["--brand", "Aurelia", "--store", "Lyon"], ["Aurelia|Lyon"]),
        (["--store", "Orle\u0301ans"], ["Aurelia|Orl\u00e9ans"]),
    ],
)
def test_brand_and_store_select(nps: Nps, published: Settings, args: list[str], keys: list[str]) -> None:
    """Names are compared in Normalization Form C, as everywhere."""
    done = nps(published, "scores", "--json", *args)
    assert [SOME[key] for key in keys] == done.stdout.splitlines()


def test_nothing_found_is_said_and_is_no_error(nps: Nps, published: Settings) -> None:
    """On standard error: standard output is for what was found."""
    done = nps(published, "scores", "--brand", "aurelia")
    assert (0, b"", b"Nothing is known of any such brand or store.\n") == (done.returncode, done.stdout, done.stderr)


def test_people_see_one_decimal_the_interval_and_n(nps: Nps, published: Settings) -> None:
    """A dash where nobody answered; the brand above its stores."""
    lines = nps(published, "scores", "--brand", "Aurelia").stdout.decode().splitlines()
    assert list(WINDOWS) == lines[0].split()
    figures_30d = json.loads(SOME["Aurelia"])["windows"]["30d"]
    assert 50.0 == figures_30d["nps"]
    (row,) = [number for number, line in enumerate(lines) if line.startswith("Aurelia")]
    assert ["Aurelia", "-", *["50.0", "n", "80"] * 5] == lines[row].split()
    shown = f"{figures_30d['low']:.1f} to {figures_30d['high']:.1f}"  # no halves here
    assert 5 == lines[row + 1].count(shown)
    assert any(line.startswith("  Lyon ") for line in lines)


def test_a_narrow_terminal_shows_windows_below_each_other(nps: Nps, published: Settings) -> None:
    """Nothing is cut."""
    lines = nps(published, "scores", "--store", "Lyon", COLUMNS="60").stdout.decode().splitlines()
    assert all(len(line) <= 60 for line in lines[:-1])
    (row,) = [number for number, line in enumerate(lines) if line.startswith("Bistro | Lyon")]
    assert list(WINDOWS) == [line.split()[0] for line in lines[row + 1 : row + 7]]
    assert ["24h", "-", "-", "0"] == lines[row + 1].split()
    assert ["7d", "-14.3"] == lines[row + 2].split()[:2]


def test_no_scores_yet_is_no_error(nps: Nps, deployment: Settings) -> None:
    """A deployment that has not counted anything."""
    done = nps(deployment, "scores")
    assert (0, b"", b"No scores yet.\n") == (done.returncode, done.stdout, done.stderr)
