"""Any history gives the figures of its final facts, whoever is restored from whatever was committed, whenever."""

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.domain.page import unpack
from tests.agents import oracle
from tests.agents.desk import Desk
from tests.agents.facts import BRAND, Happening
from tests.agents.histories import CUTS, STORES, Cut, end_s, histories, log_of, read
from tests.agents.life import live, of_records

_THOROUGH = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


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
    counted = live(happened).votes()
    keys = {f"{BRAND}|{store}": [vote for name, vote in counted.items() if name[0] == store] for store in STORES}
    return {key: oracle.figures(votes, now_s) for key, votes in {**keys, BRAND: list(counted.values())}.items()}


def _compare(expected: dict[str, Any], found: dict[str, Any], now_s: float) -> None:
    """A key that was never published has had no answer that counts."""
    nothing = oracle.figures([], now_s)
    for key, windows in expected.items():
        assert windows == found.get(key, nothing), key


@_THOROUGH
@given(histories(), st.integers(1, 9), st.sampled_from([0, 1, 25, 24 * 8, 24 * 31, 24 * 366]))
def test_the_figures_are_those_of_the_final_facts(happened: list[Happening], batch: int, later_h: int) -> None:
    """In every window, of every store and the brand, by an independent count; now and hours or months later."""
    now_s = end_s(happened)
    desk = read(happened, [], batch=batch)
    assert Counter(live(happened).dispositions) == +desk.totals
    _compare(_expected(happened, now_s + 2), _published(desk, now_s), now_s + 2)
    later_s = now_s + later_h * 3600
    _compare(_expected(happened, later_s + 2), _published(desk, later_s), later_s + 2)


@_THOROUGH
@given(histories(), CUTS)
def test_crashes_change_nothing(happened: list[Happening], cuts: list[Cut]) -> None:
    """Whoever goes on from what was committed ends with the same pages, alerts, audits, totals and figures.

    But for the numbers that clocks took, which fire when somebody looks.
    """
    whole, desk = read(happened, []), read(happened, cuts)
    assert _unnumbered(whole.pages()) == _unnumbered(desk.pages())
    assert whole.totals == desk.totals
    assert _unheld(of_records(whole.alerts())) == _unheld(of_records(desk.alerts()))
    for topic in ("nps.audit", "survey.responses.dead"):
        assert whole.sent(topic) == desk.sent(topic)
    now_s = end_s(happened)
    _compare(_expected(happened, now_s + 2), _published(desk, now_s), now_s + 2)


def _unnumbered(pages: dict[bytes, bytes]) -> list[tuple[Any, ...]]:
    """What pages hold, without the sequence numbers of alerts."""
    held = []
    for key, row in sorted(pages.items()):
        page = unpack(key, row)
        alerts = {identity: alert._replace(sequence=0) for identity, alert in page.alerts.items()}
        held.append((key, page.votes, alerts, page.versions, page.traces))
    return held


def _unheld(alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who is held of many alerts depends on which hours were over when they were read."""
    return [{name: value for name, value in alert.items() if name != "held"} for alert in alerts]


@_THOROUGH
@given(histories(), st.integers(1, 30))
def test_a_restore_gives_the_same_ledger(happened: list[Happening], batch: int) -> None:
    """From rows in order and from compacted ones: pages, windows, days of the brand and what is still to be told."""
    now_s = end_s(happened)
    log = log_of(happened)
    desk = Desk(now_s=now_s)
    for start in range(0, len(log), batch):
        desk.take_records(log[start : start + batch])
        desk.commit(now_s, behind=True)
    for compacted in (False, True):
        again = desk.crashed(now_s, compacted=compacted)
        assert desk.pages() == again.pages()
        assert _state(desk, now_s) == _state(again, now_s)
        again.settle(now_s + 2)
        expected = _expected(happened, now_s + 2)
        _compare({key: expected[key] for key in expected if key != BRAND}, _published(again, now_s + 2), now_s + 2)


def _state(desk: Desk, now_s: float) -> dict[str, Any]:
    """All that the ledger says when it is asked, in plain values."""
    stores = {
        store.key: (store.windows(int(now_s)), dict(store.rolling.days), store.lifetime)
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
