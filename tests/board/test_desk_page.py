"""The desk in a real Chromium: who has to be called first, what can be done, and that it is done once."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace as moved
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiokafka.errors import KafkaConnectionError
from msgspec.structs import replace

from streams.board.documents import instant
from streams.board.guard import COOKIE, cookie_of
from streams.events.action import Action
from streams.events.alert import Escalation
from tests.board.builders import Event, Served, a_served_board, a_standing, follow_up, lived, opened
from tests.board.chromium import Tab, chromium, open_tab
from tests.board.legible import CONTRAST

pytestmark = pytest.mark.needs("chromium")

TAB = 9
ENTER = 13
CASE = "0b1f1f6e-5d0e-5c1a-9b7e-000000000001"
OTHER = "0b1f1f6e-5d0e-5c1a-9b7e-000000000002"
LISTED = "document.querySelectorAll('.case-row').length > 0"
TOLD = "document.querySelectorAll('.event').length > 0"
FITS = "document.documentElement.scrollWidth <= innerWidth"


def _ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def _opened(number: int, hours_ago: float, **overrides: Any) -> Event:
    return opened(number, submitted_at=_ago(hours=hours_ago), **overrides)


def _later(of: Event, kind: str, status: str, **changes: Any) -> Event:
    """The next event of a case, of this moment."""
    place, event = lived(of, of[0].offset + 100, kind, status, **changes)
    now = datetime.now(UTC)
    return moved(place, at_ms=round(now.timestamp() * 1000)), replace(event, at=instant(now))


class Acting:
    """A board whose actions a test takes: one at a time, or fails."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.failures = 0

    async def __call__(self, action: Action) -> None:
        """Take an action."""
        self.actions.append(action)
        if self.failures:
            self.failures -= 1
            message = "gone"
            raise KafkaConnectionError(message)


@pytest.fixture
def acting() -> Acting:
    """Where actions go."""
    return Acting()


@pytest_asyncio.fixture
async def served(acting: Acting) -> AsyncIterator[Served]:
    """A board with a token, whose clock is the browser's."""
    async with a_served_board(now=time.time, board_token="secret", act=acting) as served:
        telling = asyncio.create_task(served.hub.run())
        served.show(a_standing("Maison", None), a_standing("Maison", "Lyon"))
        yield served
        telling.cancel()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One browser for all tests of this file."""
    with chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest_asyncio.fixture
async def tab(browser: str, served: Served) -> AsyncIterator[Tab]:
    """A tab that has signed in; nothing may go wrong in it or leave for elsewhere."""
    async with open_tab(browser) as tab:
        await tab.size(1280, 900)
        await tab.send("Network.setCookie", name=COOKIE, value=cookie_of("secret"), url=served.address)
        yield tab
    assert [] == tab.complaints
    assert {True} == {address.startswith((served.address, "about:")) for address in tab.requests}


async def _open(tab: Tab, served: Served, path: str, shown: str) -> None:
    await tab.open(served.address + path)
    await tab.until(shown)


async def _texts(tab: Tab, selector: str) -> list[str]:
    found: list[str] = await tab.ask(
        f"Array.from(document.querySelectorAll({selector!r}), (each) => each.innerText.trim())"
    )
    return found


def _press(text: str) -> str:
    """Press the button that says so."""
    return f"Array.from(document.querySelectorAll('button')).find((each) => each.innerText === '{text}').click()"


async def test_the_desk_shows_who_waits_longest_first(tab: Tab, served: Served) -> None:
    """Overdue, soon, later, contacted: each case with its time, store, score, first words, owner and marks."""
    called = _opened(4, 40, alert_id="called", store="Vichy")
    served.case(
        _opened(
            1, 54.5, alert_id="over", store="Lyon", score=1, comment="Sol mouillé", reasons=["score", "theme:safety"]
        ),
        _opened(2, 45.5, alert_id="soon", store="Nice", score=4, comment=None, owner="Tom"),
        _opened(3, 20.5, alert_id="later", store="Annecy", score=6, held=True, contactable=False),
        called,
        _later(called, "contacted", "contacted", actor="x", channel="call"),
    )
    await _open(tab, served, "#/desk", LISTED)

    assert ["4 open cases", "1 overdue"] == (await _texts(tab, ".desk-count"))[0].split("\n")
    assert [
        "Overdue",
        "6 h overdue",
        "Within 6 hours",
        "2 h 29 min left",
        "Later",
        "27 h left",
        "Contacted, to be resolved",
        "contacted just now",
    ] == await _texts(tab, "#case-list h3, #case-list .left")
    assert ["1 of 10, P1", "4 of 10, P2", "6 of 10, P3", "3 of 10, P2"] == [
        " ".join(text.split()) for text in await _texts(tab, ".case-row .answer")
    ]
    assert ["Sol mouillé", "Une heure en caisse", "Une heure en caisse"] == await _texts(tab, ".first-words")
    assert ["No reason given: ask why"] == await _texts(tab, ".ask")
    assert ["safety", "held"] == await _texts(tab, ".case-row .tag")
    assert "region Sud-Est" in (await _texts(tab, ".case-row .facts"))[0]
    assert "cannot be contacted" in (await _texts(tab, ".case-row .facts"))[2]


async def test_the_desk_is_live(tab: Tab, served: Served) -> None:
    """A case that is opened or moved elsewhere is there, or gone, without anybody asking."""
    await _open(tab, served, "#/desk", "document.querySelector('.desk-count') !== null")
    assert ["Nothing to do."] == await _texts(tab, ".desk-count")

    first = _opened(1, 1, alert_id=CASE)
    served.case(first)
    await tab.until(LISTED)
    served.case(_later(first, "dismissed", "dismissed", actor="x", reason="other"))
    await tab.until("document.querySelectorAll('.case-row').length === 0")


async def test_the_desk_is_narrowed_and_the_address_says_so(tab: Tab, served: Served) -> None:
    """A choice is part of the address, so that a region can keep its own desk as a bookmark."""
    served.case(
        _opened(1, 3, alert_id="a", owner="region:Sud-Est", store="Lyon"),
        _opened(2, 2, alert_id="b", owner="Tom Ellis", store="Whitby"),
    )
    await _open(tab, served, "#/desk", LISTED)

    choose = "((each) => { each.value = 'Tom Ellis'; each.dispatchEvent(new Event('change')); })"
    await tab.ask(f"{choose}(document.querySelector('#desk-owner'))")
    await tab.until("document.querySelectorAll('.case-row').length === 1")

    assert (["Whitby"], "#/desk?owner=Tom+Ellis") == (
        await _texts(tab, ".case-store"),
        await tab.ask("location.hash"),
    )
    assert ["Owner", "Tom Ellis", "region Sud-Est"] == await _texts(tab, "#desk-owner option")


async def test_a_case_is_moved_by_a_button_and_tells_its_story(tab: Tab, served: Served, acting: Acting) -> None:
    """Buttons for exactly the moves that are allowed now; what was done comes back as part of the story."""
    first = _opened(1, 30, alert_id=CASE, comment="Retour refusé")
    late = _later(first, "escalated", "open", escalation=Escalation("warning", instant(_ago(hours=6))))
    served.case(first, late)
    await _open(tab, served, f"#/case/{CASE}", TOLD)
    assert ["Acknowledge", "Contacted", "Dismiss", "Add a note"] == await _texts(tab, ".move")
    assert ["Retour refusé"] == await _texts(tab, "#case-said blockquote")

    await tab.ask(_press("Contacted"))
    await tab.ask("document.querySelector('[name=channel][value=call]').click()")
    await tab.ask("document.querySelector('[name=note]').value = 'Un bon proposé'")
    await tab.ask("document.querySelector('[name=actor]').value = 'Claire Morel'")
    await tab.ask("document.querySelector('.go').click()")
    await tab.until("document.querySelector('.form-said').innerText.startsWith('Kafka has it')")

    (action,) = acting.actions
    assert (CASE, "Maison", "Lyon", "contacted", "Claire Morel", "call", "Un bon proposé") == (
        action.alert_id,
        action.brand,
        action.store,
        action.action,
        action.actor,
        action.channel,
        action.note,
    )
    said = {"actor": "Claire Morel", "channel": "call", "note": action.note, "action_id": action.action_id}
    served.case(_later(late, "contacted", "contacted", **said))
    await tab.until("document.querySelector('.move-form') === null")

    assert [
        "Contacted by Claire Morel: called",
        "Half of the time is over, now with region Sud-Est",
        "Alert raised: 3 of 10, P2",
    ] == await _texts(tab, ".event p")
    assert ["Un bon proposé"] == await _texts(tab, ".event blockquote")
    assert ["Contacted", "Resolve", "Dismiss", "Add a note", "Rate the reply"] == await _texts(tab, ".move")

    await tab.ask(_press("Resolve"))
    assert "Claire Morel" == await tab.ask("document.querySelector('[name=actor]').value")


async def test_a_double_click_is_one_action_and_so_is_a_second_try(tab: Tab, served: Served, acting: Acting) -> None:
    """The button takes one click; after a failure the same key goes out again."""
    served.case(_opened(1, 3, alert_id=CASE))
    await _open(tab, served, f"#/case/{CASE}", TOLD)
    acting.failures = 1
    await tab.ask(_press("Acknowledge"))
    await tab.ask("document.querySelector('[name=actor]').value = 'Claire'")

    await tab.ask("document.querySelector('.go').click(); document.querySelector('.go').click()")
    await tab.until("document.querySelector('.form-said').innerText.startsWith('Kafka did not acknowledge it')")
    assert 1 == len(acting.actions)
    await tab.ask("document.querySelector('.go').click()")
    await tab.until("document.querySelector('.form-said').innerText.startsWith('Kafka has it')")

    assert (2, 1) == (len(acting.actions), len({action.action_id for action in acting.actions}))
    tab.complaints[:] = [said for said in tab.complaints if "503" not in said]  # the browser notes it as well


async def test_a_form_closes_where_somebody_else_was_faster(tab: Tab, served: Served) -> None:
    """What the table no longer allows is not offered; the page says why."""
    first = _opened(1, 3, alert_id=CASE)
    served.case(first)
    await _open(tab, served, f"#/case/{CASE}", TOLD)
    await tab.ask(_press("Acknowledge"))

    served.case(_later(first, "dismissed", "dismissed", actor="Hugo", reason="duplicate"))
    await tab.until("document.querySelector('.move-form') === null")

    assert ["Reopen", "Add a note"] == await _texts(tab, ".move")
    assert ["Somebody else was faster: the case has moved on."] == await _texts(tab, "#case-no-moves")
    assert "Dismissed by Hugo: duplicate" in await _texts(tab, ".event p")


async def test_what_the_worker_refuses_is_said_to_who_asked_for_it(tab: Tab, served: Served, acting: Acting) -> None:
    """And what it refused of somebody else is not."""
    served.case(_opened(1, 3, alert_id=CASE))
    await _open(tab, served, f"#/case/{CASE}", TOLD)
    await tab.ask(_press("Acknowledge"))
    await tab.ask("document.querySelector('[name=actor]').value = 'Claire'")
    await tab.ask("document.querySelector('.go').click()")
    await tab.until("document.querySelector('.form-said').innerText.startsWith('Kafka has it')")

    (action,) = acting.actions
    served.refuse(replace(action, action_id="another"), "timestamp_in_future")
    served.refuse(action, "illegal_transition")
    await tab.until("document.querySelector('.move-form') === null")

    said = "It was not taken: somebody else was faster, and the case has moved on."
    assert [said] == await _texts(tab, "#case-no-moves")


async def test_what_is_being_written_stays_while_the_page_is_live(tab: Tab, served: Served) -> None:
    """An event that comes meanwhile takes neither the words nor the focus."""
    first = _opened(1, 3, alert_id=CASE)
    served.case(first)
    await _open(tab, served, f"#/case/{CASE}", TOLD)
    await tab.ask(_press("Add a note"))
    await tab.ask("document.querySelector('[name=note]').value = 'half a sen'")

    served.case(_later(first, "escalated", "open", escalation=Escalation("warning", instant(_ago(hours=1)))))
    await tab.until("document.querySelectorAll('.event').length === 2")

    assert ("half a sen", "note") == (
        await tab.ask("document.querySelector('[name=note]').value"),
        await tab.ask("document.activeElement.name"),
    )


async def test_without_a_token_the_desk_is_to_be_looked_at(browser: str) -> None:
    """No words of customers, no names, no buttons; how to change that is said."""
    async with a_served_board(now=time.time) as served, open_tab(browser) as tab:
        first = _opened(1, 3, alert_id=CASE, comment="canary", customer_ref="canary")
        served.case(first, _later(first, "acknowledged", "acknowledged", actor="canary", note="canary"))
        await _open(tab, served, "#/desk", LISTED)
        assert "set NPS_BOARD_TOKEN" in (await _texts(tab, "#desk-note"))[0]
        await _open(tab, served, f"#/case/{CASE}", TOLD)

        assert [] == await _texts(tab, ".move")
        assert "set NPS_BOARD_TOKEN" in (await _texts(tab, "#case-no-moves"))[0]
        assert "Acknowledged by somebody" in await _texts(tab, ".event p")
        pages = [await tab.ask("document.documentElement.outerHTML"), *await tab.answers(), *tab.heard]
        assert "canary" not in "".join(pages)
        assert [] == tab.complaints


async def test_words_of_a_forgotten_person_leave_an_open_case(tab: Tab, served: Served) -> None:
    """Comment and notes go from the page and its memory; that something happened stays."""
    first = _opened(1, 3, alert_id=CASE, comment="canary")
    noted = _later(first, "enriched", "open", actor="Claire", note="canary called", changes=["note"])
    served.case(first, noted)
    await _open(tab, served, f"#/case/{CASE}", TOLD)
    assert ["canary", "canary called"] == await _texts(tab, "#case blockquote")

    place, gone = _later(noted, "retracted", "retracted", reason="forgotten", response_id="r-1", source="till")
    served.case((place, replace(gone, changes=[])))

    await tab.until("!document.documentElement.outerHTML.includes('canary')")
    assert "canary" not in await tab.ask("import('/follow-up.js').then(({ held }) => JSON.stringify(held))")
    assert ["The customer asked to be forgotten", "Noted by Claire"] == (await _texts(tab, ".event p"))[:2]
    assert ["What was said is erased."] == await _texts(tab, "#case-said .said > p:first-child")


async def test_a_page_that_nobody_sees_keeps_no_case(tab: Tab, served: Served) -> None:
    """A hidden page hears nothing, so it forgets, and asks again when it is looked at."""
    served.case(_opened(1, 3, alert_id=CASE, comment="canary"))
    await _open(tab, served, "#/desk", LISTED)
    turn = "Object.defineProperty(document, 'hidden', {{ value: {}, configurable: true }});"
    turn += "document.dispatchEvent(new Event('visibilitychange'))"

    await tab.ask(turn.format("true"))
    assert not await tab.ask("document.documentElement.outerHTML.includes('canary')")
    await tab.ask(turn.format("false"))
    await tab.until("document.querySelector('.first-words')?.innerText === 'canary'")


async def test_a_case_is_worked_by_keyboard_alone(tab: Tab, served: Served, acting: Acting) -> None:
    """From the desk to the case, over its buttons and through the form; the focus is where one would look for it."""
    served.case(_opened(1, 3, alert_id=CASE))
    await _open(tab, served, "#/desk", LISTED)
    for _ in range(12):
        await tab.press("Tab", TAB)
        if await tab.ask("document.activeElement.classList.contains('case-row')"):
            break
    await tab.press("Enter", ENTER)
    await tab.until("document.querySelectorAll('.move').length > 0")
    assert "case-title" == await tab.until("document.activeElement.id")

    for _ in range(12):
        await tab.press("Tab", TAB)
        if await tab.ask("document.activeElement.classList.contains('move')"):
            break
    await tab.press("Enter", ENTER)
    assert "note" == await tab.until("document.activeElement.name")
    await tab.press("Tab", TAB)
    await tab.send("Input.insertText", text="Claire")
    await tab.press("Enter", ENTER)
    await tab.until("document.querySelector('.form-said').innerText.startsWith('Kafka has it')")

    assert [("acknowledged", "Claire")] == [(action.action, action.actor) for action in acting.actions]


async def _all_pages(tab: Tab, served: Served) -> AsyncIterator[str]:
    first = _opened(1, 54, alert_id=CASE, comment="Lorem ipsum dolor sit amet " * 12, store="Saint-Germain-en-Laye")
    called = _opened(2, 45, alert_id=OTHER, held=True)
    served.case(
        first,
        _later(first, "breached", "open"),
        called,
        _later(called, "contacted", "contacted", actor="Claire", channel="visit", note="x" * 200),
        _opened(3, 44, alert_id="soon", score=1, comment=None),
        _opened(4, 2, alert_id="later", contactable=False, score=6),
    )
    served.show(
        a_standing("Maison", None)._replace(follow_up=follow_up(33)),
        a_standing("Maison", "Lyon")._replace(follow_up=follow_up(30)),
        a_standing("Maison", "Vichy")._replace(follow_up=follow_up(3)),
        a_standing("Pine", None)._replace(follow_up=follow_up(3)),
    )
    await _open(tab, served, "#/desk", LISTED)
    yield "desk"
    await _open(tab, served, f"#/case/{CASE}", TOLD)
    await tab.ask(_press("Dismiss"))
    yield "case"
    await _open(tab, served, "#/turnaround/Maison", "document.querySelectorAll('.turn-stores tr').length > 1")
    yield "turnaround"


@pytest.mark.parametrize("width", [320, 390])
async def test_a_telephone_shows_the_desk_without_scrolling_sideways(tab: Tab, served: Served, width: int) -> None:
    """Every page of it fits, and what is to be pressed is large enough for a thumb."""
    await tab.size(width, 800, scale=2, mobile=True)
    async for page in _all_pages(tab, served):
        assert await tab.ask(FITS), page
        small = await tab.ask(
            "Array.from(document.querySelectorAll('main button, main select, .choice, .case-row'))"
            ".filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 40)"
            ".map((each) => each.outerHTML)"
        )
        assert [] == small, page


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_desk_is_legible_by_day_and_by_night(tab: Tab, served: Served, scheme: str) -> None:
    """Every text has a contrast of at least 4.5 in both schemes."""
    await tab.prefer(prefers_color_scheme=scheme)
    async for page in _all_pages(tab, served):
        assert [] == await tab.ask(CONTRAST), page


async def test_a_chain_can_show_how_it_answers(tab: Tab, served: Served) -> None:
    """Share in time, median with those who wait, how many; no person, and no store of few cases."""
    async for _ in _all_pages(tab, served):
        pass

    maison, pine = await _texts(tab, ".turn-card")
    assert ["Maison", "79.3 %", "of unhappy customers contacted within 48 hours"] == maison.split("\n")[:3]
    assert "Median time to contact: 1 h 30 min, those who still wait counted" in maison
    assert "29 customers who can be contacted, of 33 cases in the last 30 days" in maison
    assert ["Pine", "—"] == pine.split("\n")[:2]
    assert "withheld" in pine
    rows = await tab.ask(
        "Array.from(document.querySelectorAll('.turn-stores tbody tr'),"
        " (row) => Array.from(row.cells, (cell) => cell.innerText))"
    )
    assert [["Lyon", "30", "withheld", "", ""], ["Vichy", "3", "withheld", "", ""]] == rows


async def test_a_case_that_is_not_there_says_so(tab: Tab, served: Served) -> None:
    """An old link leads back to the desk; the browser notes the 404, which is no fault of the page."""
    await _open(tab, served, "#/case/nothing", "document.querySelector('#case-title') !== null")

    assert ["No such case"] == await _texts(tab, "#case-title")
    tab.complaints[:] = [said for said in tab.complaints if "404" not in said]
