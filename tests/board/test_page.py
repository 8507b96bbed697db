"""The page in a real Chromium: what a person sees, on a desk and in a hand, by day, by night and by keyboard."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace

from streams.cluster.explanation import Event, Explanation, Marks, Vote
from streams.domain.window import WindowName
from tests.board import builders, small
from tests.board.builders import NOON, Served, a_served_board, a_standing, a_trend, an_alarm, raised, some_figures
from tests.board.chromium import Tab, chromium, open_tab
from tests.board.legible import CONTRAST

pytestmark = pytest.mark.needs("chromium")

TAB = 9
ENTER = 13
CARDS = "document.querySelectorAll('.card').length > 0"
SHOWN = "document.querySelectorAll('.row').length > 0"


def _now() -> datetime:
    return datetime.now(UTC)


def _fill(served: Served) -> None:
    days = {day: (5, 10 + day % 3, 20 + day % 7) for day in range(0, 100, 2)} | {1: (40, 10, 10)}
    served.trend("Maison", None, a_trend("Maison", None, days, restated={"2026-02-18": (6, 10, 20)}))
    served.trend("Maison", "Lyon Part-Dieu", a_trend("Maison", "Lyon Part-Dieu", days))
    served.show(
        a_standing("Maison", None, before=(40, 30, 30)),
        a_standing("Harbour & Pine", None, (0, 0, 0)),
        a_standing("Maison", "Lyon Part-Dieu", (60, 20, 20), before=(10, 20, 110), w7d=(0, 0, 40), w30d=(60, 20, 40)),
        a_standing("Maison", "Paris Rivoli", (5, 15, 80)),
        a_standing("Maison", "Annecy", (2, 6, 9)),
        a_standing("Maison", "Évry 2", (3, 0, 0)),
        a_standing("Maison", "Vichy", (0, 1, 2)),
        a_standing("Maison", "Dijon", (0, 0, 0)),
    )


async def _texts(tab: Tab, selector: str) -> list[str]:
    """What elements say, a true minus sign as a hyphen."""
    said = await tab.ask(f"Array.from(document.querySelectorAll({selector!r}), (each) => each.innerText.trim())")
    return [text.replace("\N{MINUS SIGN}", "-") for text in said]


async def _lines(tab: Tab, selector: str) -> list[list[str]]:
    """What elements say, line by line."""
    return [[line for line in text.splitlines() if line.strip()] for text in await _texts(tab, selector)]


def _says(key: str, score: str) -> str:
    """The condition that the card or the row of a name shows a score."""
    score = score.replace("-", "\N{MINUS SIGN}")
    return f"""document.querySelector('[data-key="{key}"] .numeral')?.innerText === '{score}'"""


def _order(*stores: str) -> str:
    """The condition that the list holds these stores in this order."""
    return (
        "Array.from(document.querySelectorAll('.row .name > [dir]'), (name) => name.innerText).join()"
        f" === '{','.join(stores)}'"
    )


@pytest_asyncio.fixture
async def served() -> AsyncIterator[Served]:
    """A board whose clock is the browser's, so that it says how long ago things were."""
    async with a_served_board(now=time.time) as served:
        telling = asyncio.create_task(served.hub.run())
        _fill(served)
        yield served
        telling.cancel()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One browser for all tests of this file; each opens a tab with nothing in it."""
    with chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest_asyncio.fixture
async def tab(browser: str, served: Served) -> AsyncIterator[Tab]:
    """A tab of a desktop browser; when the test is over, nothing may have gone wrong in it or left for elsewhere."""
    async with open_tab(browser) as tab:
        await tab.size(1280, 900)
        yield tab
    assert [] == tab.complaints
    assert {True} == {address.startswith((served.address, "about:")) for address in tab.requests}


async def _open(tab: Tab, served: Served, path: str = "#/brand/Maison", shown: str = SHOWN) -> None:
    await tab.open(served.address + path)
    await tab.until(shown)


async def test_brands_show_score_range_answers_and_trend(tab: Tab, served: Served) -> None:
    """A card has the score with one decimal, its range, n and the trend in words; no answers are a dash and words."""
    await _open(tab, served)

    harbour, maison = await _lines(tab, ".card")
    assert [
        "Maison",
        "6 stores",
        "30.0",
        "Weeks: from 44.7 to 12.1.",
        "↑+40.0 since the 30 days before: more than chance",
        "14.1 to 44.2",
        "100 answers",
        "50 promoters, 30 passives, 20 detractors",
    ] == maison
    assert ["Harbour & Pine", "0 stores", "—", "no answers", "Nobody answered in the 30 days before"] == harbour


async def test_stores_are_sorted_by_need_of_attention_and_greyed_where_n_is_small(tab: Tab, served: Served) -> None:
    """The lowest upper bound comes first, stores with too few answers last; these have no number and no bar."""
    await _open(tab, served)

    assert ["Lyon Part-Dieu", "Annecy", "Paris Rivoli", "Vichy", "Évry 2", "Dijon"] == await _texts(tab, ".row .name")
    assert ["good", "low", "good", "too_few", "too_few", "none"] == await tab.ask(
        "Array.from(document.querySelectorAll('.row'), (row) => row.classList[1])"
    )
    few = ["withheld"]
    assert [["-16.7"], ["41.2"], ["75.0"], few, few, ["no answers"]] == await _lines(tab, ".row-score")
    assert ["120 answers", "17 answers, few", "100 answers", "3 answers", "3 answers", ""] == await _texts(
        tab, ".row .n"
    )
    assert [1, 1, 1, 0, 0, 0] == await tab.ask(
        "Array.from(document.querySelectorAll('.row'), (row) => row.querySelectorAll('.likely').length)"
    )
    ink, grey = await tab.ask(
        "['.row.good', '.row.low'].map((row) => getComputedStyle(document.querySelector(row + ' .numeral')).color)"
    )
    assert ink != grey


async def test_an_alert_arrives_live(tab: Tab, served: Served) -> None:
    """An alert appears at the top of an open page, and is said to who cannot see it."""
    served.alert(raised(1, alert_id="old", store="Nice", submitted_at=_now()))
    await _open(tab, served)
    await tab.ask("window.notReloaded = true")

    served.alert(raised(2, alert_id="new", store="Paris Rivoli", score=1, submitted_at=_now()))

    await tab.until("document.querySelectorAll('.alert').length === 2")
    assert ["Paris Rivoli", "Nice"] == await _texts(tab, ".alert .where a")
    assert "New alert: P1, 1 of 10, Paris Rivoli" == await tab.until("document.querySelector('#announce').textContent")
    assert "polite" == await tab.ask("document.querySelector('#announce').ariaLive")
    assert await tab.ask("window.notReloaded")


async def test_an_alert_says_what_there_is_to_do(tab: Tab, served: Served) -> None:
    """Score, severity, store, how long is left, the comment in its language, or that one should ask, and consent."""
    served.alert(
        raised(1, alert_id="a", score=4, submitted_at=_now() - timedelta(hours=1, minutes=1)),
        raised(2, alert_id="b", score=6, comment=None, contactable=False, submitted_at=_now() - timedelta(hours=43)),
        raised(3, alert_id="c", score=0, late=True, submitted_at=_now() - timedelta(hours=60), language="<x>"),
    )
    await _open(tab, served)

    late, unreasoned, plain = await _lines(tab, ".alert")
    assert ["0", "of 10,", "P1", "Lyon", "Maison", "Une heure en caisse", "was due 12 h ago"] == late[:7]
    assert ["arrived late", "may be contacted"] == late[8:]
    assert ["No reason given: ask why", "call within 4 h 59 min"] == unreasoned[5:7]
    assert "no consent to be contacted" == unreasoned[-1]
    assert ["Une heure en caisse", "call within 46 h", "answered 1 h 1 min ago", "may be contacted"] == plain[5:]
    assert [None, "fr"] == await tab.ask(
        "Array.from(document.querySelectorAll('blockquote'), (said) => said.getAttribute('lang'))"
    )


async def test_figures_change_live(tab: Tab, served: Served) -> None:
    """A store's and a brand's figures change on the open page, and the list finds its new order."""
    await _open(tab, served)

    served.show(a_standing("Maison", "Paris Rivoli", (90, 5, 5)), a_standing("Maison", None, (50, 0, 150)))

    await tab.until(_says("Maison", "50.0"))
    await tab.until(_says("Paris Rivoli", "-85.0"))
    await tab.until(_order("Paris Rivoli", "Lyon Part-Dieu", "Annecy", "Vichy", "Évry 2", "Dijon"))


async def test_names_and_comments_are_text_whatever_they_hold(tab: Tab, served: Served) -> None:
    """Markup in a brand, a store or a comment is shown as it is; a link that is no web address is none."""
    nasty = "<img src=x onerror=window.hacked=1>"
    served.show(a_standing(nasty, None), a_standing(nasty, nasty))
    served.alert(
        raised(
            1, brand=nasty, store=nasty, comment=f"{nasty}<script>window.hacked=1</script>", link="javascript:hacked=1"
        )
    )
    await _open(tab, served, "#/brand/%3Cimg%20src%3Dx%20onerror%3Dwindow.hacked%3D1%3E")
    assert [nasty] == await _texts(tab, ".row .name")

    await tab.ask("document.querySelector('.row').click()")
    await tab.until(f"document.querySelector('#store-title')?.innerText === {nasty!r}")

    assert [f"{nasty}<script>window.hacked=1</script>"] == await _texts(tab, "blockquote")
    assert [0, None, 0] == await tab.ask(
        "[document.querySelectorAll('main img, main script').length, window.hacked ?? null,"
        " document.querySelectorAll('.facts a').length]"
    )


async def test_a_store_has_a_view_of_its_own(tab: Tab, served: Served) -> None:
    """All six periods, the comparison in a sentence, and the alerts of that store; Back leads back."""
    served.alert(raised(1, store="Lyon Part-Dieu", submitted_at=_now()), raised(2, store="Nice", submitted_at=_now()))
    await _open(tab, served)
    await tab.ask("document.querySelector('.row').click()")
    await tab.until("document.querySelectorAll('.period').length === 6")

    assert "#/store/Maison/Lyon%20Part-Dieu" == await tab.ask("location.hash")
    assert ["-16.7"] == await _texts(tab, ".hero .numeral")
    assert "-88.1 since the 30 days before: more than chance" in (await _texts(tab, ".hero-words"))[0]
    assert ["-40.0", "100.0", "-16.7", "-40.0", "-40.0", "-40.0"] == await _texts(tab, ".period .numeral")
    assert ["Lyon Part-Dieu"] == await _texts(tab, ".alert .where a")
    assert "Lyon Part-Dieu · NPS board" == await tab.ask("document.title")

    await tab.ask("history.back()")
    await tab.until(SHOWN + " && document.querySelector('#store').hidden")
    assert "NPS board" == await tab.ask("document.title")


async def test_period_order_and_filter_are_chosen_by_buttons(tab: Tab, served: Served) -> None:
    """Another period, another order, a part of a name: the list follows, and the address keeps the period."""
    await _open(tab, served)

    await tab.ask("document.querySelector('#windows [data-key=\"7d\"]').click()")
    await tab.until(_says("Lyon Part-Dieu", "100.0"))
    assert "#/brand/Maison?window=7d" == await tab.ask("location.hash")

    await tab.ask("document.querySelector('#sorts [data-key=\"name\"]').click()")
    await tab.until(_order("Annecy", "Dijon", "Évry 2", "Lyon Part-Dieu", "Paris Rivoli", "Vichy"))

    await tab.ask("document.querySelector('#filter').focus()")
    await tab.send("Input.insertText", text="evry")
    await tab.until(_order("Évry 2"))


@pytest.mark.parametrize("width", [320, 360, 390])
async def test_a_telephone_needs_no_scrolling_sideways(tab: Tab, served: Served, width: int) -> None:
    """Nothing is wider than the screen, not even with the longest names; alerts are a button away."""
    await tab.size(width, 740, mobile=True)
    served.show(a_standing("W" * 64, None, (500_000, 100, 0)), a_standing("Maison", "Ж" * 64, (90_000, 0, 0)))
    served.alert(raised(1, store="m" * 64, brand="W" * 64, comment="x" * 500, submitted_at=_now()))
    fits = "document.documentElement.scrollWidth <= innerWidth"
    await _open(tab, served)
    assert await tab.ask(fits)
    await tab.ask("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert await tab.ask(fits)
    assert [True, False] == await tab.ask(
        "['#stores', '#alerts'].map((part) => document.querySelector(part).checkVisibility())"
    )

    await tab.ask("document.querySelector('#panels [data-key=\"alerts\"]').click()")
    assert [False, True] == await tab.ask(
        "['#stores', '#alerts'].map((part) => document.querySelector(part).checkVisibility())"
    )
    assert await tab.ask(fits)

    await tab.ask("document.querySelector('#panels [data-key=\"stores\"]').click()")
    await tab.ask("document.querySelector('[data-key=\"Lyon Part-Dieu\"] .row').click()")
    await tab.until("document.querySelectorAll('.period').length === 6 && document.querySelector('.chart') !== null")
    await tab.ask("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert await tab.ask(fits)


@pytest.mark.parametrize(("scheme", "brightness"), [("light", (200, 255)), ("dark", (0, 55))])
async def test_every_text_is_legible_by_day_and_by_night(
    tab: Tab, served: Served, scheme: str, brightness: tuple[int, int]
) -> None:
    """The page follows the person's colour scheme, and every text has a contrast of at least 4.5 in both."""
    await tab.prefer(prefers_color_scheme=scheme)
    served.alert(
        *(
            raised(
                score, alert_id=str(score), score=score, comment=None if score > 4 else "…", submitted_at=submitted_at
            )
            for score, submitted_at in enumerate([_now() - timedelta(hours=9 * age) for age in range(7)])
        ),
        raised(9, late=True, link="https://crm.example/", submitted_at=_now()),
    )
    off = raised(10, alert_id="off", submitted_at=_now())
    served.alert(off, _later(off, "retracted", reason="deleted"))
    for rule in ("drop", "rise"):
        served.alarm(an_alarm(store="Lyon Part-Dieu", rule=rule))
    await _open(tab, served)
    ground = await tab.ask("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    low, high = brightness

    assert all(low <= part <= high for part in ground)
    await tab.ask("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert [] == await tab.ask(CONTRAST)

    await tab.ask("document.querySelector('.row').click()")
    await tab.until("document.querySelectorAll('.banner').length === 2 && document.querySelector('.sum') !== null")
    await tab.ask("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert [] == await tab.ask(CONTRAST)


async def test_the_keyboard_reaches_everything_in_the_order_of_the_page(tab: Tab, served: Served) -> None:
    """Tab goes from the skip link over periods, brands, filter, orders and stores to the alerts, and is to be seen."""
    served.alert(raised(1, store="Nice", submitted_at=_now()))
    await _open(tab, served)
    reached: list[str] = []
    outlines = set()
    for _ in range(40):
        await tab.press("Tab", TAB)
        where, outline = await tab.ask(
            "(({activeElement: at}) => [at.closest('#skip, #windows, #cards, #brand-over-time, #filter, #sorts, #rows,"
            " #scopes, #alert-list')?.id || at.tagName, getComputedStyle(at).outlineStyle])(document)"
        )
        if where == "BODY":
            break
        outlines.add(outline)
        reached += [] if reached[-1:] == [where] else [where]

    figures = ["cards", "brand-over-time", "filter", "sorts", "rows", "SUMMARY"]
    assert ["skip", "A", "windows", *figures, "scopes", "alert-list"] == reached
    assert {"solid"} == outlines


async def test_a_store_is_opened_and_an_order_chosen_by_the_enter_key(tab: Tab, served: Served) -> None:
    """Buttons and rows are real ones: Enter works, and a view that opens takes the focus."""
    await _open(tab, served)
    await tab.ask("document.querySelector('#sorts [data-key=\"name\"]').focus()")
    await tab.press("Enter", ENTER)
    await tab.until(_order("Annecy", "Dijon", "Évry 2", "Lyon Part-Dieu", "Paris Rivoli", "Vichy"))
    assert "name" == await tab.ask("document.activeElement.dataset.key")

    await tab.ask("document.querySelector('.row').focus()")
    await tab.press("Enter", ENTER)

    await tab.until("document.activeElement.id === 'store-title'")


async def test_focus_stays_where_it_is_when_figures_change(tab: Tab, served: Served) -> None:
    """A row that is looked at by keyboard keeps its focus and its place while its figures change."""
    await _open(tab, served)
    await tab.ask("document.querySelector('[data-key=\"Paris Rivoli\"] a').focus()")

    served.show(a_standing("Maison", "Paris Rivoli", (90, 5, 5)))
    await tab.until(_says("Paris Rivoli", "-85.0"))

    assert "Paris Rivoli" == await tab.ask("document.activeElement.closest('li').dataset.key")


async def test_who_wants_no_motion_gets_none(tab: Tab, served: Served) -> None:
    """With reduced motion nothing moves when an alert arrives or a figure changes."""
    await tab.prefer(prefers_reduced_motion="reduce")
    await _open(tab, served)

    served.alert(raised(1, submitted_at=_now()))
    served.show(a_standing("Maison", "Paris Rivoli", (90, 5, 5)))
    await tab.until("document.querySelectorAll('.alert').length === 1")
    await tab.until(_says("Paris Rivoli", "-85.0"))

    assert 0 == await tab.ask("document.getAnimations().length")


async def test_the_page_has_landmarks_a_title_and_names_for_its_controls(tab: Tab, served: Served) -> None:
    """What a screen reader needs to find its way."""
    served.alert(raised(1, submitted_at=_now()))
    await _open(tab, served)
    nodes = (await tab.send("Accessibility.getFullAXTree"))["nodes"]
    named = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]}

    assert {
        ("banner", ""),
        ("main", ""),
        ("region", "Brands"),
        ("region", "Stores of Maison"),
        ("region", "Newest alerts"),
        ("group", "Period"),
        ("button", "30 d, last 30 days"),
        ("searchbox", "Find a store by its name"),
        ("status", ""),
    } <= named
    assert [] == [role for role, name in named if role in {"button", "link", "searchbox"} and not name]
    (days,) = [name for role, name in named if role == "image" and name.startswith("35 days")]
    assert days.startswith("35 days, from Sun 8 February 2026: between ")
    assert days.endswith(", last 42.9, 16 without a score, 1 restated")


async def test_the_page_says_that_kafka_is_away(tab: Tab, served: Served) -> None:
    """Live, then since when Kafka is not reachable; what is known stays on the page."""
    await _open(tab, served)
    assert ["Live"] == await _texts(tab, "#connection")

    served.progress.reachable = False
    served.hub.status_changed()

    await tab.until("/^Kafka not reachable since \\d\\d:\\d\\d$/.test(document.querySelector('#connection').innerText)")
    assert 6 == await tab.ask("document.querySelectorAll('.row').length")


async def test_the_page_finds_a_board_that_was_restarted(browser: str) -> None:
    """While the board is away the page says that it reconnects; then it shows what the new one says."""
    async with open_tab(browser) as tab:
        async with a_served_board() as served:
            _fill(served)
            await _open(tab, served)
            port = int(served.address.rstrip("/").rpartition(":")[2])
        await tab.until("document.querySelector('#connection').innerText === 'Reconnecting'")
        async with a_served_board(board_port=port) as served:
            served.show(a_standing("Maison", "Nantes"))
            await tab.until(_order("Nantes"))
            assert ["Live"] == await _texts(tab, "#connection")


async def test_an_empty_board_says_what_it_waits_for(browser: str) -> None:
    """Before the first answer there are words, no zeroes; the first figures appear by themselves."""
    async with open_tab(browser) as tab, a_served_board() as served:
        await tab.open(served.address)
        await tab.until(
            "document.querySelector('.empty')?.innerText === 'No figures yet. They appear with the first answer.'"
        )
        telling = asyncio.create_task(served.hub.run())

        served.show(a_standing("Maison"), a_standing("Maison", "Lyon"))

        await tab.until("document.querySelector('.card .numeral')?.innerText === '30.0'")
        await tab.until(_order("Lyon"))
        telling.cancel()
        assert [] == tab.complaints


async def test_a_person_signs_in_once(browser: str) -> None:
    """With the token in the form the page opens, the address shows no token, and a reload needs none."""
    async with open_tab(browser) as tab, a_served_board(board_token="secret") as served:
        _fill(served)
        await tab.open(served.address)
        await tab.until("document.querySelector('input[name=token]') !== null")
        await tab.ask("document.querySelector('input[name=token]').value = 'secret'")
        await tab.ask("document.querySelector('button').click()")
        await tab.until(CARDS)
        assert served.address == await tab.ask("location.href")

        await tab.send("Page.reload")
        await tab.until(f"performance.getEntriesByType('navigation')[0].type === 'reload' && {CARDS}")
        assert "" == await tab.ask("document.cookie")


async def test_people_see_one_decimal_half_away_from_zero(tab: Tab, served: Served) -> None:
    """Rounding goes by the decimal form, away from zero at the half; nothing is a dash, and zero has no sign."""
    expected = {
        "0": "0.0",
        "12.34": "12.3",
        "12.35": "12.4",
        "-12.35": "-12.4",
        "0.05": "0.1",
        "-0.05": "-0.1",
        "-0.04": "0.0",
        "-1e-9": "0.0",
        "99.95": "100.0",
        "-100": "-100.0",
        "100 * 247 / 2000": "12.4",
        "1 / 3": "0.3",
        "null": "—",
    }
    await tab.open(served.address)

    shown = await tab.ask(f"import('/figures.js').then(({{ oneDecimal }}) => [{','.join(expected)}].map(oneDecimal))")

    assert list(expected.values()) == [text.replace("\N{MINUS SIGN}", "-") for text in shown]


async def test_a_store_shows_how_sure_its_score_is_and_whether_it_moved(tab: Tab, served: Served) -> None:
    """The score with its bar, few answers said aloud, the change since before and a year ago in words, mean, bins."""
    served.show(a_standing("Maison", "Annecy", (2, 6, 9), before=(9, 6, 2)))
    await _open(tab, served, "#/store/Maison/Annecy", "document.querySelectorAll('.histogram li').length === 11")

    (words,) = await _lines(tab, ".hero-words")
    assert "Most likely between 3.9 and 66.1, by 17 answers in the last 30 days. few answers" in words
    assert "+82.4 since the 30 days before: more than chance" == words[-3].lstrip("\N{UPWARDS ARROW}")
    assert "-41.2 in the 30 days before (-66.1 to -3.9, 17 answers, few)" == words[-2]
    assert "Nobody answered in the same time a year ago" == words[-1]
    assert "Mean 7.2 of 10." in (await _texts(tab, ".shares"))[0]
    assert ["2"] == (await _texts(tab, ".histogram .much"))[:1]
    assert [*["detractors"] * 7, *["passives"] * 2, *["promoters"] * 2] == await tab.ask(
        "Array.from(document.querySelectorAll('.histogram .bar'), (bar) => bar.classList[1])"
    )
    assert 1 == await tab.ask("document.querySelectorAll('.hero .likely').length")


async def test_pictures_show_days_weeks_and_months_with_gaps_and_what_was_restated(tab: Tab, served: Served) -> None:
    """Three pictures of a brand: a dot for each period with a score, hollow while provisional, ringed if restated."""
    await _open(tab, served)
    await tab.until("document.querySelectorAll('#brand-pictures svg').length === 3")

    assert ["35 days", "53 weeks", "24 months"] == await _texts(tab, "#brand-pictures figcaption")
    days = "document.querySelector('#brand-pictures svg')"
    assert [19, 35, 1] == await tab.ask(
        f"['.dot', '.over', '.ring'].map((part) => {days}.querySelectorAll(part).length)"
    )
    assert 3 == await tab.ask(f"{days}.querySelectorAll('.dot.provisional').length")
    titles = await tab.ask(f"Array.from({days}.querySelectorAll('title'), (title) => title.textContent)")
    assert "Sun 8 February 2026: 50.0 (25.9 to 67.4), 42 answers, final" == titles[0]
    assert "Mon 9 February 2026: nobody answered, final" == titles[1]
    assert "Wed 18 February 2026: 47.4 (21.7 to 66.1), 38 answers, restated: it said 36 answers" == titles[10]
    assert titles[-1].endswith("provisional")


async def test_the_numbers_of_a_picture_are_a_table_as_well(tab: Tab, served: Served) -> None:
    """Whoever cannot see a picture, or wants the numbers, opens its table, which stays open while figures change."""
    await _open(tab, served)
    await tab.until("document.querySelectorAll('#brand-pictures table').length === 3")
    await tab.ask("document.querySelector('#brand-pictures .numbers summary').click()")

    assert ["Day", "Score", "Range", "Answers", "State"] == (await _texts(tab, "#brand-pictures thead th"))[:5]
    row = (await _texts(tab, "#brand-pictures tbody tr"))[0]
    assert ["Sat 14 March 2026", "42.9", "16.1 to 62.9", "35", "provisional"] == row.split("\t")

    served.trend("Maison", None, a_trend("Maison", None, {0: (0, 0, 50)}))
    await tab.until("document.querySelector('#brand-pictures tbody tr')?.innerText.includes('100.0')")
    assert await tab.ask("document.querySelector('#brand-pictures .numbers').open")


async def test_each_store_has_its_last_weeks_in_a_picture_the_size_of_a_word(tab: Tab, served: Served) -> None:
    """A row shows where a store comes from, and says it to who cannot see; a store without weeks has none."""
    await _open(tab, served)
    lyon = """document.querySelector('[data-key="Lyon Part-Dieu"]')"""

    assert 12 == await tab.ask(f"{lyon}.querySelectorAll('.spark .line').length")
    assert (await tab.ask(f"{lyon}.querySelector('.spark').textContent")).startswith("Weeks: from 4")
    assert 1 == await tab.ask("document.querySelectorAll('.rows .spark svg').length")


async def test_alarms_are_marked_and_stores_with_one_come_first(tab: Tab, served: Served) -> None:
    """A store whose score fell stands on top of the list, marked; its own view has the evidence, until it is over."""
    await _open(tab, served)
    served.alarm(an_alarm(store="Paris Rivoli"))
    served.alarm(an_alarm(store=None, rule="rise"))

    await tab.until(_order("Paris Rivoli", "Lyon Part-Dieu", "Annecy", "Vichy", "Évry 2", "Dijon"))
    assert ["Score rose"] == await _texts(tab, ".card .alarm")
    assert ["Score fell"] == await _texts(tab, ".row .alarm")
    await tab.ask("document.querySelector('.row').click()")
    (banner,) = await tab.until("Array.from(document.querySelectorAll('.banner'), (each) => each.innerText)")
    assert "Score fell since 14 Mar 2026" in banner
    assert "Now 52 answers on 14 Mar; before 420 answers from 5 Mar to 13 Mar." in banner

    served.alarm(an_alarm(store="Paris Rivoli", kind="released"))
    await tab.until("document.querySelectorAll('.banner').length === 0")


def _later(event: builders.Event, kind: str, **changes: Any) -> builders.Event:
    """What happened to an alert a second later; what it does not say is not there."""
    place, alert = event
    silent: dict[str, Any] = {"kind": kind, "sequence": 2, "comment": None, "customer_ref": None, "link": None}
    return dataclasses.replace(place, at_ms=round(time.time() * 1000)), replace(alert, **(silent | changes))


async def test_an_alert_is_one_line_whatever_happens_to_it(tab: Tab, served: Served) -> None:
    """A comment that comes later joins its line; where the customer thinks better of it the line is struck through."""
    first = raised(1, alert_id="a", score=3, comment=None, reason_missing=True, submitted_at=_now())
    served.alert(first)
    await _open(tab, served)
    assert ["No reason given: ask why"] == await _texts(tab, ".ask")

    served.alert(_later(first, "enriched", comment="No one at the till", changes=["comment"]))
    await tab.until("document.querySelector('.alert blockquote')?.innerText === 'No one at the till'")
    assert ["may be contacted"] == (await _texts(tab, ".alert .facts span"))[-1:]

    off = {"score": 8, "previous_score": 3, "reason": "not_detractor", "sequence": 3}
    served.alert(_later(first, "retracted", **off))
    await tab.until("document.querySelectorAll('.alert.retracted').length === 1")
    assert ["3", "No one at the till"] == await _texts(tab, ".alert s")
    assert "line-through" in await tab.ask(
        "getComputedStyle(document.querySelector('.alert blockquote s')).textDecoration"
    )
    assert ["Retracted: answer changed to 8", "just now"] == await _texts(tab, ".alert .facts span")
    assert 1 == await tab.ask("document.querySelectorAll('.alert').length")


async def test_a_retracted_alert_goes_from_the_list_after_a_while(tab: Tab, served: Served) -> None:
    """An hour after it was retracted an alert is no longer among those that are open."""
    first = raised(1, alert_id="a", submitted_at=_now())
    place, off = _later(first, "retracted", reason="deleted")
    served.alert(first, (dataclasses.replace(place, at_ms=place.at_ms - 3_601_000), off))
    await _open(tab, served)

    assert ["No alerts."] == await _texts(tab, "#alert-list")


async def test_words_of_a_person_who_is_forgotten_leave_an_open_page(tab: Tab, served: Served) -> None:
    """Comment, customer and link go from all alerts of the response at once, and from the page's memory."""
    link = "https://crm.example/canary"
    first, second = (
        raised(number, alert_id=name, generation=number, comment="canary", link=link, submitted_at=NOON)
        for number, name in enumerate("ab")
    )
    served.alert(first, second)
    await _open(tab, served)
    assert ["canary", "canary"] == await _texts(tab, "blockquote")

    served.alert(_later(second, "retracted", reason="forgotten"))

    await tab.until("!document.documentElement.outerHTML.includes('canary')")
    assert "Retracted: customer asked to be forgotten" in (await _texts(tab, ".alert"))[0]
    known = "import('/state.js').then(({ known }) => JSON.stringify(known.alerts))"
    assert "canary" not in await tab.ask(known)


async def test_a_page_that_nobody_sees_keeps_no_words_of_customers(tab: Tab, served: Served) -> None:
    """A hidden page hears nothing, so it forgets what customers said, and asks again when it is looked at."""
    served.alert(raised(1, alert_id="a", comment="canary", submitted_at=_now()))
    await _open(tab, served)
    turn = "Object.defineProperty(document, 'hidden', {{ value: {}, configurable: true }});"
    turn += "document.dispatchEvent(new Event('visibilitychange'))"

    await tab.ask(turn.format("true"))
    assert not await tab.ask("document.documentElement.outerHTML.includes('canary')")

    await tab.ask(turn.format("false"))
    await tab.until("document.querySelector('blockquote')?.innerText === 'canary'")


async def _found(tab: Tab, served: Served, *, shown: str) -> list[str]:
    """Which traces of the small scores are in the page or in what it was told, on its views and live."""
    pages: list[str] = []
    heard: list[str] = []
    for path, condition in (
        ("#/brand/Maison", SHOWN),
        ("#/brand/Maison?window=7d", SHOWN),
        (
            "#/store/Maison/Small",
            "document.querySelectorAll('.period').length === 6 && document.querySelector('.chart') !== null",
        ),
    ):
        await _open(tab, served, path, condition)
        tab.heard.clear()
        served.show(a_standing("Maison", "Small", small.FOUR))
        async with asyncio.timeout(20):
            while not any('"store":"Small"' in told for told in tab.heard):
                await asyncio.sleep(0.05)
        heard += tab.heard
        pages.append(await tab.ask("document.documentElement.outerHTML"))
    await tab.until(shown)
    pages.append(await tab.ask("import('/state.js').then(({ known }) => JSON.stringify(known))"))
    everything = "\n".join([*pages, *await tab.answers(), *heard])
    assert '"windows":' in everything
    return [trace for counts in (small.FOUR, small.ELEVEN) for trace in small.traces(counts) if trace in everything]


async def test_a_withheld_score_is_nowhere_in_the_page_nor_in_what_it_was_told(browser: str) -> None:
    """Without the token: not in the documents, not in the stream, not in an element, a tooltip or the page's memory."""
    async with a_served_board(now=time.time) as served, open_tab(browser) as tab:
        telling = asyncio.create_task(served.hub.run())
        small.fill(served)

        assert [] == await _found(tab, served, shown="document.querySelector('.hero .why').innerText === 'withheld'")
        assert "A score of fewer than 5 answers is shown only with" in (await _texts(tab, ".hero-words"))[0]
        assert [] == tab.complaints
        telling.cancel()


async def test_with_the_token_small_scores_are_shown_and_said_to_be_of_few(browser: str) -> None:
    """Who signed in sees the score of four answers, greyed."""
    async with a_served_board(now=time.time, board_token="secret") as served, open_tab(browser) as tab:
        telling = asyncio.create_task(served.hub.run())
        small.fill(served)
        await tab.open(f"{served.address}?token=secret")
        await tab.until(CARDS)

        found = await _found(tab, served, shown="document.querySelectorAll('.hero .numeral').length === 1")
        assert {*small.traces(small.FOUR), *small.traces(small.ELEVEN)} == set(found)
        assert ["few answers"] == await _texts(tab, ".hero .tag")
        telling.cancel()


async def _explain(brand: str, store: str, window: WindowName, as_of_s: int) -> Explanation | None:
    there = Event(
        offset=1900,
        record="there",
        arrived_at="2026-03-14T11:30:00Z",
        event="excluded",
        reason="<b>a test</b>",
        by="Anna",
    )
    plain: dict[str, Any] = {
        "forgotten": False,
        "muted": False,
        "kiosk": False,
        "alert": None,
        "corrected_offset": None,
    }
    votes = [
        Vote(
            submitted_at="2026-03-14T11:01Z", score=9, counts=True, because=[], corrections=0, answer_offset=1001,
            marked_offset=None, **plain,
        ),
        Vote(
            submitted_at="2026-03-14T11:02Z", score=3, counts=False, because=["excluded"], corrections=0,
            answer_offset=1002, marked_offset=1900, events=[there], **plain,
        ),
    ]  # fmt: skip
    return Explanation(
        brand=brand, store=store, window=window, as_of="2026-03-14T12:00:00Z", since=None, until=None, partition=3,
        figures=some_figures((5, 15, 80)), days=[], before_days=None, restated=[], marks=Marks(excluded=1), stores=[],
        votes=votes,
    )  # fmt: skip


async def test_a_store_shows_what_is_behind_its_number(browser: str) -> None:
    """The sum for everybody; with the token and a button every vote with its offset, and why some do not count."""
    async with (
        a_served_board(now=time.time, board_token="secret", explain=_explain) as served,
        open_tab(browser) as tab,
    ):
        _fill(served)
        await tab.open(f"{served.address}?token=secret")
        await tab.until(CARDS)
        await _open(tab, served, "#/store/Maison/Paris%20Rivoli", "document.querySelector('.sum') !== null")
        assert ["75.0 = 100 \N{MULTIPLICATION SIGN} (80 - 5) ÷ 100"] == await _texts(tab, ".sum")

        await tab.ask("document.querySelector('#store-votes button').click()")
        await tab.until("document.querySelectorAll('#store-votes table').length === 2")

        touched, votes = await tab.ask(
            "Array.from(document.querySelectorAll('#store-votes table'), (table) => Array.from(table.rows,"
            " (row) => Array.from(row.cells, (cell) => cell.innerText.trim())))"
        )
        assert ["2026-03-14 11:02", "3", "no: excluded"] == touched[1][:3]
        assert touched[1][3].startswith("1900: excluded, “<b>a test</b>”, by Anna, 14 Mar 2026")
        assert ["2026-03-14 11:02", "3", "no: excluded", "", "1002"] == votes[1]
        assert ["2026-03-14 11:01", "9", "yes", "", "1001"] == votes[2]
        assert "1 excluded" in (await _texts(tab, "#store-votes > p"))[0]


async def test_without_the_token_a_store_shows_no_vote(tab: Tab, served: Served) -> None:
    """Who showed no token is told that there is more, and gets no button for it."""
    await _open(tab, served, "#/store/Maison/Paris%20Rivoli", "document.querySelector('#store-votes p') !== null")

    assert (await _texts(tab, "#store-votes"))[0].startswith(
        "Single answers, corrections and exclusions are shown with"
    )
    assert 0 == await tab.ask("document.querySelectorAll('#store-votes button').length")
