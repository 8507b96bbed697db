"""The simulated world: the same for the same seed and clock, and like the shops one knows."""

from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.demo.chains import CHAINS, IN_TROUBLE, QUEUE_GROWS, RECOVERS, WAS_OFFLINE
from streams.demo.faults import FAULTS
from streams.demo.records import ANSWERS, ENDS_AS, Kind, Name, Record, Said
from streams.demo.shops import DAY_MS, open_shops, traffic
from streams.demo.strays import murmur_partition
from streams.demo.world import BACKLOG_RECORDS, HISTORY_RECORDS, OLDER_RECORDS, World, backlog, history, live
from streams.domain.rules import DEFAULT_RULES

NOON_MS = int(datetime(2026, 11, 19, 12, tzinfo=UTC).timestamp() * 1000)
PARTITIONS = 8

_worlds = st.builds(
    World.make,
    seed=st.integers(0, 2**32),
    start_ms=st.integers(NOON_MS - 700 * DAY_MS, NOON_MS + 700 * DAY_MS),
    partitions=st.sampled_from([1, 2, 8, 30]),
)


def _a_world(*, seed: int = 7, start_ms: int = NOON_MS) -> World:
    return World.make(seed=seed, start_ms=start_ms, partitions=PARTITIONS)


def _some_live(world: World, number: int, *, rate: float = 40) -> list[Record]:
    return list(islice(live(world, rate=rate), number))


def _some_history(world: World) -> list[Record]:
    return list(history(world, records=400, days=8, older=0))


def _answers(records: list[Record]) -> list[Said]:
    """What the first records of responses say."""
    return [record.said for record in records if record.said and record.kind in ANSWERS]


@given(_worlds)
@settings(max_examples=12, deadline=None)
def test_same_seed_and_clock_same_records(world: World) -> None:
    """Whoever makes the same world twice gets the same records, byte for byte."""
    again = World.make(seed=world.seed, start_ms=world.start_ms, partitions=world.partitions)

    assert _some_live(world, 300) == _some_live(again, 300)
    assert _some_history(world) == _some_history(again)


def test_another_seed_is_another_world() -> None:
    """Another seed gives other records."""
    assert _some_live(_a_world(seed=1), 50) != _some_live(_a_world(seed=2), 50)


@given(_worlds)
@settings(max_examples=25, deadline=None)
def test_records_come_in_time_order(world: World) -> None:
    """Whatever follows an answer is sent at its time, not with the answer, and nothing before the start."""
    times = [record.at_ms for record in _some_live(world, 500)]

    assert times == sorted(times)
    assert world.start_ms <= times[0]


@given(_worlds)
@settings(max_examples=25, deadline=None)
def test_nobody_answers_before_being_asked(world: World) -> None:
    """No good answer is submitted after it is sent, and none lies near the seven days after which alerts are muted."""
    for record in [*_some_live(world, 500), *_some_history(world)]:
        if record.said is None:
            continue
        age_ms = record.at_ms - record.said.submitted_ms

        assert 0 <= age_ms < 396 * DAY_MS
        if not record.said.document.get("imported"):
            assert not 6.1 * DAY_MS < age_ms < 7.9 * DAY_MS


@given(_worlds)
@settings(max_examples=25, deadline=None)
def test_response_ids_are_unique(world: World) -> None:
    """No two answers of one world share a name, so that a repeat is a repeat."""
    records = [*_some_live(world, 500), *_some_history(world)]
    names = [said.name for said in _answers(records)]

    assert len(names) == len(set(names))


@given(_worlds)
@settings(max_examples=25, deadline=None)
def test_records_are_keyed_by_brand_and_store(world: World) -> None:
    """Every good record has its store's key, but for the misrouted ones, whose key leads to another partition."""
    for record in _some_live(world, 500):
        if record.said is None:
            continue
        home = "|".join(record.said.name[:2]).encode()
        assert record.key is not None
        strays = murmur_partition(record.key, world.partitions) != murmur_partition(home, world.partitions)

        if record.kind is Kind.MISROUTED:
            assert strays == (world.partitions > 1)
        else:
            assert home == record.key


def test_every_kind_ends_somewhere() -> None:
    """Every kind of record has its disposition, and a long enough run has all kinds and every reason."""
    records = [*_some_live(_a_world(), 30_000), *_some_history(_a_world())]

    assert set(Kind) == set(ENDS_AS)
    assert set(Kind) == {record.kind for record in records}
    assert {*FAULTS.values(), "wrong_partition"} == {record.reason for record in records if record.reason}


def test_shares_are_plausible() -> None:
    """Mostly plain answers; a few per cent repeated or changed; about one in a hundred malformed."""
    records = _some_live(_a_world(), 20_000)
    shares = {kind: number / len(records) for kind, number in Counter(record.kind for record in records).items()}

    assert shares[Kind.ANSWER] > 0.75
    assert 0.005 < shares[Kind.RETRY] < 0.05
    assert 0.02 < shares[Kind.COMMENT] < 0.12
    assert 0.005 < shares[Kind.MALFORMED] < 0.02
    assert 0.003 < shares[Kind.MISROUTED] < 0.02


def test_rate_is_kept() -> None:
    """So many answers a second as asked for, over any longer time."""
    records = _some_live(_a_world(), 5_000, rate=25)
    usual = {*ANSWERS, Kind.MALFORMED} - {Kind.BACKLOG, Kind.BURST}
    answers = [record for record in records if record.kind in usual]

    assert pytest.approx(25, rel=0.02) == len(answers) / (answers[-1].at_ms - NOON_MS) * 1000


def _nps(scores: list[int]) -> float:
    return 100 * (sum(score >= 9 for score in scores) - sum(score <= 6 for score in scores)) / len(scores)


def _scores_by_store(records: list[Record]) -> dict[tuple[str, str], list[int]]:
    scores: dict[tuple[str, str], list[int]] = defaultdict(list)
    for said in _answers(records):
        assert said.score is not None
        scores[said.name[:2]].append(said.score)
    return scores


def test_history_has_the_scores_of_real_chains() -> None:
    """The past year: every store has answers, brands lie between 10 and 60, stores in trouble below zero."""
    records = list(history(_a_world()))
    by_store = _scores_by_store(records)

    assert HISTORY_RECORDS + OLDER_RECORDS == len(records)
    assert {shop.name for shop in open_shops(7)} == set(by_store)
    for chain in CHAINS:
        assert 10 < _nps([s for (brand, _), scores in by_store.items() if brand == chain.brand for s in scores]) < 60
    for store in IN_TROUBLE:
        assert _nps(by_store[store]) < 0


def test_history_is_an_import_in_order() -> None:
    """The past year comes oldest first, all marked as imported, all before the start."""
    records = list(history(_a_world(), records=2_000, older=500))
    answers = _answers(records)

    assert len(records) == len(answers)
    assert all(answer.document["imported"] for answer in answers)
    assert all(before.submitted_ms <= after.submitted_ms for before, after in pairwise(answers))
    assert answers[-1].submitted_ms < NOON_MS


def test_the_queue_drags_a_store_down_and_another_recovers() -> None:
    """The story: one store falls below -40 with the start, another one rises above 20."""
    past = list(history(_a_world(), older=0))
    before, after = _scores_by_store(past), _scores_by_store(_some_live(_a_world(), 20_000))

    assert _nps(before[QUEUE_GROWS]) > 30
    assert _nps(after[QUEUE_GROWS]) < -40
    assert _nps(before[RECOVERS]) < -15
    assert _nps(after[RECOVERS]) > 20


def test_offline_till_delivers_in_the_order_of_submission() -> None:
    """The backlog comes at once, in the order of submission, from opening hours of more than a day."""
    backlog = [record for record in _some_live(_a_world(), 2_000) if record.kind is Kind.BACKLOG]
    moments = [said.submitted_ms for said in _answers(backlog)]
    (shop,) = [shop for shop in open_shops(7) if shop.name == WAS_OFFLINE]

    assert BACKLOG_RECORDS == len(backlog)
    assert 1 == len({record.at_ms for record in backlog})
    assert moments == sorted(moments)
    assert moments[-1] - moments[0] > DAY_MS
    assert all(shop.is_open(shop.local(moment)) for moment in moments)


def test_whenever_it_starts_some_of_the_backlog_comes_too_late_to_call_in_time() -> None:
    """At any hour of any day, unhappy customers were asked more than 48 hours before."""
    for hour in range(0, 24 * 7, 3):
        world = World.make(seed=7, start_ms=NOON_MS + hour * 3_600_000, partitions=8)
        answers = [record for record in backlog(world) if record.said and record.said.score is not None]
        late = [record for record in answers if record.said and record.at_ms - record.said.submitted_ms > 2 * DAY_MS]

        assert any(record.said.score <= 6 for record in late if record.said and record.said.score is not None), hour


def test_some_unhappy_customers_come_back_to_the_shop() -> None:
    """The same reference at the same shop, and never at another."""
    records = _some_live(_a_world(), 3_000)
    unhappy = [said for said in _answers(records) if said.score is not None and said.score <= 6]
    visits = Counter((said.name[:2], said.document.get("customer_ref")) for said in unhappy)
    again = {customer: shop for (shop, customer), number in visits.items() if customer is not None and number > 1}

    assert len(again) > 5
    assert all(number == 1 for (shop, customer), number in visits.items() if again.get(str(customer), shop) != shop)


def test_some_comments_are_alarming() -> None:
    """In both languages a theme is touched that a default rule knows; by a few of the unhappy, not by many."""
    records = _some_live(_a_world(), 6_000)
    unhappy = [said.document for said in _answers(records) if said.score is not None and said.score <= 3]
    told = [document for document in unhappy if DEFAULT_RULES.themes_in(document.get("comment"))]

    assert {"fr", "en"} == {document["language"] for document in told}
    assert 0.005 < len(told) / len(unhappy) < 0.15


def test_a_kiosk_hears_from_a_row_of_unhappy_customers() -> None:
    """Within seconds, at one kiosk of a shop that is open and liked else: at least four, and most of them unhappy."""
    world = _a_world()
    burst = [record for record in _some_live(world, 2_000) if record.kind is Kind.BURST]
    scores = [said.score for said in _answers(burst)]
    (name,) = {said.name[:2] for said in _answers(burst)}

    assert world.burst_at.name == name
    assert world.burst_at.is_open(world.burst_at.local(NOON_MS))
    assert world.burst_at.mood > 0
    assert {"kiosk"} == {said.document["channel"] for said in _answers(burst)}
    assert burst[-1].at_ms - burst[0].at_ms < 10_000
    assert len(scores) >= 4
    assert sum(score is not None and score <= 6 for score in scores) > len(scores) / 2


def test_half_a_minute_shows_every_change_of_mind() -> None:
    """Within half a minute somebody says more, changes a score, is excluded, gives contact data, is forgotten."""
    soon = [record for record in _some_live(_a_world(), 1_000, rate=20) if record.at_ms < NOON_MS + 30_000]
    shown = {Kind.COMMENT, Kind.CONTACT, Kind.EDIT, Kind.EXCLUSION, Kind.FORGET_IDENTITY, Kind.FORGET_ALL}

    assert set() == shown - {record.kind for record in soon}


def test_what_follows_an_answer_is_newer_than_it() -> None:
    """All changes of a response come after its retries, with versions that count up where its channel has them."""
    last: dict[Name, tuple[int, int | None]] = {}
    for record in _some_live(_a_world(), 20_000):
        if record.said is None:
            continue
        at_ms, version = last.get(record.said.name, (0, None))
        now = record.said.document.get("version")

        assert record.kind in ANSWERS or record.said.name in last
        assert at_ms < record.at_ms
        if version is not None:
            assert version + 1 == now
        last[record.said.name] = record.at_ms, now


def test_scores_fall_and_rise_again() -> None:
    """Some customers change their mind twice: from unhappy to happy and back, or the other way round."""
    scores: dict[Name, list[bool]] = defaultdict(list)
    for record in _some_live(_a_world(), 20_000):
        if record.said and record.said.score is not None:
            scores[record.said.name].append(record.said.score <= 6)

    assert any([True, False, True] == moods[:3] for moods in scores.values())
    assert any([False, True, False] == moods[:3] for moods in scores.values())


def test_the_shops_of_the_story_are_busy_at_any_hour() -> None:
    """Each has at least a tenth of what is answered live, so that its score moves while one watches."""
    shops = open_shops(7)
    for hour in range(0, 24 * 7, 5):
        weights = traffic(shops, NOON_MS + hour * 3_600_000, story=0.1)
        for number, shop in enumerate(shops):
            if shop.name in (QUEUE_GROWS, RECOVERS):
                assert sum(weights[4 * number : 4 * number + 4]) > 0.0999 * sum(weights)


def test_tills_are_silent_at_night() -> None:
    """A till or kiosk answers only while its shop is open, by its own clock; surveys are answered at any hour."""
    shops = open_shops(7)
    for hour in range(24):
        at_ms = NOON_MS + hour * 3_600_000
        weights = traffic(shops, at_ms)
        for number, shop in enumerate(shops):
            till, kiosk, mail, web = weights[4 * number : 4 * number + 4]
            assert shop.is_open(shop.local(at_ms)) == bool(till) == bool(kiosk)
            assert mail > 0
            assert web > 0


def test_somewhere_a_shop_is_always_open() -> None:
    """The demo is lively at any hour of any day: the chains lie in enough time zones."""
    shops = open_shops(7)

    for hour in range(24 * 7):
        at_ms = NOON_MS + hour * 3_600_000
        assert any(shop.is_open(shop.local(at_ms)) for shop in shops)


def test_comments_fit_and_seldom_repeat() -> None:
    """Comments come in both languages, some with accents and emoji, and the longer ones repeat but seldom."""
    records = _some_live(_a_world(), 4_000)
    documents = [said.document for said in _answers(records)]
    comments = [document["comment"] for document in documents if document.get("comment")]
    longer = [comment for comment in comments if len(comment) > 40]

    assert {"fr", "en"} == {document["language"] for document in documents}
    assert 0.1 < len(comments) / len(documents) < 0.5
    assert any(not comment.isascii() for comment in comments)
    assert any("😊" in comment for comment in comments)
    assert not any("{" in comment for comment in comments)
    assert len(set(longer)) / len(longer) > 0.5
