"""What the doctor makes of what it sees; nothing here needs a Kafka."""

from collections.abc import Iterable

import pytest
from aiokafka import TopicPartition

from streams.doctor.clock import Stamp, judge_clock
from streams.doctor.cluster import judge_cluster, release_in
from streams.doctor.environment import check_settings
from streams.doctor.finding import Finding, Level
from streams.doctor.group import NO_GROUP, Group, judge_group
from streams.doctor.logs import GRACE_S, Log, judge_logs
from streams.doctor.state import judge_state
from streams.engine.assignor import PROTOCOL
from streams.engine.marker import Marker, Source
from streams.settings import Settings

SETTINGS = Settings(partitions=2)
CLUSTER = "cluster-1"
RESPONSES = [TopicPartition("survey.responses", shard) for shard in range(2)]
STATE = [TopicPartition("nps.state", shard) for shard in range(2)]
LOGS = {tp: Log(0, 10, 10) for tp in (*RESPONSES, *STATE)}


def levels(findings: Iterable[Finding]) -> set[Level]:
    """The levels that occur."""
    return {finding.level for finding in findings}


def said(findings: Iterable[Finding], *words: str) -> bool:
    """Whether one finding, with how to mend it, has all these words."""
    return any(all(word in f"{finding.text} {finding.mend}" for word in words) for finding in findings)


def a_group(*members: set[int], committed: int = 10, state: str = "Stable", protocol: str = PROTOCOL) -> Group:
    """A group whose members have these shards."""
    return Group(
        state=state,
        protocol=protocol,
        members={f"worker-{number}": frozenset(shards) for number, shards in enumerate(members)},
        committed=dict.fromkeys(RESPONSES, committed),
    )


def a_marker(*, app_id: str = "nps", position: int = 10, tripped: bool = False) -> bytes:
    """A marker row of SETTINGS."""
    totals = {"counted": 7, "duplicate": 1, "correction": 0, "dead_letter": 2, "rehomed": 0}
    sources = {
        "survey.responses": Source(position, totals=totals),
        "nps.brand-tallies": Source(3, totals={"counted": 3}),
    }
    return Marker(app_id, CLUSTER, 2, sources, {"recent": "1", "run": 1, "tripped": tripped}).encode()


def test_defaults_are_fine() -> None:
    """Nothing set is nothing wrong."""
    findings, settings = check_settings({"PATH": "/bin"})
    assert {"ok"} == levels(findings)
    assert Settings() == settings


def test_a_secret_is_never_shown() -> None:
    """Of a token one learns that it is set."""
    findings, _ = check_settings({"NPS_BOARD_TOKEN": "hush-hush", "NPS_APP_ID": "till"})
    assert said(findings, "NPS_BOARD_TOKEN=(secret)", "NPS_APP_ID=till")
    assert not said(findings, "hush")


def test_every_bad_setting_is_named_and_the_good_ones_are_used() -> None:
    """One mistake does not hide the others, and the examination goes on with what is left."""
    environ = {"NPS_PARTITIONS": "many", "NPS_BROKER": "x:1", "NPS_WHAT_IS_THIS": "1", "NPS_APP_ID": "till"}
    findings, settings = check_settings(environ)
    assert {"error"} == levels(findings)
    assert said(findings, "NPS_PARTITIONS must be")
    assert said(findings, "NPS_BROKER is no setting", "did you mean NPS_BROKERS?")
    assert said(findings, "NPS_WHAT_IS_THIS is no setting")
    assert Settings(app_id="till") == settings


def test_settings_that_contradict_each_other_are_an_error() -> None:
    """The examination goes on, with the names that were given."""
    environ = {"NPS_TRANSACTION_TIMEOUT": "28", "NPS_COMMIT_DEADLINE": "29", "NPS_REQUEST_TIMEOUT": "29"}
    findings, settings = check_settings({**environ, "NPS_BROKERS": "kafka:9092"})
    assert said(findings, "NPS_REQUEST_TIMEOUT < NPS_TRANSACTION_TIMEOUT")
    assert "kafka:9092" == settings.brokers


@pytest.mark.parametrize(
    ("newest", "release"), [(19, "3.7"), (22, "4.0"), (25, "4.0"), (30, "4.3"), (31, "later than 4.3")]
)
def test_the_release_is_told_by_the_metadata_version(newest: int, release: str) -> None:
    """Each release knows metadata versions up to one of its own."""
    features = b"\x02\x11metadata.version\x00\x07" + newest.to_bytes(2, "big") + b"\x00"
    assert release == release_in({0: features})


def test_a_broker_that_does_not_say_its_release_is_no_error() -> None:
    """Old brokers do not."""
    assert "" == release_in({})
    findings = judge_cluster(bootstrap="b:1", brokers=3, cluster_id=CLUSTER, release="")
    assert {"ok"} == levels(findings)


def test_fewer_than_three_brokers_are_a_warning() -> None:
    """Good enough to try things out."""
    assert {"warning"} == levels(judge_cluster(bootstrap="b:1", brokers=1, cluster_id=CLUSTER, release="4.3"))


def test_two_workers_that_share_all_shards_are_fine() -> None:
    """And it is said how many could help."""
    findings = judge_group(SETTINGS, a_group({0}, {1}), LOGS)
    assert {"ok"} == levels(findings)
    assert said(findings, "2 workers", "2 can share the work at most")


def test_no_worker_is_a_warning_with_what_waits() -> None:
    """The lag of a group that never was is all there is."""
    findings = judge_group(SETTINGS, NO_GROUP, LOGS)
    assert {"warning"} == levels(findings)
    assert said(findings, "20 records wait in survey.responses", "nps worker")


def test_more_workers_than_shards_are_a_warning() -> None:
    """Partitions are the ceiling."""
    assert said(judge_group(SETTINGS, a_group({0}, {1}, set()), LOGS), "NPS_PARTITIONS is the ceiling")


def test_a_shard_without_a_worker_is_an_error() -> None:
    """Everything assigned, but not this one: somebody has another number of partitions."""
    findings = judge_group(SETTINGS, a_group({0}), LOGS)
    assert said(findings, "nobody works on shards 1")
    assert "error" in levels(findings)


def test_a_rebalance_is_a_warning() -> None:
    """It passes, or else there is more to it."""
    assert said(judge_group(SETTINGS, a_group({0}, state="PreparingRebalance"), LOGS), "PreparingRebalance")


def test_a_group_of_another_application_is_an_error() -> None:
    """Two applications under one group id take each other's partitions."""
    findings = judge_group(SETTINGS, a_group({0}, protocol="range"), LOGS)
    assert {"error"} == levels(findings)


@pytest.mark.parametrize(("start", "end", "word"), [(11, 20, "deleted unread"), (0, 9, "recreated or cut")])
def test_a_position_outside_of_the_log_is_an_error(start: int, end: int, word: str) -> None:
    """Both for the group's offsets and for the marker, which a worker starts from."""
    logs = LOGS | {RESPONSES[1]: Log(start, end, end)}
    assert said(judge_group(SETTINGS, a_group({0, 1}), logs), "survey.responses[1]", word)
    findings = judge_state(SETTINGS, CLUSTER, {1: a_marker()}, NO_GROUP, logs)
    assert {"error"} == levels(findings)
    assert said(findings, "survey.responses[1]", "restore")


def test_the_state_is_summed_up() -> None:
    """What became of the responses of all shards; hand-overs between shards are no responses."""
    findings = judge_state(SETTINGS, CLUSTER, {0: a_marker(), 1: a_marker()}, a_group({0, 1}), LOGS)
    assert {"ok"} == levels(findings)
    assert said(findings, "2 of 2 shards", "responses: counted 14, duplicate 2, correction 0, dead letter 4, rehomed 0")


def test_no_state_at_all_is_a_first_start() -> None:
    """A group that has committed nothing has lost nothing."""
    assert {"ok"} == levels(judge_state(SETTINGS, CLUSTER, {}, NO_GROUP, LOGS))


def test_a_group_that_read_on_without_state_has_lost_it() -> None:
    """The shard that has no marker is named."""
    findings = judge_state(SETTINGS, CLUSTER, {0: a_marker()}, a_group({0, 1}), LOGS)
    assert said(findings, "no marker for shard 1", "its state is lost")


@pytest.mark.parametrize(
    ("settings", "cluster", "mend"),
    [
        (Settings(partitions=2, app_id="other"), CLUSTER, "NPS_APP_ID=nps"),
        (Settings(partitions=4), CLUSTER, "NPS_PARTITIONS=2"),
        (SETTINGS, "cluster-2", "copied from another cluster"),
    ],
)
def test_the_state_of_another_deployment_is_an_error(settings: Settings, cluster: str, mend: str) -> None:
    """A worker would refuse to open it; it is said what would fit."""
    assert said(judge_state(settings, cluster, {0: a_marker()}, NO_GROUP, LOGS), mend)


def test_a_shard_that_stopped_is_an_error_with_the_order_that_lets_it_go_on() -> None:
    """After somebody saw to the sender."""
    findings = judge_state(SETTINGS, CLUSTER, {1: a_marker(tripped=True)}, NO_GROUP, LOGS)
    assert said(findings, "shard 1 stopped", "nps resume --shard 1")


@pytest.mark.parametrize("row", [b"", b"\x01{", b"\x01{}", b"\x01[]"])
def test_a_marker_that_cannot_be_read_is_an_error(row: bytes) -> None:
    """Whatever is in it."""
    assert {"error"} == levels(judge_state(SETTINGS, CLUSTER, {0: row}, NO_GROUP, LOGS))


def test_a_marker_of_a_later_release_is_an_error_of_its_own() -> None:
    """The state is sound, the release too old."""
    assert said(judge_state(SETTINGS, CLUSTER, {0: b"\x7f{}"}, NO_GROUP, LOGS), "run the release that wrote it")


def test_a_transaction_is_an_error_only_when_it_is_too_old() -> None:
    """Workers have transactions open all the time."""
    limit_s = SETTINGS.transaction_timeout + GRACE_S
    logs = LOGS | {STATE[0]: Log(0, 5, 10, open_ms=1_000_000)}
    assert [] == judge_logs(SETTINGS, logs, 1000 + limit_s)
    findings = judge_logs(SETTINGS, logs, 1001 + limit_s)
    assert {"error"} == levels(findings)
    assert said(findings, "nps.state[0]", "offset 5", "find-hanging")


@pytest.mark.parametrize(
    ("append_s", "fresh", "level", "words"),
    [
        (1000.5, True, "ok", "within 0.5 s"),
        (900.0, True, "error", "ahead of the brokers' by 100.0 s or more"),
        (990.0, True, "warning", "ahead of the brokers' by 10.0 s or more"),
        (1100.0, True, "error", "behind the brokers' by 99.0 s or more"),
        (1011.0, False, "warning", "behind the brokers' by 10.0 s or more"),
        (400.0, False, "ok", "whether it is ahead nothing shows"),
    ],
)
def test_the_clock_is_judged_by_what_is_known(append_s: float, fresh: bool, level: Level, words: str) -> None:
    """A record of now bounds the difference on both sides, an old one on one side only."""
    stamp = Stamp(append_s=append_s, began_s=1000.0, ended_s=1001.0, fresh=fresh)
    findings = judge_clock(SETTINGS, stamp)
    assert {level} == levels(findings)
    assert said(findings, words)


def test_without_any_record_the_clock_is_unknown_and_that_is_said() -> None:
    """No finding would look like a good one."""
    findings = judge_clock(SETTINGS, None)
    assert {"ok"} == levels(findings)
    assert said(findings, "nothing to compare with")
