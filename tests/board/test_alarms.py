from streams.board.alarms import Alarms
from tests.board.builders import an_alarm


def test_an_alarm_is_open_until_it_is_released() -> None:
    """An episode begins and ends once; what is told twice is no news."""
    alarms = Alarms()
    told = [alarms.apply(an_alarm(kind=kind)) for kind in ("raised", "raised", "released", "released")]

    assert [True, False, True, False] == told
    assert [] == alarms.open("Maison", "Lyon")


def test_alarms_of_a_store_are_told_most_pressing_first() -> None:
    """A burst, then a fall, then all else; other stores and the brand have their own."""
    alarms = Alarms()
    for rule in ("rise", "novel", "drop", "burst"):
        alarms.apply(an_alarm(rule=rule))
    alarms.apply(an_alarm(store=None))
    alarms.apply(an_alarm(store="Nice"))

    assert ["burst", "drop", "novel", "rise"] == [alarm.rule for alarm in alarms.open("Maison", "Lyon")]
    assert (["drop"], 6) == ([alarm.rule for alarm in alarms.open("Maison", None)], len(alarms))


def test_a_later_episode_replaces_an_earlier_one_and_its_end_ends_both() -> None:
    """Whatever is missing in between: the newest episode counts."""
    alarms = Alarms()
    alarms.apply(an_alarm(episode=1))
    assert alarms.apply(an_alarm(episode=3))
    assert [3] == [alarm.episode for alarm in alarms.open("Maison", "Lyon")]

    assert not alarms.apply(an_alarm(episode=2, kind="released"))
    assert alarms.apply(an_alarm(episode=3, kind="released"))
    assert not alarms.apply(an_alarm(episode=2))


def test_a_score_that_rose_asks_nobody_to_go_and_look() -> None:
    """It is shown, but a store does not need attention for it."""
    alarms = Alarms()
    alarms.apply(an_alarm(rule="rise"))
    assert not alarms.is_calling("Maison", "Lyon")

    alarms.apply(an_alarm(rule="drop"))
    assert alarms.is_calling("Maison", "Lyon")
