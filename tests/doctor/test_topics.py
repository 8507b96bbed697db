"""What the doctor makes of the topics; nothing here needs a Kafka."""

from collections.abc import Iterable

from streams.cluster.topics import Difference, Report, TopicReport
from streams.doctor.finding import Finding, Level
from streams.doctor.topics import judge_topics
from streams.settings import Settings
from streams.topology import RESPONSES, STATE


def a_report(
    *differences: Difference, copies: int = 3, behind: int = 0, stalled: int = 0, missing: bool = False
) -> Report:
    """Two topics: the state is as the arguments say."""
    good = TopicReport(topic=RESPONSES, name="survey.responses", outcome="exists", partitions=8, replication=3)
    other = TopicReport(
        topic=STATE,
        name="nps.state",
        outcome="missing" if missing else "exists",
        partitions=8,
        replication=copies,
        behind=behind,
        stalled=stalled,
        differences=differences,
    )
    return Report(brokers=3, topics=(good, other))


def judged(report: Report) -> list[tuple[Level, str]]:
    """Levels and texts."""
    return [(finding.level, finding.text) for finding in judge_topics(Settings(), report)]


def said(findings: Iterable[Finding], word: str) -> bool:
    """Whether one of them has this word in how to mend it."""
    return any(word in finding.mend for finding in findings)


def test_good_topics_are_one_finding() -> None:
    """Nobody reads eight good ones."""
    assert [("ok", "2 of 2 are as they should be, with 8 partitions")] == judged(a_report())


def test_missing_topics_are_one_error() -> None:
    """With what makes them."""
    report = a_report(missing=True)
    assert ("error", "1 of 2 do not exist: nps.state") in judged(report)
    assert said(judge_topics(Settings(), report), "nps topics create")


def test_what_breaks_a_promise_is_an_error_and_a_choice_a_warning() -> None:
    """A state that is not compacted grows for ever; another segment size is a matter of taste."""
    policy = Difference(setting="cleanup.policy", wanted="compact", found="delete", mend="alter it")
    segments = Difference(setting="segment.ms", wanted="600000", found="700000", mend="alter it")
    findings = judged(a_report(policy, segments))
    assert ("error", "nps.state has cleanup.policy delete, should have compact") in findings
    assert ("warning", "nps.state has segment.ms 700000, should have 600000") in findings


def test_fewer_than_three_copies_are_a_warning() -> None:
    """The state is a primary record."""
    assert ("warning", "copies of each record: 2; a lost disk may lose data") in judged(a_report(copies=2))


def test_copies_that_are_not_in_step_are_a_warning() -> None:
    """A broker is down, and with the next one writes would stop."""
    expected = ("warning", "4 partitions lack a copy that is in step: a broker is down, or behind")
    assert expected in judged(a_report(behind=4))


def test_partitions_that_take_no_writes_are_an_error() -> None:
    """Too few copies are in step: that matters more than that some lag."""
    expected = ("error", "2 partitions take no writes: too few of their copies are in step, a broker is down")
    findings = judged(a_report(behind=4, stalled=2))
    assert expected in findings
    assert 1 == sum("partitions" in text for level, text in findings if level != "ok")
