"""Any history gives the figures of its final facts, whoever is restored from whatever was committed, whenever."""

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.agents import oracle
from tests.agents.desk import NOW_MS, NOW_S, Desk
from tests.agents.oracle import Happening
from tests.builders import response
from tests.strategies import EVENTS, SCORES

HOUR_MS = 3_600_000
STORES = ("Lyon", "Lille", "Évry")
AGES_H = (0, 1, 5, 12, 23, 24, 30, 6 * 24, 7 * 24, 29 * 24, 30 * 24, 90 * 24, 365 * 24, 399 * 24)
"""Hours between the submission of a response and the first event of it: prompt, late and very late."""


@st.composite
def histories(draw: st.DrawFn) -> list[Happening]:
    """Events of a few responses, repeated and reordered; versions make sense of the order where there are any."""
    responses = []
    for number in range(draw(st.integers(1, 5))):
        store = draw(st.sampled_from(STORES))
        submitted_ms = NOW_MS - draw(st.sampled_from(AGES_H)) * HOUR_MS - draw(st.integers(-299, 3_599)) * 1000
        responses.append((store, f"r-{number % 3}", submitted_ms, draw(st.booleans())))
    happened: list[Happening] = []
    for version in range(draw(st.integers(0, 24))):
        store, response_id, submitted_ms, versioned = draw(st.sampled_from(responses))
        versions = version if versioned else None
        # One name, one kind: a source has versions always or never, and one time of submission.
        name = f"{response_id}{'v' if versioned else 'u'}{submitted_ms}"
        happened.append(Happening(store, name, submitted_ms, draw(EVENTS), versions, draw(SCORES)))
    if not happened:
        return []
    repeated = draw(st.lists(st.sampled_from(happened), max_size=5))
    return list(draw(st.permutations([*happened, *repeated])))


def _value(event: Happening) -> bytes:
    return response(
        event.submitted_ms,
        store=event.store,
        response_id=event.response_id,
        event=event.event,
        version=event.version,
        score=event.score if event.event in {"created", "updated", "finished"} else None,
    )


def _published(desk: Desk, now_s: float) -> dict[str, Any]:
    """What every key says once all that is due was done; the brand's, too."""
    for seconds in (0, 1, 2):
        desk.settle(now_s + seconds)
        desk.hear(*desk.sent("nps.brand-tallies"))
    return {
        key: {name: oracle.without_doubles(figures) for name, figures in score["windows"].items()}
        for key, score in desk.scores().items()
    }


def _expected(happened: list[Happening], now_s: float) -> dict[str, Any]:
    counted = oracle.facts(happened)
    keys = {f"Nord|{store}": [vote for name, vote in counted.items() if name[0] == store] for store in STORES}
    return {key: oracle.figures(votes, now_s) for key, votes in {**keys, "Nord": list(counted.values())}.items()}


def _compare(expected: dict[str, Any], found: dict[str, Any]) -> None:
    """A key that was never published has had no answer that counts."""
    for key, windows in expected.items():
        assert windows == found.get(key, oracle.figures([], NOW_S)), key


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.integers(1, 9), st.sampled_from([0, 1, 25, 24 * 8, 24 * 31, 24 * 366]))
def test_the_figures_are_those_of_the_final_facts(happened: list[Happening], batch: int, later_h: int) -> None:
    """In every window, of every store and the brand, by an independent count; now and hours or months later."""
    desk = Desk()
    for start in range(0, len(happened), batch):
        desk.take(*map(_value, happened[start : start + batch]))
        desk.commit()
    assert len(happened) == sum(desk.totals.values())
    _compare(_expected(happened, NOW_S + 2), _published(desk, NOW_S))
    later_s = NOW_S + later_h * 3600
    _compare(_expected(happened, later_s + 2), _published(desk, later_s))


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.lists(st.tuples(st.integers(1, 5), st.booleans(), st.booleans(), st.booleans()), max_size=12))
def test_crashes_change_nothing(happened: list[Happening], cuts: list[tuple[int, bool, bool, bool]]) -> None:
    """Whoever goes on from what was committed ends with the same pages, alerts, totals and figures.

    Each cut takes some records, commits them, perhaps takes others that a crash loses, and restores from all rows in
    order or from the last of each key.
    """
    whole = Desk()
    whole.take(*map(_value, happened))
    whole.commit()

    desk = Desk()
    done = 0
    for size, behind, loses, compacted in cuts:
        desk.take(*map(_value, happened[done : done + size]))
        done += size
        desk.commit(behind=behind)
        totals = desk.totals
        if loses:
            desk.take(*map(_value, happened[done : done + 3]))
        offset = min(done, len(happened))
        committed = desk.crashed(compacted=compacted)
        committed.totals = Counter(totals) if not loses else totals - Counter(desk.totals - totals)
        committed._offset = offset
        desk = committed
    desk.take(*map(_value, happened[done:]))
    desk.commit()
    assert whole.pages() == desk.pages()
    assert whole.sent("followup.alerts") == desk.sent("followup.alerts")
    _compare(_expected(happened, NOW_S + 2), _published(desk, NOW_S))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.integers(1, 30))
def test_a_restore_gives_the_same_ledger(happened: list[Happening], batch: int) -> None:
    """From rows in order and from compacted ones: pages, windows, days of the brand and what is still to be told."""
    desk = Desk()
    for start in range(0, len(happened), batch):
        desk.take(*map(_value, happened[start : start + batch]))
        desk.commit(behind=True)
    for compacted in (False, True):
        again = desk.crashed(compacted=compacted)
        assert desk.pages() == again.pages()
        assert _state(desk) == _state(again)
        again.settle(NOW_S + 2)
        _compare(
            {key: windows for key, windows in _expected(happened, NOW_S + 2).items() if key != "Nord"},
            _published(again, NOW_S + 2),
        )


def _state(desk: Desk) -> dict[str, Any]:
    """All that the ledger says when it is asked, in plain values."""
    stores = {
        store.key: (store.windows(int(NOW_S)), dict(store.rolling.days), store.lifetime)
        for share in desk.ledger.brands.values()
        for store in share.stores.values()
    }
    days = {day for share in desk.ledger.brands.values() for store in share.stores.values() for day in store.pages}
    hours = {
        (share.name, day): {hour: tally for hour, tally in share.day(day).items() if tally}
        for share in desk.ledger.brands.values()
        for day in days
    }
    return {"stores": stores, "hours": hours}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_a_response_raises_at_most_one_alert_and_only_while_a_detractor(happened: list[Happening]) -> None:
    """And it raises one if it ever counted as a detractor on time."""
    desk = Desk()
    raised: dict[tuple[str, str], int] = {}
    for n, event in enumerate(happened):
        desk.take(_value(event))
        desk.commit()
        for alert in desk.alerts()[len(raised) :]:
            name = alert["store"], alert["response_id"]
            assert name not in raised
            raised[name] = alert["score"]
            counted = {key[:2]: score for key, (_, score) in oracle.facts(happened[: n + 1]).items()}
            assert counted[name] == alert["score"] <= 6
    assert len({alert["alert_id"] for alert in desk.alerts()}) == len(raised)
