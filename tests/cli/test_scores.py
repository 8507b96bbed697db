"""`nps scores` against a real broker."""

import asyncio
import json
import re
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic
from msgspec.structs import replace

from streams.cluster.connection import admin_client
from streams.cluster.recount import figures_of
from streams.domain.tally import from_histogram
from streams.domain.window import WINDOWS, WindowName
from streams.events.rejected import Rejected
from streams.events.score import FollowUp, Score, Wait, WindowFigures, decode_score, encode_score
from streams.settings import Settings
from streams.topology import SCORES, TRENDS
from tests.board.builders import a_trend
from tests.cli.conftest import Nps

pytestmark = pytest.mark.kafka


def tally(promoters: int, detractors: int) -> int:
    """So many answers of 10 and of 0."""
    return from_histogram([detractors, *[0] * 9, promoters])


def a_score(brand: str, store: str | None, promoters: int, detractors: int) -> bytes:
    """A score whose shortest window is empty, all others alike: ever better, and a year ago nobody answered."""
    windows: dict[WindowName, WindowFigures] = {}
    for window in WINDOWS:
        then = None if window == "all" else [tally(promoters, detractors + promoters), 0]
        windows[window] = figures_of(tally(promoters, detractors), then)
    windows |= {"24h": figures_of(0, [0, 0]), "365d": figures_of(tally(promoters, detractors), [tally(5, 4)] * 2)}
    return encode_score(Score(brand=brand, store=store, as_of="2026-03-01T12:00:00.000Z", windows=windows))


async def write(
    settings: Settings, *records: tuple[str, bytes | None], commit: bool = True, topic: str = SCORES.name
) -> None:
    """Publish scores by key in one transaction, or what `topic` holds."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.brokers, transactional_id=f"{settings.app_id}-scores")
    await producer.start()
    try:
        await producer.begin_transaction()
        for key, value in records:
            await producer.send_and_wait(settings.topic(topic), key=key.encode(), value=value)
        await (producer.commit_transaction() if commit else producer.abort_transaction())
    finally:
        await producer.stop()


ANSWERED = FollowUp(
    window="30d",
    cases=1_012,
    open=5,
    overdue=2,
    contactable=1_010,
    in_time=606,
    pending=1,
    in_time_share=0.6,
    not_contactable=2,
    reopened=1,
    expired=1,
    dismissed={"not_reachable": 2},
    acknowledge=Wait(10, 1, 1_800, 9_060),
    contact=Wait(7, 2, 23_250, None),
    resolve=Wait(4, 5, None, None),
)
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


def test_people_see_one_decimal_the_interval_n_the_mean_and_what_changed(nps: Nps, published: Settings) -> None:
    """A dash where nobody answered; the brand above its stores; few answers are said to be few."""
    lines = nps(published, "scores", "--brand", "Aurelia").stdout.decode().splitlines()
    assert list(WINDOWS) == lines[0].split()
    figures_30d = json.loads(SOME["Aurelia"])["windows"]["30d"]
    assert 50.0 == figures_30d["nps"]
    (row,) = [number for number, line in enumerate(lines) if line.startswith("Aurelia")]
    assert ["Aurelia", "-", *["50.0", "n", "80"] * 5] == lines[row].split()
    shown = f"{figures_30d['low']:.1f} to {figures_30d['high']:.1f}"  # no halves here
    assert 5 == lines[row + 1].count(shown)
    assert ["mean", "7.5"] * 5 == lines[row + 2].split()
    change = figures_30d["previous"]
    assert 1.96 < change["z"]
    assert [*["before", "+64.3", "up"] * 3, "year", "ago", "+38.9", "±"] == lines[row + 3].split()
    (row,) = [number for number, line in enumerate(lines) if line.startswith("  Lyon ")]
    assert 5 == lines[row].count("37.9  n 29 few")
    assert "up, down: more than chance; ±: within chance" in lines[-1]


def test_a_narrower_terminal_shows_a_row_for_each_window(nps: Nps, published: Settings) -> None:
    """With the same facts in columns."""
    lines = nps(published, "scores", "--brand", "Bistro", COLUMNS="90").stdout.decode().splitlines()
    assert ["NPS", "95", "%", "interval", "n", "mean", "before", "year", "ago"] == lines[0].split()
    assert ["Bistro", "|", "Lyon"] == lines[1].split()
    assert ["24h", "-", "-", "0", "-", "-", "-"] == lines[2].split()
    assert ["30d", "-14.3"] == lines[4].split()[:2]
    assert ["7", "few", "4.3", "+25.7", "±", "-"] == lines[4].split()[5:]
    assert ["7", "few", "4.3", "-", "-25.4", "±"] == lines[6].split()[5:]
    assert ["7", "few", "4.3", "-", "-"] == lines[7].split()[5:]


def test_a_narrow_terminal_shows_windows_and_facts_below_each_other(nps: Nps, published: Settings) -> None:
    """Nothing is cut."""
    lines = nps(published, "scores", "--store", "Lyon", COLUMNS="60").stdout.decode().splitlines()
    (row,) = [number for number, line in enumerate(lines) if line.startswith("Bistro | Lyon")]
    end = next(number for number, line in enumerate(lines) if line.startswith("as of"))
    assert all(len(line) <= 60 for line in lines[:end])
    facts = [line.split() for line in lines[row + 1 : end]]
    assert list(WINDOWS) == [words[0] for words in facts if words[0] in WINDOWS]
    assert ["24h", "-", "-", "0"] == facts[0]
    assert ["7d", "-14.3"] == facts[1][:2]
    assert [["mean", "4.3"], ["before", "+25.7", "±"]] == facts[2:4]


SUNDAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""The instant of the scores, in 2026-W09."""
COURSE = {7 * ago: (20, 40 - 2 * ago, 40 + 2 * ago) for ago in range(13) if ago != 5}
"""Answers of twelve weeks by how many days ago, from an NPS of 44 down to 20, and a week without any."""
BRAND_WEEKS = "▆▆▅▅▅▄▄·▃▃▃▂▂"
STORE_WEEKS = "▆▆▅▅▅▄▄·▃▃▃▂·"
"""The same, but nobody answered in the present week."""


@pytest.fixture
def trending(published: Settings) -> Settings:
    """Scores with trends: of the brand, of one store whose first was another, and one that cannot be read."""
    lyon = a_trend("Aurelia", "Lyon", {ago: counts for ago, counts in COURSE.items() if ago}, as_of=SUNDAY)
    records = [
        ("Aurelia", a_trend("Aurelia", None, COURSE, as_of=SUNDAY)),
        ("Aurelia|Lyon", a_trend("Aurelia", "Lyon", {0: (9, 0, 0)}, as_of=SUNDAY)),
        ("Aurelia|Lyon", lyon),
        ("Aurelia|Orl\u00e9ans", lyon[:-9]),
        ("Bistro|Lyon", None),
        ("Closed", lyon),
    ]
    asyncio.run(write(published, *records, topic=TRENDS.name))
    return published


def test_the_last_weeks_are_a_picture_below_the_name(nps: Nps, trending: Settings) -> None:
    """Of the newest trend, a gap where nobody answered, in words below; no picture where no trend can be read."""
    lines = nps(trending, "scores").stdout.decode().splitlines()
    (row,) = [number for number, line in enumerate(lines) if line.startswith("Aurelia")]
    first = [line[:16].rstrip() for line in lines[row : row + 5]]
    assert ["Aurelia", BRAND_WEEKS, "13 weeks:", "20.0 to 44.0,", "now 20.0"] == first
    (row,) = [number for number, line in enumerate(lines) if line.startswith("  Lyon")]
    first = [line[:16].rstrip() for line in lines[row : row + 5]]
    assert ["  Lyon", f"  {STORE_WEEKS}", "  13 weeks:", "  22.0 to 44.0,", "  2026-W08 22.0"] == first
    assert 2 == sum("13 weeks" in line for line in lines)
    assert (
        "weeks (ISO, UTC): NPS from 10 (▁, or below) to 60 (█, or above); · nobody answered; dim: provisional" in lines
    )


def test_a_narrower_terminal_has_the_picture_beside_the_name(nps: Nps, trending: Settings) -> None:
    """With its words in the columns that a name leaves empty: even 80 columns hold them."""
    lines = nps(trending, "scores", "--brand", "Aurelia", COLUMNS="80").stdout.decode().splitlines()
    assert ["NPS", "95", "%", "interval", "n", "mean", "before", "year", "ago"] == lines[0].split()
    assert ["Aurelia", BRAND_WEEKS, "13", "weeks", "20.0", "to", "44.0", "now", "20.0"] == lines[1].split()
    (store,) = [line for line in lines if line.startswith("  Lyon")]
    assert ["Lyon", STORE_WEEKS, "13", "weeks", "22.0", "to", "44.0", "2026-W08", "22.0"] == store.split()
    assert ["  Orl\u00e9ans"] == [line.rstrip() for line in lines if line.startswith("  Orl\u00e9ans")]


def test_a_narrow_terminal_has_the_picture_below_the_name(nps: Nps, trending: Settings) -> None:
    """Like every fact there, on lines of its own, and nothing is cut."""
    lines = nps(trending, "scores", "--brand", "Aurelia", "--store", "Lyon", COLUMNS="60").stdout.decode().splitlines()
    facts = [["13", "weeks", STORE_WEEKS], ["range", "22.0", "to", "44.0"], ["2026-W08", "22.0"]]
    assert [["Aurelia", "|", "Lyon"], *facts] == [line.split() for line in lines[1:5]]
    assert all(len(line) <= 60 for line in lines if "as of" not in line and ":" not in line)


async def create_only_scores(settings: Settings) -> None:
    """Make a deployment as it was before there were trends."""
    async with admin_client(settings) as admin:
        await admin.create_topics([NewTopic(settings.topic(SCORES.name), settings.partitions, 1)])


def test_without_a_topic_of_trends_there_are_scores_and_no_pictures(nps: Nps, settings: Settings) -> None:
    """It is no error, and the legend does not speak of what is not there."""
    asyncio.run(create_only_scores(settings))
    asyncio.run(write(settings, *SOME.items()))
    done = nps(settings, "scores")
    assert (0, b"") == (done.returncode, done.stderr)
    assert "Aurelia" in done.stdout.decode()
    assert "weeks" not in done.stdout.decode()


def test_json_has_scores_alone(nps: Nps, trending: Settings) -> None:
    """Trends have a topic of their own."""
    done = nps(trending, "scores", "--json")
    assert list(SOME.values()) == done.stdout.splitlines()


def test_scores_of_an_older_release_are_shown_without_what_they_do_not_say(nps: Nps, deployment: Settings) -> None:
    """No mean, no changes, and nothing made up."""
    document = json.loads(SOME["Bistro|Lyon"])
    news = ("histogram", "mean", "low_confidence", "previous", "year_ago")
    for figures in document["windows"].values():
        for name in news:
            del figures[name]
    asyncio.run(write(deployment, ("Bistro|Lyon", json.dumps(document).encode())))
    shown = nps(deployment, "scores").stdout.decode()
    assert 5 == shown.count("-14.3  n 7 few")
    assert not any(word in shown for word in ("mean", "before", "year ago"))


def test_no_scores_yet_is_no_error(nps: Nps, deployment: Settings) -> None:
    """A deployment that has not counted anything."""
    done = nps(deployment, "scores")
    assert (0, b"", b"No scores yet.\n") == (done.returncode, done.stdout, done.stderr)


def test_people_see_how_the_unhappy_are_answered(nps: Nps, deployment: Settings) -> None:
    """Below the scores, for those who had a case; a dash where too few came so far to tell."""
    lyon, metz = (decode_score(a_score("Aurelia", store, 3, 4)) for store in ("Lyon", "Metz"))
    assert not isinstance(lyon, Rejected)
    assert not isinstance(metz, Rejected)
    answered = replace(lyon, follow_up=ANSWERED)
    nobody = replace(
        metz, follow_up=replace(ANSWERED, contactable=0, in_time_share=None, contact=Wait(0, 0, None, None))
    )
    records = (
        ("Aurelia|Lyon", encode_score(answered)),
        ("Aurelia|Metz", encode_score(nobody)),
        ("Bistro|Lyon", SOME["Bistro|Lyon"]),
    )
    asyncio.run(write(deployment, *records))
    lines = nps(deployment, "scores").stdout.decode().splitlines()
    (head,) = [number for number, line in enumerate(lines) if line.split()[:3] == ["cases", "open", "overdue"]]
    shown = [re.split(r"\s{2,}", line.strip()) for line in lines[head + 1 :]]
    waits = "30 min / 2.5 h", "6.5 h / -", "-"
    assert ["Aurelia | Lyon", "1,012", "5", "2", "60.0 % of 1,010, 1 pending", *waits] == shown[0]
    assert ["Aurelia | Metz", "1,012", "5", "2", "-", waits[0], "-", "-"] == shown[1]
    assert 3 == len(shown), "the legend, and no other brand"
    narrow = nps(deployment, "scores", COLUMNS="60").stdout.decode().splitlines()
    assert ["in time", "60.0 % of 1,010, 1 pending"] in [re.split(r"\s{2,}", line.strip()) for line in narrow]
    assert not any("acknowledged" in line and "resolved" in line for line in narrow), "one below the other"


def test_without_cases_nothing_is_said_of_them(nps: Nps, published: Settings) -> None:
    """Also of scores of a release that followed up nothing."""
    assert b"overdue" not in nps(published, "scores").stdout
