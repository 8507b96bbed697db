"""The page in a real Chromium: what a person sees, on a desk and in a hand, by day, by night and by keyboard."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tests.board.builders import Served, a_served_board, a_standing, raised
from tests.board.chromium import Tab, chromium, open_tab

pytestmark = pytest.mark.needs("chromium")

TAB = 9
ENTER = 13
CARDS = "document.querySelectorAll('.card').length > 0"
SHOWN = "document.querySelectorAll('.row').length > 0"


def _now() -> datetime:
    return datetime.now(UTC)


def _fill(served: Served) -> None:
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
        f"Array.from(document.querySelectorAll('.row .name'), (name) => name.innerText).join() === '{','.join(stores)}'"
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
    assert [True, False] == await tab.ask(
        "['#stores', '#alerts'].map((part) => document.querySelector(part).checkVisibility())"
    )

    await tab.ask("document.querySelector('#panels [data-key=\"alerts\"]').click()")
    assert [False, True] == await tab.ask(
        "['#stores', '#alerts'].map((part) => document.querySelector(part).checkVisibility())"
    )
    assert await tab.ask(fits)

    await tab.ask("document.querySelector('#panels [data-key=\"stores\"]').click()")
    await tab.ask("document.querySelector('.row').click()")
    await tab.until("document.querySelectorAll('.period').length === 6")
    assert await tab.ask(fits)


CONTRAST = """
(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parts(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const said = Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.data.trim());
    if (!said || !element.checkVisibility() || element.closest(".unseen")) continue;
    const [lighter, darker] = [light(parts(getComputedStyle(element).color)), light(ground(element))]
      .sort((a, b) => b - a);
    const ratio = (lighter + 0.05) / (darker + 0.05);
    if (ratio < 4.5) poor.push(`${element.className} ${element.textContent} ${ratio.toFixed(2)}`);
  }
  return poor;
})()
"""


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
    await _open(tab, served)
    ground = await tab.ask("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    low, high = brightness

    assert all(low <= part <= high for part in ground)
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
            "(({activeElement: at}) => [at.closest('#skip, #windows, #cards, #filter, #sorts, #rows, #scopes,"
            " #alert-list')?.id || at.tagName, getComputedStyle(at).outlineStyle])(document)"
        )
        if where == "BODY":
            break
        outlines.add(outline)
        reached += [] if reached[-1:] == [where] else [where]

    assert ["skip", "A", "windows", "cards", "filter", "sorts", "rows", "SUMMARY", "scopes", "alert-list"] == reached
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
