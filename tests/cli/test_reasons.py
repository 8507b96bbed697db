"""What people read of an explanation, word by word: it must make sense read aloud."""

import io

from streams.cli.format import console
from streams.cli.reasons import tell
from streams.cluster.recount import explain_rows
from streams.domain.store import DAY_TALLY_DAYS
from streams.domain.window import WindowName
from tests.agents.desk import NOW_MS, NOW_S, Desk
from tests.builders import response
from tests.cluster.history import DAY_MS, later, selected, settled, take_corrections


def told(desk: Desk, store: str | None, window: WindowName, as_of_s: int, *, all_votes: bool = False) -> list[str]:
    """The lines about the brand Nord or one of its stores."""
    rows = selected(desk, "Nord", store, window, as_of_s)
    out = io.StringIO()
    tell(console(out), explain_rows("Nord", store, window, as_of_s, rows)[0], all_votes=all_votes)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_a_sentence_comes_first_and_then_what_it_rests_on() -> None:
    """The figure with its interval, its answers and its window; changes in words; bars only behind the numbers."""
    desk = Desk()
    desk.take(*(response(NOW_MS, response_id=f"n-{n}", score=10 if n < 30 else 0) for n in range(40)))
    desk.take(*(response(NOW_MS - DAY_MS, response_id=f"o-{n}", score=n % 2 * 10) for n in range(40)))
    settled(desk)
    assert [
        "Nord | Lyon",
        "NPS 50.0 (20.6 to 72.4): 40 answers of the 24 hours to 1 Mar 2026 13:00",
        "mean 7.5 of 10; 30 promoters, 0 passives, 10 detractors",
        "+50.0 against the window before (40 answers): better, more than chance (p 0.020)",
        "",
        "score  answers   share",
        "    0       10  25.0 %  █████████████",
        *(f"{score:5}        0   0.0 %" for score in range(1, 10)),
        "   10       30  75.0 %  ████████████████████████████████████████",
        "",
        "day         answers  promoters  passives  detractors   NPS",
        "2026-03-01       40         30         0          10  50.0",
        "",
        "Nothing was corrected or marked.",
        "Days and times are UTC; offsets are those of survey.responses, partition 0.",
    ] == told(desk, "Lyon", "24h", int(NOW_S))


def test_corrections_are_counted_and_told_one_by_one() -> None:
    """With all votes the plain ones, too; a brand shows what each store adds instead."""
    desk = Desk()
    take_corrections(desk)
    desk.take(response(NOW_MS, store="Lille", score=0, response_id="l"))
    settled(desk)
    lines = told(desk, "Lyon", "30d", int(NOW_S))
    assert "mean 6.3 of 10; 2 promoters, 0 passives, 2 detractors. Fewer than 30 answers say little" == lines[2]
    corrections = lines[lines.index("") :][-9:]
    forgotten = "forgotten: nothing leads to the person or the records any more"
    one = "1 correction; alert retracted after 2 events"
    marks = "6 corrected; 2 excluded; 2 deleted; 1 marked before there was an answer; 2 forgotten as a person; 1 muted"
    assert [
        f"Responses that are not plain answers: {marks}: too late to call back, or imported",
        f"2026-03-01 12:00  score 9; {one}",
        f"2026-03-01 12:00  score 0; does not count: excluded; {one}",
        f"2026-03-01 12:00  score 1; does not count: deleted; {one}",
        f"2026-03-01 12:00  score 2; {one}; {forgotten}",
        f"2026-03-01 12:00  score 2; does not count: deleted; {one}; {forgotten}",
        "2026-03-01 12:00  no answer; does not count: there is no answer, excluded; 1 correction",
        "Days and times are UTC; offsets are those of survey.responses, partition 0.",
    ] == corrections[1:]
    every = told(desk, "Lyon", "30d", int(NOW_S), all_votes=True)
    assert {"2026-02-21 12:00  score 4; muted; at a kiosk", "2026-03-01 12:00  score 10"} == {*every} - {*lines}
    whole = told(desk, None, "30d", int(NOW_S))
    assert [["Lyon", "4", "80.0", "%", "0.0", "0.0"], ["Lille", "1", "20.0", "%", "-100.0", "-20.0"]] == [
        line.split() for line in whole if line.startswith("L")
    ]
    assert (
        "Days and times are UTC; --store shows the votes of a store, and why they were corrected or excluded."
        == whole[-1]
    )


def test_nobody_answered_is_no_number() -> None:
    """Never 0."""
    desk = Desk()
    desk.take(response(NOW_MS - 200 * DAY_MS))
    settled(desk)
    lines = told(desk, "Lyon", "7d", int(NOW_S))
    assert ["Nord | Lyon", "No NPS: nobody answered in the 7 days to 1 Mar 2026."] == lines[:2]
    assert "" == lines[2]


def test_a_long_window_is_told_by_month_and_what_was_restated_stands_beside_it() -> None:
    """Before it all that lies before the days that are kept; changes that changed no figure are left out."""
    desk = Desk()
    desk.take(*(response(NOW_MS, response_id=f"r-{n}", score=10) for n in range(3)))
    settled(desk)
    as_of_s = later(desk, [DAY_TALLY_DAYS + 2, *range(DAY_TALLY_DAYS + 3, DAY_TALLY_DAYS + 120)])
    lines = told(desk, None, "all", as_of_s)
    assert "NPS 100.0 (94.3 to 100.0): 121 answers in all" == lines[1]
    (at,) = [number for number, line in enumerate(lines) if line.startswith("month ")]
    assert ["before", "3", "3", "0", "0", "100.0"] == lines[at + 1].split()
    assert ["2028-05", "2028-06", "2028-07", "2028-08", "2028-09"] == [
        line.split()[0] for line in lines[at + 2 : at + 7]
    ]
    at_ms = as_of_s * 1000
    monday_ms = at_ms - 20 * DAY_MS
    changes = [(0, 10), (1, 9), (1, 0)]
    for days, score in changes:
        of = {"store": "Quiet", "response_id": f"q-{(monday_ms // DAY_MS) - NOW_MS // DAY_MS + days}"}
        desk.take(response(monday_ms + days * DAY_MS, event="updated", score=score, **of), at_ms=at_ms)
    settled(desk, as_of_s)
    lines = told(desk, "Quiet", "30d", as_of_s)
    at = lines.index("Changed after it was final, 72 hours after its end:")
    rows = [line.split() for line in lines[at + 2 : at + 5]]
    assert [["100.0", "1", "-100.0", "1"], ["100.0", "7"]] == [rows[0][1:], rows[1][1:3]]
